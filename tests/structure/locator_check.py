"""Judges the locator: the 128 bytes in a stub's read-only data that say where the payload is.

Written after bundle/FORMAT.md. The root is computed again from the file's bytes.
"""

import hashlib
import struct

from report import Malformed

PAGE = 16384
SIZE = 128
ROOT_AT = 64
# Put together from its halves, so that a search of this source for the magic finds nothing.
MAGIC = bytes.fromhex("89686172647461636b206c6f6361746f" + "720d0a1a0ae35c917fd826ba04c96ef1")


class Locator:
    def __init__(self, at, raw):
        self.at, self.range = at, (at, at + SIZE)
        (self.magic, self.version, self.flags, self.header, self.offset, self.length, self.root,
         self.reserved) = struct.unpack("<32sIIQQQ32s32s", raw)

    @property
    def end(self):
        return self.offset + self.length


def find(data, end, report):
    """The only locator in [0, end) in front of the payload, or Malformed."""
    places, overlap, at, step = [], len(MAGIC) - 1, 0, 4 << 20
    while at < end:
        block = data.read(at, min(step + overlap, end - at), "the stub")
        place = block.find(MAGIC)
        while place >= 0:
            if at + place not in places:
                places.append(at + place)
            place = block.find(MAGIC, place + 1)
        at += step
    # The payload may hold other installers (the control program is one).
    if len(places) > 1:
        payload = Locator(places[0], data.read(places[0], SIZE, "the locator")).offset
        places = [place for place in places if place < payload or place == places[0]]
    if not report.rule("locator.one", len(places) == 1, f"the magic is at {places}"):
        raise Malformed("locator.one", "there is no single locator")
    return Locator(places[0], data.read(places[0], SIZE, "the locator"))


def check_fields(locator, data, header, payload_end, report):
    """header: what must read as zeros; payload_end: where the room for the payload ends."""
    rule = report.rule
    rule("locator.version", locator.version == 1, f"{locator.version}")
    rule("locator.flags", locator.flags == 0, f"{locator.flags:#x}")
    rule("locator.reserved", locator.reserved == bytes(32), locator.reserved.hex())
    rule("locator.header", locator.header == header, f"{locator.header}, not {header}")
    rule("locator.aligned", locator.offset % PAGE == 0, f"{locator.offset}")
    rule("locator.behind-stub", locator.range[1] <= locator.offset, f"locator at {locator.at}, payload at {locator.offset}")
    return rule("locator.length", 0 < locator.length and locator.end <= payload_end,
                f"payload {locator.offset}+{locator.length}, the room ends at {payload_end}")


def check_root(locator, data, report):
    root_field = (locator.at + ROOT_AT, locator.at + ROOT_AT + 32)
    pages = data.page_digests(locator.end, PAGE, blank=[(0, locator.header), root_field])
    root = hashlib.sha256(pages).digest()
    report.rule("locator.root", root == locator.root, f"computed {root.hex()}, written {locator.root.hex()}")
    report.fact(f"locator at {locator.at:#x}: payload {locator.offset}+{locator.length}, root {locator.root.hex()}")


def check_in_macho(data, macho, segment, report):
    """segment is __PAYLOAD. Returns the Locator, or None when it makes no sense."""
    locator = find(data, segment.fileoff, report)
    holders = [s for g in macho.segments for s in g.sections
               if s.in_file() and s.offset <= locator.at and locator.range[1] <= s.offset + s.size]
    report.rule("locator.section", [(s.segment, s.name) for s in holders] == [("__TEXT", "__hardtack")],
                f"in {[(s.segment, s.name) for s in holders]}")
    report.rule("locator.offset", locator.offset == segment.fileoff, f"{locator.offset}, __PAYLOAD at {segment.fileoff}")
    if not check_fields(locator, data, macho.first_section_offset(), segment.file_end, report):
        return None
    report.rule("payload.padding-size", segment.file_end - locator.end < PAGE, f"{segment.file_end - locator.end} bytes")
    at = data.is_zero(locator.end, segment.file_end)
    report.rule("payload.padding-zero", at is None, f"a byte that is not zero at {at}")
    check_root(locator, data, report)
    return locator


def check_in_elf(data, stub_end, read_only, report):
    """stub_end: where the stub's own bytes end; read_only: file ranges that no program writes to."""
    locator = find(data, min(data.size, 64 << 20), report)
    report.rule("locator.read-only", any(low <= locator.at and locator.range[1] <= high for low, high in read_only),
                f"at {locator.at:#x}, read-only are {read_only}")
    report.rule("payload.to-end", locator.end == data.size, f"ends at {locator.end}, the file at {data.size}")
    report.rule("locator.offset", locator.offset == (stub_end + PAGE - 1) // PAGE * PAGE,
                f"{locator.offset}, the stub ends at {stub_end}")
    if not check_fields(locator, data, 0, data.size, report):
        return None
    at = data.is_zero(stub_end, locator.offset)
    report.rule("payload.gap-zero", at is None, f"a byte that is not zero at {at}")
    check_root(locator, data, report)
    return locator
