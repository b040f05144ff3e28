#!/usr/bin/env python3
"""Gives a Mach-O executable that zig has just linked the shape that Apple's linker would have given it, and signs it.

    macho_finish.py FILE IDENTIFIER

Zig (0.12 and later) ends segments where their content ends. Apple's linker and LLVM's fill them up to the next page,
and two readers count on that: macOS 11, where such programs die at their first write to zeroed memory, and tools that
sign, for which each segment has to end in the file where the next one begins. So every segment before __LINKEDIT
gets whole pages here; the bytes in between are there already, and are checked to be zeros. __DATA_CONST must say that
it is read-only (SG_READ_ONLY), else macOS 26 refuses the program. docs/toolchain.md has the sources.

The ad-hoc signature is made anew, with a fixed identifier: zig takes the output's file name, so that a program's bytes
would depend on what it is called.
"""

import hashlib
import os
import struct
import sys

PAGE = 0x4000  # arm64

MH_MAGIC_64 = 0xFEEDFACF
CPU_TYPE_ARM64 = 0x0100000C
MH_EXECUTE = 2
LC_SEGMENT_64 = 0x19
LC_CODE_SIGNATURE = 0x1D
SG_READ_ONLY = 0x10

# Code signature, all big-endian (xnu, osfmk/kern/cs_blobs.h).
CSMAGIC_EMBEDDED_SIGNATURE = 0xFADE0CC0
CSMAGIC_CODEDIRECTORY = 0xFADE0C02
CD_VERSION = 0x20400  # the first with the limits of the executable segment
CS_ADHOC, CS_LINKER_SIGNED = 0x2, 0x20000
CS_HASHTYPE_SHA256 = 2
CS_EXECSEG_MAIN_BINARY = 1
CD_SIZE = 88


def round_up(value, to):
    return (value + to - 1) // to * to


class Segment:
    """An LC_SEGMENT_64 inside `data`; what is assigned is written there at once."""

    FIELDS = {"vmaddr": (24, "<Q"), "vmsize": (32, "<Q"), "fileoff": (40, "<Q"), "filesize": (48, "<Q"),
              "flags": (68, "<I")}

    def __init__(self, data, offset):
        object.__setattr__(self, "data", data)
        object.__setattr__(self, "offset", offset)

    @property
    def name(self):
        return bytes(self.data[self.offset + 8:self.offset + 24]).rstrip(b"\0").decode("ascii")

    def __getattr__(self, field):
        at, form = self.FIELDS[field]
        return struct.unpack_from(form, self.data, self.offset + at)[0]

    def __setattr__(self, field, value):
        at, form = self.FIELDS[field]
        struct.pack_into(form, self.data, self.offset + at, value)


def load_commands(data):
    """(segments in order, offset of the LC_CODE_SIGNATURE command)"""
    magic, cpu, _, file_type, count, _, _, _ = struct.unpack_from("<8I", data, 0)
    if (magic, cpu, file_type) != (MH_MAGIC_64, CPU_TYPE_ARM64, MH_EXECUTE):
        sys.exit("macho_finish.py: not an arm64 Mach-O executable")
    segments, signature, offset = [], None, 32
    for _ in range(count):
        command, size = struct.unpack_from("<2I", data, offset)
        if command == LC_SEGMENT_64:
            segments.append(Segment(data, offset))
        elif command == LC_CODE_SIGNATURE:
            signature = offset
        offset += size
    if signature is None or not segments or segments[-1].name != "__LINKEDIT":
        sys.exit("macho_finish.py: no signature, or __LINKEDIT is not the last segment")
    return segments, signature


def fill_segments(data, segments):
    """Makes every segment before __LINKEDIT end on a page, in the file where the next one begins."""
    for segment, following in zip(segments, segments[1:]):
        if segment.name == "__PAGEZERO":
            continue
        end = segment.fileoff + segment.filesize
        if following.fileoff % PAGE or following.fileoff < end or any(data[end:following.fileoff]):
            sys.exit(f"macho_finish.py: {segment.name} does not end in zeros before {following.name}")
        segment.filesize = following.fileoff - segment.fileoff
        segment.vmsize = max(round_up(segment.vmsize, PAGE), segment.filesize)
        if segment.vmaddr + segment.vmsize > following.vmaddr:
            sys.exit(f"macho_finish.py: {segment.name} would run into {following.name}")
        if segment.name == "__DATA_CONST":
            segment.flags |= SG_READ_ONLY


def sign(data, segments, command, identifier):
    """Replaces the signature, which ends __LINKEDIT and the file, by one over the bytes as they are now."""
    limit = struct.unpack_from("<I", data, command + 8)[0]
    slots = (limit + PAGE - 1) // PAGE
    name = identifier.encode("ascii") + b"\0"
    hash_offset = CD_SIZE + len(name)
    directory_size = hash_offset + 32 * slots
    size = round_up(20 + directory_size, 16)

    # The load commands are hashed too, so they get their final values first.
    text, linkedit = segments[1], segments[-1]
    struct.pack_into("<I", data, command + 12, size)
    linkedit.filesize = limit + size - linkedit.fileoff
    linkedit.vmsize = round_up(linkedit.filesize, PAGE)
    del data[limit:]

    directory = struct.pack(">9I4BI3IQ3Q", CSMAGIC_CODEDIRECTORY, directory_size, CD_VERSION,
                            CS_ADHOC | CS_LINKER_SIGNED, hash_offset, CD_SIZE, 0, slots, limit,
                            32, CS_HASHTYPE_SHA256, 0, PAGE.bit_length() - 1, 0, 0, 0, 0, 0,
                            text.fileoff, text.filesize, CS_EXECSEG_MAIN_BINARY) + name
    for start in range(0, limit, PAGE):
        directory += hashlib.sha256(data[start:min(start + PAGE, limit)]).digest()
    blob = struct.pack(">5I", CSMAGIC_EMBEDDED_SIGNATURE, 20 + directory_size, 1, 0, 20) + directory
    data += blob.ljust(size, b"\0")


def main():
    path, identifier = sys.argv[1:]
    with open(path, "rb") as file:
        data = bytearray(file.read())
    segments, signature = load_commands(data)
    fill_segments(data, segments)
    sign(data, segments, signature, identifier)
    # A new inode: macOS remembers signatures by inode.
    with open(path + ".partial", "wb") as file:
        file.write(data)
    os.chmod(path + ".partial", os.stat(path).st_mode)
    os.replace(path + ".partial", path)


main()
