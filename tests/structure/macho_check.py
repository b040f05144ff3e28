#!/usr/bin/env python3
"""Judges an installer for darwin-arm64 by every rule that can be looked at without a Mac.

    tests/structure/macho_check.py FILE [--stub STUB] [--resigned] [--bare] [-v]

The rules are those of docs/facts (macOS), written down again here: nothing is shared with the C
side. --stub also compares with the stub that FILE was made from. --resigned allows what other
signers do differently. --bare judges a Mach-O without payload. Prints the violated rules; exits 0
when there is none, 1 when there is one, 2 on wrong usage.
"""

import argparse
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import locator_check  # noqa: E402
import tar_check  # noqa: E402
from byte_file import ByteFile  # noqa: E402
from code_signature_check import check_signature  # noqa: E402
from macho_parse import LINKEDIT_DATA, OFFSET_FIELDS, MachO  # noqa: E402
from report import Malformed, Report  # noqa: E402

PAGE = 0x4000
MH_EXECUTE = 2
MH_DYLDLINK, MH_TWOLEVEL, MH_PIE = 0x4, 0x80, 0x200000
CPU_ARM64 = 0x0100000C
READ, WRITE, EXECUTE = 1, 2, 4
SG_READ_ONLY = 0x10
FOUR_GIB = 1 << 32


def round_up(value, unit):
    return (value + unit - 1) // unit * unit


def check_header(macho, data, rule):
    rule("header.cpu", macho.cputype == CPU_ARM64 and macho.cpusubtype == 0, f"{macho.cputype:#x}/{macho.cpusubtype:#x}")
    rule("header.filetype", macho.filetype == MH_EXECUTE, f"{macho.filetype}")
    wanted = MH_DYLDLINK | MH_TWOLEVEL | MH_PIE
    rule("header.flags", macho.flags & wanted == wanted, f"{macho.flags:#x} lacks {wanted & ~macho.flags:#x}")
    rule("header.reserved", macho.reserved == 0, f"{macho.reserved:#x}")
    rule("header.sizeofcmds", macho.commands_used == macho.sizeofcmds,
         f"sizeofcmds {macho.sizeofcmds}, the commands have {macho.commands_used}")
    rule("file.size", data.size < FOUR_GIB, f"{data.size} bytes do not fit the 32-bit fields of a signature")


def check_commands(macho, data, rule):
    for command in macho.commands:
        rule("commands.size", len(command.raw) % 8 == 0, f"command {command.index} has {len(command.raw)} bytes")
        rule("commands.known", command.name.startswith("LC_"), f"command {command.index} is {command.name}")
    for name in ("LC_MAIN", "LC_UUID", "LC_BUILD_VERSION", "LC_LOAD_DYLINKER", "LC_SYMTAB", "LC_DYSYMTAB",
                 "LC_CODE_SIGNATURE"):
        rule("commands.once", len(macho.all(name)) == 1, f"{len(macho.all(name))} of {name}")
    for name in LINKEDIT_DATA:
        rule("commands.once", len(macho.all(name)) <= 1, f"{len(macho.all(name))} of {name}")
    for command in macho.all("LC_ENCRYPTION_INFO", "LC_ENCRYPTION_INFO_64"):
        rule("commands.not-encrypted", command.u32(16) == 0, f"cryptid {command.u32(16)}")
    first = macho.first_section_offset()
    if rule("commands.room", first is not None and macho.commands_end <= first,
            f"load commands end at {macho.commands_end}, the first section begins at {first}"):
        at = data.is_zero(macho.commands_end, first)
        rule("commands.gap-zero", at is None, f"a byte that is not zero at {at}")

    build = macho.one("LC_BUILD_VERSION")
    if build:
        platform, minos, sdk = build.u32(8), build.u32(12), build.u32(16)
        rule("build.platform", platform == 1, f"{platform}")
        rule("build.minos", minos == 0x000B0000, f"{minos:#x}, not 11.0")
        rule("build.sdk", 0 < sdk < 0x000F0400, f"{sdk:#x}: stricter rules begin with 15.4")
    uuid = macho.one("LC_UUID")
    if uuid:
        rule("uuid.present", len(uuid.raw) == 24 and uuid.raw[8:] != bytes(16), uuid.raw[8:].hex())
    dylinker = macho.one("LC_LOAD_DYLINKER")
    if dylinker:
        rule("dylinker.path", dylinker.string(8) == "/usr/lib/dyld", dylinker.string(8))
    dylibs = [command.string(8) for command in macho.all("LC_LOAD_DYLIB")]
    rule("dylib.one", len(dylibs) >= 1, "no LC_LOAD_DYLIB")
    rule("dylib.only-libsystem", all(name == "/usr/lib/libSystem.B.dylib" for name in dylibs), f"{dylibs}")
    main, text = macho.one("LC_MAIN"), macho.segment("__TEXT")
    if main and text and first is not None:
        rule("main.entry", first <= main.u64(8) < text.filesize, f"entryoff {main.u64(8)}")


