"""Reads the load commands of a thin 64-bit Mach-O; after <mach-o/loader.h> as quoted in the facts.

Everything that cannot be read raises Malformed with a rule's name; judging is macho_check.py's.
"""

import struct

from report import Malformed

LC_REQ_DYLD = 0x80000000

NAMES = {
    0x2: "LC_SYMTAB",
    0xB: "LC_DYSYMTAB",
    0xC: "LC_LOAD_DYLIB",
    0xE: "LC_LOAD_DYLINKER",
    0x19: "LC_SEGMENT_64",
    0x1B: "LC_UUID",
    0x1D: "LC_CODE_SIGNATURE",
    0x1E: "LC_SEGMENT_SPLIT_INFO",
    0x21: "LC_ENCRYPTION_INFO",
    0x22: "LC_DYLD_INFO",
    0x80000022: "LC_DYLD_INFO_ONLY",
    0x26: "LC_FUNCTION_STARTS",
    0x80000028: "LC_MAIN",
    0x29: "LC_DATA_IN_CODE",
    0x2A: "LC_SOURCE_VERSION",
    0x2B: "LC_DYLIB_CODE_SIGN_DRS",
    0x2C: "LC_ENCRYPTION_INFO_64",
    0x2E: "LC_LINKER_OPTIMIZATION_HINT",
    0x31: "LC_NOTE",
    0x32: "LC_BUILD_VERSION",
    0x80000033: "LC_DYLD_EXPORTS_TRIE",
    0x80000034: "LC_DYLD_CHAINED_FIXUPS",
    0x36: "LC_ATOM_INFO",
    0x37: "LC_FUNCTION_VARIANTS",
    0x38: "LC_FUNCTION_VARIANT_FIXUPS",
    0x3A: "LC_LAZY_LOAD_DYLIB_INFO",
}

LINKEDIT_DATA = {
    "LC_CODE_SIGNATURE", "LC_SEGMENT_SPLIT_INFO", "LC_FUNCTION_STARTS", "LC_DATA_IN_CODE",
    "LC_DYLIB_CODE_SIGN_DRS", "LC_LINKER_OPTIMIZATION_HINT", "LC_DYLD_EXPORTS_TRIE",
    "LC_DYLD_CHAINED_FIXUPS", "LC_ATOM_INFO", "LC_FUNCTION_VARIANTS", "LC_FUNCTION_VARIANT_FIXUPS",
    "LC_LAZY_LOAD_DYLIB_INFO",
}

# Byte positions of the 32-bit file offsets inside each command: what moves with __LINKEDIT.
OFFSET_FIELDS = {
    "LC_SYMTAB": [8, 16],
    "LC_DYSYMTAB": [32, 40, 48, 56, 64, 72],
    "LC_DYLD_INFO": [8, 16, 24, 32, 40],
    "LC_DYLD_INFO_ONLY": [8, 16, 24, 32, 40],
    "LC_ENCRYPTION_INFO": [8],
    "LC_ENCRYPTION_INFO_64": [8],
}
OFFSET_FIELDS.update({name: [8] for name in LINKEDIT_DATA})


class Section:
    def __init__(self, raw):
        (self.name, self.segment, self.addr, self.size, self.offset, self.align, self.reloff, self.nreloc,
         self.flags) = struct.unpack_from("<16s16sQQIIIII", raw)
        self.name = self.name.rstrip(b"\0").decode("latin-1")
        self.segment = self.segment.rstrip(b"\0").decode("latin-1")

    def in_file(self):
        """False for zero-fill sections (S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL)."""
        return self.flags & 0xFF not in (0x1, 0xC, 0x12) and self.size > 0


class Segment:
    def __init__(self, command):
        raw = command.raw
        if len(raw) < 72:
            raise Malformed("commands.size", f"LC_SEGMENT_64 of {len(raw)} bytes")
        (self.name, self.vmaddr, self.vmsize, self.fileoff, self.filesize, self.maxprot, self.initprot,
         self.nsects, self.flags) = struct.unpack_from("<16sQQQQiiII", raw, 8)
        self.name = self.name.rstrip(b"\0").decode("latin-1")
        self.command = command
        self.sections = []
        if len(raw) == 72 + 80 * self.nsects:
            self.sections = [Section(raw[72 + 80 * i : 152 + 80 * i]) for i in range(self.nsects)]

    @property
    def file_end(self):
        return self.fileoff + self.filesize

    @property
    def vm_end(self):
        return self.vmaddr + self.vmsize


class Command:
    def __init__(self, index, offset, cmd, raw):
        self.index, self.offset, self.cmd, self.raw = index, offset, cmd, raw
        self.name = NAMES.get(cmd, f"{cmd:#x}")

    def u32(self, at):
        if at + 4 > len(self.raw):
            raise Malformed("commands.size", f"{self.name} of {len(self.raw)} bytes is too short")
        return struct.unpack_from("<I", self.raw, at)[0]

    def u64(self, at):
        return self.u32(at) | self.u32(at + 4) << 32

    def string(self, at):
        start = self.u32(at)
        if not 8 <= start < len(self.raw) or b"\0" not in self.raw[start:]:
            raise Malformed("commands.string", f"{self.name}: the string at {start} does not end in the command")
        return self.raw[start:].split(b"\0")[0].decode("utf-8", "replace")


class MachO:
    def __init__(self, data):
        header = data.read(0, 32, "the Mach-O header")
        (self.magic, self.cputype, self.cpusubtype, self.filetype, self.ncmds, self.sizeofcmds, self.flags,
         self.reserved) = struct.unpack("<8I", header)
        if self.magic != 0xFEEDFACF:
            raise Malformed("header.magic", f"{self.magic:#x} is not a thin little-endian 64-bit Mach-O")
        if self.sizeofcmds > 1 << 20:
            raise Malformed("header.sizeofcmds", f"{self.sizeofcmds} bytes of load commands")
        self.commands_end = 32 + self.sizeofcmds
        raw = data.read(32, self.sizeofcmds, "the load commands")
        self.commands, at = [], 0
        for index in range(self.ncmds):
            if at + 8 > len(raw):
                raise Malformed("header.sizeofcmds", f"command {index} of {self.ncmds} lies behind sizeofcmds")
            cmd, size = struct.unpack_from("<II", raw, at)
            if size < 8 or at + size > len(raw):
                raise Malformed("commands.size", f"command {index} ({cmd:#x}) has {size} bytes, {len(raw) - at} are left")
            self.commands.append(Command(index, 32 + at, cmd, raw[at : at + size]))
            at += size
        self.commands_used = at
        self.segments = [Segment(c) for c in self.commands if c.name == "LC_SEGMENT_64"]

    def all(self, *names):
        return [c for c in self.commands if c.name in names]

    def one(self, *names):
        """The only command of these names, or None."""
        found = self.all(*names)
        return found[0] if len(found) == 1 else None

    def segment(self, name):
        found = [s for s in self.segments if s.name == name]
        return found[0] if len(found) == 1 else None

    def first_section_offset(self):
        return min((s.offset for g in self.segments for s in g.sections if s.in_file()), default=None)
