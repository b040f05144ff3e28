#!/usr/bin/env python3
"""A bundle of thousands of blobs: built, inspected, verified, extracted, loaded into a file; and the figures of it.

    tests/large/many_blobs.py [--blobs 10000] [--against 1000] [--any-memory]

--against: the same with that many first, and how much longer the large one takes; a hundredfold of it means quadratic. The figures are
for the reader, no time is a failure. Memory is: the installer stays within 24 MiB (--any-memory: a sanitizer's does not). HARDTACK names the builder. Ends with "N passed, N failed".
"""
import argparse
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(ROOT, name) for name in ("tests/bench", "scripts", "payload/hello")]
import inputs  # noqa: E402
import make_image  # noqa: E402
import measure  # noqa: E402

BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
HARDTACK = os.environ.get("HARDTACK", os.path.join(BUILD, "hardtack"))
TARGET = "linux-" + {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
STUB_MIB = 24


class Run:
    def __init__(self, any_memory):
        self.any_memory = any_memory
        self.passed = self.failed = 0
        self.times, self.peaks = {}, {}

    def check(self, good, what, shown=""):
        self.passed, self.failed = self.passed + bool(good), self.failed + (not good)
        if not good:
            print(f"FAIL {what}\n{str(shown)[:4000]}", flush=True)

    def program(self, what, count, argv, folder, expect=0):
        """stdout; its time and peak memory are noted."""
        env = {**os.environ, "PATH": "/usr/bin:/bin", "HOME": folder, "HARDTACK_CACHE": os.path.join(folder, "cache"), "LANG": "C.UTF-8"}
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            begun, peak = time.monotonic(), 0
            process = subprocess.Popen(argv, env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            while process.poll() is None:
                peak = max(peak, measure.peak_kib(process.pid))
                time.sleep(0.002)
            self.times[what, count], self.peaks[what, count] = time.monotonic() - begun, peak / 1024
            out.seek(0)
            err.seek(0)
            self.check(process.returncode == expect, f"{count} blobs, {what}: exit {process.returncode}, not {expect}", err.read()[-2000:].decode(errors="replace"))
            return out.read()


def digests_of(folder):
    return set(os.listdir(os.path.join(folder, "blobs/sha256")))


def is_whole(folder):
    """Every blob is what its name says."""
    for name in digests_of(folder):
        with open(os.path.join(folder, "blobs/sha256", name), "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != name:
                return False
    return True


def many(run, count, top):
    folder = os.path.join(top, str(count))
    os.makedirs(folder)
    program = os.path.join(folder, "program")
    with open(program, "wb") as file:
        file.write(b"#!/bin/true\n")
    inputs.make(folder, os.path.join(ROOT, "payload/hello"), program, make_image.CONFIG, 0, count)
    layout, installer = os.path.join(folder, "layout"), os.path.join(folder, "installer")
    run.program("build", count, [HARDTACK, "build", "project", "--offline", "-q", "--target", TARGET, "--image-archive", layout, "-o", installer], folder)
    shown = json.loads(run.program("inspect", count, [HARDTACK, "inspect", installer, "--json"], folder))
    run.check(len(json.dumps(shown)) > count * 64, f"{count} blobs: inspect names them", len(json.dumps(shown)))
    run.program("hardtack verify", count, [HARDTACK, "verify", installer], folder)
    run.program("hardtack extract", count, [HARDTACK, "extract", installer, "by-hardtack"], folder)
    stub = {what: f"installer {what}" for what in ("info", "verify", "extract", "load")}
    run.program(stub["info"], count, [installer, "info"], folder)
    run.program(stub["verify"], count, [installer, "verify"], folder)
    run.program(stub["extract"], count, [installer, "extract", "by-installer"], folder)
    run.program(stub["load"], count, [installer, "load", "--output", "images.tar"], folder)
    for name in ("by-hardtack", "by-installer"):
        path = os.path.join(folder, name)
        run.check(digests_of(layout) <= digests_of(path) and is_whole(path), f"{count} blobs: {name} has them all, each as its name says")
    with tarfile.open(os.path.join(folder, "images.tar")) as tar:
        names = {os.path.basename(member.name) for member in tar if member.name.startswith("blobs/sha256/")}
    run.check(digests_of(layout) <= names, f"{count} blobs: load's archive has them all")
    if not run.any_memory:
        for what in stub.values():
            run.check(run.peaks[what, count] <= STUB_MIB, f"{count} blobs, {what}: {run.peaks[what, count]:.1f} MiB, at most {STUB_MIB}")
    damaged(run, count, folder, layout, installer)


def damaged(run, count, folder, layout, installer):
    """One byte of one layer: told by everybody who reads it."""
    size = os.path.getsize(installer)
    with open(installer, "r+b") as file:
        file.seek(size * 2 // 3)
        byte = file.read(1)
        file.seek(size * 2 // 3)
        file.write(bytes([byte[0] ^ 1]))
    run.program("verify, damaged", count, [HARDTACK, "verify", installer], folder, expect=7)
    run.program("installer verify, damaged", count, [installer, "verify"], folder, expect=7)
    largest = max(os.scandir(os.path.join(layout, "blobs/sha256")), key=lambda entry: entry.stat().st_size).path
    with open(largest, "r+b") as file:
        file.seek(40)
        file.write(b"\xff\xff\xff")
    run.program("build, damaged", count, [HARDTACK, "build", "project", "--offline", "-q", "--target", TARGET, "--image-archive", layout, "-o", "never"], folder, expect=7)
    run.check(not os.path.exists(os.path.join(folder, "never")), f"{count} blobs: no installer of a damaged layer")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--blobs", type=int, default=10000)
    parser.add_argument("--against", type=int)
    parser.add_argument("--any-memory", action="store_true")
    options = parser.parse_args()
    run = Run(options.any_memory)
    with tempfile.TemporaryDirectory(prefix="hardtack-many-") as top:
        for count in [number for number in (options.against, options.blobs) if number]:
            many(run, count, top)
    for what, count in run.times:
        if count == options.blobs:
            ratio = f"{run.times[what, count] / max(run.times[what, options.against], 1e-9):6.1f} x the time of {options.against}" if options.against else ""
            print(f"{what:26} {count} blobs  {run.times[what, count]:7.2f} s  {run.peaks[what, count]:6.1f} MiB  {ratio}")
    print(f"{run.passed} passed, {run.failed} failed")
    return 1 if run.failed or not run.passed else 0


if __name__ == "__main__":
    sys.exit(main())
