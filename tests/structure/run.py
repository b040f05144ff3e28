#!/usr/bin/env python3
"""Builds installers and holds their structure against every rule, our own checkers' and other people's.

    tests/structure/run.py --build BUILD --deps DEPS [--big] [--keep]

BUILD has hardtack and the stubs, DEPS the toolchain; the outside judges come into DEPS/judges. --big
also makes installers of more than 2 GiB and just under 4 GiB (10 GB of disk for a while). --keep leaves
the work folder. A judge that cannot be had is a failure where MUST_RUN=1. Ends with
"N passed, N failed".
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import elf_check  # noqa: E402
import judges  # noqa: E402
import locator_check  # noqa: E402
import macho_check  # noqa: E402
import resign  # noqa: E402
from byte_file import ByteFile  # noqa: E402
from macho_parse import MachO  # noqa: E402
from report import Report  # noqa: E402

MIB, GIB = 1 << 20, 1 << 30
PAGE = 16384
TARGETS = ["darwin-arm64", "linux-amd64", "linux-arm64"]
OK, INPUT, INTEGRITY = 0, 3, 7
MOST_STUB = 3 * MIB // 2
MOST_MEMORY_KIB = 64 * 1024
MOST_STUB_MEMORY_KIB = 24 * 1024
COMPOSE = """name: filler
services:
  web:
    image: hardtack/hello:1.0.0
    volumes: ["./filler:/filler:ro"]
