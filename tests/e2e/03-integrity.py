"""A damaged file is refused with 7 before Docker is touched; a fake docker proves that it was not called.

A Mac's kernel refuses a Mach-O whose signed pages do not match before it runs at all; machorun lets it run, so that
its own check is seen to find the damage (tests/machorun/README.md). `hardtack verify` must say the same each time.
"""
import os
import shutil

SAMPLES = 5
SWEEP = 150


def damaged(t, file, name, change):
    path = t.path(name)
    shutil.copy(file, path)
    with open(path, "r+b") as data:
        change(data)
    return path


def flip(offset):
    def change(data):
        data.seek(offset)
        byte = data.read(1)[0]
        data.seek(offset)
        data.write(bytes([byte ^ 0x40]))
    return change


def spread(start, end):
    """The first and last byte of a region, and some between."""
    return sorted({start, end - 1, *(start + (end - start) * part // SAMPLES for part in range(1, SAMPLES))})


def refused(t, path, verb, what, codes=(7,)):
    env, note = t.fake_docker()
    done = t.installer(path, *verb, damaged=True, env=env, timeout=60)
    called = os.path.exists(note)
    checked = t.hardtack("verify", path)
    t.check(done.code in codes and checked.code == 7 and not called,
            f"{what}: {7 if codes == (7,) else '7, or the loader refuses it'}, docker is not called",
            f"{done}\ndocker called: {called}\n{checked}")
    if called:
        os.unlink(note)


def sweep(t, file, start, kind):
    """Flips one byte after the other, evenly from the payload's start to the file's end, and back again."""
    path, size = t.path("swept"), os.path.getsize(file)
    shutil.copy(file, path)
    missed = []
    for part in range(SWEEP):
        offset = start + (size - start) * part // SWEEP
        with open(path, "r+b") as data:
            flip(offset)(data)
        code = t.hardtack("verify", path).code
        if code != 7:
            missed.append((offset, code))
        with open(path, "r+b") as data:
            flip(offset)(data)
    t.check(not missed, f"{kind}: {SWEEP} flips from the payload to the end, verify says 7 to each", missed)
    done = t.hardtack("verify", path)
    t.check(done.code == 0, f"{kind}: with every byte back in its place, verify: 0", done)


def examine(t, file, kind):
    start, length, _ = t.by_hand(file)
    size, end = os.path.getsize(file), start - 1 + length
    for verb in (["verify"], ["install", "--yes"]):
        for offset in (start - 1, start - 1 + length // 2):
            path = damaged(t, file, "flipped", flip(offset))
            refused(t, path, verb, f"{kind}: {verb[0]} with byte {offset} of the payload flipped")
    for offset in spread(start - 1, end):
        path = damaged(t, file, "flipped", flip(offset))
        refused(t, path, ["install", "--yes"], f"{kind}: byte {offset} (payload) flipped")
    for offset in spread(end, size) if size > end else ():
        path = damaged(t, file, "flipped", flip(offset))
        refused(t, path, ["install", "--yes"], f"{kind}: byte {offset} (behind the payload) flipped")
    for cut in (1, size - end + length // 2, size - end + length):
        path = damaged(t, file, "cut", lambda data, cut=cut: data.truncate(size - cut))
        # A Mach-O without its __LINKEDIT has no fixups: it does not start, here as on a Mac.
        codes = (7, 126) if kind == "Mach-O" and cut > 1 else (7,)
        refused(t, path, ["install", "--yes"], f"{kind}: {cut} bytes cut off", codes)
    for more in (b"\0", b"x" * 5000):
        path = damaged(t, file, "longer", lambda data, more=more: (data.seek(0, 2), data.write(more)))
        refused(t, path, ["install", "--yes"], f"{kind}: {len(more)} bytes appended")
    sweep(t, file, start - 1, kind)
    return start - 1


def examine_program(t, file, payload, kind):
    """In the stub's own headers and code a flip may also keep the file from starting; it must never install."""
    env, note = t.fake_docker()
    wrong = []
    for offset in spread(0, payload) + [4, 16, 24, 32, 40, 4096, 16384, 65536]:
        path = damaged(t, file, "flipped", flip(offset))
        try:
            code = t.installer(path, "install", "--yes", damaged=True, env=env, timeout=60).code
        except OSError as error:  # the kernel refuses it
            code = error.strerror
        if code == 0 or os.path.exists(note):
            wrong.append((offset, code, os.path.exists(note)))
    t.check(not wrong, f"{kind}: a flip in the program never installs, never reaches docker", wrong)


def story(t):
    elf = t.build_hello("linux-amd64")
    examine_program(t, elf, examine(t, elf, "ELF"), "ELF")
    macho = t.build_hello("darwin-arm64", "--platform", "linux/amd64")
    examine_program(t, macho, examine(t, macho, "Mach-O"), "Mach-O")
