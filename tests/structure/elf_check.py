#!/usr/bin/env python3
"""Judges an installer for linux-amd64 or linux-arm64: a static ELF with the payload behind it.

    tests/structure/elf_check.py FILE [--stub STUB] [--bare] [-v]

Written after bundle/FORMAT.md; nothing is shared with the C side. --stub also compares with the
stub that FILE was made from. --bare judges an ELF without payload. Prints the violated rules; exits
0 when there is none, 1 when there is one, 2 on wrong usage.
"""

import argparse
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import locator_check  # noqa: E402
import tar_check  # noqa: E402
from byte_file import ByteFile  # noqa: E402
from report import Malformed, Report  # noqa: E402

MACHINES = {62: "amd64", 183: "arm64"}
ET_EXEC, ET_DYN = 2, 3
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_GNU_STACK = 1, 2, 3, 0x6474E551
EXECUTE, WRITE, READ = 1, 2, 4
DT_NULL, DT_NEEDED = 0, 1
SHT_NOBITS = 8


class ProgramHeader:
    def __init__(self, raw):
        (self.type, self.flags, self.offset, self.vaddr, self.paddr, self.filesz, self.memsz,
         self.align) = struct.unpack("<2I6Q", raw)

    @property
    def end(self):
        return self.offset + self.filesz


class Elf:
    def __init__(self, data):
        head = data.read(0, 64, "the ELF header")
        if head[:4] != b"\x7fELF" or head[4:7] != b"\x02\x01\x01":
            raise Malformed("elf.magic", head[:7].hex())
        (self.type, self.machine, self.version, self.entry, self.phoff, self.shoff, self.flags, self.ehsize,
         self.phentsize, self.phnum, self.shentsize, self.shnum, self.shstrndx) = struct.unpack("<2HI3QI6H", head[16:])
        self.osabi = head[7]
        if self.phentsize != 56 or not 0 < self.phnum <= 64:
            raise Malformed("elf.program-headers", f"{self.phnum} of {self.phentsize} bytes")
        raw = data.read(self.phoff, 56 * self.phnum, "the program headers")
        self.programs = [ProgramHeader(raw[56 * i : 56 * i + 56]) for i in range(self.phnum)]
        self.sections = []
        if self.shnum:
            if self.shentsize != 64:
                raise Malformed("elf.section-headers", f"{self.shnum} of {self.shentsize} bytes")
            raw = data.read(self.shoff, 64 * self.shnum, "the section headers")
            self.sections = [struct.unpack_from("<2I4Q2I2Q", raw, 64 * i) for i in range(self.shnum)]

    def loads(self):
        return [p for p in self.programs if p.type == PT_LOAD]

    def end(self):
        """Where the program's own bytes end: the last of headers, segments and sections."""
        ends = [64, self.phoff + 56 * self.phnum, self.shoff + 64 * self.shnum]
        ends += [p.end for p in self.programs]
        ends += [s[4] + s[5] for s in self.sections if s[1] != SHT_NOBITS]
        return max(ends)


def check_elf_itself(elf, data, rule):
    rule("elf.machine", elf.machine in MACHINES, f"{elf.machine}")
    rule("elf.type", elf.type in (ET_EXEC, ET_DYN) and elf.version == 1, f"{elf.type}")
    rule("elf.osabi", elf.osabi in (0, 3), f"{elf.osabi}")
    kinds = [p.type for p in elf.programs]
    rule("elf.static", PT_INTERP not in kinds, "there is a PT_INTERP")
    for program in elf.programs:
        if program.type == PT_DYNAMIC:
            raw = data.read(program.offset, program.filesz // 16 * 16, "the dynamic section")
            tags = [struct.unpack_from("<Q", raw, at)[0] for at in range(0, len(raw), 16)]
            rule("elf.static", DT_NEEDED not in tags[: tags.index(DT_NULL) if DT_NULL in tags else len(tags)], "DT_NEEDED")
    loads = elf.loads()
    rule("elf.loads", loads and loads[0].offset == 0, "no PT_LOAD at offset 0")
    for load in loads:
        where = f"{load.offset:#x}+{load.filesz:#x} to {load.vaddr:#x}+{load.memsz:#x}"
        rule("elf.load-aligned", load.align >= 0x1000 and load.align & (load.align - 1) == 0
             and load.offset % load.align == load.vaddr % load.align, f"{where}, align {load.align:#x}")
        rule("elf.load-size", load.filesz <= load.memsz, where)
        rule("elf.writable-code", load.flags & (WRITE | EXECUTE) != WRITE | EXECUTE, where)
    for before, after in zip(loads, loads[1:]):
        rule("elf.load-order", before.vaddr + before.memsz <= after.vaddr, f"{before.vaddr:#x}, {after.vaddr:#x}")
    rule("elf.entry", any(p.flags & EXECUTE and p.vaddr <= elf.entry < p.vaddr + p.filesz for p in loads), f"{elf.entry:#x}")
    stacks = [p for p in elf.programs if p.type == PT_GNU_STACK]
    rule("elf.stack", len(stacks) == 1 and not stacks[0].flags & EXECUTE, f"{len(stacks)} PT_GNU_STACK")


def check_against_stub(data, stub_path, locator, rule):
    with ByteFile(stub_path) as stub:
        if not rule("stub.size", stub.size <= locator.offset, f"{stub.size}, the payload begins at {locator.offset}"):
            return
        ours, theirs = (f.read(0, stub.size, "the stub") for f in (data, stub))
        low, high = locator.range
        ours, theirs = (b[:low] + bytes(high - low) + b[high:] for b in (ours, theirs))
        differs = [i for i in range(len(ours)) if ours[i] != theirs[i]] if ours != theirs else []
        rule("stub.bytes", not differs, f"{len(differs)} bytes differ, first at {differs[0]:#x}" if differs else "")


def check_elf(path, report, stub=None, bare=False):
    with ByteFile(path) as data:
        try:
            elf = Elf(data)
            check_elf_itself(elf, data, report.rule)
            if bare:
                report.rule("payload.none", elf.end() == data.size, f"the program ends at {elf.end()} of {data.size}")
                return
            read_only = [(p.offset, p.end) for p in elf.loads() if not p.flags & WRITE]
            locator = locator_check.check_in_elf(data, elf.end(), read_only, report)
            if not locator:
                return
            if stub:
                check_against_stub(data, stub, locator, report.rule)
            tar_check.check_payload(data, locator.offset, locator.length, report)
        except Malformed as error:
            report.rule(error.name, False, error.detail)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--stub")
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    report = Report()
    try:
        check_elf(options.file, report, options.stub, options.bare)
    except OSError as error:
        print(f"elf_check: {error}", file=sys.stderr)
        return 2
    report.show(options.verbose)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
