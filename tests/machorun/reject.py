"""Damaged Mach-O files for check.py, and one with a large unmapped payload.

Only what these tests need of the format; shares nothing with the product's writer.
"""

import hashlib
import struct

LC_SEGMENT_64, LC_SYMTAB, LC_DYSYMTAB, LC_UUID, LC_CODE_SIGNATURE = 0x19, 0x2, 0xB, 0x1B, 0x1D
LC_DYLD_INFO_ONLY, LC_MAIN, LC_LOAD_DYLIB, LC_BUILD_VERSION = 0x80000022, 0x80000028, 0xC, 0x32
LINKEDIT_DATA = {0x1D, 0x1E, 0x26, 0x29, 0x2B, 0x2E, 0x80000033, 0x80000034}
PAGE = 16384
REFUSED, KILLED = 126, 137


def commands(data):
    """(offset, command, size) of each load command."""
    count = struct.unpack_from("<I", data, 16)[0]
    at = 32
    for _ in range(count):
        command, size = struct.unpack_from("<II", data, at)
        yield at, command, size
        at += size


def find(data, wanted, segment=None):
    for at, command, size in commands(data):
        name = data[at + 8:at + 24].rstrip(b"\0").decode() if command == LC_SEGMENT_64 else None
        if command == wanted and (segment is None or name == segment):
            return at, size
    raise KeyError(wanted)


def patch(data, at, layout, *values):
    changed = bytearray(data)
    struct.pack_into(layout, changed, at, *values)
    return bytes(changed)


def patch_segment(data, segment, field, layout, value):
    offsets = {"vmaddr": 24, "vmsize": 32, "fileoff": 40, "filesize": 48, "maxprot": 56, "initprot": 60, "nsects": 64}
    return patch(data, find(data, LC_SEGMENT_64, segment)[0] + offsets[field], layout, value)


def flip(data, at):
    return patch(data, at, "B", data[at] ^ 0x10)


def text_offset(data):
    """File offset of the first section of __TEXT, the code."""
    at, _ = find(data, LC_SEGMENT_64, "__TEXT")
    return struct.unpack_from("<I", data, at + 72 + 48)[0]


def signature(data):
    return struct.unpack_from("<II", data, find(data, LC_CODE_SIGNATURE)[0] + 8)


