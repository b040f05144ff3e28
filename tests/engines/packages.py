"""Debian packages of several suites, unpacked side by side, without touching the machine's own package database.

A private apt configuration (lists, cache, an empty status file) is derived from the mirror that the machine itself
uses. apt checks the archive's signature and every package's hash, as for an installation; `dpkg -x` then unpacks.
All is kept in the cache folder: HARDTACK_TEST_CACHE, by default beside the libraries (DEPS), out of `make clean`.
"""
import fcntl
import hashlib
import os
import shutil
import subprocess
import urllib.parse

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
HOME_SUITE = "bookworm"
HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("BUILD") or os.path.join(HERE, "..", "..", "build")


class PackageError(Exception):
    """A package could not be had; the text says which and what to do."""


def cache_dir():
    deps = os.environ.get("DEPS") or os.path.join(BUILD, "deps")
    return os.path.abspath(os.environ.get("HARDTACK_TEST_CACHE") or os.path.join(deps, "test-cache"))


class locked:
    """Holds the cache's lock: several test programs may want the same packages at once."""

    def __enter__(self):
        os.makedirs(cache_dir(), exist_ok=True)
        self.file = open(os.path.join(cache_dir(), "lock"), "w", encoding="ascii")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()


def _run(argv, env=None):
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PackageError(f"{' '.join(argv)}: exit {done.returncode}\n{done.stderr.strip()}")
    return done.stdout


def _mirror():
    """The address from which this machine takes its own suite."""
    listing = _run(["apt-get", "indextargets", "--format", "$(CREATED_BY) $(RELEASE) $(COMPONENT) $(REPO_URI)"])
    for line in listing.splitlines():
        kind, suite, component, uri = line.split(" ", 3)
        if (kind, suite, component) == ("Packages", HOME_SUITE, "main"):
            return uri.rstrip("/")
    raise PackageError(f"this machine's apt has no suite {HOME_SUITE}: the engines and images of the tests are made "
                       "of Debian 12's packages; run them on Debian 12")


class Apt:
    """A private apt of some suites."""

    def __init__(self, suites):
        self.folder = os.path.join(cache_dir(), "apt-" + "-".join(suites))
        self.suites, self.fresh = suites, False
        self.env = dict(os.environ, APT_CONFIG=os.path.join(self.folder, "apt.conf"), LC_ALL="C")

    def refresh(self):
        """Fetches the suites' lists; once a run is enough."""
        if self.fresh:
            return
        for name in ("state/lists/partial", "cache/archives/partial", "none"):
            os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        self._write("status", "")
        self._write("sources.list", "".join(f"deb [signed-by={KEYRING}] {_mirror()} {suite} main\n"
                                            for suite in self.suites))
        self._write("apt.conf", f"""Dir::State "{self.folder}/state";
Dir::State::status "{self.folder}/status";
Dir::Cache "{self.folder}/cache";
Dir::Etc::sourcelist "{self.folder}/sources.list";
Dir::Etc::sourceparts "{self.folder}/none";
Dir::Etc::preferences "{self.folder}/none/none";
Dir::Etc::preferencesparts "{self.folder}/none";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "3";
APT::Sandbox::User "root";
""")
        _run(["apt-get", "update", "-q", "--error-on=any"], self.env)
        self.fresh = True

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="ascii") as out:
            out.write(text)

    def _version(self, package, prefix):
        known = [line.split("|")[1].strip()
                 for line in _run(["apt-cache", "madison", package], self.env).splitlines()]
        for version in known:
            if version.split(":", 1)[-1].startswith(prefix):
                return version
        raise PackageError(f"{'/'.join(self.suites)}: package {package} has no version {prefix}*, only "
                           f"{', '.join(known) or 'none'}: adapt the table that asks for it (tests/engines/engine.py, "
                           "tests/images) to what the suite has now")

    def unpack(self, wanted, root):
        """Downloads {package: version prefix} and unpacks all into root (made anew)."""
        self.refresh()
        names = sorted(f"{package}={self._version(package, prefix)}" for package, prefix in wanted.items())
        debs = root + ".debs"
        shutil.rmtree(debs, ignore_errors=True)
        os.makedirs(debs)
        done = subprocess.run(["apt-get", "download", "-q", *names], cwd=debs, env=self.env, capture_output=True,
                              text=True, check=False)
        found = sorted(os.listdir(debs))
        if done.returncode != 0 or len(found) != len(names):
            raise PackageError(f"apt-get download {' '.join(names)}: {done.stderr.strip()}")
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(root)
        for name in found:
            _run(["dpkg", "-x", os.path.join(debs, name), root])
        shutil.rmtree(debs)
        return [urllib.parse.unquote(name) for name in found]


def unpacked(name, suites, wanted):
    """The folder holding the packages of `wanted`, made when it is not there yet. Call it under `locked()`."""
    key = repr((suites, sorted(wanted.items()))) + "\n"
    # The list of packages is part of the name: two versions of the tests may share a cache.
    root = os.path.join(cache_dir(), "packages", name + "-" + hashlib.sha256(key.encode()).hexdigest()[:8])
    stamp = root + ".list"
    if os.path.isdir(root) and os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as text:
            if text.read().startswith(key):
                return root
    os.makedirs(os.path.dirname(root), exist_ok=True)
    got = Apt(suites).unpack(wanted, root)
    with open(stamp, "w", encoding="utf-8") as out:
        out.write(key + "".join(f"{deb}\n" for deb in got))
    return root
