#!/usr/bin/env python3
"""Builds the same installers in many surroundings, by every builder, and compares them byte by byte.

    tests/reproducible/run.py --build BUILD --deps DEPS

Each surrounding is proven to be another one before its bytes count: a clock that nobody sees, or a locale that
is not in effect, would prove nothing. Ends with "N passed, N failed".
"""
import argparse
import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(ROOT, "tests", "fakes"), os.path.join(ROOT, "tests", "structure")]
import registry as fakes  # noqa: E402
import locator_check  # noqa: E402
import tar_check  # noqa: E402,F401
from byte_file import ByteFile  # noqa: E402
from macho_parse import MachO  # noqa: E402
from report import Report  # noqa: E402

TARGETS = ["darwin-arm64", "linux-amd64", "linux-arm64"]
FILES = {f"conf/{name}": f"{name} = {number}\n" for number, name in
         enumerate(["a", "B", "c d", "é", "数据", "z/deep/er", "z/a", "zz"])}
COMPOSE = """name: same
services:
  hello:
    image: hardtack/hello:1.0.0
  app:
    image: {host}/team/app:1
    volumes: ["./conf:/conf:ro"]
"""
FAR = "2038-02-03 04:05:06"
NOBODY = 65534


class Suite:
    def __init__(self, options, registry):
        self.build, self.deps = os.path.abspath(options.build), os.path.abspath(options.deps)
        self.registry = registry
        self.passed = self.failed = 0
        self.hardtack = [os.path.join(self.build, "hardtack")]
        self.work = tempfile.mkdtemp(prefix="hardtack-same-")
        os.chmod(self.work, 0o755)
        self.images = self.path("images")
        self.archives = [os.path.join(self.images, f"hello-{cpu}-save.tar") for cpu in ("amd64", "arm64")]
        self.env = {"PATH": "/usr/bin:/bin", "HOME": self.path("home"), "LC_ALL": "C", "TZ": "UTC",
                    "HARDTACK_CACHE": self.path("cache")}
        self.sums = {}

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def note(self, name, holds, detail=""):
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {name}", flush=True)
        if not holds and str(detail).strip():
            print("     " + str(detail).strip().replace("\n", "\n     "), flush=True)
        return bool(holds)

    def missing(self, name, why):
        """A skip counts as a failure where everything must run."""
        if os.environ.get("MUST_RUN") == "1":
            self.note(name, False, why)
        else:
            print(f"skip {name}: {why}", flush=True)

    def run(self, *command, env=None, **more):
        return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=300, check=False,
                              env={**self.env, **(env or {})}, **more)

    def command(self, project, output, *options, archives=None, targets=TARGETS):
        words = [project, *[w for a in (self.archives if archives is None else archives) for w in ("--image-archive", a)],
                 *[w for t in targets for w in ("--target", t)], *options]
        return ["build", *words, "-o", output + "/"] if output else ["build", *words]

    def make_project(self, folder, order=1):
        """The same project; order -1: its files made the other way round, and older."""
        os.makedirs(folder)
        texts = {"compose.yaml": COMPOSE.format(host=self.registry.host), **FILES}
        if os.path.exists(self.path("lock")):
            with open(self.path("lock"), encoding="utf-8") as lock:
                texts["hardtack.lock"] = lock.read()
        for name in sorted(texts)[::order]:
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(texts[name])
            if order < 0:
                os.utime(path, (12345, 12345))
        return folder

    def same(self, name, done, folder):
        """Every installer in this folder is the first build's."""
        sums = sums_of(folder) if os.path.isdir(folder) else {}
        wrong = [f for f in self.sums if sums.get(f) != self.sums[f]]
        self.note(name, done.returncode == 0 and self.sums and not wrong and len(sums) == len(self.sums),
                  f"differs: {wrong}\nexit {done.returncode}\n{done.stdout}{done.stderr}")
        shutil.rmtree(folder, ignore_errors=True)


def sums_of(folder):
    found = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


# ---- surroundings: each says whether it is another one, then builds ----------------------------------------------