def check_segments(macho, rule):
    names = [segment.name for segment in macho.segments]
    rule("segments.names", len(set(names)) == len(names), f"{names}")
    for segment in macho.segments:
        who = segment.name
        rule("segments.cmdsize", len(segment.command.raw) == 72 + 80 * segment.nsects,
             f"{who}: {len(segment.command.raw)} bytes, {segment.nsects} sections")
        rule("segments.aligned", segment.fileoff % PAGE == 0 and segment.vmaddr % PAGE == 0 and segment.vmsize % PAGE == 0,
             f"{who}: fileoff {segment.fileoff:#x}, vm {segment.vmaddr:#x}+{segment.vmsize:#x}")
        rule("segments.permissions", segment.initprot & ~segment.maxprot == 0 and segment.maxprot & ~7 == 0,
             f"{who}: initprot {segment.initprot}, maxprot {segment.maxprot}")
        rule("segments.size", segment.filesize <= segment.vmsize or (segment.vmsize == 0 and segment.initprot == 0),
             f"{who}: {segment.filesize} bytes in {segment.vmsize} of memory")
        rule("segments.writable-code", segment.initprot & (WRITE | EXECUTE) != WRITE | EXECUTE, who)
        for section in segment.sections:
            rule("sections.memory", section.addr >= segment.vmaddr and section.addr + section.size <= segment.vm_end,
                 f"{who},{section.name}: {section.addr:#x}+{section.size:#x}")
            rule("sections.segment", section.segment == who, f"{who} holds {section.segment},{section.name}")
            if section.in_file():
                rule("sections.file", section.offset >= segment.fileoff and section.offset + section.size <= segment.file_end
                     and section.offset - segment.fileoff == section.addr - segment.vmaddr,
                     f"{who},{section.name}: {section.offset:#x}+{section.size:#x}")
    memory = sorted((s.vmaddr, s.vm_end, s.name) for s in macho.segments if s.vmsize)
    for before, after in zip(memory, memory[1:]):
        rule("segments.memory-overlap", before[1] <= after[0], f"{before[2]} and {after[2]}")
    rule("segments.memory-order", [s.vmaddr for s in macho.segments] == sorted(s.vmaddr for s in macho.segments), f"{names}")
    in_file = [s for s in macho.segments if s.filesize]
    rule("segments.from-zero", in_file and in_file[0].fileoff == 0, names[0] if names else "none")
    for before, after in zip(in_file, in_file[1:]):
        rule("segments.contiguous", before.file_end == after.fileoff,
             f"{before.name} ends at {before.file_end:#x}, {after.name} begins at {after.fileoff:#x}")

    zero = macho.segment("__PAGEZERO")
    rule("pagezero.4gib", zero and zero is macho.segments[0] and zero.vmaddr == 0 and zero.vmsize == FOUR_GIB
         and zero.filesize == 0 and zero.initprot == 0 and zero.maxprot == 0, "__PAGEZERO does not cover the first 4 GiB")
    at_zero = [s for s in macho.segments if s.fileoff == 0 and s.filesize]
    rule("text.first", [s.name for s in at_zero] == ["__TEXT"] and at_zero[0].initprot == READ | EXECUTE
         and at_zero[0].filesize >= macho.commands_end, f"at offset 0: {[s.name for s in at_zero]}")
    for segment in macho.segments:
        if segment.name in ("__DATA", "__DATA_CONST"):
            rule("data.permissions", segment.initprot == READ | WRITE, f"{segment.name}: {segment.initprot}")
        if segment.name == "__DATA_CONST":
            rule("data.const-is-read-only", segment.flags & SG_READ_ONLY, f"flags {segment.flags:#x}: macOS 15.4 and 26 want SG_READ_ONLY")
    rule("segments.one-read-only", sum(1 for s in macho.segments if s.flags & SG_READ_ONLY) <= 1, "two with SG_READ_ONLY")


