"""Podman 4.3 of Debian 12, asked as people with Docker's habits ask it; only `make e2e-engines` uses it.

    podman       docker 28.5 and compose 2.40 over Podman's Docker-compatible socket
    podman-cli   `docker` is podman itself, as Debian's podman-docker makes it; no compose

It lives as the other engines do (engine.py). What it reads from fixed paths lies in memory in its own mount namespace.
"""
import os
import shutil
import time

import engine as engines

NAMES = ("podman", "podman-cli")
PACKAGES = {"podman": "4.3.", **{name: "" for name in (
    "aardvark-dns", "catatonit", "conmon", "libassuan0", "libglib2.0-0", "libgpgme11", "libpcre2-8-0", "libsemanage2", "libsepol2",
    "libsubid4", "netavark")}}
engines.PACKAGES["podman"] = (engines.HOME, PACKAGES)

CONTAINERS_CONF = """[containers]
cgroups = "enabled"
default_sysctls = []
[engine]
cgroup_manager = "cgroupfs"
conmon_path = ["{own}/usr/bin/conmon"]
events_logger = "file"
helper_binaries_dir = ["{own}/usr/lib/podman", "{own}/usr/libexec/podman"]
init_path = "{own}/usr/bin/catatonit"
runtime = "runc"
[engine.runtimes]
runc = ["{common}/usr/sbin/runc", "{common}/usr/bin/runc"]
[network]
network_backend = "netavark"
network_config_dir = "{folder}/networks"
"""
POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}\n'
# Podman takes its registries and policy from /etc, and puts namespaces, locks and networks into /run.
START = """mkdir -p /run/containers /etc/containers && cp "$0"/policy.json "$0"/registries.conf /etc/containers/ && exec "$@"
"""


class Podman(engines.Engine):
    """Podman's API service in the place of dockerd."""

    NAMES = tuple(name.replace("-", "") for name in NAMES)
    OUTSIDE = ("/etc/containers", "/etc/cni", "/var/lib/cni", "/run/containers", "/run/libpod", "/run/netns", "/run/crun")

    def __init__(self, name):
        super().__init__(name.replace("-", ""))
        self.is_cli = name == "podman-cli"
        self.compose_kind, self.driver = "v28", "overlay"

    def prepare(self):
        self.client_root = self._unpacked("v28")
        return [self._unpacked("common"), self._unpacked("podman"), self.client_root]

    def _make_tools(self, common, own, compose):
        super()._make_tools(common, own, compose)
        client = os.path.join(self.folder, "bin", "docker")
        os.unlink(client)
        if not self.is_cli:
            os.symlink(os.path.join(self.client_root, "usr/bin/docker"), client)
            return
        shutil.rmtree(os.path.join(self.folder, "config", "cli-plugins"))
        with open(client, "w", encoding="ascii") as out:  # podman-docker's script says the first line without its nodocker file
            out.write('#!/bin/sh\necho "Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg." >&2\n'
                      f"LD_LIBRARY_PATH='{self.libraries(common, own)}' exec '{own}/usr/bin/podman' --remote --url "
                      f"'unix://{self.socket}' \"$@\"\n")
        os.chmod(client, 0o755)

    def _wait_ready(self):
        if not self.is_cli:
            super()._wait_ready()
            return
        deadline = time.monotonic() + engines.READY_TIMEOUT_S  # podman's info has other fields than docker's
        while self.run(["docker", "info"], check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise engines.EngineError(f"engine {self.name} did not come up")
            time.sleep(0.1)

    def _daemon(self, common, own):
        settings = {"containers.conf": CONTAINERS_CONF.format(own=own, common=common, folder=self.folder), "policy.json": POLICY,
                    "registries.conf": 'unqualified-search-registries = ["docker.io"]\n'}
        for name, text in settings.items():
            with open(os.path.join(self.folder, name), "w", encoding="ascii") as out:
                out.write(text)
        return ["env", "CONTAINERS_CONF=" + os.path.join(self.folder, "containers.conf"), "sh", "-c", START, self.folder,
                "podman", "--root", os.path.join(self.folder, "data"), "--runroot", self.run_folder + "/run", "--tmpdir",
                self.run_folder + "/tmp", "--storage-driver", "overlay", "--log-level", "warn", "system", "service", "--time", "0",
                "unix://" + self.socket]