def another_folder_and_order(suite):
    folder = suite.make_project(suite.path("far", "away", "另一个 folder"), order=-1)
    first = os.listdir(suite.path("project", "conf"))
    other = os.listdir(os.path.join(folder, "conf"))
    suite.note("another folder: its files are older", os.stat(folder + "/compose.yaml").st_mtime == 12345)
    suite.note("another folder: the same names", sorted(first) == sorted(other), f"{first}\n{other}")
    out = suite.path("out-folder")
    suite.same("another folder, other times, made in another order", suite.run(
        *suite.hardtack, *suite.command(os.path.basename(folder), out), cwd=os.path.dirname(folder)), out)


def another_time(suite):
    if not shutil.which("faketime"):
        return suite.missing("another time", "faketime is missing: apt-get install faketime")
    clock = ["faketime", FAR]
    native = os.path.join(suite.build, "native", "hardtack")
    aged = suite.run(*clock, native, "cache", "ls").stdout
    suite.note("another time: hardtack itself sees it", " d ago" in aged and " s ago" not in aged, aged)
    out = suite.path("out-time")
    suite.same("another time, and the builder compiled by gcc against glibc", suite.run(
        *clock, native, *suite.command(suite.path("project"), out)), out)
    return None


def another_zone_and_language(suite):
    env = {"TZ": "Asia/Shanghai", "LC_ALL": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"}
    suite.note("another zone: in effect", suite.run("date", "+%z", env=env).stdout == "+0800\n")
    suite.note("another language: in effect", "离线" in suite.run(*suite.hardtack, "--help", env=env).stdout)
    out = suite.path("out-zone")
    suite.same("another zone and language", suite.run(*suite.hardtack, *suite.command(suite.path("project"), out), env=env), out)


def another_umask(suite):
    modes = []
    for mask in (0o000, 0o077):
        out, probe = suite.path(f"out-{mask}"), suite.path(f"probe-{mask}")
        script = f'umask {mask:04o}; : >"$0"; exec "$@"'
        done = suite.run("sh", "-c", script, probe, *suite.hardtack, *suite.command(suite.path("project"), out))
        modes.append(os.stat(probe).st_mode & 0o777)
        held = {name: os.stat(os.path.join(out, name)).st_mode & 0o777 for name in os.listdir(out) if name.endswith(tuple(TARGETS))}
        suite.note(f"umask {mask:04o}: installers are 0755 all the same", set(held.values()) == {0o755}, held)
        suite.same(f"umask {mask:04o}", done, out)
    suite.note("the umasks were in effect", modes == [0o666, 0o600], modes)


def another_user(suite):
    if os.geteuid() != 0:
        return suite.missing("another user", "only root can become somebody else")
    home, out = suite.path("nobody"), suite.path("nobody", "out")
    os.makedirs(home)
    os.chown(home, NOBODY, NOBODY)
    project = suite.make_project(suite.path("nobody", "project"))
    for folder, _, _ in os.walk(project):
        os.chown(folder, NOBODY, NOBODY)
    done = suite.run(*suite.hardtack, *suite.command(project, out), user=NOBODY, group=NOBODY, extra_groups=[],
                     env={"HOME": home, "HARDTACK_CACHE": os.path.join(home, "cache"), "USER": pwd.getpwuid(NOBODY).pw_name})
    owners = {os.stat(os.path.join(out, name)).st_uid for name in os.listdir(out)} if os.path.isdir(out) else set()
    suite.note("another user: the files are theirs", owners == {NOBODY}, owners)
    suite.same("another user, without a cache", done, out)
    return None


def other_jobs_and_caches(suite):
    """Cold with one transfer at a time, cold with eight, warm, and with other things in it."""
    seen = {}
    for jobs in (1, 8):
        cache, out = suite.path(f"cache-{jobs}"), suite.path(f"out-jobs-{jobs}")
        with watched(suite.registry) as watch:
            done = suite.run(*suite.hardtack, *suite.command(suite.path("project"), out, "-j", jobs), env={"HARDTACK_CACHE": cache})
        seen[jobs] = watch
        suite.same(f"a cold cache, -j {jobs}", done, out)
    suite.note("-j: one transfer at a time, then several", seen[1].most == 1 and seen[8].most > 2,
               {jobs: watch.most for jobs, watch in seen.items()})
    other = suite.path("cache-other")
    junk = os.path.join(other, "blobs", "sha256")
    os.makedirs(junk)
    for number in range(40):
        data = b"%d" % number * 1000
        with open(os.path.join(junk, hashlib.sha256(data).hexdigest()), "wb") as file:
            file.write(data)
    for name, cache, fetched in (("a warm cache", suite.path("cache-8"), False), ("a cache with other things in it", other, True)):
        with watched(suite.registry) as watch:
            out = suite.path("out-cache")
            done = suite.run(*suite.hardtack, *suite.command(suite.path("project"), out), env={"HARDTACK_CACHE": cache})
        suite.note(f"{name}: {'something' if fetched else 'nothing'} was fetched", (watch.count > 0) == fetched, watch.count)
        suite.same(name, done, out)


class Watch:
    def __init__(self):
        self.count = self.now = self.most = 0
        self.lock = threading.Lock()

    @contextlib.contextmanager
    def request(self):
        with self.lock:
            self.count, self.now = self.count + 1, self.now + 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        try:
            yield
        finally:
            with self.lock:
                self.now -= 1


@contextlib.contextmanager
def watched(registry):
    """Counts requests, and how many there are at once."""
    handler, watch = registry.server.RequestHandlerClass, Watch()
    answer = handler.answer

    def slower(self):
        with watch.request():
            answer(self)
    handler.answer = slower
    try:
        yield watch
    finally:
        handler.answer = answer


def other_order_of_archives(suite):
    out = suite.path("out-order")
    suite.same("the archives the other way round", suite.run(
        *suite.hardtack, *suite.command(suite.path("project"), out, archives=suite.archives[::-1])), out)
    out = suite.path("out-targets")
    suite.same("the targets the other way round", suite.run(
        *suite.hardtack, *suite.command(suite.path("project"), out, targets=TARGETS[::-1])), out)


def source_date_epoch(suite):
    """The one thing that may change bytes; also shows that a difference is seen."""
    for epoch, alike in (("0", True), ("1700000000", False)):
        out = suite.path("out-epoch")
        done = suite.run(*suite.hardtack, *suite.command(suite.path("project"), out), env={"SOURCE_DATE_EPOCH": epoch})
        files = [name for name in suite.sums if name.endswith(tuple(TARGETS))]
        sums = sums_of(out) if done.returncode == 0 else {}
        suite.note(f"SOURCE_DATE_EPOCH={epoch}: {'the same' if alike else 'other'} bytes",
                   sums and all((sums[name] == suite.sums[name]) == alike for name in files), done.stderr)
        shutil.rmtree(out, ignore_errors=True)


# ---- the builders of other machines ------------------------------------------------------------------------------


def other_builders(suite):
    """linux-arm64's under qemu, darwin-arm64's under machorun; offline, a small payload."""
    qemu, machorun = shutil.which("qemu-aarch64-static"), os.path.join(suite.build, "tests/machorun/machorun")
    if not qemu or not os.path.exists(machorun):
        return suite.missing("other builders", "qemu-aarch64-static or machorun is missing")
    builders = {
        "linux-arm64": [qemu, os.path.join(suite.build, "linux-arm64/hardtack")],
        "darwin-arm64": ["env", f"MACHORUN={machorun}", os.path.join(ROOT, "tests/machorun/run"),
                         os.path.join(suite.build, "darwin-arm64/hardtack")],
    }
    for name, builder in builders.items():
        out = suite.path("out-" + name)
        suite.same(f"built by hardtack for {name}", suite.run(
            *builder, *suite.command(suite.path("project"), out, "--offline")), out)
        installer = next(suite.first(target) for target in TARGETS if target == "darwin-arm64")
        done = suite.run(*builder, *suite.command(suite.path("project"), None, "--verify-against", installer, targets=[]))
        suite.note(f"hardtack for {name}: --verify-against says identical", done.returncode == 0 and "identical" in done.stdout,
                   done.stdout + done.stderr)
    return None


# ---- build --verify-against --------------------------------------------------------------------------------------


def find_bytes(path, text):
    with open(path, "rb") as file:
        return file.read().index(text)


def spots(path):
    """{what must be named: offset of a byte of it}."""
    with ByteFile(path) as data:
        mac = path.endswith("darwin-arm64")
        macho = MachO(data) if mac else None
        locator = locator_check.find(data, macho.segment("__PAYLOAD").fileoff if mac else data.size, Report())
        found = {
            "the program itself": (macho.first_section_offset() if mac else 4096) + 64,
            "the locator": locator.at + 70,
            "hardtack/manifest.json": locator.offset + 600,
            "hardtack/files/conf/zz": find_bytes(path, b"zz = 7\n"),
            "the archive around hardtack/manifest.json": locator.offset + 108,
            "blobs/sha256/": locator.end - 20_000,
        }
        if mac:
            signature = macho.one("LC_CODE_SIGNATURE")
            found |= {
                "the link data": macho.segment("__LINKEDIT").fileoff + 3,
                "the code signature": data.size - 1,
                "the Mach-O header": macho.one("LC_UUID").offset + 9,
            }
            assert signature.u32(8) < data.size - 1
    return found


def tree(*folders):
    return [(folder, sorted(files), [os.stat(os.path.join(folder, f)).st_mtime_ns for f in sorted(files)])
            for top in folders for folder, _, files in os.walk(top)]


def verify_against(suite):
    cwd = suite.path("empty")
    os.makedirs(cwd)
    for target in TARGETS:
        file = suite.first(target)
        before = tree(cwd, suite.path("project"), os.path.dirname(file))
        done = suite.run(*suite.hardtack, *suite.command(suite.path("project"), None, "--verify-against", file, targets=[]), cwd=cwd)
        suite.note(f"{target}: --verify-against: identical", done.returncode == 0 and "identical" in done.stdout, done.stderr)
        suite.note(f"{target}: nothing was written", tree(cwd, suite.path("project"), os.path.dirname(file)) == before)
        for name, at in spots(file).items():
            spoilt = suite.path("spoilt")
            shutil.copyfile(file, spoilt)
            with open(spoilt, "r+b") as out:
                out.seek(at)
                byte = out.read(1)[0]
                out.seek(at)
                out.write(bytes([byte ^ 1]))
            refused(suite, f"{target}: a changed byte is in {name}", spoilt, name)
    spoilt = suite.path("spoilt")
    for name, change in (("one byte more", lambda b: b + b"\0"), ("cut short", lambda b: b[:-70_000]), ("cut in the program", lambda b: b[:100_000])):
        for target in ("darwin-arm64", "linux-amd64"):
            with open(suite.first(target), "rb") as file, open(spoilt, "wb") as out:
                out.write(change(file.read()))
            refused(suite, f"{target}: {name}", spoilt, "")


def refused(suite, name, file, text, project=None, code=7):
    done = suite.run(*suite.hardtack, *suite.command(project or suite.path("project"), None, "--verify-against", file, targets=[]))
    error = done.stderr.split("first difference: ")[-1]
    named = error.startswith(text) if code == 7 else text in done.stderr
    digests = {word.rstrip(";") for word in error.split() if word.startswith("sha256:")}
    suite.note(name, done.returncode == code and named and (code != 7 or not text or len(digests) == 2), f"exit {done.returncode}\n{done.stderr}")


def verify_against_signed(suite):
    """Who has no key builds again all the same: the signatures are the file's own, and must fit."""
    key, out = suite.path("key.pem"), suite.path("out-signed")
    suite.run(*suite.hardtack, "keygen", key)
    done = suite.run(*suite.hardtack, *suite.command(suite.path("project"), out, "--sign", key))
    if not suite.note("signed installers", done.returncode == 0, done.stderr):
        return
    for target in TARGETS:
        file = os.path.join(out, "same-" + target)
        done = suite.run(*suite.hardtack, *suite.command(suite.path("project"), None, "--verify-against", file, targets=[]))
        suite.note(f"{target}: signed: identical, without the key", done.returncode == 0 and "identical" in done.stdout, done.stderr)
        with open(file, "rb") as data:
            signed = data.read()
        with open(suite.first(target), "rb") as data:
            suite.note(f"{target}: signed: it is another file than the unsigned one", data.read() != signed)
    with ByteFile(file) as data:  # the last one, an ELF
        payload = locator_check.find(data, data.size, Report()).offset
    at = signed.index(b"hardtack/manifest.sig\0", payload) + 512 + 100
    spoilt = suite.path("spoilt")
    with open(spoilt, "wb") as data:
        data.write(signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1:])
    done = suite.run(*suite.hardtack, *suite.command(suite.path("project"), None, "--verify-against", spoilt, targets=[]))
    suite.note("a changed signature of the manifest: 7", done.returncode == 7, done)
    done = suite.run(*suite.hardtack, *suite.command(suite.path("project"), None, "--verify-against", spoilt, "--sign", key, targets=[]))
    suite.note("with the key it is named", done.returncode == 7 and "first difference: hardtack/manifest.sig" in done.stderr, done)


