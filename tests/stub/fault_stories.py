"""The world fails: disks, sticks, descriptors, homes, clocks, sizes and names. Table: docs/faults.md. See run."""
import ctypes
import json
import os
import shutil
import stat
import struct
import subprocess
import sys
import time

from __main__ import ROOT, installer_of, read, story  # pylint: disable=no-name-in-module

sys.path.insert(0, os.path.join(ROOT, "tests/bench"))
import measure  # noqa: E402

ON_A_SMALL_DISK = """mount -t tmpfs -o size=$1k small "$2" || exit 99
HOME=$2 && export HOME && kept=$3 && shift 3
"$@"; code=$?
cp -a "$HOME/." "$kept/"; exit $code"""


def native(function):
    """Not for the Mach-O: what happens there is the same code, or the kernel's."""
    function.native = True
    return function


def may_mount():
    return subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False).returncode == 0


def in_a_mount(script, words):
    return ["unshare", "-m", "sh", "-c", script, "sh", *[str(word) for word in words]]


def forget_docker(t):
    for name in ("state.json", "calls.jsonl"):
        if os.path.exists(os.path.join(t.bin, name)):
            os.remove(os.path.join(t.bin, name))


def words_of(t):
    return {word for call in t.calls() for word in call}


# ---- disks ----

SETTINGS = ("install", "--yes", "--set", "ADMIN=a", "--ignore-preflight", "disk")


def round_on_a_disk(t, kib, file, arguments=SETTINGS):
    """What it says there, and what it left, moved to a large disk where it goes on."""
    forget_docker(t)
    disk = os.path.join(t.folder, "disk")
    os.makedirs(disk, exist_ok=True)
    shutil.rmtree(t.home)
    os.makedirs(t.home)
    return t.run(*arguments, file=in_a_mount(ON_A_SMALL_DISK, [kib, disk, t.home, *file]))