def check_payload_segment(macho, rule):
    """Invariants 2 and 3. Returns the segment, or None."""
    payload, linkedit = macho.segment("__PAYLOAD"), macho.segment("__LINKEDIT")
    if not rule("payload.one", payload, f"{[s.name for s in macho.segments].count('__PAYLOAD')} of __PAYLOAD"):
        return None
    if linkedit:
        rule("payload.before-linkedit", payload.command.index == linkedit.command.index - 1,
             f"command {payload.command.index}, __LINKEDIT {linkedit.command.index}")
        rule("payload.vmaddr", payload.vmaddr == linkedit.vmaddr, f"{payload.vmaddr:#x}, __LINKEDIT {linkedit.vmaddr:#x}")
    rule("payload.unmapped", (payload.vmsize, payload.initprot, payload.maxprot, payload.nsects) == (0, 0, 0, 0),
         f"vmsize {payload.vmsize}, prot {payload.initprot}/{payload.maxprot}, {payload.nsects} sections")
    rule("payload.size", payload.filesize % PAGE == 0, f"{payload.filesize}")
    rule("payload.flags", payload.flags == 0x4, f"{payload.flags:#x}, not SG_NORELOC")
    return payload


def linkedit_tables(macho):
    """(name, offset, size) of every table in __LINKEDIT in the order that codesign_allocate demands."""
    tables = []
    info = macho.one("LC_DYLD_INFO", "LC_DYLD_INFO_ONLY")
    if info:
        for at, name in ((8, "rebase"), (16, "bind"), (24, "weak bind"), (32, "lazy bind"), (40, "export")):
            tables.append((name, info.u32(at), info.u32(at + 4)))

    def data(name):
        command = macho.one(name)
        if command:
            tables.append((name, command.u32(8), command.u32(12)))

    symtab, dysymtab = macho.one("LC_SYMTAB"), macho.one("LC_DYSYMTAB")
    data("LC_DYLD_CHAINED_FIXUPS")
    data("LC_DYLD_EXPORTS_TRIE")
    data("LC_FUNCTION_VARIANTS")
    data("LC_FUNCTION_VARIANT_FIXUPS")
    if dysymtab:
        tables.append(("local relocations", dysymtab.u32(72), dysymtab.u32(76) * 8))
    for name in ("LC_SEGMENT_SPLIT_INFO", "LC_LAZY_LOAD_DYLIB_INFO", "LC_FUNCTION_STARTS", "LC_DATA_IN_CODE",
                 "LC_ATOM_INFO", "LC_DYLIB_CODE_SIGN_DRS", "LC_LINKER_OPTIMIZATION_HINT"):
        data(name)
    if symtab:
        tables.append(("symbols", symtab.u32(8), symtab.u32(12) * 16))
    if dysymtab:
        tables.append(("external relocations", dysymtab.u32(64), dysymtab.u32(68) * 8))
        tables.append(("indirect symbols", dysymtab.u32(56), dysymtab.u32(60) * 4))
    if symtab:
        tables.append(("strings", symtab.u32(16), symtab.u32(20)))
    data("LC_CODE_SIGNATURE")
    return tables


def check_linkedit(macho, data, rule):
    """Invariants 4 and 5."""
    linkedit, signature = macho.segment("__LINKEDIT"), macho.one("LC_CODE_SIGNATURE")
    if not rule("linkedit.one", linkedit, "no single __LINKEDIT"):
        return
    rule("linkedit.last", macho.segments[-1] is linkedit and linkedit.fileoff == max(s.fileoff for s in macho.segments),
         f"{[s.name for s in macho.segments]}")
    rule("linkedit.to-end", linkedit.file_end == data.size, f"ends at {linkedit.file_end}, the file at {data.size}")
    rule("linkedit.vmsize", linkedit.vmsize == round_up(linkedit.filesize, PAGE),
         f"{linkedit.vmsize:#x} for {linkedit.filesize:#x}")
    rule("linkedit.permissions", linkedit.initprot == READ, f"{linkedit.initprot}")
    if signature:
        dataoff, datasize = signature.u32(8), signature.u32(12)
        rule("linkedit.signature-at-end", dataoff + datasize == data.size, f"{dataoff}+{datasize}, the file has {data.size}")
        rule("linkedit.signature-aligned", dataoff % 16 == 0, f"{dataoff:#x}")
    position, previous = linkedit.fileoff, "the start of __LINKEDIT"
    for name, offset, size in linkedit_tables(macho):
        if size == 0:
            rule("linkedit.inside", offset == 0 or linkedit.fileoff <= offset <= linkedit.file_end,
                 f"{name}, empty, at {offset:#x}")
            continue
        rule("linkedit.32-bit", offset + size < FOUR_GIB, f"{name}: {offset:#x}+{size:#x}")
        rule("linkedit.inside", linkedit.fileoff <= offset and offset + size <= linkedit.file_end,
             f"{name}: {offset:#x}+{size:#x}")
        slack = 15 if name == "LC_CODE_SIGNATURE" else 4 if previous == "indirect symbols" else 0
        rule("linkedit.order", position <= offset <= position + slack,
             f"{name} begins at {offset:#x}; {previous} ends at {position:#x}")
        if position < offset <= position + slack:
            at = data.is_zero(position, offset)
            rule("linkedit.slack-zero", at is None, f"a byte that is not zero at {at}")
        position, previous = offset + size, name