def verify_against_changed(suite):
    """The project, its images or the lock moved on since."""
    file = suite.first("linux-amd64")
    project = suite.make_project(suite.path("changed"))
    with open(os.path.join(project, "conf/zz"), "a", encoding="utf-8") as out:
        out.write("more\n")
    refused(suite, "a changed file of the project is named", file, "hardtack/files/conf/zz", project)
    os.unlink(os.path.join(project, "conf/zz"))
    done = suite.run(*suite.hardtack, *suite.command(project, None, "--verify-against", file, targets=[]))
    suite.note("a file that the project has no more is named", done.returncode == 7 and
               "hardtack/files/conf/zz: built here nothing" in done.stdout, done)
    os.unlink(os.path.join(project, "hardtack.lock"))
    refused(suite, "without the lock: 6", file, "team/app:1", project, code=6)
    moved = suite.make_project(suite.path("moved"))
    os.unlink(os.path.join(moved, "hardtack.lock"))
    suite.registry.add_image("team/app", "1", layers=[60_000], seed=9)
    done = suite.run(*suite.hardtack, *suite.command(moved, suite.path("out-moved")))
    if suite.note("a lock made anew", done.returncode == 0, done.stderr):
        refused(suite, "another pin is named by its image", file, f"image {suite.registry.host}/team/app:1", moved)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--deps", default=os.path.join(ROOT, "build/deps"))
    with fakes.FakeRegistry() as registry:
        suite = Suite(parser.parse_args(), registry)
        try:
            run_all(suite)
        finally:
            shutil.rmtree(suite.work, ignore_errors=True)
    print(f"{suite.passed} passed, {suite.failed} failed")
    return 1 if suite.failed or not suite.passed else 0


