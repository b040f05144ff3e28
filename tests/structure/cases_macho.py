"""How each rule of macho_check.py is broken in a good installer."""

import locator_check
from byte_file import ByteFile
from macho_parse import MachO
from report import Report
from spoil import Bytes, add, flip, put, set_bytes


class MachOBytes(Bytes):
    def __init__(self, path):
        super().__init__(path)
        with ByteFile(path) as data:
            self.macho = MachO(data)
            self.locator = locator_check.find(data, self.macho.segment("__PAYLOAD").fileoff, Report())
        self.first = self.macho.first_section_offset()
        self.payload, self.linkedit = self.segment("__PAYLOAD"), self.segment("__LINKEDIT")
        self.signature = self.command("LC_CODE_SIGNATURE")
        self.superblob = self.get("<I", self.signature + 8)
        self.directory = self.superblob + self.get(">I", self.superblob + 16)
        self.hashes = self.directory + self.get(">I", self.directory + 16)

    def command(self, *names):
        return self.macho.one(*names).offset

    def segment(self, name):
        return self.macho.segment(name).command.offset

    def fileoff(self, name):
        return self.macho.segment(name).fileoff


def swap_payload_and_linkedit(f):
    a, b = f.payload, f.linkedit
    f.bytes[a : a + 72], f.bytes[b : b + 72] = f.bytes[b : b + 72], f.bytes[a : a + 72]


def second_locator(f):
    f.bytes[f.locator.offset - 64 : f.locator.offset - 64 + 32] = locator_check.MAGIC


def chained_fixups(f):
    at = f.command("LC_FUNCTION_STARTS")
    f.put("<I", at, 0x80000034)
    f.put("<I", f.get("<I", at + 8) + 4, 0)


def shorter_superblob(f):
    """The last bytes of the last hash lie behind the superblob's end."""
    for at in (f.superblob + 4, f.directory + 4):
        f.put(">I", at, f.get(">I", at) - 8)


def slack_byte(f):
    """A byte between the strings and the signature; strings that end there by chance give up their last one."""
    at = f.command("LC_SYMTAB")
    if f.get("<I", at + 16) + f.get("<I", at + 20) == f.superblob:
        f.put("<I", at + 20, f.get("<I", at + 20) - 1)
    f.bytes[f.superblob - 1] ^= 1


def duplicate_payload_name(f):
    at = f.segment("__DATA")
    f.bytes[at + 8 : at + 24] = f.bytes[f.payload + 8 : f.payload + 24]


def locator_into_data(f):
    data = f.macho.segment("__DATA").sections[0].offset
    f.bytes[data : data + 128] = f.bytes[f.locator.at : f.locator.at + 128]
    f.bytes[f.locator.at] = 0


