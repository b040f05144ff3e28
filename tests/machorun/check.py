#!/usr/bin/env python3
"""Tests machorun: programs under it against the same programs on Linux, and files it must refuse.

usage: check.py FOLDER TBD_FOLDER STUB

FOLDER holds machorun, native/* and darwin/*; TBD_FOLDER zig's libSystem*.tbd, the list of what macOS
exports; STUB is the one that ships. The last line is "N passed, N failed".
"""

import glob
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import fcntl
import termios
import time

import reject

HERE = os.path.dirname(os.path.abspath(__file__))
TIMEOUT_S = 120
counts = {"passed": 0, "failed": 0}


def judge(name, good, detail=""):
    counts["passed" if good else "failed"] += 1
    if not good:
        print(f"FAIL {name}{': ' + detail if detail else ''}")


class Runner:
    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.environment = dict(os.environ, MACHORUN=os.path.join(self.folder, "machorun"))

    def path(self, kind, program):
        return os.path.join(self.folder, kind, program)

    def command(self, kind, program):
        prefix = [os.path.join(HERE, "run"), "--strict"] if kind == "darwin" else []
        return prefix + [self.path(kind, program)]

    def call(self, command, **options):
        """Runs in an empty folder of its own; stdout, stderr, exit status as a shell tells it."""
        with tempfile.TemporaryDirectory(prefix="machorun-") as room:
            done = subprocess.run(command, cwd=room, env=self.environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=TIMEOUT_S, check=False, **options)
        status = done.returncode if done.returncode >= 0 else 128 - done.returncode
        return done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"), status

    def machorun(self, *arguments):
        return self.call([os.path.join(HERE, "run"), *arguments])


def compare(program, native, darwin):
    """Every line that the native program prints has to come out of the other one too."""
    for number, line in enumerate(native):
        other = darwin[number] if number < len(darwin) else "(nothing)"
        judge(f"{program} line {number + 1}", line == other and not line.startswith("FAILED"),
              f"native {line!r}, under machorun {other!r}")
    judge(f"{program} ends", len(native) == len(darwin) > 0 and "0 failed" in native,
          f"{len(native)} lines natively, {len(darwin)} under machorun")


def check_same_output(run, program):
    native, native_errors, native_status = run.call(run.command("native", program))
    darwin, errors, status = run.call(run.command("darwin", program))
    compare(program, native.splitlines(), darwin.splitlines())
    judge(f"{program} exit status", status == native_status == 0,
          f"{native_status} natively, {status} under machorun: {native_errors} {errors}")


def check_darwin_only(run, program, least):
    output, errors, status = run.call(run.command("darwin", program))
    lines = output.splitlines()
    for line in lines[:-1]:
        judge(f"{program}: {line}", line.startswith("ok "))
    judge(f"{program} ends", lines[-1:] == ["0 failed"] and len(lines) > least and status == 0, errors)


def on_terminal(command, environment):
    """Output of a command whose terminal has 33 rows and 101 columns."""
    child, controller = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))
        os.execvpe(command[0], command, environment)
    output, deadline = b"", time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        if not select.select([controller], [], [], 1)[0]:
            continue
        try:
            piece = os.read(controller, 4096)
        except OSError:
            break
        if not piece:
            break
        output += piece
    os.close(controller)
    _, status = os.waitpid(child, 0)
    return output.decode().replace("\r\n", "\n").splitlines(), os.waitstatus_to_exitcode(status)


def check_terminal(run):
    native, _ = on_terminal(run.command("native", "terminal"), run.environment)
    darwin, status = on_terminal(run.command("darwin", "terminal"), run.environment)
    compare("terminal", native, darwin)
    judge("terminal exit status", status == 0)


