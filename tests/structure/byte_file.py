"""Bounded reads of a file of any size, and page digests that cost nothing in its holes."""

import hashlib
import os

from report import Malformed

CHUNK = 4 << 20


class ByteFile:
    def __init__(self, path):
        self.path = path
        self.fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.size = os.fstat(self.fd).st_size

    def close(self):
        os.close(self.fd)

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()

    def read(self, offset, length, what):
        """Exactly length bytes; Malformed when the file has less."""
        if offset < 0 or length < 0 or offset + length > self.size:
            raise Malformed("file.complete", f"{what} at {offset}+{length} lies outside the file of {self.size} bytes")
        parts = []
        while length:
            part = os.pread(self.fd, min(length, CHUNK), offset)
            if not part:
                raise Malformed("file.complete", f"{what}: the file became shorter")
            parts.append(part)
            offset += len(part)
            length -= len(part)
        return b"".join(parts)

    def data_ranges(self, start, end):
        """Yields (from, to) of what is not a hole in [start, end)."""
        at = start
        while at < end:
            try:
                data = os.lseek(self.fd, at, os.SEEK_DATA)
            except OSError as error:
                if error.errno == 6:  # ENXIO: only a hole is left
                    return
                yield at, end
                return
            if data >= end:
                return
            hole = min(os.lseek(self.fd, data, os.SEEK_HOLE), end)
            yield data, hole
            at = hole

    def is_zero(self, start, end):
        """None when all bytes of [start, end) are zero, else the offset of the first other one."""
        for data, hole in self.data_ranges(start, end):
            while data < hole:
                part = os.pread(self.fd, min(CHUNK, hole - data), data)
                if not part:
                    return None  # end of file: nothing there, nothing wrong there
                if part.strip(b"\0"):
                    return data + len(part) - len(part.lstrip(b"\0"))
                data += len(part)
        return None

    def page_digests(self, end, page_size, blank=()):
        """SHA-256 of each page of [0, end), the last one cut at end; 32 bytes each, one bytes object.

        blank: (from, to) ranges that read as zeros.
        """
        full, tail = divmod(end, page_size)
        zero = hashlib.sha256(bytes(page_size)).digest()
        count = full + (1 if tail else 0)
        out = bytearray(zero * full)
        if tail:
            out += hashlib.sha256(bytes(tail)).digest()
        done = 0  # pages below this one are hashed already
        for data, hole in self.data_ranges(0, end):
            first = max(data // page_size, done)
            last = min((hole + page_size - 1) // page_size, count)
            step = CHUNK // page_size
            for base in range(first, last, step):
                until = min(base + step, last)
                start, stop = base * page_size, min(until * page_size, end)
                block = self.read(start, stop - start, "a page")
                for low, high in blank:
                    low, high = max(low, start), min(high, stop)
                    if low < high:
                        block = block[: low - start] + bytes(high - low) + block[high - start :]
                view = memoryview(block)
                for page in range(base, until):
                    at = page * page_size - start
                    out[page * 32 : page * 32 + 32] = hashlib.sha256(view[at : at + page_size]).digest()
            done = max(done, last)
        return bytes(out)
