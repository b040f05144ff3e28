#!/usr/bin/env python3
"""The structure checkers must fail: each rule is broken in a good file and must be named.

    tests/structure/test_checkers.py --macho FILE STUB --elf FILE STUB

FILE is an installer that the checker accepts, STUB what it was made from. Also lists the rules that
no case broke: a rule that cannot fail proves nothing. Ends with "N passed, N failed".
"""

import argparse
import io
import json
import os
import struct
import sys
import tarfile
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import elf_check  # noqa: E402
import locator_check  # noqa: E402
import macho_check  # noqa: E402
import tar_check  # noqa: E402
from byte_file import ByteFile  # noqa: E402
from macho_parse import MachO  # noqa: E402
from report import Report  # noqa: E402

# Rules that a case cannot break alone on this input, and why.
UNBROKEN = {
    "file.size": "run.sh breaks it with a sparse file of 4 GiB",
    "made.blobs": "run.sh breaks it with a file that rcodesign signed again",
}


class Bytes:
    """A copy of a file to be spoilt, with the offsets of its parts."""

    def __init__(self, path):
        with open(path, "rb") as handle:
            self.bytes = bytearray(handle.read())

    def flip(self, at):
        self.bytes[at] ^= 0x41

    def put(self, form, at, *values):
        struct.pack_into(form, self.bytes, at, *values)

    def get(self, form, at):
        return struct.unpack_from(form, self.bytes, at)[0]


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


def add(form, at, change):
    """A case that adds to a number; at: function from the file to the offset."""

    def spoil(f):
        place = at(f)
        f.put(form, place, (f.get(form, place) + change) & ((1 << 8 * struct.calcsize(form)) - 1))

    return spoil


def put(form, at, value):
    return lambda f: f.put(form, at(f), value)


def flip(at):
    return lambda f: f.flip(at(f))


def set_bytes(at, value):
    def spoil(f):
        f.bytes[at(f) : at(f) + len(value)] = value

    return spoil


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
    ("slack byte", flip(lambda f: f.superblob - 1), "linkedit.slack-zero"),
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
    ("no locator", flip(lambda f: f.locator.at), "locator.one"),
    ("byte in the gap", flip(lambda f: f.locator.offset - 1), "payload.gap-zero"),
    ("locator offset", add("<Q", lambda f: f.locator.at + 48, 0x4000), "locator.offset"),
    ("locator offset in the stub", put("<Q", lambda f: f.locator.at + 48, 0), "stub.size"),
    ("locator header", put("<Q", lambda f: f.locator.at + 40, 64), "locator.header"),
    ("locator root", flip(lambda f: f.locator.at + 70), "locator.root"),
    ("stub's byte", flip(lambda f: f.locator.at - 1), "stub.bytes"),
]