"""


# Runs a command from a small process: a child's peak of memory begins with its parent's size, and this
# program, with LIEF in it, is larger than hardtack may be.
MEASURE = """
import os, sys
child = os.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as out:
    out.write(str(usage.ru_maxrss))
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
"""


class Suite:
    def __init__(self, options):
        self.build, self.deps = os.path.abspath(options.build), os.path.abspath(options.deps)
        self.judges = os.path.join(self.deps, "judges")
        self.hardtack = os.path.join(self.build, "hardtack")
        self.passed = self.failed = self.skipped = 0
        self.work = tempfile.mkdtemp(prefix="structure-", dir=self.build)
        self.images = self.path("images")
        self.machorun = os.path.join(self.build, "tests/machorun/machorun")

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def stub(self, target):
        return os.path.join(self.build, target, "stub")

    def note(self, name, holds, detail=""):
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {name}", flush=True)
        if not holds and detail:
            print("     " + str(detail).strip().replace("\n", "\n     "), flush=True)
        return bool(holds)

    def skip(self, name, why):
        """Counts as a failure where everything must run."""
        if os.environ.get("MUST_RUN") == "1":
            self.note(name, False, why)
        else:
            self.skipped += 1
            print(f"skip {name}: {why}", flush=True)

    def notes(self, what, results):
        for name, holds, detail in results:
            self.note(f"{what}: {name}", holds, detail)

    def run(self, *command, cwd=None, env=None, timeout=600):
        """(status, stdout, stderr, most memory in KiB)."""
        done = subprocess.run([sys.executable, "-ISc", MEASURE, self.path("memory"), *command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, timeout=timeout, check=False,
                              env={**os.environ, "LC_ALL": "C", "DEPS": self.deps, **(env or {})})
        with open(self.path("memory"), encoding="ascii") as handle:
            memory = int(handle.read())
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"), memory

    def check(self, what, path, stub=None, resigned=False):
        """Our own checker; returns whether it is content."""
        report = judge(path, stub, resigned)
        return self.note(f"{what}: {len(report.held)} rules", not report.violations,
                         "\n".join(f"{rule}: {detail}" for rule, detail in report.violations[:12]))


def is_macho(path):
    with open(path, "rb") as handle:
        return handle.read(4) == b"\xcf\xfa\xed\xfe"


def judge(path, stub=None, resigned=False):
    report = Report()
    if is_macho(path):
        macho_check.check_macho(path, report, stub, resigned)
    else:
        elf_check.check_elf(path, report, stub)
    return report


def parts_of(path):
    """{name: offset} of bytes whose change must be found, by the part that they are in."""
    with ByteFile(path) as data:
        if is_macho(path):
            macho = MachO(data)
            payload, linkedit = macho.segment("__PAYLOAD"), macho.segment("__LINKEDIT")
            locator = locator_check.find(data, payload.fileoff, Report())
            signature = macho.one("LC_CODE_SIGNATURE")
            return {
                "header": macho.one("LC_SOURCE_VERSION").offset + 8 if macho.one("LC_SOURCE_VERSION")
                else macho.one("LC_UUID").offset + 9,
                "code": macho.first_section_offset() + 64,
                "locator": locator.at + 57,
                "payload": locator.offset + locator.length // 2,
                "payload's last byte": locator.end - 1,
                "padding": payload.file_end - 1 if payload.file_end > locator.end else locator.end - 1,
                "linkedit": linkedit.fileoff + 3,
                "signature": signature.u32(8) + 200,
                "last byte": data.size - 1,
            }
        locator = locator_check.find(data, data.size, Report())
        return {
            "code": elf_check.Elf(data).programs[0].offset + 0x400,
            "locator": locator.at + 57,
            "payload": locator.offset + locator.length // 2,
            "last byte": data.size - 1,
        }


def flipped(path, at, to):
    shutil.copyfile(path, to)
    with open(to, "r+b") as handle:
        handle.seek(at)
        byte = handle.read(1)[0]
        handle.seek(at)
        handle.write(bytes([byte ^ 0x20]))
    return to


# ---- what is tried -----------------------------------------------------------------------------------------


def make_images(suite):
    status, _, err, _ = suite.run(os.path.join(ROOT, "payload/hello/make_image.py"), suite.images)
    return suite.note("an image from scratch", status == 0, err)


def build(suite, project, output, *options, env=None):
    return suite.run(suite.hardtack, "build", project, "--offline", "--image-archive",
                     os.path.join(suite.images, "hello-oci.tar"), *options, "-o", output, env=env)


def build_hello(suite):
    """The demo's payload for every target, signed: {target: path}."""
    folder, key = suite.path("hello") + "/", suite.path("key.pem")
    status, out, err, _ = suite.run(suite.hardtack, "keygen", key)
    suite.note("a key to sign with", status == 0, out + err)
    status, out, err, memory = build(suite, os.path.join(ROOT, "payload/hello"), folder, "--sign", key,
                                     *[word for target in TARGETS for word in ("--target", target)])
    made = out.splitlines()
    found = {target: path for target in TARGETS for path in made if path.endswith(target)}
    suite.note("build: three targets, their paths on stdout", status == 0 and len(made) == len(found) == 3, out + err)
    if found:
        suite.note(f"build: {memory} KiB of memory", memory <= MOST_MEMORY_KIB)
    return found


def signed_file(suite, path):
    """FILE.sig is the key's signature of the file as it is."""
    status, _, _, _ = suite.run("openssl", "dgst", "-sha256", "-verify", suite.path("key.pub.pem"), "-signature", path + ".sig", path)
    return status == 0


