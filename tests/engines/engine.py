"""Private Docker engines for the tests: several versions and both image stores, each alone on its own loopback.

    name   engine            image store             compose
    v20    20.10 (Debian 12) classic                 docker-compose 1.29
    v26    26.1              classic                 plugin 2.26
    v26c   26.1              containerd              plugin 2.26
    v28    28.5              classic                 plugin 2.40
    v28c   28.5              containerd              plugin 2.40

A name may choose another compose that is here: v28c-2.26.

An engine lives in a network namespace that has only `lo` (so it cannot pull, whatever it tries), in a process and a
mount namespace of its own, with its own data, socket and control groups. When its first process dies, the kernel ends
everything in it: containers, shims, mounts. A published port is only to be seen inside that network namespace: use
`Engine.run`, or `ip netns exec`. Needs root, as every dockerd.
"""
import contextlib
import ctypes
import fcntl
import glob
import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import time

import packages

HOME = ("bookworm",)
NEWER = ("trixie", "forky")
LIBRARIES = {name: "" for name in ("libdevmapper1.02.1", "libseccomp2", "libsystemd0", "libudev1", "libxtables12",
                                   "libmnl0", "libnftnl11", "libip4tc2", "libip6tc2")}
PYTHON = {"python3-" + name: "" for name in (
    "attr", "certifi", "chardet", "charset-normalizer", "distro", "distutils", "docker", "dockerpty", "docopt",
    "dotenv", "idna", "jsonschema", "pyrsistent", "requests", "six", "texttable", "urllib3", "websocket", "yaml")}

# runc 1.1 of Debian 12 serves all of them: newer ones want newer libraries.
PACKAGES = {
    "common": (HOME, {"runc": "1.1.", "iptables": "1.8.", "tini": "", **LIBRARIES}),
    "v20": (HOME, {"docker.io": "20.10.", "containerd": "1.6.", "docker-compose": "1.29.", **PYTHON}),
    "v26": (NEWER, {"docker.io": "26.1.", "docker-cli": "26.1.", "docker-compose": "2.26.", "containerd": "1.7."}),
    "v28": (NEWER, {"docker.io": "28.5.", "docker-cli": "28.5.", "docker-compose": "2.40.", "containerd": "2.1."}),
}
NAMES = ("v20", "v26", "v26c", "v28", "v28c")
COMPOSE = {"1.29": "v20", "2.26": "v26", "2.40": "v28"}  # among whose packages it is
READY_TIMEOUT_S = 60
TRIPLET = platform.machine() + "-linux-gnu"


class EngineError(Exception):
    """An engine could not be set up, started or stopped; the text says why and what to do."""


def run_dir():
    return os.path.abspath(os.environ.get("HARDTACK_ENGINES_DIR") or
                           os.path.join(packages.BUILD, "tests", "engines"))


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _quietly(*argv):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def _link(source, target):
    if os.path.lexists(target):
        os.unlink(target)
    os.symlink(source, target)