def run_all(suite):
    os.makedirs(suite.path("home"))
    suite.registry.add_image("team/app", "1", layers=[60_000, 50_000, 40_000, 30_000, 20_000], seed=1)
    done = subprocess.run([os.path.join(ROOT, "payload/hello/make_image.py"), suite.images], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, check=False, env={**os.environ, "DEPS": suite.deps})
    if not suite.note("an image from scratch", done.returncode == 0, done.stderr):
        return
    project, first = suite.make_project(suite.path("project")), suite.path("first")
    done = suite.run(*suite.hardtack, *suite.command(project, first))
    shutil.copyfile(os.path.join(project, "hardtack.lock"), suite.path("lock"))
    suite.sums = sums_of(first) if done.returncode == 0 else {}
    suite.first = lambda target: os.path.join(first, "same-" + target)
    if not suite.note("the first build", len(suite.sums) == 2 * len(TARGETS) + 1, done.stdout + done.stderr):
        return
    for surrounding in (another_folder_and_order, another_time, another_zone_and_language, another_umask, another_user,
                        other_jobs_and_caches, other_order_of_archives, source_date_epoch, other_builders, verify_against,
                        verify_against_signed, verify_against_changed):
        start = time.monotonic()
        surrounding(suite)
        print(f"     {surrounding.__name__}: {time.monotonic() - start:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
