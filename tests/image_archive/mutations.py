#!/usr/bin/env python3
"""Damages image archives of every form in many ways, always the same ones, and reads them.

    LIST_IMAGES=build/asan/list_images tests/image_archive/mutations.py [ROUNDS [SEED]]

Whatever the damage: the reader exits with 0, 3, 6 or 7, never crashes, never hangs, and when it
accepts the archive, config and layers are those of the undamaged one (a manifest that was made
depends on nothing else). Header checksums are corrected after half of the mutations, so that
the damage gets further in. The last line is "N passed, N failed".
"""

import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(HERE))
import image_archives  # noqa: E402

LIST_IMAGES = os.environ["LIST_IMAGES"]
FORMS = ["docker-old.tar", "docker-old.tar.gz", "docker-old-gzip-layers.tar", "docker-25.tar", "skopeo-docker.tar", "oci.tar", "oci.tar.gz"]
ALLOWED = {0, 3, 6, 7}


def correct_checksums(data):
    """Gives every block that looks like a tar header the checksum it should have."""
    for at in range(0, len(data) - 511, 512):
        if data[at + 257 : at + 262] == b"ustar":
            block = data[at : at + 512]
            block[148:156] = b"        "
            data[at + 148 : at + 156] = b"%06o\0 " % sum(block)


def interesting(data, pick):
    """A place outside the long runs of data: headers and documents are where reading is decided."""
    for _ in range(50):
        at = pick.randrange(len(data))
        if data[at] or pick.random() < 0.05:
            return at
    return at


def mutate(original, pick):
    data = bytearray(original)
    for _ in range(pick.choice((1, 1, 2, 5))):
        at = interesting(data, pick)
        kind = pick.randrange(7)
        if kind == 0:
            data[at] ^= 1 << pick.randrange(8)
        elif kind == 1:
            data[at] = pick.choice(b'\0/."{}[]09az\xff\x80 ')
        elif kind == 2:
            del data[at : at + pick.choice((1, 7, 512, 5000))]
        elif kind == 3:
            data[at:at] = data[at : at + pick.choice((1, 512, 1024))]
        elif kind == 4:
            del data[at:]
        elif kind == 5:
            block, other = at // 512 * 512, interesting(data, pick) // 512 * 512
            data[block : block + 512] = data[other : other + 512]
        else:
            start = at // 512 * 512
            field = pick.choice(((0, 100), (124, 12), (156, 1), (157, 100), (345, 155)))
            value = pick.choice((b"../x", b"/x", b"77777777777", b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", b"0", b"5", b"x", b"L", b"\0"))
            data[start + field[0] : start + field[0] + len(value[: field[1]])] = value[: field[1]]
        if not data:
            return data
    if pick.random() < 0.5:
        correct_checksums(data)
    return data


def read(path):
    run = subprocess.run([LIST_IMAGES, path, "lab/app:1.0", "arm64"], capture_output=True, timeout=60)
    lines = [line for line in run.stdout.decode().splitlines() if line.startswith(("config", "layer"))]
    return run.returncode, lines, run.stderr.decode(errors="replace")


def main(rounds, seed):
    passed = failed = 0
    outcome = {}
    pick = random.Random(seed)
    with tempfile.TemporaryDirectory() as work:
        os.environ["HARDTACK_CACHE"] = os.path.join(work, "cache")
        os.chdir(work)
        image_archives.forms("forms")
        for number in range(rounds):
            form = FORMS[number % len(FORMS)]
            with open(os.path.join("forms", form), "rb") as file:
                original = file.read()
            truth = read(os.path.join("forms", form))[1]
            with open("damaged", "wb") as file:
                file.write(mutate(original, pick))
            code, lines, errors = read("damaged")
            outcome[code] = outcome.get(code, 0) + 1
            if code in ALLOWED and (code != 0 or lines == truth) and (code == 0) == (not errors.strip()):
                passed += 1
                continue
            failed += 1
            kept = os.path.join(tempfile.gettempdir(), f"hardtack-mutation-{seed}-{number}")
            os.replace("damaged", kept)
            print(f"FAIL {form}, round {number}, seed {seed}: exit {code}, kept as {kept}\n{errors[-2000:]}\n{lines}")
    print("exits:", dict(sorted(outcome.items())))
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main(int((sys.argv + ["200"])[1]), int((sys.argv + ["", "1"])[2]) if len(sys.argv) > 2 else 1))
