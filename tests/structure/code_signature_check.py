"""Judges a Mach-O's embedded code signature: facts, section 3, and invariant 8 of section 7.

Every hash slot is computed again from the file's bytes, the last one cut at codeLimit.
"""

import hashlib
import struct

from report import Malformed

SUPERBLOB, CODE_DIRECTORY, REQUIREMENTS, CMS = 0xFADE0CC0, 0xFADE0C02, 0xFADE0C01, 0xFADE0B01
SLOT_CODE_DIRECTORY, SLOT_REQUIREMENTS, SLOT_CMS = 0, 2, 0x10000
ADHOC, LINKER_SIGNED = 0x2, 0x20000
MAIN_BINARY = 0x1

HASHES = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha256", 20), 4: ("sha384", 48)}


class CodeDirectory:
    def __init__(self, raw):
        if len(raw) < 88:
            raise Malformed("signature.directory-size", f"a code directory of {len(raw)} bytes")
        (self.magic, self.length, self.version, self.flags, self.hash_offset, self.ident_offset, self.special_slots,
         self.code_slots, self.code_limit, self.hash_size, self.hash_type, self.platform, self.page_shift,
         self.spare2, self.scatter_offset, self.team_offset, self.spare3, self.code_limit64, self.exec_base,
         self.exec_limit, self.exec_flags) = struct.unpack_from(">9I4B4I4Q", raw)
        self.raw = raw

    def identifier(self):
        """The NUL-terminated identifier, or None when it runs into the hashes or off the end."""
        first_hash = self.hash_offset - self.special_slots * self.hash_size
        if not 88 <= self.ident_offset < len(self.raw):
            return None
        end = self.raw.find(b"\0", self.ident_offset)
        if end < 0 or end >= first_hash:
            return None
        return self.raw[self.ident_offset : end]

    def slot(self, number):
        """Hash slot; negative numbers are the special ones."""
        at = self.hash_offset + number * self.hash_size
        return self.raw[at : at + self.hash_size]


def read_blobs(data, offset, size, report):
    """{slot: blob bytes} of the superblob at offset."""
    magic, length, count = struct.unpack(">3I", data.read(offset, 12, "the signature's head"))
    if magic != SUPERBLOB:
        raise Malformed("signature.magic", f"{magic:#x}")
    if not report.rule("signature.length", 12 + 8 * count <= length <= size,
                       f"superblob of {length} bytes with {count} blobs in {size}"):
        raise Malformed("signature.length", "the blobs cannot be read")
    raw = data.read(offset, length, "the signature")
    blobs, ranges = {}, [(0, 12 + 8 * count)]
    for index in range(count):
        slot, at = struct.unpack_from(">2I", raw, 12 + 8 * index)
        if at + 8 > length:
            raise Malformed("signature.blobs", f"blob {index} starts at {at} of {length}")
        blob_length = struct.unpack_from(">I", raw, at + 4)[0]
        if blob_length < 8 or at + blob_length > length:
            raise Malformed("signature.blobs", f"blob {index} ends at {at + blob_length} of {length}")
        report.rule("signature.blobs", slot not in blobs, f"slot {slot:#x} is there twice")
        blobs[slot] = raw[at : at + blob_length]
        ranges.append((at, at + blob_length))
    ranges.sort()
    for (_, end), (start, _) in zip(ranges, ranges[1:]):
        report.rule("signature.blobs", end <= start, f"a blob at {start} begins before the previous ends at {end}")
    after = data.is_zero(offset + length, offset + size)
    report.rule("signature.padding", after is None, f"a byte that is not zero at {after}, behind the superblob")
    return blobs


def check_directory(directory, data, macho, dataoff, report, page_digests):
    """Rules that hold whoever signed."""
    rule = report.rule
    name, size = HASHES.get(directory.hash_type, (None, None))
    rule("signature.magic", directory.magic == CODE_DIRECTORY, f"code directory {directory.magic:#x}")
    if not rule("signature.hash-type", name and directory.hash_size == size,
                f"type {directory.hash_type}, {directory.hash_size} bytes"):
        return
    rule("signature.version", directory.version >= 0x20400, f"{directory.version:#x}: no exec segment")
    rule("signature.scatter", directory.scatter_offset == 0, f"{directory.scatter_offset}")
    rule("signature.code-limit", directory.code_limit == dataoff and directory.code_limit64 == 0,
         f"codeLimit {directory.code_limit}, codeLimit64 {directory.code_limit64}, signature at {dataoff}")
    text = macho.segment("__TEXT")
    rule("signature.exec-segment",
         text and directory.exec_base == text.fileoff and directory.exec_limit == text.filesize
         and directory.exec_flags & MAIN_BINARY,
         f"base {directory.exec_base}, limit {directory.exec_limit}, flags {directory.exec_flags:#x}")
    identifier = directory.identifier()
    rule("signature.identifier", identifier, f"identOffset {directory.ident_offset}: {identifier!r}")
    if not rule("signature.page-size", directory.page_shift in (12, 14), f"2^{directory.page_shift}"):
        return
    page = 1 << directory.page_shift
    wanted = ((dataoff - 1) >> directory.page_shift) + 1
    if not rule("signature.slot-count", directory.code_slots == wanted,
                f"{directory.code_slots} slots for {dataoff} bytes in pages of {page}: {wanted}"):
        return
    end = directory.hash_offset + directory.code_slots * directory.hash_size
    if not rule("signature.directory-size", end <= directory.length == len(directory.raw)
                and directory.hash_offset >= 88 + directory.special_slots * directory.hash_size,
                f"hashes end at {end} of {directory.length}"):
        return
    if name != "sha256":
        report.fact(f"a {name} code directory was not computed again")
        return
    digests = page_digests(dataoff, page)
    wrong = [i for i in range(wanted) if digests[32 * i : 32 * i + directory.hash_size] != directory.slot(i)]
    rule("signature.slots", not wrong, f"{len(wrong)} wrong, first: page {wrong[0]} at {wrong[0] * page}" if wrong else "")


