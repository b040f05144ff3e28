"""Docker 29, built from Go's modules, for Debian has none yet; only `make e2e-engines` uses it.

    v29, v29c    dockerd of github.com/moby/moby/v2 (the source that 29 is made of), classic and containerd store

Everything beside dockerd is 28.5's: containerd, docker, compose. Go's client checks every module against the public log of
their sums; the version below determines all of them. The build needs Go and, once, some ten minutes of two cores.
"""
import fcntl
import os
import shutil
import subprocess

import engine as engines
import packages

MODULE, VERSION = "github.com/moby/moby/v2", "v2.0.0-beta.24"
NAMES = ("v29", "v29c")


def _go(folder, *words):
    # Go's own folders, unless the person has chosen some: what is fetched is in the way afterwards.
    env = {"GOPATH": os.path.join(folder, "path"), "GOCACHE": os.path.join(folder, "cache"), **os.environ, "CGO_ENABLED": "0",
           "GOFLAGS": "-buildvcs=false -modcacherw", "GOWORK": "off"}
    done = subprocess.run(["nice", "-n", "10", "go", *words], cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise engines.EngineError(f"engine 29: go {' '.join(words)}: exit {done.returncode}\n{done.stderr[-2000:]}")


def _build(target):
    folder = target + ".build"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    _go(folder, "mod", "init", "hardtack.test/engine")
    _go(folder, "get", f"{MODULE}/cmd/dockerd@{VERSION}")
    _go(folder, "build", "-p", "2", "-o", target + ".part", MODULE + "/cmd/dockerd")
    os.rename(target + ".part", target)
    shutil.rmtree(folder)


def dockerd():
    """The path of the daemon, built when it is not there yet."""
    target = os.path.join(packages.cache_dir(), "moby", "dockerd-" + VERSION)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(target):
            if not shutil.which("go"):
                raise engines.EngineError("engine 29: no Go to build it with: install Go, or leave v29 out of ENGINES")
            _build(target)
    return target


class Moby(engines.Engine):
    """28.5's surroundings with a newer dockerd."""

    NAMES = NAMES

    def __init__(self, name):
        super().__init__(name)
        self.kind, self.dockerd = "v28", None
        self.compose_kind = self.compose_kind if "-" in name else "v28"

    def settings(self):
        # 29 puts a container into a time namespace of its own, which Debian 12's runc 1.1 does not know.
        return {"features": {**super().settings()["features"], "time-namespaces": False}}

    def prepare(self):
        self.dockerd = dockerd()
        return super().prepare()

    def _make_tools(self, common, own, compose):
        super()._make_tools(common, own, compose)
        path = os.path.join(self.folder, "sbin", "dockerd")
        os.unlink(path)
        os.symlink(self.dockerd, path)