# name of the case, what it does, the rule that must be named (with --stub where it begins with stub.)
MACHO_CASES = [
    ("payload byte", flip(lambda f: f.locator.offset + 700), "locator.root"),
    ("payload byte, signature", flip(lambda f: f.locator.offset + 700), "signature.slots"),
    ("padding byte", flip(lambda f: f.linkedit and f.fileoff("__LINKEDIT") - 1), "payload.padding-zero"),
    ("linkedit byte", flip(lambda f: f.fileoff("__LINKEDIT") + 1), "signature.slots"),
    ("last hash", flip(lambda f: f.hashes + 32 * (f.get(">I", f.directory + 28) - 1)), "signature.slots"),
    ("code byte", flip(lambda f: f.first + 4), "locator.root"),
    ("appended byte", lambda f: f.bytes.append(0), "linkedit.to-end"),
    ("appended byte, signature", lambda f: f.bytes.append(0), "linkedit.signature-at-end"),
    ("cut by one byte", lambda f: f.bytes.pop(), "linkedit.to-end"),
    ("cut in the payload", lambda f: f.bytes.__delitem__(slice(f.locator.offset + 600, None)), "file.complete"),
    ("empty", lambda f: f.bytes.clear(), "file.complete"),
    ("fat magic", put(">I", lambda f: 0, 0xCAFEBABE), "header.magic"),
    ("other processor", put("<I", lambda f: 4, 0x01000007), "header.cpu"),
    ("a library", put("<I", lambda f: 12, 6), "header.filetype"),
    ("not PIE", put("<I", lambda f: 24, 0x85), "header.flags"),
    ("reserved header field", put("<I", lambda f: 28, 1), "header.reserved"),
    ("sizeofcmds too large", add("<I", lambda f: 20, 8), "header.sizeofcmds"),
    ("odd command size", add("<I", lambda f: f.signature + 4, -4), "commands.size"),
    ("unknown command", put("<I", lambda f: f.command("LC_UUID"), 0x99), "commands.known"),
    ("no UUID", put("<I", lambda f: f.command("LC_UUID"), 0x2A), "commands.once"),
    ("empty UUID", set_bytes(lambda f: f.command("LC_UUID") + 8, bytes(16)), "uuid.present"),
    ("byte behind the commands", flip(lambda f: f.macho.commands_end), "commands.gap-zero"),
    ("section where the commands are", put("<I", lambda f: f.segment("__TEXT") + 72 + 48, 64), "commands.room"),
    ("other platform", put("<I", lambda f: f.command("LC_BUILD_VERSION") + 8, 2), "build.platform"),
    ("newer macOS", put("<I", lambda f: f.command("LC_BUILD_VERSION") + 12, 0xC0000), "build.minos"),
    ("newer SDK", put("<I", lambda f: f.command("LC_BUILD_VERSION") + 16, 0xF0400), "build.sdk"),
    ("other dyld", flip(lambda f: f.command("LC_LOAD_DYLINKER") + 14), "dylinker.path"),
    ("unended dyld path", put("<I", lambda f: f.command("LC_LOAD_DYLINKER") + 8, 4000), "commands.string"),
    ("other library", flip(lambda f: f.command("LC_LOAD_DYLIB") + 30), "dylib.only-libsystem"),
    ("no library", put("<I", lambda f: f.command("LC_LOAD_DYLIB"), 0x2A), "dylib.one"),
    ("entry in the header", put("<Q", lambda f: f.command("LC_MAIN") + 8, 16), "main.entry"),
    ("small pagezero", put("<Q", lambda f: f.segment("__PAGEZERO") + 32, 1 << 30), "pagezero.4gib"),
    ("writable text", put("<I", lambda f: f.segment("__TEXT") + 60, 3), "text.first"),
    ("writable and executable", put("<I", lambda f: f.segment("__DATA") + 60, 7), "segments.writable-code"),
    ("data not writable", put("<I", lambda f: f.segment("__DATA") + 60, 1), "data.permissions"),
    ("constants not read-only", put("<I", lambda f: f.segment("__DATA_CONST") + 68, 0), "data.const-is-read-only"),
    ("two read-only segments", lambda f: [put("<I", lambda f, n=n: f.segment(n) + 68, 0x10)(f) for n in ("__DATA", "__TEXT")],
     "segments.one-read-only"),
    ("permissions beyond the most", put("<I", lambda f: f.segment("__DATA") + 56, 1), "segments.permissions"),
    ("segment without name of its own", duplicate_payload_name, "segments.names"),
    ("command size of a segment", put("<I", lambda f: f.segment("__DATA") + 64, 90), "segments.cmdsize"),
    ("more bytes than memory", put("<Q", lambda f: f.segment("__TEXT") + 32, 0x4000), "segments.size"),
    ("overlap in memory", add("<Q", lambda f: f.segment("__TEXT") + 32, 0x100000), "segments.memory-overlap"),
    ("order in memory", put("<Q", lambda f: f.linkedit + 24, 0), "segments.memory-order"),
    ("hole between segments", add("<Q", lambda f: f.segment("__TEXT") + 48, -0x4000), "segments.contiguous"),
    ("text not at zero", put("<Q", lambda f: f.segment("__TEXT") + 40, 0x4000), "segments.from-zero"),
    ("unaligned payload", add("<Q", lambda f: f.payload + 40, 8), "segments.aligned"),
    ("section outside in memory", put("<Q", lambda f: f.segment("__TEXT") + 72 + 32, 1 << 40), "sections.memory"),
    ("section outside in the file", add("<I", lambda f: f.segment("__TEXT") + 72 + 48, 16), "sections.file"),
    ("section of another segment", flip(lambda f: f.segment("__TEXT") + 72 + 18), "sections.segment"),
    ("payload mapped", put("<Q", lambda f: f.payload + 32, 0x4000), "payload.unmapped"),
    ("payload readable", put("<I", lambda f: f.payload + 60, 1), "payload.unmapped"),
    ("payload of another name", flip(lambda f: f.payload + 10), "payload.one"),
    ("payload behind linkedit", swap_payload_and_linkedit, "payload.before-linkedit"),
    ("linkedit not last", swap_payload_and_linkedit, "linkedit.last"),
    ("payload elsewhere in memory", add("<Q", lambda f: f.payload + 24, -0x4000), "payload.vmaddr"),
    ("payload size not of pages", add("<Q", lambda f: f.payload + 48, 8), "payload.size"),
    ("payload flags", put("<I", lambda f: f.payload + 68, 0), "payload.flags"),
    ("no linkedit", flip(lambda f: f.linkedit + 10), "linkedit.one"),
    ("linkedit memory", add("<Q", lambda f: f.linkedit + 32, 0x4000), "linkedit.vmsize"),
    ("linkedit writable", put("<I", lambda f: f.linkedit + 60, 3), "linkedit.permissions"),
    ("tables out of order", add("<I", lambda f: f.command("LC_SYMTAB") + 8, 16), "linkedit.order"),
    ("strings too long", add("<I", lambda f: f.command("LC_SYMTAB") + 20, 1 << 20), "linkedit.inside"),
    ("sum beyond 32 bits", put("<I", lambda f: f.command("LC_SYMTAB") + 20, 0xFFFFFFFF), "linkedit.32-bit"),
    ("signature not aligned", add("<I", lambda f: f.signature + 8, 8), "linkedit.signature-aligned"),
    ("slack byte", slack_byte, "linkedit.slack-zero"),
    ("chained fixups of other segments", chained_fixups, "fixups.segment-count"),
    ("signature magic", flip(lambda f: f.superblob), "signature.magic"),
    ("signature too long", add(">I", lambda f: f.superblob + 4, 64), "signature.length"),
    ("signature padding", shorter_superblob, "signature.padding"),
    ("signature size", add("<I", lambda f: f.signature + 12, 8), "made.datasize"),
    ("blob outside", put(">I", lambda f: f.superblob + 16, 1 << 30), "signature.blobs"),
    ("no code directory", put(">I", lambda f: f.superblob + 12, 5), "signature.directory"),
    ("old code directory", put(">I", lambda f: f.directory + 8, 0x20300), "signature.version"),
    ("other version", put(">I", lambda f: f.directory + 8, 0x20500), "made.version"),
    ("hardened runtime flag", put(">I", lambda f: f.directory + 12, 0x10002), "made.flags"),
    ("neither ad-hoc nor signed", put(">I", lambda f: f.directory + 12, 0), "signature.adhoc-or-signed"),
    ("special slots", put(">I", lambda f: f.directory + 24, 2), "made.no-special-slots"),
    ("slot count", add(">I", lambda f: f.directory + 28, -1), "signature.slot-count"),
    ("code limit", add(">I", lambda f: f.directory + 32, -16), "signature.code-limit"),
    ("64-bit code limit", put(">Q", lambda f: f.directory + 56, 1), "signature.code-limit"),
    ("hash size", put("B", lambda f: f.directory + 36, 20), "signature.hash-type"),
    ("SHA-1", lambda f: f.bytes.__setitem__(slice(f.directory + 36, f.directory + 38), b"\x14\x01"), "made.hash"),
    ("platform byte", put("B", lambda f: f.directory + 38, 1), "made.unused-fields"),
    ("pages of 8 KiB", put("B", lambda f: f.directory + 39, 13), "signature.page-size"),
    ("pages of 4 KiB", put("B", lambda f: f.directory + 39, 12), "made.page-size"),
    ("scattered", put(">I", lambda f: f.directory + 44, 8), "signature.scatter"),
    ("exec segment", add(">Q", lambda f: f.directory + 72, 0x4000), "signature.exec-segment"),
    ("exec flags", put(">Q", lambda f: f.directory + 80, 3), "made.exec-flags"),
    ("identifier without end", put(">I", lambda f: f.directory + 20, 1 << 20), "signature.identifier"),
    ("other identifier", flip(lambda f: f.directory + 88), "made.identifier"),
    ("identifier elsewhere", add(">I", lambda f: f.directory + 20, 1), "made.ident-offset"),
    ("hashes beyond the directory", add(">I", lambda f: f.directory + 16, 64), "signature.directory-size"),
    ("hashes end early", add(">I", lambda f: f.directory + 16, -1), "made.directory-end"),
    ("no locator", flip(lambda f: f.locator.at), "locator.one"),
    ("two locators", second_locator, "locator.one"),
    ("locator in data", locator_into_data, "locator.section"),
    ("locator version", put("<I", lambda f: f.locator.at + 32, 2), "locator.version"),
    ("locator flags", put("<I", lambda f: f.locator.at + 36, 1), "locator.flags"),
    ("locator header", add("<Q", lambda f: f.locator.at + 40, 64), "locator.header"),
    ("locator offset", add("<Q", lambda f: f.locator.at + 48, 0x4000), "locator.offset"),
    ("locator offset unaligned", add("<Q", lambda f: f.locator.at + 48, 512), "locator.aligned"),
    ("locator offset in the stub", put("<Q", lambda f: f.locator.at + 48, 0), "locator.behind-stub"),
    ("locator length", put("<Q", lambda f: f.locator.at + 56, 1 << 40), "locator.length"),
    ("locator length too short", add("<Q", lambda f: f.locator.at + 56, -512), "tar.end"),
    ("locator length far too short", put("<Q", lambda f: f.locator.at + 56, 1024), "tar.readable"),
    ("locator root", flip(lambda f: f.locator.at + 70), "locator.root"),
    ("locator reserved", flip(lambda f: f.locator.at + 100), "locator.reserved"),
    ("stub's code", flip(lambda f: f.locator.at - 20), "stub.code"),
    ("stub's command", add("<I", lambda f: f.command("LC_SYMTAB") + 12, 1), "stub.commands"),
    ("stub's header", put("<I", lambda f: 24, 0x200084), "stub.header"),
    ("stub's linkedit", flip(lambda f: f.fileoff("__LINKEDIT") + 8), "stub.linkedit"),
]