def check_special_slots(directory, blobs, report):
    name, size = HASHES[directory.hash_type]
    for number in range(1, directory.special_slots + 1):
        wanted = hashlib.new(name, blobs[number]).digest()[:size] if number in blobs else bytes(size)
        report.rule("signature.special-slots", directory.slot(-number) == wanted,
                    f"slot -{number}, blob {'present' if number in blobs else 'absent'}")
    covered = [slot for slot in blobs if 0 < slot < 0x1000]
    report.rule("signature.special-slots", all(slot <= directory.special_slots for slot in covered),
                f"blobs {covered}, {directory.special_slots} special slots")


def check_as_made(directory, blobs, report):
    """What hardtack itself writes: ad-hoc, one code directory, pages of 16 KiB."""
    rule = report.rule
    rule("made.blobs", list(blobs) == [SLOT_CODE_DIRECTORY], f"slots {list(blobs)}")
    rule("made.version", directory.version == 0x20400, f"{directory.version:#x}")
    rule("made.flags", directory.flags == ADHOC | LINKER_SIGNED, f"{directory.flags:#x}")
    rule("made.hash", (directory.hash_type, directory.hash_size) == (2, 32), f"{directory.hash_type}")
    rule("made.page-size", directory.page_shift == 14, f"2^{directory.page_shift}")
    rule("made.no-special-slots", directory.special_slots == 0, f"{directory.special_slots}")
    rule("made.ident-offset", directory.ident_offset == 88, f"{directory.ident_offset}")
    rule("made.unused-fields", not any((directory.platform, directory.spare2, directory.team_offset, directory.spare3)),
         f"platform {directory.platform}, spare2 {directory.spare2}, team {directory.team_offset}, spare3 {directory.spare3}")
    rule("made.exec-flags", directory.exec_flags == MAIN_BINARY, f"{directory.exec_flags:#x}")
    end = directory.hash_offset + directory.code_slots * directory.hash_size
    rule("made.directory-end", end == directory.length, f"hashes end at {end} of {directory.length}")


def check_signature(data, macho, report, page_digests, made):
    """made: signed by hardtack. page_digests(end, page_size) as ByteFile.page_digests() has it."""
    command = macho.one("LC_CODE_SIGNATURE")
    if command is None:
        return
    dataoff, datasize = command.u32(8), command.u32(12)
    blobs = read_blobs(data, dataoff, datasize, report)
    if not report.rule("signature.directory", SLOT_CODE_DIRECTORY in blobs, f"slots {[hex(s) for s in blobs]}"):
        return
    directories = [blob for slot, blob in blobs.items() if slot == SLOT_CODE_DIRECTORY or 0x1000 <= slot < 0x1005]
    for raw in directories:
        directory = CodeDirectory(raw)
        check_directory(directory, data, macho, dataoff, report, page_digests)
        if directory.hash_type in HASHES:
            check_special_slots(directory, blobs, report)
    main = CodeDirectory(blobs[SLOT_CODE_DIRECTORY])
    report.rule("signature.adhoc-or-signed", bool(main.flags & ADHOC) != (len(blobs.get(SLOT_CMS, b"")) > 8),
                f"flags {main.flags:#x}, CMS blob of {len(blobs.get(SLOT_CMS, b''))} bytes")
    report.fact(f"signature: flags {main.flags:#x}, pages of {1 << main.page_shift}, {main.code_slots} slots, "
                f"identifier {main.identifier()!r}, blobs {[hex(s) for s in blobs]}")
    if made:
        check_as_made(main, blobs, report)
        report.rule("made.datasize", datasize == 128 + 32 * main.code_slots, f"{datasize} bytes, {main.code_slots} slots")
        report.rule("made.identifier", main.identifier() == b"hardtack.stub.arm64", f"{main.identifier()!r}")