class Tree:
    """The payload's entries, to be spoilt and written as a tar again."""

    def __init__(self, raw):
        self.entries, self.tail = [], bytes(1024)
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
            for member in archive:
                self.entries.append([member, archive.extractfile(member).read()])

    def index(self, name):
        return next(i for i, (member, _) in enumerate(self.entries) if member.name == name)

    def json(self, name):
        return json.loads(self.entries[self.index(name)][1])

    def put(self, name, value):
        """Replaces a document; text, or what is to be JSON."""
        self.entries[self.index(name)][1] = value if isinstance(value, bytes) else json.dumps(value).encode()

    def edit(self, name, change):
        document = self.json(name)
        change(document)
        self.put(name, document)

    def first_layer(self):
        return "blobs/sha256/" + self.json("hardtack/manifest.json")["images"][0]["layers"][0]["digest"][7:]

    def bytes(self):
        out = io.BytesIO()
        for member, content in self.entries:
            member.size = len(content) if member.isreg() else 0
            out.write(member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"))
            out.write(content + bytes(-len(content) % 512))
        return out.getvalue() + self.tail


def attribute(name, value, which=-1):
    return lambda t: setattr(t.entries[which][0], name, value)


def ours(change):
    return lambda t: t.edit("hardtack/manifest.json", change)


def extra(name, content=b"x"):
    def spoil(tree):
        member = tarfile.TarInfo(name)
        member.mode = 0o644
        member.mtime = tree.entries[0][0].mtime
        tree.entries.append([member, content])

    return spoil


def again(tree):
    tree.entries.append(tree.entries[-1])


def spoil_layer(tree):
    entry = tree.entries[tree.index(tree.first_layer())]
    entry[1] = entry[1][:-1] + b"!"


def move_last(name):
    def spoil(tree):
        at = tree.index(name)
        tree.entries.append(tree.entries.pop(at))

    return spoil


def move_files_around(tree):
    extra("hardtack/files/zz")(tree)
    tree.entries.insert(1, tree.entries.pop())


def layer_first(tree):
    at = tree.index(tree.first_layer())
    first = next(i for i, (m, _) in enumerate(tree.entries) if m.name.startswith("blobs/"))
    tree.entries.insert(first, tree.entries.pop(at))


def drop_layer(tree):
    del tree.entries[tree.index(tree.first_layer())]


def zstd_layers(tree):
    """The image's manifest says zstd: its digest changes, and everything that names it with it."""
    import hashlib

    image = tree.json("hardtack/manifest.json")["images"][0]
    at = tree.index("blobs/sha256/" + image["pin"][7:])
    manifest = json.loads(tree.entries[at][1])
    for layer in manifest["layers"]:
        layer["mediaType"] = "application/vnd.oci.image.layer.v1.tar+zstd"
    raw = json.dumps(manifest).encode()
    digest = hashlib.sha256(raw).hexdigest()
    tree.entries[at][0].name, tree.entries[at][1] = "blobs/sha256/" + digest, raw
    for name in ("hardtack/manifest.json", "index.json"):
        tree.put(name, json.dumps(tree.json(name)).replace(image["pin"][7:], digest).encode())
    tree.edit("index.json", lambda d: d["manifests"][0].update(size=len(raw)))


TAR_CASES = [
    ("no zero blocks", lambda t: setattr(t, "tail", b""), "tar.end"),
    ("bytes behind the end", lambda t: setattr(t, "tail", bytes(1024) + b"x" * 512), "tar.end"),
    ("not of blocks", lambda t: setattr(t, "tail", bytes(1025)), "tar.blocks"),
    ("a folder's entry", attribute("type", tarfile.DIRTYPE), "tar.plain-files"),
    ("path out of the bundle", attribute("name", "hardtack/files/../../x", 1), "tar.names"),
    ("owner", attribute("uid", 1000), "tar.no-owner"),
    ("owner's name", attribute("uname", "root"), "tar.no-owner"),
    ("mode", attribute("mode", 0o600), "tar.modes"),
    ("executable blob", attribute("mode", 0o755), "blobs.mode"),
    ("other times", attribute("mtime", 1700000000), "tar.no-clock"),
    ("pax record of a time", lambda t: t.entries[-1][0].pax_headers.update(atime="1.5"), "tar.no-clock"),
    ("entry twice", again, "tar.names-once"),
    ("manifest not first", move_last("hardtack/manifest.json"), "tar.manifest-first"),
    ("index behind the blobs", move_last("index.json"), "tar.order"),
    ("files not sorted", move_files_around, "tar.files-sorted"),
    ("unknown entry", extra("etc/passwd"), "tar.known-entries"),
    ("blob nobody names", extra("blobs/sha256/2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"), "blobs.all-used"),
    ("blob not of its name", spoil_layer, "blobs.name"),
    ("diff_id", spoil_layer, "image.diff-ids"),
    ("blob missing", drop_layer, "oci.blobs-present"),
    ("layer before the documents", layer_first, "blobs.documents-first"),
    ("zstd layers", zstd_layers, "image.layer-type"),
    ("index is no JSON", lambda t: t.put("index.json", b"{"), "tar.documents"),
    ("a key twice", lambda t: t.put("index.json", b'{"a":1,"a":2}'), "tar.documents"),
    ("document of another shape", lambda t: t.put("manifest.json", {"x": "y"}), "documents.shape"),
    ("other layout", lambda t: t.put("oci-layout", {"imageLayoutVersion": "2"}), "layout.version"),
    ("index version", lambda t: t.edit("index.json", lambda d: d.update(schemaVersion=1)), "index.form"),
    ("index lacks an image", lambda t: t.edit("index.json", lambda d: d["manifests"].pop()), "index.images"),
    ("index size", lambda t: t.edit("index.json", lambda d: d["manifests"][0].update(size=1)), "oci.sizes"),
    ("index digest", lambda t: t.edit("index.json", lambda d: d["manifests"][0].update(digest="sha256:1")), "oci.digests"),
    ("no annotations", lambda t: t.edit("index.json", lambda d: d["manifests"][0].pop("annotations")), "index.annotations"),
    ("index platform", lambda t: t.edit("index.json", lambda d: d["manifests"][0]["platform"].update(os="plan9")), "index.platform"),
    ("short tag", lambda t: t.edit("manifest.json", lambda d: d[0].update(RepoTags=["app:1"])), "docker.repo-tags"),
    ("other tag", lambda t: t.edit("manifest.json", lambda d: d[0].update(RepoTags=["docker.io/a/b:1"])), "docker.same-images"),
    ("docker lacks an image", lambda t: t.edit("manifest.json", lambda d: d.pop()), "docker.images"),
    ("docker's other keys", lambda t: t.edit("manifest.json", lambda d: d[0].update(Parent="x")), "docker.keys"),
    ("schema", ours(lambda m: m.update(schema=2)), "manifest.schema"),
    ("project name", ours(lambda m: m.update(name="My Project")), "manifest.name"),
    ("compose file missing", ours(lambda m: m.update(compose="other.yaml")), "manifest.files"),
    ("a time in the manifest", ours(lambda m: m.update(builder="built 2026-11-22T20:41:00")), "manifest.no-clock"),
    ("entries left out", ours(lambda m: m["entries"].pop()), "manifest.entries"),
    ("entry's size", ours(lambda m: m["entries"][0].update(size=7)), "manifest.entry-size"),
    ("entry's mode", ours(lambda m: m["entries"][0].update(mode="0755")), "manifest.entry-mode"),
    ("entry's sha256", ours(lambda m: m["entries"][0].update(sha256="0" * 64)), "manifest.entry-sha256"),
    ("tag not qualified", ours(lambda m: m["images"][0].update(tag="app:1")), "image.tag"),
    ("tag not private", ours(lambda m: m["images"][0].update(tag=m["images"][0]["tag"].rpartition("-")[0])), "image.private-tag"),
    ("pin", ours(lambda m: m["images"][0].update(pin="sha256:" + "0" * 64)), "image.pin"),
    ("config", ours(lambda m: m["images"][0]["config"].update(size=1)), "image.config"),
    ("media type", ours(lambda m: m["images"][0]["manifest"].update(media_type="x/y")), "image.media-type"),
    ("architecture", ours(lambda m: m["images"][0]["platform"].update(architecture="s390x")), "image.platform"),
    ("layers", ours(lambda m: m["images"][0]["layers"][0].update(diff_id="sha256:0")), "image.layers"),
    ("unpacked size", ours(lambda m: m["images"][0].update(unpacked_bytes=1)), "image.unpacked"),
    ("service without image", ours(lambda m: m["services"][0].update(image=99)), "manifest.services"),
]


class Runner:
    def __init__(self):
        self.passed = self.failed = 0
        self.seen, self.broken = set(), set()
        self.folder = tempfile.TemporaryDirectory(prefix="hardtack-checkers-")

    def judge(self, kind, name, content, rule, check):
        path = os.path.join(self.folder.name, "spoilt")
        with open(path, "wb") as handle:
            handle.write(content)
        report = Report()
        check(path, report)
        self.seen.update(report.held)
        self.broken.update(report.violated())
        good = rule in report.violated() if rule else not report.violations
        self.passed += good
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {kind}: {name}")
        if not good:
            print(f"     expected {rule or 'no violation'}, violated {report.violations[:6]}")

    def run(self, kind, cases, make, check):
        self.judge(kind, "good", make(None), None, check)
        for name, spoil, rule in cases:
            try:
                self.judge(kind, name, make(spoil), rule, check)
            except Exception as error:  # a checker that dies has not judged
                self.failed += 1
                print(f"FAIL {kind}: {name}: {type(error).__name__}: {error}")


def maker(form, path):
    def make(spoil):
        content = form(path)
        if spoil:
            spoil(content)
        return bytes(content.bytes)

    return make


def check_tar(path, report):
    with ByteFile(path) as data:
        tar_check.check_payload(data, 0, data.size, report)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--macho", nargs=2, metavar=("FILE", "STUB"), required=True)
    parser.add_argument("--elf", nargs=2, metavar=("FILE", "STUB"), required=True)
    options = parser.parse_args()
    runner = Runner()
    runner.run("macho", MACHO_CASES, maker(MachOBytes, options.macho[0]),
               lambda path, report: macho_check.check_macho(path, report, stub=options.macho[1]))
    runner.run("elf", ELF_CASES, maker(ElfBytes, options.elf[0]),
               lambda path, report: elf_check.check_elf(path, report, stub=options.elf[1]))

    with ByteFile(options.elf[0]) as data:
        locator = locator_check.find(data, data.size, Report())
        raw = data.read(locator.offset, locator.length, "the payload")

    def make_tar(spoil):
        if not spoil:
            return raw
        tree = Tree(raw)
        spoil(tree)
        return tree.bytes()

    runner.run("tar", TAR_CASES, make_tar, check_tar)
    never = sorted(runner.seen - runner.broken - set(UNBROKEN))
    runner.passed += not never
    runner.failed += bool(never)
    print(f"{'FAIL' if never else 'ok  '} every rule was seen to fail{': all but ' + ', '.join(never) if never else ''}")
    print(f"{runner.passed} passed, {runner.failed} failed")
    return 1 if runner.failed else 0


if __name__ == "__main__":
    sys.exit(main())
