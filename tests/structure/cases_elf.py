"""How each rule of elf_check.py is broken in a good installer."""

import elf_check
import locator_check
from byte_file import ByteFile
from report import Report
from spoil import Bytes, add, flip, put


class ElfBytes(Bytes):
    def __init__(self, path):
        super().__init__(path)
        with ByteFile(path) as data:
            self.elf = elf_check.Elf(data)
            self.locator = locator_check.find(data, data.size, Report())
            self.end = self.elf.end()

    def program(self, kind, flags=0):
        """File offset of the first program header of this kind with these flags."""
        for index, program in enumerate(self.elf.programs):
            if program.type == kind and program.flags & flags == flags:
                return self.elf.phoff + 56 * index
        raise LookupError(kind)

    def holder(self):
        for index, program in enumerate(self.elf.programs):
            if program.type == elf_check.PT_LOAD and program.offset <= self.locator.at < program.end:
                return self.elf.phoff + 56 * index
        raise LookupError("locator")


ELF_CASES = [
    ("payload byte", flip(lambda f: f.locator.offset + 700), "locator.root"),
    ("code byte", flip(lambda f: f.elf.programs[0].offset + 0x900), "locator.root"),
    ("appended byte", lambda f: f.bytes.append(0), "payload.to-end"),
    ("cut", lambda f: f.bytes.__delitem__(slice(-600, None)), "payload.to-end"),
    ("cut in the header", lambda f: f.bytes.__delitem__(slice(40, None)), "file.complete"),
    ("32 bits", put("B", lambda f: 4, 1), "elf.magic"),
    ("a core file", put("<H", lambda f: 16, 4), "elf.type"),
    ("other machine", put("<H", lambda f: 18, 40), "elf.machine"),
    ("other system", put("B", lambda f: 7, 9), "elf.osabi"),
    ("no program headers", put("<H", lambda f: 56, 0), "elf.program-headers"),
    ("small section headers", put("<H", lambda f: 58, 63), "elf.section-headers"),
    ("interpreter", put("<I", lambda f: f.program(elf_check.PT_GNU_STACK), elf_check.PT_INTERP), "elf.static"),
    ("executable stack", put("<I", lambda f: f.program(elf_check.PT_GNU_STACK) + 4, 7), "elf.stack"),
    ("writable code", put("<I", lambda f: f.program(elf_check.PT_LOAD, elf_check.EXECUTE) + 4, 7), "elf.writable-code"),
    ("no executable code", put("<I", lambda f: f.program(elf_check.PT_LOAD, elf_check.EXECUTE) + 4, 4), "elf.entry"),
    ("unaligned segment", put("<Q", lambda f: f.program(elf_check.PT_LOAD) + 48, 24), "elf.load-aligned"),
    ("more bytes than memory", put("<Q", lambda f: f.program(elf_check.PT_LOAD) + 40, 1), "elf.load-size"),
    ("nothing at offset 0", put("<Q", lambda f: f.program(elf_check.PT_LOAD) + 8, 0x1000), "elf.loads"),
    ("segments out of order", put("<Q", lambda f: f.program(elf_check.PT_LOAD) + 40, 1 << 40), "elf.load-order"),
    ("locator where it can be written", put("<I", lambda f: f.holder() + 4, 6), "locator.read-only"),
    ("no locator", flip(lambda f: f.locator.at), "locator.behind-stub"),
    ("byte in the gap", flip(lambda f: f.locator.offset - 1), "payload.gap-zero"),
    ("locator offset", add("<Q", lambda f: f.locator.at + 48, 0x4000), "locator.offset"),
    ("locator offset in the stub", put("<Q", lambda f: f.locator.at + 48, 0), "stub.size"),
    ("locator header", put("<Q", lambda f: f.locator.at + 40, 64), "locator.header"),
    ("locator root", flip(lambda f: f.locator.at + 70), "locator.root"),
    ("stub's byte", flip(lambda f: f.locator.at - 1), "stub.bytes"),
]