@story
@native
def disk_full_at_every_writing_step(t):
    if not may_mount():
        t.check(os.environ.get("MUST_RUN") != "1", "a mount of its own needs root")
        return
    control = None
    folder = os.path.join(t.home, "hardtack/settings")
    names, sizes = set(), [4, 300]
    while sizes:
        kib = sizes.pop(0)
        done = round_on_a_disk(t, kib, t.settings)
        failed = [line for line in done.err.splitlines() if line.startswith("Error: ")]
        if done.code == 0:
            break
        t.check(done.code == 9 and "No space left" in done.err and "make room" in done.err, f"{kib} KiB: 9, and what to do", done)
        t.check("up" not in words_of(t) or "receipt" in failed[-1] or "journal" in failed[-1], f"{kib} KiB: nothing is started", done)
        names.add(os.path.basename(failed[-1].split(": No space")[0].split("write ")[-1]))
        left = os.listdir(folder)
        t.check(not [name for name in left if name.endswith(".tmp")], f"{kib} KiB: nothing half", left)
        env = os.path.join(folder, ".env")
        t.check(not os.path.exists(env) or ("GREETING" in read(env) and stat.S_IMODE(os.stat(env).st_mode) == 0o600), f"{kib} KiB: .env whole or not", left)
        forget_docker(t)
        again = t.run(*SETTINGS, file=t.settings)
        t.check(again.code == 0, f"{kib} KiB: with room it goes on: 0", again)
        if control is None:
            control = os.path.getsize(os.path.join(folder, "hardtack-control")) // 1024
            sizes += range(control // 4 * 4 + 4, control + 40, 4)
    t.check(done.code == 0, "with enough room: 0", done)
    t.check({"compose.yaml", "hardtack-control", ".env"} <= names and names & {"receipt.json", "journal.jsonl"}, "each file was the one that did not fit", names)


@story
@native
def disk_full_for_what_the_person_asks_for(t):
    if not may_mount():
        t.check(os.environ.get("MUST_RUN") != "1", "a mount of its own needs root")
        return
    for arguments, name in ((["extract", "OUT/x"], "x"), (["load", "--output", "OUT/images.tar"], "images.tar"), (["doctor", "--report", "OUT/report.tar.gz"], "report.tar.gz")):
        disk = os.path.join(t.folder, "disk")
        os.makedirs(disk, exist_ok=True)
        arguments = [word.replace("OUT", disk) for word in arguments]
        kept = os.path.join(t.folder, "kept-" + arguments[0])
        os.makedirs(kept)
        done = t.run(*arguments, file=in_a_mount(ON_A_SMALL_DISK, [4, disk, kept, *t.installer]))
        t.check(done.code == 9 and "No space left" in done.err, f"{arguments[0]}: 9", done)
        whole = [path for path in (os.path.join(kept, name),) if os.path.isfile(path)]
        t.check(not whole, f"{arguments[0]}: nothing that looks whole", os.listdir(kept))
    done = subprocess.run([*t.installer, "load", "--output", "-"], env=t.env, stdout=open("/dev/full", "wb"), stderr=subprocess.PIPE, check=False)
    t.check(done.returncode == 9, "stdout is full: 9", done)


# ---- homes ----

@story
@native
def a_home_that_cannot_be_written_to(t):
    if not may_mount():
        t.check(os.environ.get("MUST_RUN") != "1", "a mount of its own needs root")
        return
    script = 'mount -t tmpfs -o ro none "$1" || exit 99; shift; exec "$@"'
    done = t.run(*SETTINGS, file=in_a_mount(script, [t.home, *t.settings]))
    t.check(done.code in (8, 11) and "Read-only" in done.err and "--dir" in done.err, "read-only: says so, and --dir", done)
    t.check("up" not in words_of(t) and "load" not in words_of(t), "nothing was changed", t.calls())
    done = t.run(*SETTINGS, "--dry-run", file=in_a_mount(script, [t.home, *t.settings]))
    t.check(done.code == 8 and "Read-only" in done.err and "--dir" in done.err, "the plan says so too", done)


@story
def a_home_that_is_not_there(t):
    for home in (None, "", "relative", "/dev/null/x"):
        forget_docker(t)
        env = {**t.env, **({} if home is None else {"HOME": home})}
        if home is None:
            del env["HOME"]
        done = subprocess.run([*t.settings, *SETTINGS], env=env, cwd=t.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        t.check(done.returncode in (2, 8, 11) and "→" in done.stderr, f"HOME={home}: refused with a remedy", done)
        t.check("up" not in words_of(t) and "load" not in words_of(t), f"HOME={home}: nothing was changed", t.calls())
        done = subprocess.run([*t.settings, *SETTINGS, "--dir", os.path.join(t.folder, f"at-{home}".replace("/", "_"))], env=env, cwd=t.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        t.check(done.returncode == 0, f"HOME={home}, with --dir: 0", done)


# ---- a bad stick ----

def refuse_reads_behind(offset):
    """From here on, pread() at this offset or behind is EIO, in this process and its children (seccomp, x86-64 and arm64)."""
    number, audit = {"x86_64": (17, 0xC000003E), "aarch64": (67, 0xC00000B7)}[os.uname().machine]
    code = [(0x20, 0, 0, 4), (0x15, 0, 4, audit), (0x20, 0, 0, 0), (0x15, 0, 2, number), (0x20, 0, 0, 16 + 3 * 8), (0x35, 1, 0, offset), (0x06, 0, 0, 0x7FFF0000),
            (0x06, 0, 0, 0x00050000 | 5)]
    program = b"".join(struct.pack("HBBI", *line) for line in code)
    buffer = ctypes.create_string_buffer(program)
    fprog = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(buffer)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, fprog, 0, 0) != 0:
        os._exit(98)


@story
@native
def read_errors_of_the_installer(t):
    size = os.path.getsize(t.settings[-1])
    for part in (1, size // 3, size // 2, (size - 1) // 262144 * 262144):  # of windows of 256 KiB
        forget_docker(t)
        done = subprocess.run([*t.settings, *SETTINGS], env=t.env, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
                              preexec_fn=lambda part=part: refuse_reads_behind(part))
        t.check(done.returncode == 8 and "I/O error" in done.stderr and "copy the file again" in done.stderr and os.path.basename(t.settings[-1]) in done.stderr, f"from byte {part} on: 8", done)
        t.check(t.calls() == [], f"from byte {part} on: docker was not called", t.calls())


def stopped_in_the_load(t, file):
    """The installer while docker waits in the middle of the load."""
    forget_docker(t)
    t.play(load="wait")
    process = t.start_file(file, *SETTINGS)
    t.wait_for_call("load")
    return process


def go_on(t, process):
    with open(os.path.join(t.bin, "go"), "w", encoding="ascii"):
        pass
    out = process.communicate(timeout=60)[0].decode()
    os.remove(os.path.join(t.bin, "go"))
    return out


@story
@native
def the_file_goes_while_it_is_read(t):
    copy = os.path.join(t.folder, "stick", "settings")
    os.makedirs(os.path.dirname(copy))
    shutil.copy(t.settings[-1], copy)
    process = stopped_in_the_load(t, [copy])
    shutil.rmtree(os.path.dirname(copy))
    out = go_on(t, process)
    t.check(process.returncode == 0, "removed in the load: it is still open, 0", out)
    t.check(t.run("status", file=[os.path.join(t.home, "hardtack/settings/hardtack-control")]).code == 0, "the control program was left")


# ---- descriptors ----

@story
def stdout_is_closed_early(t):
    for arguments in (["info"], ["install", "--yes", "--json", "--set", "ADMIN=a"], ["help"]):
        forget_docker(t)
        reader, writer = os.pipe()
        process = subprocess.Popen([*t.settings, *arguments], env=t.env, cwd="/", stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        os.close(reader)
        _, err = process.communicate(timeout=60)
        # Who piped it into `head` wants no more; what was begun is not left half because of that.
        t.check(process.returncode in (0, 8), f"{arguments[0]}: 0 or 8, no signal", (process.returncode, err))
        if arguments[0] == "install":
            t.check("up" in words_of(t) and os.path.exists(os.path.join(t.home, "hardtack/settings/receipt.json")), "the installation is whole", err)


# ---- docker ----

@story
@native
def answers_that_no_engine_gives(t):
    """Every query answered with garbage, in turn: an error with its code, never a crash, never success by luck."""
    garbage = {"empty": "", "list": "[[]]", "deep": "[" * 5000, "option": "--help\n", "binary": "\u0000\u001b[2J\ufffd", "long": "x" * 2000000}
    turn = list(garbage.items())
    for number, command in enumerate((["version"], ["info"], ["context"], ["image", "inspect"], ["container", "inspect"], ["ps"], ["volume"], ["create"], ["compose", "version"])):
        for kind, text in turn[number % 2::2]:
            forget_docker(t)
            shutil.rmtree(os.path.join(t.home, "hardtack"), ignore_errors=True)
            t.play(garbage={"command": command, "text": text})
            done = t.run(*SETTINGS, "--timeout", "1", file=t.settings)
            t.check(done.code in (0, 10, 11, 13) and "\x1b" not in done.err, f"{' '.join(command)} answers {kind}: an exit code of the table", done)
            t.check(done.code != 0 or command[0] in ("context", "volume", "info", "compose"), f"{' '.join(command)} answers {kind}: no success", done)
            t.check(not [call for call in t.calls() if call[-1].startswith(("--help", "xxx"))], f"{' '.join(command)} answers {kind}: it becomes no argument", t.calls())


# ---- sizes ----

@story
@native
def five_hundred_services(t):
    names = [f"s{number:03}" for number in range(500)]
    compose = "services:\n" + "".join(f"  {name}: {{image: \"hardtack/hello:1.0.0\", restart: always}}\n" for name in names)
    file = installer_of("many", {"hardtack.yaml": "hardtack: 1\nname: many\nversion: 1.0.0\ncompose: compose.yaml\n", "compose.yaml": compose})
    environment = [f"VALUE_{number}={'x' * 100}" for number in range(60)]  # inspect's answers pass 4 MiB in all
    t.play(containers=[[{"service": name, "health": "healthy", "env": environment} for name in names]])
    done = t.run("install", "--yes", file=file)
    t.check(done.code == 0, "all are waited for: 0", done)
    again = subprocess.Popen([*file, "install", "--yes"], env=t.env, cwd="/", stdin=-3, stdout=-3, stderr=-3)
    peak_kib = 0
    while again.poll() is None:
        peak_kib = max(peak_kib, measure.peak_kib(again.pid))
        time.sleep(0.01)
    t.check(again.returncode == 0, "once more: 0", again.returncode)
    t.check(t.runner or peak_kib <= 24 * 1024, "within 24 MiB: of each inspected container is kept what is used", peak_kib)
    t.play(containers=[[{"service": name, "health": "healthy", "status": "exited" if name == "s499" else "running", "exit": 1} for name in names]])
    done = t.run("status", file=file)
    t.check(done.code == 13 and "s499" in done.out, "the last one is missing: 13", done.code)
    before = len(t.calls())
    done = t.run("uninstall", "--yes", "--purge-data", file=file)
    calls = t.calls()[before:]
    named = {word for call in calls if call[1:4] == ["rm", "-f", "-v"] for word in call[4:]}
    t.check(len(named) == 500, "all of them are removed", len(named))
    longest = max(len(call) for call in calls)
    t.check(done.code == 0 and longest < 250, "in parts", (done, longest))


# ---- names ----

NAMES = ("with space", "-leading 中文", "new\nline", "q'uote\"$HOME `x` back\\slash %s %n", "\x1b[2Jcleared")


@story
@native
def names_of_all_kinds(t):
    for name in NAMES:
        forget_docker(t)
        folder, stick = os.path.join(t.folder, "d", name), os.path.join(t.folder, "stick", name)
        os.makedirs(stick)
        file = shutil.copy(t.settings[-1], os.path.join(stick, name))
        done = t.run(*SETTINGS, "--dir", folder, file=[*t.runner, file])
        t.check(done.code == 0 and os.path.exists(os.path.join(folder, ".env")), f"{name!r}: installed", done)
        t.check("\x1b" not in done.err + done.out, f"{name!r}: nothing for the terminal", done)
        control = [*t.runner, os.path.join(folder, "hardtack-control")]
        done = t.run("status", "--dir", folder, file=control)
        t.check(done.code == 0, f"{name!r}: status", done)
        done = t.run("uninstall", "--yes", "--purge-data", "--dir", folder, file=control)
        t.check(done.code == 0 and not os.path.exists(os.path.join(folder, ".env")), f"{name!r}: uninstalled", done)


# ---- clocks ----

@story
@native
def the_clock_is_wrong(t):
    """Records carry the clock's time and nothing believes it: one of tomorrow, or none, changes nothing."""
    t.check(t.run(*SETTINGS, file=t.settings).code == 0, "installed")
    folder = os.path.join(t.home, "hardtack/settings")
    for stamp in ("2099-01-01T00:00:00Z", "yesterday"):
        receipt = json.loads(read(os.path.join(folder, "receipt.json")))
        receipt["installed_at"] = receipt["first_installed_at"] = stamp
        with open(os.path.join(folder, "receipt.json"), "w", encoding="utf-8") as file:
            json.dump(receipt, file)
        with open(os.path.join(folder, "journal.jsonl"), encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        with open(os.path.join(folder, "journal.jsonl"), "w", encoding="utf-8") as file:
            for line in lines:
                file.write(json.dumps({**line, "at": stamp}) + "\n")
        os.utime(os.path.join(folder, ".env"), (4e9, 4e9))
        done = t.run("install", "--yes", file=t.settings)
        t.check(done.code == 0, f"records of {stamp}: 0", done)
        t.check(t.run("status", file=t.settings).code == 0, f"records of {stamp}: status 0")
    t.play(containers=[[{"service": "web", "health": "healthy", "started": "2099-01-01T00:00:00Z"}]])
    done = t.run("install", "--yes", file=t.settings)
    t.check(done.code == 0, "a container of tomorrow: 0", done)