def check_files(suite, made):
    for target, path in made.items():
        suite.check(f"{target}", path, suite.stub(target))
        suite.note(f"{target}: mode 0755", os.stat(path).st_mode & 0o7777 == 0o755)
        with open(path, "rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        with open(path + ".sha256", encoding="utf-8") as handle:
            line = handle.read()
        suite.note(f"{target}: .sha256 beside it", line == f"{digest}  {os.path.basename(path)}\n", line)
        suite.note(f"{target}: .sig beside it, says openssl", signed_file(suite, path))
        size = os.path.getsize(suite.stub(target))
        suite.note(f"{target}: a stub of {size} bytes", size <= MOST_STUB)
        with open(suite.stub(target), "rb") as handle:
            stub = handle.read()
        leaks = [word for word in (ROOT, suite.deps, suite.build, os.environ.get("HOME", "")) if len(word) > 5
                 and word.encode() in stub]
        suite.note(f"{target}: no path of this machine in the stub", not leaks, leaks)
        status, out, err, _ = suite.run(suite.hardtack, "verify", path)
        suite.note(f"{target}: hardtack verify", status == OK, out + err)
        check_runs(suite, target, target, path)


def check_control_programs(suite, made):
    """The small program inside is an installer of its own, without images, and as valid."""
    for target, path in made.items():
        folder = suite.path(f"unpacked-{target}")
        status, out, err, _ = suite.run(suite.hardtack, "extract", path, folder)
        control = os.path.join(folder, "hardtack/files/hardtack-control")
        suite.note(f"{target}: the control program is in it", status == OK and os.access(control, os.X_OK), out + err)
        suite.check(f"{target}: control program", control, suite.stub(target))
        status, out, err, _ = suite.run(suite.hardtack, "verify", control)
        suite.note(f"{target}: control program: hardtack verify", status == OK, out + err)
        check_runs(suite, f"{target}: control program", target, control)


def check_judges(suite, made):
    status, _, err, _ = suite.run(os.path.join(HERE, "setup_judges.sh"), suite.judges, timeout=1800)
    if status != 0:
        suite.skip("the outside judges", err.strip())
    for target, path in made.items():
        stub = suite.stub(target)
        suite.notes(target, judges.llvm_macho(path, stub) if is_macho(path) else judges.llvm_elf(path))
        if os.path.isdir(os.path.join(suite.judges, "python")):
            suite.notes(target, judges.lief_macho(suite.judges, path, stub) if is_macho(path)
                        else judges.lief_elf(suite.judges, path))
    have = os.path.exists(os.path.join(suite.judges, "bin/rcodesign"))
    if have:
        suite.notes("darwin-arm64", judges.rcodesign_reads(suite.judges, made["darwin-arm64"]))
        check_judges_can_refuse(suite, made["darwin-arm64"], suite.stub("darwin-arm64"))
    check_signed_again(suite, made["darwin-arm64"], have)


def check_judges_can_refuse(suite, path, stub):
    """Each judge is shown a file that is wrong in what it looks at."""
    with ByteFile(path) as data:
        macho = MachO(data)
    symbols, linkedit = macho.one("LC_SYMTAB").offset, macho.segment("__LINKEDIT").command.offset

    def spoilt(at, form, value):
        copy = suite.path("spoilt")
        shutil.copyfile(path, copy)
        with open(copy, "r+b") as handle:
            handle.seek(at if at >= 0 else os.path.getsize(copy))
            handle.write(struct.pack(form, value))
        return copy

    def refuses(results):
        try:
            return not all(holds for _, holds, _ in results)
        except Exception:  # a judge that cannot even read it
            return True

    suite.note("LLVM refuses symbols outside the file", refuses(judges.llvm_macho(spoilt(symbols + 8, "<I", 1 << 30), stub)))
    suite.note("LIEF refuses segments that overlap",
               refuses(judges.lief_macho(suite.judges, spoilt(linkedit + 40, "<Q", 0x4000), stub)))
    suite.note("rcodesign refuses bytes behind the signature", refuses(judges.rcodesign_reads(suite.judges, spoilt(-1, "<B", 1))))


def check_signed_again(suite, path, have_rcodesign):
    """The locator's promise: what Apple's own tools change does not touch the payload's proof."""
    with ByteFile(path) as data:
        before = locator_check.find(data, data.size, Report())
        payload = data.read(before.offset, before.length, "the payload")
    rcodesign = lambda *options: lambda signed: judges.rcodesign_signs(suite.judges, path, signed, *options)  # noqa: E731
    codesign = lambda *options: lambda signed: (resign.sign(path, signed, *options), "")  # noqa: E731
    ways = {"as codesign does, 16 KiB": codesign(16384), "as codesign does, 4 KiB, hardened runtime": codesign(4096, True)}
    if have_rcodesign:
        ways |= {
            "ad-hoc": rcodesign(),
            "ad-hoc, hardened runtime": rcodesign("--code-signature-flags", "runtime"),
            "own certificate": rcodesign(*judges.rcodesign_certificate(suite.judges, suite.work)),
        }
    for name, sign in ways.items():
        what, signed = f"signed again ({name})", suite.path("signed")
        status, told = sign(signed)
        if not suite.note(f"{what}: it can be signed", not status, told):
            continue
        os.chmod(signed, 0o755)
        suite.check(what, signed, resigned=True)
        rules = judge(signed).violated()
        suite.note(f"{what}: is not what hardtack made", any(rule.startswith("made.") for rule in rules), rules)
        with ByteFile(signed) as data:
            after = locator_check.find(data, data.size, Report())
            same = payload == data.read(after.offset, after.length, "the payload")
        suite.note(f"{what}: same payload, same root", same and after.root == before.root)
        suite.notes(what, judges.llvm_macho(signed, suite.stub("darwin-arm64")))
        if os.path.isdir(os.path.join(suite.judges, "python")):
            suite.notes(what, judges.lief_macho(suite.judges, signed, suite.stub("darwin-arm64")))
        status, out, err, _ = suite.run(suite.hardtack, "build", os.path.join(ROOT, "payload/hello"), "--offline", "--image-archive",
                                        os.path.join(suite.images, "hello-oci.tar"), "--verify-against", signed)
        suite.note(f"{what}: only the code signature differs from what is built", status == OK and "only the code signature" in out, out + err)
        status, out, err, _ = suite.run(suite.hardtack, "verify", signed)
        suite.note(f"{what}: hardtack verify", status == OK, out + err)
        check_sign_again(suite, what, path, signed)
        check_runs(suite, what, "darwin-arm64", signed)
        for part, at in parts_of(signed).items():
            spoilt = flipped(signed, at, suite.path("spoilt"))
            status, _, _, _ = suite.run(suite.hardtack, "verify", spoilt)
            suite.note(f"{what}: {part} flipped: hardtack verify refuses", status == INTEGRITY, f"exit {status}")
            check_refuses(suite, f"{what}: {part} flipped", "darwin-arm64", spoilt, part)


def check_sign_again(suite, what, path, signed):
    """The manifest's signature survives Apple's tools; FILE.sig is written again by `hardtack sign`."""
    public = suite.path("key.pub.pem")
    status, out, err, _ = suite.run(suite.hardtack, "verify", signed, "--key", public)
    suite.note(f"{what}: the manifest is still signed", status == OK and "is not here" in err, out + err)
    shutil.copyfile(path + ".sig", signed + ".sig")
    status, out, err, _ = suite.run(suite.hardtack, "verify", signed, "--key", public)
    suite.note(f"{what}: the old FILE.sig is refused", status == INTEGRITY, out + err)
    status, out, err, _ = suite.run(suite.hardtack, "sign", signed, "--key", suite.path("key.pem"))
    suite.note(f"{what}: hardtack sign", status == OK and signed_file(suite, signed), out + err)
    status, out, err, _ = suite.run(suite.hardtack, "verify", signed, "--key", public)
    suite.note(f"{what}: signed as a whole", status == OK and "as a whole" in out, out + err)
    os.remove(signed + ".sig")


def runner_of(suite, target):
    """The words before an installer's path that run it on this machine; None when it cannot run here."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine)
    if target == f"linux-{machine}":
        return []
    if target == "linux-arm64":
        qemu = shutil.which("qemu-aarch64-static")
        return [qemu] if qemu else None
    if target == "darwin-arm64" and os.path.exists(suite.machorun) and shutil.which("qemu-aarch64-static"):
        return ["env", f"MACHORUN={suite.machorun}", os.path.join(ROOT, "tests/machorun/run")]
    return None


def check_runs(suite, what, target, path):
    """The installer's own verbs on the file, which is whole."""
    runner = runner_of(suite, target)
    if runner is None:
        suite.skip(f"{what}: runs", "machorun or qemu-aarch64-static is missing")
        return
    for verb in ("verify", "info", "version"):
        status, out, err, memory = suite.run(*runner, path, verb)
        suite.note(f"{what}: runs {verb}", status == OK, out + err)
        if not runner:
            suite.note(f"{what}: {verb} in {memory} KiB of memory", memory <= MOST_STUB_MEMORY_KIB)


def check_refuses(suite, what, target, path, part):
    """The installer's own verify on a file that is not whole: 7, or no start where the stub itself was hit."""
    runner = runner_of(suite, target)
    if runner is None:
        return
    os.chmod(path, 0o755)
    try:
        status, out, err, _ = suite.run(*runner, path, "verify", timeout=60)
    except OSError:
        status, out, err = 126, "", ""  # not executable any more
    # On a Mac everything but the payload belongs to the signed stub: the kernel may be the first to refuse.
    hit = part in ("code", "cut") or (target == "darwin-arm64" and not part.startswith(("pa", "end")))
    suite.note(f"{what}: it refuses itself", status == INTEGRITY or (hit and status != OK), f"exit {status}: {out}{err}")


def check_mutations(suite, made):
    for target in ("darwin-arm64", "linux-amd64"):
        path, spoilt = made[target], suite.path("spoilt")
        size = os.path.getsize(path)
        cases = [(part, f"{part} flipped", lambda at=at: flipped(path, at, spoilt)) for part, at in parts_of(path).items()]

        def changed(cut=None, add=b""):
            with open(path, "rb") as source, open(spoilt, "wb") as out:
                out.write(source.read()[:cut] + add)

        cases += [
            ("end", "a byte appended", lambda: changed(add=b"\0")),
            ("end", "a page appended", lambda: changed(add=bytes(PAGE))),
            ("last byte", "the last byte cut off", lambda: changed(cut=size - 1)),
            ("cut", "cut in the middle", lambda: changed(cut=size // 2)),
            ("cut", "cut to its first page", lambda: changed(cut=PAGE)),
            ("cut", "empty", lambda: changed(cut=0)),
        ]
        for part, name, spoil in cases:
            spoil()
            report = Report()
            (macho_check.check_macho if target.startswith("darwin") else elf_check.check_elf)(spoilt, report)
            suite.note(f"{target}: {name}: the checker refuses", report.violations)
            status, out, err, _ = suite.run(suite.hardtack, "verify", spoilt)
            suite.note(f"{target}: {name}: hardtack verify refuses", status == INTEGRITY, f"exit {status}: {out}{err}")
            check_refuses(suite, f"{target}: {name}", target, spoilt, part)


def check_each_rule(suite, made):
    status, out, err, _ = suite.run(
        os.path.join(HERE, "test_checkers.py"), "--macho", made["darwin-arm64"], suite.stub("darwin-arm64"),
        "--elf", made["linux-amd64"], suite.stub("linux-amd64"))
    last = (out.splitlines() or [""])[-1]
    failures = "\n".join(line for line in out.splitlines() if not line.startswith("ok"))
    suite.note(f"every rule was seen to fail: {last}", status == 0, failures + err)


def payload_length(path):
    with ByteFile(path) as data:
        return locator_check.find(data, min(data.size, 16 * MIB), Report()).length


def filler_project(suite, name, size):
    """A project that mounts a file of this size (a hole): the payload is that much longer."""
    folder = suite.path(name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "compose.yaml"), "w", encoding="utf-8") as handle:
        handle.write(COMPOSE)
    with open(os.path.join(folder, "filler"), "wb") as handle:
        handle.truncate(size)
    return os.path.join(folder, "compose.yaml")


def check_page_boundaries(suite):
    """Payloads that end exactly at a page, one block before and one block after."""
    for target in ("darwin-arm64", "linux-amd64"):
        for remainder in (0, 512, PAGE - 512):
            size, path, length = 20000, suite.path("installer"), 0
            for _ in range(4):  # the manifest's length moves a little with the number in it
                status, out, err, _ = build(suite, filler_project(suite, "pages", size), path, "--target", target)
                if status != 0:
                    break
                length = payload_length(path)
                if length % PAGE == remainder:
                    break
                size += (remainder - length) % PAGE
            what = f"{target}: a payload of {length // PAGE} pages and {remainder} bytes"
            if suite.note(what, status == 0 and length % PAGE == remainder, out + err):
                suite.check(what, path, suite.stub(target))


def check_same_bytes(suite, made):
    """Nothing of the machine, the moment or the person is in the file."""
    copy = suite.path("另一个 folder")
    shutil.copytree(os.path.join(ROOT, "payload/hello"), copy)
    for path in os.listdir(copy):
        os.utime(os.path.join(copy, path), (1, 1))
    output = suite.path("again")
    old = os.umask(0o077)
    status, out, err, _ = build(suite, copy, output, "--target", "darwin-arm64", "--lang", "zh", "--sign", suite.path("key.pem"),
                                env={"TZ": "Asia/Shanghai", "LC_ALL": "zh_CN.UTF-8", "USER": "nobody", "HOME": suite.work})
    os.umask(old)
    for what in ("", ".sig") if status == 0 else ():
        with open(output + what, "rb") as ours, open(made["darwin-arm64"] + what, "rb") as theirs:
            same = ours.read() == theirs.read()
        suite.note(f"the same bytes from another folder, time, umask, zone, language{what and ': ' + what}", same)
    suite.note("built in another folder", status == 0, out + err)
    before = os.stat(output).st_ino if status == 0 else 0
    holder = os.open(output, os.O_RDONLY) if status == 0 else None  # keeps the old inode's number taken
    status, out, err, _ = build(suite, copy, output, "--target", "darwin-arm64")
    suite.note("built over an old file: a new inode", status == 0 and os.stat(output).st_ino != before, out + err)
    suite.note("built without a key: the signature of the old file is gone", not os.path.exists(output + ".sig"))
    if holder is not None:
        os.close(holder)


def check_docker_line(suite, made):
    """The line that inspect prints gives exactly the payload, without hardtack."""
    for target, path in made.items():
        status, out, err, _ = suite.run(suite.hardtack, "inspect", path)
        line = re.search(r"tail -c \+\d+ .*\| *head -c \d+ *(?=\| *docker load)", out)
        if not suite.note(f"{target}: inspect prints the line for docker load", status == 0 and line, out + err):
            continue
        status, _, err, _ = suite.run("sh", "-c", f"{line.group()} >{suite.path('payload.tar')}", cwd=os.path.dirname(path))
        with ByteFile(path) as data, open(suite.path("payload.tar"), "rb") as handle:
            locator = locator_check.find(data, data.size, Report())
            same = handle.read() == data.read(locator.offset, locator.length, "the payload")
        suite.note(f"{target}: that line gives the payload", status == 0 and same, err)


def check_parts(suite, made):
    """The parts that inspect tells add up to the file; the program is the stub, to the byte on ELF."""
    for target, path in made.items():
        status, out, err, _ = suite.run(suite.hardtack, "inspect", "--json", path)
        told = json.loads(out) if status == 0 else {"parts": {}}
        size, parts = os.path.getsize(path), told["parts"]
        suite.note(f"{target}: the parts that inspect tells are the file", status == 0 and sum(parts.values()) == size, f"{parts} {size} {err}")
        stub = os.path.getsize(suite.stub(target))
        near = parts.get("program") == stub if target.startswith("linux") else stub / 2 < parts.get("program", 0) < stub + 16384
        suite.note(f"{target}: the program it tells is the stub", near, f"{parts} {stub}")


def check_big(suite):
    path = suite.path("big")
    project = filler_project(suite, "filler", 2 * GIB + 1)
    status, out, err, memory = build(suite, project, path, "--target", "linux-amd64")
    if suite.note(f"linux-amd64, 2 GiB and a byte: build, {memory} KiB of memory", status == OK and memory <= MOST_MEMORY_KIB, out + err):
        suite.check("linux-amd64, 2 GiB and a byte", path, suite.stub("linux-amd64"))
        check_runs(suite, "linux-amd64, 2 GiB and a byte", "linux-amd64", path)
    sizes = [("2 GiB and a byte", 2 * GIB + 1), ("4 GiB less 64 MiB", 4 * GIB - 64 * MIB)]
    for name, size in sizes:
        status, out, err, memory = build(suite, filler_project(suite, "filler", size), path, "--target", "darwin-arm64")
        if suite.note(f"darwin-arm64, {name}: build, {memory} KiB of memory", status == 0 and memory <= MOST_MEMORY_KIB, out + err):
            suite.check(f"darwin-arm64, {name}", path, suite.stub("darwin-arm64"))
            status, out, err, memory = suite.run(suite.hardtack, "verify", path)
            suite.note(f"darwin-arm64, {name}: hardtack verify, {memory} KiB of memory", status == OK and memory <= MOST_MEMORY_KIB, out + err)
            suite.notes(f"darwin-arm64, {name}", [n for n in judges.llvm_macho(path, suite.stub("darwin-arm64"))])
            # Only the last byte of the payload: far behind what 31 bits can count.
            with open(path, "r+b") as handle:
                handle.seek(parts_of(path)["payload's last byte"] - 1024 * 1024)
                handle.write(b"x")
            status, _, _, _ = suite.run(suite.hardtack, "verify", path)
            suite.note(f"darwin-arm64, {name}: a changed byte near the end is found", status == INTEGRITY, f"exit {status}")
            suite.note(f"darwin-arm64, {name}: by the checker too", judge(path).violations)
            os.unlink(path)
    path = suite.path("too-big")
    status, out, err, _ = build(suite, filler_project(suite, "filler", 4 * GIB), path, "--target", "darwin-arm64")
    suite.note("darwin-arm64, 4 GiB: a clear refusal", status == INPUT and "4 GiB" in err, f"exit {status}: {err}")
    left = [name for name in os.listdir(suite.work) if name.startswith((".", "too-big")) and name != ".cache"]  # proofs of layers
    suite.note("darwin-arm64, 4 GiB: nothing is left behind", not left, left)
    shutil.rmtree(suite.path("filler"), ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--deps", default=os.path.join(ROOT, "build/deps"))
    parser.add_argument("--big", action="store_true")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    suite = Suite(options)
    try:
        for target in TARGETS:
            report = Report()
            if target.startswith("darwin"):
                macho_check.check_macho(suite.stub(target), report, bare=True)
            else:
                elf_check.check_elf(suite.stub(target), report, bare=True)
            suite.note(f"{target}: the stub itself, {len(report.held)} rules", not report.violations, report.violations)
        made = build_hello(suite) if make_images(suite) else {}
        if len(made) == len(TARGETS):
            check_files(suite, made)
            check_control_programs(suite, made)
            check_each_rule(suite, made)
            check_mutations(suite, made)
            check_parts(suite, made)
            check_docker_line(suite, made)
            check_same_bytes(suite, made)
            check_page_boundaries(suite)
            check_judges(suite, made)
            if options.big:
                check_big(suite)
    finally:
        if not options.keep:
            shutil.rmtree(suite.work, ignore_errors=True)
    if suite.skipped:
        print(f"{suite.skipped} skipped")
    print(f"{suite.passed} passed, {suite.failed} failed")
    return 1 if suite.failed or not suite.passed else 0


if __name__ == "__main__":
    sys.exit(main())
