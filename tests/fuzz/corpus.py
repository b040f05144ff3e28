#!/usr/bin/env python3
"""Makes the fuzz targets' seeds: tests/fuzz/corpus.py OUT writes OUT/<parser>/<seed>."""

import gzip
import os
import shutil
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path.insert(0, TESTS)
import image_archives as images  # noqa: E402

LARGEST = 64 * 1024


def put(out, parser, name, data):
    folder = os.path.join(out, parser)
    os.makedirs(folder, exist_ok=True)
    if len(data) <= LARGEST:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


def documents(out):
    oci = os.path.join(TESTS, "reject", "oci")
    for name in sorted(os.listdir(oci)):
        with open(os.path.join(oci, name), "rb") as file:
            data = file.read()
        put(out, "oci_image", name, data)
        put(out, "json", name, data)
    for number, files in enumerate((images.multi_files(), images.oci_files(), images.docker25_files())):
        for path, data in files.items():
            if data[:1] in b"{[":
                name = "%d-%s" % (number, path.replace("/", "-"))
                put(out, "oci_image", name, data)
                put(out, "json", name, data)
    for number, data in enumerate((b'[1,-2,3.5,1e9,true,null,"\\u4f60\\n"]', b'{"a":{"b":[{}]}}', b"0", b'""')):
        put(out, "json", "value-%d" % number, data)


def references(out):
    digest = b"sha256:" + b"0123456789abcdef" * 4
    for number, text in enumerate(
        (b"postgres", b"ghcr.io/a/b:1", b"localhost:5000/x@" + digest, b"a:b@" + digest, b"[::1]:5/x", b"UP/low", b"a__b--c.d:T_-.")
    ):
        put(out, "image_reference", str(number), text)


def archives(out):
    made = os.path.join(out, "made")
    small = images.layer_tar(a="b")
    os.makedirs(made, exist_ok=True)
    images.write_tar(os.path.join(made, "oci"), images.oci_files(layers=(small,)))
    images.write_tar(os.path.join(made, "docker"), images.docker_files(layers=(small,)))
    images.write_tar(os.path.join(made, "gz"), images.oci_files(layers=(small,)), compress=images.gz)
    images.write_tar(os.path.join(made, "zst"), images.oci_files(layers=(small,)), compress=images.zst)
    images.write_bundle(os.path.join(made, "bundle"), bytes)
    images.recipes(os.path.join(TESTS, "reject", "tar"), made)
    for name in sorted(os.listdir(made)):
        with open(os.path.join(made, name), "rb") as file:
            put(out, "tar_reader", name, file.read())
    shutil.rmtree(made)


def gzips(out):
    for name, data in (("empty", b""), ("text", b"hello\n" * 100), ("bytes", bytes(range(256)) * 8)):
        put(out, "gzip_inflater", name, gzip.compress(data, mtime=0))
    put(out, "gzip_inflater", "two", gzip.compress(b"one", mtime=0) + gzip.compress(b"two", mtime=0))
    put(out, "gzip_inflater", "stored", gzip.compress(b"x" * 1000, 0, mtime=0))


if __name__ == "__main__":
    for make in (documents, references, archives, gzips):
        make(sys.argv[1])
