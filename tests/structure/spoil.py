"""Small changes to a file's bytes: what the cases of test_checkers.py are made of."""

import struct


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