@contextlib.contextmanager
def _mount_points_locked():
    """Engines of several programs make and remove the same mount points."""
    with open("/run/hardtack-mount-points.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Engine:
    """One engine. `with Engine("v28") as engine: engine.run(["docker", "ps"])`."""

    NAMES = NAMES
    OUTSIDE = ("/run/containerd", "/opt/containerd", "/etc/docker")  # fixed paths of containerd and dockerd

    def __init__(self, name):
        engine, _, compose = name.partition("-")
        if engine not in self.NAMES or compose and compose not in COMPOSE:
            raise EngineError(f"no engine {name}: there are {', '.join(self.NAMES)}, each perhaps with another compose "
                              f"({', '.join('-' + known for known in COMPOSE)})")
        self.name, self.kind = name, engine.rstrip("c")
        self.containerd_store = engine.endswith("c")
        self.compose_kind = COMPOSE.get(compose, self.kind)
        self.driver = "overlayfs" if self.containerd_store else "overlay2"
        self.folder = os.path.join(run_dir(), name)
        # Socket paths end at 107 bytes and namespace names are global: both are named after the folder's hash.
        self.tag = "hardtack-" + name + "-" + hashlib.sha256(self.folder.encode()).hexdigest()[:8]
        self.run_folder = "/run/" + self.tag
        self.socket = self.run_folder + "/docker.sock"
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    # What is needed to start

    def prepare(self):
        """Downloads and unpacks what this engine needs. Returns the folders: what all use, its own, compose's."""
        return [self._unpacked(kind) for kind in ("common", self.kind, self.compose_kind)]

    def _unpacked(self, kind):
        try:
            with packages.locked():
                return packages.unpacked("engine-" + kind, *PACKAGES[kind])
        except packages.PackageError as error:
            raise EngineError(f"engine {self.name}: {error}") from error

    def _make_tools(self, common, own, compose):
        """Folders of links: sbin for the daemon's PATH, bin for the PATH of who uses it."""
        sbin, client = (os.path.join(self.folder, name) for name in ("sbin", "bin"))
        for folder in (sbin, client):
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
        for root in (common, own):
            for folder in ("usr/bin", "usr/sbin", "bin", "sbin"):
                for tool in glob.glob(os.path.join(root, folder, "*")):
                    _link(tool, os.path.join(sbin, os.path.basename(tool)))
        for name in ("iptables", "ip6tables"):  # Debian makes these by update-alternatives, on installation
            for suffix in ("", "-save", "-restore"):
                _link(os.path.join(common, "usr/sbin/xtables-nft-multi"), os.path.join(sbin, name + suffix))
        _link(os.path.join(common, "usr/bin/tini"), os.path.join(sbin, "docker-init"))  # the package's link is absolute
        _link(os.path.join(own, "usr/bin/docker"), os.path.join(client, "docker"))
        config = os.path.join(self.folder, "config")
        os.makedirs(os.path.join(config, "cli-plugins"), exist_ok=True)
        plugin = os.path.join(compose, "usr/libexec/docker/cli-plugins/docker-compose")
        if os.path.exists(plugin):
            _link(plugin, os.path.join(config, "cli-plugins/docker-compose"))
        else:
            self._make_compose_v1(compose, os.path.join(client, "docker-compose"))

    @staticmethod
    def _make_compose_v1(own, path):
        """compose 1.29 is Python: it finds its own packages through a small script."""
        python_path = ":".join(os.path.join(own, "usr/lib", name) for name in ("python3/dist-packages", "python3.11"))
        with open(path, "w", encoding="utf-8") as out:
            out.write("#!/bin/sh\nPYTHONDONTWRITEBYTECODE=1 "
                      f"PYTHONPATH='{python_path}' exec /usr/bin/python3 -W ignore '{own}/usr/bin/docker-compose' "
                      '"$@"\n')
        os.chmod(path, 0o755)

    def _check_host(self):
        if os.geteuid() != 0:
            raise EngineError(f"engine {self.name}: a Docker engine needs root; run the tests as root")
        for tool, package in (("ip", "iproute2"), ("nsenter", "util-linux"), ("unshare", "util-linux")):
            if not shutil.which(tool):
                raise EngineError(f"engine {self.name}: no {tool}: apt-get install {package}")
        trial = os.path.join(self.folder, "overlay-trial")
        for name in ("lower", "upper", "work", "merged"):
            os.makedirs(os.path.join(trial, name), exist_ok=True)
        done = _quietly("unshare", "--mount", "mount", "-t", "overlay", "overlay", "-o",
                        f"lowerdir={trial}/lower,upperdir={trial}/upper,workdir={trial}/work", trial + "/merged")
        shutil.rmtree(trial, ignore_errors=True)
        if done.returncode != 0:
            raise EngineError(
                f"engine {self.name}: no overlay file system can be mounted in {self.folder} "
                f"({done.stderr.strip()}): set HARDTACK_ENGINES_DIR to a folder on ext4 or xfs, and check that the "
                "kernel has overlay (modprobe overlay)")

    # Start and stop

    def start(self, keep_data=False, linger=False):
        """Starts it and waits until it answers. linger: it outlives this program, for use from the shell."""
        self.stop(keep_data)
        os.makedirs(self.folder, exist_ok=True)
        self._check_host()
        common, own, compose = self.prepare()
        self._make_tools(common, own, compose)
        os.makedirs(self.run_folder, mode=0o700, exist_ok=True)
        for argv in (("ip", "netns", "add", self.tag), ("ip", "-n", self.tag, "link", "set", "lo", "up")):
            done = _quietly(*argv)
            if done.returncode != 0:
                raise EngineError(f"engine {self.name}: {' '.join(argv)}: {done.stderr.strip()}")
        self._launch(common, own, linger)
        self._wait_ready()

    def settings(self):
        """For daemon.json."""
        return {"features": {"containerd-snapshotter": self.containerd_store}} if self.kind != "v20" else {}

    def _daemon(self, common, own):  # pylint: disable=unused-argument
        """The daemon's command line; its settings are written."""
        daemon_json = os.path.join(self.folder, "daemon.json")
        with open(daemon_json, "w", encoding="ascii") as out:
            json.dump(self.settings(), out)
        dockerd = ["dockerd", "--config-file", daemon_json, "--data-root", os.path.join(self.folder, "data"),
                   "--exec-root", self.run_folder + "/exec", "-H", "unix://" + self.socket,
                   "--pidfile", self.run_folder + "/dockerd.pid", "--cgroup-parent", "/" + self.tag,
                   "--exec-opt", "native.cgroupdriver=cgroupfs", "--log-level", "warn"]
        if not self.containerd_store:
            dockerd += ["--storage-driver", "overlay2"]
        return dockerd

    @staticmethod
    def libraries(*roots):
        return ":".join(os.path.join(root, name, TRIPLET) for root in roots for name in ("usr/lib", "lib"))

    def _launch(self, common, own, linger):
        # The first process reaps what is orphaned, passes SIGTERM on, and keeps what is written outside of the
        # engine's folders (containerd's sockets, 20.10's key.json) in memory.
        with _mount_points_locked():
            made = [folder for folder in self.OUTSIDE if not os.path.isdir(folder)]
            with open(self.run_folder + "/made", "w", encoding="ascii") as out:
                out.writelines(folder + "\n" for folder in made)
            for folder in made:
                os.makedirs(folder)
        script = (f'for d in {" ".join(self.OUTSIDE)}; do mount -t tmpfs tmpfs $d || exit 1; done; '
                  '"$@" & daemon=$!; trap "kill -TERM $daemon" TERM; '
                  'while kill -0 $daemon 2>/dev/null; do wait $daemon; done')
        env = {"PATH": os.path.join(self.folder, "sbin") + ":/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.run_folder,
               "LD_LIBRARY_PATH": self.libraries(common, own),
               "XTABLES_LIBDIR": os.path.join(common, "usr/lib", TRIPLET, "xtables"), "DOCKER_RAMDISK": "", "LC_ALL": "C",
               "TMPDIR": self.folder}
        self.log_path = os.path.join(self.folder, "dockerd.log")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                ["nsenter", "--net=/run/netns/" + self.tag, "unshare", "--mount", "--propagation", "slave", "--pid",
                 "--fork", "--kill-child=KILL", "--mount-proc", "/bin/sh", "-c", script, "engine", *self._daemon(common, own)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd="/", start_new_session=True,
                preexec_fn=None if linger else _die_with_parent)
        with open(self.run_folder + "/launcher.pid", "w", encoding="ascii") as out:
            out.write(f"{self.process.pid}\n")

    def _wait_ready(self):
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            done = self.run(["docker", "info", "--format", "{{.Driver}}"], check=False)
            driver = done.stdout.strip()
            if done.returncode == 0 and driver:
                break
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(self.log_path, encoding="utf-8", errors="replace") as log:
                    tail = "".join(log.readlines()[-20:])
                self.stop()
                raise EngineError(f"engine {self.name} did not come up; the end of its log:\n{tail}")
            time.sleep(0.1)
        if driver != self.driver:
            self.stop()
            raise EngineError(f"engine {self.name} uses the storage driver {driver} instead of {self.driver}: set "
                              "HARDTACK_ENGINES_DIR to a folder on ext4 or xfs")

    def _launcher_pid(self):
        """The pid of a lingering engine's launcher, if it is still that process."""
        try:
            with open(self.run_folder + "/launcher.pid", encoding="ascii") as text:
                pid = int(text.read())
            with open(f"/proc/{pid}/cmdline", "rb") as text:
                return pid if self.tag.encode() in text.read() else None
        except (OSError, ValueError):
            return None

    def stop(self, keep_data=False):
        """Ends it and removes all that it left. keep_data: lets it end in its own time and keeps the images."""
        pid = self.process.pid if self.process else self._launcher_pid()
        if pid is not None:
            self._end(pid, graceful=keep_data)
        self.process = None
        _quietly("ip", "netns", "delete", self.tag)
        self._remove_control_groups()
        self._remove_outside()
        shutil.rmtree(self.run_folder, ignore_errors=True)
        if not keep_data:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, pid, graceful):
        try:
            if graceful:  # the launcher waits for its only child, which passes the signal on to dockerd
                with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as text:
                    for child in text.read().split():
                        os.kill(int(child), signal.SIGTERM)
                if self._gone(pid, 20):
                    return
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, FileNotFoundError):
            pass
        if not self._gone(pid, 20):
            raise EngineError(f"engine {self.name}: process {pid} does not end")

    def _gone(self, pid, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process and self.process.poll() is not None:
                return True
            if not self.process and not os.path.exists(f"/proc/{pid}"):
                return True
            time.sleep(0.05)
        return False

    def _remove_control_groups(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            left = glob.glob("/sys/fs/cgroup/" + self.tag) + glob.glob("/sys/fs/cgroup/*/" + self.tag)
            if not left:
                return
            for top in left:
                for folder, _, _ in os.walk(top, topdown=False):
                    try:
                        os.rmdir(folder)
                    except OSError:
                        pass  # a process in it is still ending
            time.sleep(0.05)

    def _remove_outside(self):
        """Removes the mount points that start() made, or leaves that to an engine that stands on them: a folder that is removed
        takes the mount of every other namespace with it."""
        own = self.run_folder + "/made"
        with _mount_points_locked():
            try:
                with open(own, encoding="ascii") as text:
                    made = text.read().split()
                os.unlink(own)
            except OSError:
                return
            for heir in glob.glob("/run/hardtack-*/made"):
                with open(heir, "a", encoding="ascii") as out:
                    out.writelines(folder + "\n" for folder in made)
                return
            for folder in made:
                try:
                    os.rmdir(folder)
                except OSError:
                    pass  # somebody else's by now

    # Use

    def environment(self):
        """What a client needs, as a dict."""
        return {"DOCKER_HOST": "unix://" + self.socket, "DOCKER_CONFIG": os.path.join(self.folder, "config"),
                "PATH": os.path.join(self.folder, "bin") + ":/usr/sbin:/usr/bin:/sbin:/bin"}

    def argv(self, argv):
        """argv, to be carried out inside the engine's network namespace."""
        return ["nsenter", "--net=/run/netns/" + self.tag, "--", *argv]

    def run(self, argv, check=True, env=None, **more):
        """Runs argv inside the network namespace with the client's environment; text in and out by default."""
        settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True,
                    "timeout": 300}
        if "input" in more:
            del settings["stdin"]
        settings.update(more)
        done = subprocess.run(self.argv(argv), env={"HOME": self.folder, "LC_ALL": "C.UTF-8", **self.environment(),
                                                    **(env or {})}, check=False, **settings)
        if check and done.returncode != 0:
            raise EngineError(f"engine {self.name}: {' '.join(argv)}: exit {done.returncode}\n{done.stdout}"
                              f"{done.stderr}")
        return done
