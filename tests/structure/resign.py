#!/usr/bin/env python3
"""Signs a Mach-O again, ad hoc, in the form of codesign: requirements and an empty CMS, pages of 4 or 16 KiB.

    resign.py FILE OUT [--page 4096|16384] [--runtime]

For tests: rcodesign only knows pages of 4 KiB, codesign makes 16 KiB ones on Apple silicon and there is none here. After
docs/facts/macos.md, section 3. The whole file is in memory.
"""
import argparse
import hashlib
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from byte_file import ByteFile  # noqa: E402
from macho_parse import MachO  # noqa: E402

IDENTIFIER = b"signed-again\0"


def blob(magic, body):
    return struct.pack(">II", magic, 8 + len(body)) + body


def signature(code, page, flags, text_size):
    """The superblob over these bytes."""
    requirements = blob(0xFADE0C01, struct.pack(">I", 0))
    special = [hashlib.sha256(requirements).digest(), bytes(32)]  # slots -2 and -1
    slots = [hashlib.sha256(code[at:at + page]).digest() for at in range(0, len(code), page)]
    hashes = 88 + len(IDENTIFIER) + 32 * len(special)
    body = struct.pack(">7I4B4I4Q", 0x20400, flags, hashes, 88, len(special), len(slots), len(code), 32, 2, 0, page.bit_length() - 1,
                       0, 0, 0, 0, 0, 0, text_size, 1) + IDENTIFIER + b"".join(special + slots)
    blobs = [(0, blob(0xFADE0C02, body)), (2, requirements), (0x10000, blob(0xFADE0B01, b""))]
    at, index, data = 12 + 8 * len(blobs), b"", b""
    for slot, one in blobs:
        index += struct.pack(">II", slot, at)
        at, data = at + len(one), data + one
    return struct.pack(">3I", 0xFADE0CC0, at, len(blobs)) + index + data


def sign(path, out, page=16384, runtime=False):
    with ByteFile(path) as data:
        macho = MachO(data)
        command, linkedit = macho.one("LC_CODE_SIGNATURE"), macho.segment("__LINKEDIT")
        limit, text_size = command.u32(8), macho.segment("__TEXT").filesize
        code = bytearray(data.read(0, limit, "the code"))
    flags = 0x2 | (0x10000 if runtime else 0)
    size = len(signature(bytes(code), page, flags, text_size))
    size += -size % 16
    filesize = limit + size - linkedit.fileoff
    struct.pack_into("<I", code, command.offset + 12, size)
    struct.pack_into("<Q", code, linkedit.command.offset + 32, filesize + -filesize % 16384)
    struct.pack_into("<Q", code, linkedit.command.offset + 48, filesize)
    with open(out, "wb") as file:
        file.write(bytes(code) + signature(bytes(code), page, flags, text_size).ljust(size, b"\0"))
    os.chmod(out, 0o755)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("out")
    parser.add_argument("--page", type=int, choices=(4096, 16384), default=16384)
    parser.add_argument("--runtime", action="store_true")
    options = parser.parse_args()
    sign(options.file, options.out, options.page, options.runtime)


if __name__ == "__main__":
    main()