def cases(whole):
    """(name, bytes, exit status, part of the message)"""
    sign_at, sign_size = signature(whole)
    directory = sign_at + struct.unpack_from(">I", whole, sign_at + 16)[0]
    linkedit = find(whole, LC_SEGMENT_64, "__LINKEDIT")[0]
    linkedit_at = struct.unpack_from("<Q", whole, linkedit + 40)[0]
    yield "nothing wrong", whole, 3, ""
    yield "an empty file", b"", REFUSED, "not a regular file with a Mach-O header"
    yield "a header only", whole[:32], REFUSED, "promise more"
    yield "a script", b"#!/bin/sh\necho no\n" * 20, REFUSED, "not a 64-bit Mach-O"
    yield "a fat file", patch(whole, 0, ">I", 0xCAFEBABE), REFUSED, "not a 64-bit Mach-O"
    yield "another cputype", patch(whole, 4, "<I", 0x01000007), REFUSED, "is not arm64"
    yield "arm64e", patch(whole, 8, "<I", 2), REFUSED, "cpusubtype"
    yield "a dylib", patch(whole, 12, "<I", 6), REFUSED, "filetype"
    flags = struct.unpack_from("<I", whole, 24)[0]
    yield "no PIE", patch(whole, 24, "<I", flags & ~0x200000), REFUSED, "MH_PIE"
    yield "no dyld", patch(whole, 24, "<I", flags & ~0x4), REFUSED, "MH_DYLDLINK"
    yield "too many commands", patch(whole, 16, "<I", 1000), REFUSED, "load command"
    yield "a command of odd size", patch(whole, 36, "<I", 73), REFUSED, "bad cmdsize"
    yield "a command without end", patch(whole, 36, "<I", 0xFFFFFFF8), REFUSED, "bad cmdsize"
    yield "a command of size 0", patch(whole, 36, "<I", 0), REFUSED, "bad cmdsize"
    yield ("sizeofcmds too large",
           patch(whole, 20, "<I", struct.unpack_from("<I", whole, 20)[0] + 8),
           REFUSED, "sizeofcmds")
    yield "a huge sizeofcmds", patch(whole, 20, "<I", 0xFFFFFFF0), REFUSED, "load commands"
    for name, command in (("LC_MAIN", LC_MAIN), ("LC_UUID", LC_UUID), ("LC_BUILD_VERSION", LC_BUILD_VERSION)):
        # LC_SOURCE_VERSION stands in its place: known, but not it
        yield f"no {name}", patch(whole, find(whole, command)[0], "<I", 0x2A), REFUSED, f"0 {name}"
    yield ("an unknown command",
           patch(whole, find(whole, LC_UUID)[0], "<I", 0x77),
           REFUSED, "unknown to machorun")
    yield "for iOS", patch(whole, find(whole, LC_BUILD_VERSION)[0] + 8, "<I", 2), REFUSED, "platform 2"
    dylib = find(whole, LC_LOAD_DYLIB)[0]
    yield "another library", patch(whole, dylib + 24 + 9, "4s", b"Evil"), REFUSED, "does not stand in for"
    yield ("an unaligned segment",
           patch_segment(whole, "__LINKEDIT", "fileoff", "<Q", linkedit_at + 8),
           REFUSED, "multiple of 16 KiB")
    yield ("an unaligned address",
           patch_segment(whole, "__DATA", "vmaddr", "<Q", 0x100000100),
           REFUSED, "multiple of 16 KiB")
    yield ("a segment beyond the end",
           patch_segment(whole, "__LINKEDIT", "filesize", "<Q", len(whole)),
           REFUSED, "beyond the file")
    yield ("a segment that ends within a page",
           patch_segment(whole, "__LINKEDIT", "vmsize", "<Q", PAGE - 16),
           REFUSED, "does not end on a page")
    yield ("a segment larger than its memory",
           patch_segment(whole, "__TEXT", "vmsize", "<Q", 16),
           REFUSED, "exceeds vmsize")
    yield ("no memory but protections",
           patch_segment(whole, "__LINKEDIT", "vmsize", "<Q", 0),
           REFUSED, "no memory but protection")
    yield ("writable code",
           patch_segment(patch_segment(whole, "__TEXT", "maxprot", "<I", 7), "__TEXT", "initprot", "<I", 7),
           REFUSED, "writable and executable")
    yield "more than it may", patch_segment(whole, "__TEXT", "maxprot", "<I", 1), REFUSED, "exceeds maxprot"
    yield ("overlapping memory",
           patch_segment(whole, "__LINKEDIT", "vmaddr", "<Q", 0x100000000),
           REFUSED, "overlap in memory")
    yield ("a small page zero",
           patch_segment(whole, "__PAGEZERO", "vmsize", "<Q", 0x4000),
           REFUSED, "__PAGEZERO")
    yield "too many sections", patch_segment(whole, "__TEXT", "nsects", "<I", 9), REFUSED, "sections"
    yield "a truncated file", whole[:-1], REFUSED, "beyond the file"
    yield "half a file", whole[:len(whole) // 2], REFUSED, ""
    yield "an entry outside", patch(whole, find(whole, LC_MAIN)[0] + 8, "<Q", 1 << 40), REFUSED, "LC_MAIN"
    yield ("a signature elsewhere",
           patch(whole, find(whole, LC_CODE_SIGNATURE)[0] + 8, "<I", 0),
           REFUSED, "outside __LINKEDIT")
    yield "no signature", patch(whole, sign_at, ">I", 0), REFUSED, "no code signature"
    yield "no code directory", patch(whole, directory, ">I", 0), REFUSED, "no code directory"
    yield "SHA-1", patch(whole, directory + 37, "B", 1), REFUSED, "SHA-256"
    yield ("a slot too few",
           patch(whole, directory + 28, ">I", struct.unpack_from(">I", whole, directory + 28)[0] - 1),
           REFUSED, "code slots")
    yield "a wrong code limit", patch(whole, directory + 32, ">I", sign_at + 1), REFUSED, "code limit"
    yield ("a flipped bit in the code",
           flip(whole, text_offset(whole)),
           KILLED, "does not match the code signature")
    yield ("a flipped bit in the padding",
           flip(whole, text_offset(whole) - 1),
           KILLED, "does not match the code signature")
    yield "a flipped bit in __LINKEDIT", flip(whole, linkedit_at), KILLED, "does not match the code signature"
    first_hash = directory + struct.unpack_from(">I", whole, directory + 16)[0]
    yield "a flipped bit in a hash", flip(whole, first_hash), KILLED, "does not match the code signature"


def shift_offsets(data, delta):
    """Moves every offset into __LINKEDIT by DELTA; 0 stays 0."""
    fields = {LC_SYMTAB: (8, 16), LC_DYSYMTAB: (32, 40, 48, 56, 64, 72), LC_DYLD_INFO_ONLY: (8, 16, 24, 32, 40)}
    for at, command, _ in list(commands(data)):
        for field in fields.get(command, (8,) if command in LINKEDIT_DATA else ()):
            value = struct.unpack_from("<I", data, at + field)[0]
            if value:
                data = patch(data, at + field, "<I", value + delta)
    return data


def write_with_payload(path, whole, length):
    """WHOLE with a sparse unmapped __PAYLOAD of LENGTH bytes, "FIRST" and "LAST" at its ends, signed.

    The slots of the payload's pages are left 0: nothing that is not mapped gets hashed.
    """
    at, _ = find(whole, LC_SEGMENT_64, "__LINKEDIT")
    vmaddr, _, start, size = struct.unpack_from("<QQQQ", whole, at + 24)
    sign_at, _ = signature(whole)
    body = whole[start:sign_at]
    segment = struct.pack("<II16sQQQQIIII", LC_SEGMENT_64, 72, b"__PAYLOAD", vmaddr, 0, start, length, 0, 0, 0, 4)
    count, total = struct.unpack_from("<II", whole, 16)
    assert not any(whole[32 + total:32 + total + 72]), "no room for a load command"
    head = whole[:at] + segment + whole[at:32 + total] + whole[32 + total + 72:start]
    head = patch(head, 16, "<II", count + 1, total + 72)
    head = shift_offsets(head, length)
    limit = start + length + len(body)
    slots = (limit + PAGE - 1) // PAGE
    identity = b"payload\0"
    room = 20 + 88 + len(identity) + 32 * slots
    room = (room + 15) // 16 * 16
    at += 72
    head = patch(head, at + 40, "<QQ", start + length, len(body) + room)
    head = patch(head, at + 32, "<Q", (len(body) + room + PAGE - 1) // PAGE * PAGE)
    sign = find(head, LC_CODE_SIGNATURE)[0]
    head = patch(head, sign + 8, "<II", limit, room)
    text_size = struct.unpack_from("<Q", head, find(head, LC_SEGMENT_64, "__TEXT")[0] + 48)[0]
    directory = struct.pack(">IIIIIIIIIBBBBIIIIQQQQ",
                            0xFADE0C02, room - 20, 0x20400, 0x20002, 88 + len(identity), 88, 0, slots, limit,
                            32, 2, 0, 14, 0, 0, 0, 0, 0, 0, text_size, 1)
    hashes = bytearray(32 * slots)
    for page in range(0, start, PAGE):
        hashes[page // PAGE * 32:page // PAGE * 32 + 32] = hashlib.sha256(head[page:page + PAGE]).digest()
    for page in range(0, len(body), PAGE):
        slot = (start + length + page) // PAGE
        hashes[slot * 32:slot * 32 + 32] = hashlib.sha256(body[page:page + PAGE]).digest()
    blob = struct.pack(">IIIII", 0xFADE0CC0, room, 1, 0, 20) + directory + identity + bytes(hashes)
    with open(path, "wb") as file:
        file.write(head)
        file.write(b"FIRST")
        file.seek(start + length - 4)
        file.write(b"LAST")
        file.write(body)
        file.write(blob.ljust(room, b"\0"))