def check_chained_fixups(macho, data, rule):
    """Invariant 10."""
    command = macho.one("LC_DYLD_CHAINED_FIXUPS")
    if not command:
        return
    offset, size = command.u32(8), command.u32(12)
    starts = struct.unpack("<I", data.read(offset + 4, 4, "the chained fixups' header"))[0]
    count = struct.unpack("<I", data.read(offset + starts, 4, "the chained fixups' starts"))[0]
    rule("fixups.segment-count", starts + 4 <= size and count == len(macho.segments),
         f"seg_count {count}, {len(macho.segments)} segments")


def shifted_command(command, start, delta):
    """The bytes of a stub's command as they must be after everything from start on moved by delta."""
    raw = bytearray(command.raw)
    for at in OFFSET_FIELDS.get(command.name, ()):
        value = struct.unpack_from("<I", raw, at)[0]
        if value >= start:
            struct.pack_into("<I", raw, at, value + delta)
    return bytes(raw)


def check_against_stub(macho, data, stub_path, locator, rule):
    """Invariant 7: nothing of the stub changed but what had to."""
    with ByteFile(stub_path) as stub_data:
        stub = MachO(stub_data)
        old, new = stub.segment("__LINKEDIT"), macho.segment("__LINKEDIT")
        old_signature, new_signature = stub.one("LC_CODE_SIGNATURE"), macho.one("LC_CODE_SIGNATURE")
        if not rule("stub.readable", old and new and old_signature and new_signature, stub_path):
            return
        delta = new.fileoff - old.fileoff
        rule("stub.header", (macho.ncmds, macho.flags) == (stub.ncmds + 1, stub.flags),
             f"{stub.ncmds} commands became {macho.ncmds}")
        commands = [c for c in macho.commands if not (c.name == "LC_SEGMENT_64" and c.raw[8:18] == b"__PAYLOAD\0")]
        rule("stub.commands", len(commands) == len(stub.commands), f"{len(stub.commands)}, now {len(commands)}")
        for before, after in zip(stub.commands, commands):
            expected = shifted_command(before, old.fileoff, delta)
            found = after.raw
            if before is old.command:  # its offset moved and its size follows the signature's
                expected, found = expected[:32] + expected[56:], found[:32] + found[56:]
            elif before is old_signature:
                expected, found = expected[:12], found[:12]
            rule("stub.commands", expected == found, f"command {before.index}, {before.name}, is not the stub's")

        first = stub.first_section_offset()
        body, made = stub_data.read(first, old.fileoff - first, "the stub's code"), data.read(first, old.fileoff - first, "the code")
        if locator:
            low, high = locator[0] - first, locator[1] - first
            body, made = (b[:low] + bytes(high - low) + b[high:] for b in (body, made))
        differs = [i for i in range(len(body)) if body[i] != made[i]] if body != made else []
        rule("stub.code", not differs, f"{len(differs)} bytes differ, first at {first + differs[0]:#x}" if differs else "")
        length = old_signature.u32(8) - old.fileoff
        rule("stub.linkedit", stub_data.read(old.fileoff, length, "the stub's __LINKEDIT")
             == data.read(new.fileoff, length, "__LINKEDIT"), f"the {length} bytes before the signature differ")


def check_macho(path, report, stub=None, resigned=False, bare=False):
    rule = report.rule
    with ByteFile(path) as data:
        try:
            macho = MachO(data)
            check_header(macho, data, rule)
            check_commands(macho, data, rule)
            check_segments(macho, rule)
            check_linkedit(macho, data, rule)
            check_chained_fixups(macho, data, rule)
            check_signature(data, macho, report, data.page_digests, made=not resigned and not bare)
            if bare:
                rule("payload.none", not any(s.name == "__PAYLOAD" for s in macho.segments), "there is a __PAYLOAD")
                return
            segment = check_payload_segment(macho, rule)
            if not segment:
                return
            locator = locator_check.check_in_macho(data, macho, segment, report)
            if stub:
                check_against_stub(macho, data, stub, locator and locator.range, rule)
            if locator:
                tar_check.check_payload(data, locator.offset, locator.length, report)
        except Malformed as error:
            rule(error.name, False, error.detail)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--stub")
    parser.add_argument("--resigned", action="store_true")
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    report = Report()
    try:
        check_macho(options.file, report, options.stub, options.resigned, options.bare)
    except OSError as error:
        print(f"macho_check: {error}", file=sys.stderr)
        return 2
    report.show(options.verbose)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