def check_signals_from_outside(run):
    """SIGINT, SIGTERM and SIGWINCH arrive at the program's handlers and end its waiting."""
    for kind in "native", "darwin":
        process = subprocess.Popen(run.command(kind, "interactive"), env=run.environment,
                                   stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        first = process.stdout.readline()
        process.send_signal(signal.SIGWINCH)
        second = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        judge(f"interactive ({kind})", (first, second, rest, process.wait(TIMEOUT_S)) ==
              ("waiting\n", "resized\n", "interrupted\n", 130),
              repr((first, second, rest, process.returncode)))
    process = subprocess.Popen(run.command("darwin", "interactive"), env=run.environment,
                               stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.stdout.read()
    judge("SIGTERM by default", process.wait(TIMEOUT_S) == -signal.SIGTERM, str(process.returncode))


def check_unshimmed(run):
    program = run.path("darwin", "darwin_unshimmed")
    output, errors, status = run.machorun("--check", program)
    judge("--check lists the missing import", (output, status) == ("_setlogin\n", 1), output + errors)
    output, errors, status = run.machorun(program)
    judge("an import that is not called does not matter", (output, status) == ("before\n", 4), errors)
    output, errors, status = run.machorun(program, "name")
    judge("a missing import dies by name",
          status == 125 and "_setlogin was called and has no shim" in errors, errors)
    for path in sorted(glob.glob(run.path("darwin", "*"))):
        if path != program:
            output, errors, status = run.machorun("--check", path)
            judge(f"--check {os.path.basename(path)}", status == 0 and output == "", output + errors)


def check_names(run, tbd_folder):
    """A shim whose name macOS does not export is a slip of the pen."""
    exported = set()
    for path in glob.glob(os.path.join(tbd_folder, "libSystem*.tbd")):
        with open(path, encoding="utf-8") as tbd:
            exported |= set(re.findall(r"[A-Za-z_$][\w$]*", tbd.read()))
    names = run.machorun("--list")[0].split()
    judge("there are shims", len(names) > 600 and len(exported) > 5000, f"{len(names)} {len(exported)}")
    for name in names:
        known = name in exported or any(e.startswith(name + "$") for e in exported)
        judge(f"macOS exports {name}", known)
    judge("no shim twice", len(names) == len(set(names)),
          " ".join(sorted(n for n in set(names) if names.count(n) > 1)))


def check_refusals(run):
    with open(run.path("darwin", "darwin_hello"), "rb") as file:
        whole = file.read()
    with tempfile.TemporaryDirectory(prefix="machorun-reject-") as room:
        for name, data, wanted, message in reject.cases(whole):
            path = os.path.join(room, name.replace(" ", "-"))
            with open(path, "wb") as file:
                file.write(data)
            output, errors, status = run.machorun("--strict", path, "a", "b")
            judge(f"reject {name}", status == wanted and message in errors, f"{status} {output} {errors}")
        cut = os.path.join(room, "cut")
        flipped = reject.flip(whole, reject.text_offset(whole) - 1)
        for name, data in ("a cut signature", whole[:-16]), ("a flipped bit", flipped):
            with open(cut, "wb") as file:
                file.write(data)
            output, errors, status = run.machorun(cut, "a", "b")
            judge(f"without --strict {name} is the program's affair", (output, status) == ("3 b\n", 3),
                  f"{status} {errors}")
    _, errors, status = run.machorun("/nonexistent/file")
    judge("reject a missing file", status == 126 and "No such file" in errors, errors)


def check_payload(run):
    """An unmapped segment of almost 4 GiB, sparse: the program finds and reads it, memory stays small."""
    with open(run.path("darwin", "darwin_payload"), "rb") as file:
        whole = file.read()
    with tempfile.TemporaryDirectory(prefix="machorun-payload-") as room:
        path = os.path.join(room, "big")
        length = (1 << 32) - (64 << 20)
        reject.write_with_payload(path, whole, length)
        output, errors, status = run.machorun("--strict", path)
        lines = output.splitlines()
        judge("payload of 4 GiB - 64 MiB", status == 0 and lines[:2] == [f"length {length}", "ends FIRST LAST"],
              output + errors)
        kilobytes = int(lines[2].split()[1]) if len(lines) > 2 else 1 << 30
        judge("memory stays small", kilobytes < 96 << 10, f"{kilobytes} KiB at the peak, qemu included")


def check_stub(run, stub):
    """The stub that ships: nothing it imports is missing, and it speaks the language of the system's settings."""
    stub = os.path.abspath(stub)
    output, errors, status = run.machorun("--check", stub)
    judge("every import of the stub has a shim", (output, status) == ("", 0), output + errors)
    for name in "LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE":
        run.environment.pop(name, None)
    for languages, text in (("zh-Hans-CN en", "\u7528\u6cd5"), ("en-US zh", "Usage"), ("", "Usage")):
        run.environment["MACHORUN_LANGUAGES"] = languages
        output, errors, status = run.machorun("--strict", stub, "--help")
        judge(f"help when the system prefers '{languages}'", status == 0 and text in output, output + errors)
    output, errors, status = run.machorun("--strict", stub, "verify")
    judge("a stub without payload says so", status not in (0, 125, 126) and errors != "", errors)


def main():
    folder, tbd_folder, stub = sys.argv[1:4]
    run = Runner(folder)
    for program in ["files", "children", "threads", "sockets", "signals", "library"]:
        check_same_output(run, program)
    check_terminal(run)
    check_signals_from_outside(run)
    check_darwin_only(run, "darwin_only", 50)
    check_darwin_only(run, "darwin_spawn", 15)
    check_unshimmed(run)
    check_names(run, tbd_folder)
    check_refusals(run)
    if shutil.disk_usage(tempfile.gettempdir()).free > 1 << 30:
        check_payload(run)
    else:
        judge("payload", False, "no room for a sparse file")
    check_stub(run, stub)
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return counts["failed"] > 0


if __name__ == "__main__":
    # A background job of a shell inherits an ignored SIGINT, and so would every program under test.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
