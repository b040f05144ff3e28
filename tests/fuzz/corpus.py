#!/usr/bin/env python3
"""Makes the fuzz targets' seeds: tests/fuzz/corpus.py OUT writes OUT/<parser>/<seed>."""

import base64
import gzip
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
ROOT = os.path.dirname(TESTS)
sys.path[:0] = [TESTS, HERE]
import image_archives as images  # noqa: E402
import corpus_answers  # noqa: E402
import corpus_backups  # noqa: E402

LARGEST = 64 * 1024


def put(out, parser, name, data):
    folder = os.path.join(out, parser)
    os.makedirs(folder, exist_ok=True)
    if len(data) <= LARGEST:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


def signatures(out):
    """RFC 6979, A.2.5: the key, and its signature of "sample"."""
    key = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"
                        "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299")
    signature = bytes.fromhex("3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                              "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8")
    put(out, "signature", "der", signature)
    put(out, "signature", "smallest", bytes.fromhex("3006020101020101"))
    put(out, "signature", "document", key + signature)
    put(out, "signature", "pem", b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(key) + b"-----END PUBLIC KEY-----\n")
    put(out, "signature", "private", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")


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


def challenges(out):
    for number, text in enumerate(
        (b'Bearer realm="https://a/token",service="s",scope="repository:a/b:pull"', b"Negotiate abc==, Basic realm=x",
         b'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"', b'Basic realm="a"\nBearer realm="b"')
    ):
        put(out, "auth_challenge", str(number), text)


def heads(out):
    put(out, "http_header", "all", b"""Content-Type: application/JSON; charset=utf-8\r\nContent-Length: 12\r\nLocation: /x
Docker-Content-Digest: sha256:ab\r\nWWW-Authenticate: Basic realm=x\r\nWWW-Authenticate: Bearer realm=y
Content-Range: bytes 1-2/3\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\nRateLimit-Remaining: 76;w=21600\r\n""")
    put(out, "http_header", "odd", b"Retry-After: 99999999999999999999\nContent-Range: bytes */3\n:\n: x\nx\n")


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
            data = file.read()
            put(out, "tar_reader", name, data)
            put(out, "image_archive", name, data)
    shutil.rmtree(made)


def gzips(out):
    for name, data in (("empty", b""), ("text", b"hello\n" * 100), ("bytes", bytes(range(256)) * 8)):
        put(out, "gzip_inflater", name, gzip.compress(data, mtime=0))
    put(out, "gzip_inflater", "two", gzip.compress(b"one", mtime=0) + gzip.compress(b"two", mtime=0))
    put(out, "gzip_inflater", "stored", gzip.compress(b"x" * 1000, 0, mtime=0))


COMPOSE = b"""x-base: &base {restart: always, environment: {A: "${A:-1}"}}
include: [{path: other.yaml, env_file: .env}]
services:
  web:
    <<: *base
    image: "ghcr.io/acme/web:${TAG:?no tag}"
    extends: {file: base.yaml, service: web}
    ports: ["127.0.0.1:${PORT:-80}:80/tcp", {target: 1, published: "2"}, "3000-3005:3000-3005"]
    volumes: [data:/var, ./a:/b:ro, {type: bind, source: x, target: /y}]
    env_file: [{path: web.env, required: false}]
    depends_on: {db: {condition: service_healthy}}
    profiles: [debug]
    healthcheck: {test: [CMD, x]}
  db: {image: postgres, deploy: {replicas: 2}, configs: [c], secrets: [s]}
volumes: {data: {}}
configs: {c: {file: ./c}}
secrets: {s: {environment: S}}
"""


def projects(out):
    put(out, "compose_project", "all", COMPOSE)
    put(out, "compose_project", "small", b"services: {a: {image: b}}\n")
    put(out, "compose_project", "self", b"include: [compose.yaml]\nservices: {a: {image: b, extends: {service: a}}}\n")
    with open(os.path.join(TESTS, "fixtures", "seed", "docker-compose.yml"), "rb") as file:
        put(out, "compose_project", "seed", file.read())
    for number, text in enumerate((b"a ${A} $$ $A ${B:-${A:+x}} ${C-d}", b"${D:?why}", b"${SELF} ${EMPTY:-e} ${EMPTY-e}", b"${", b"$", b"${A:-}")):
        put(out, "interpolation", str(number), text)
    template = b"""# how
A={{secret hex 32}}
B={{secret base64 16}}
C={{ask "Web port" default 3000}}
export D={{port 3000}} # taken?
I=pk-{{secret hex 16}}
J="<{{ask \\"Who }}\\" default me}}>"
L=x {{.Names}}
E='single $x' # c
F="double \\n $$ ${A:-x}
second line"
G=plain value # comment
H
"""
    put(out, "env_template", "all", template)
    put(out, "env_template", "crlf", template.replace(b"\n", b"\r\n"))
    with open(os.path.join(TESTS, "..", "bundle", "FORMAT.md"), "rb") as file:
        for number, example in enumerate(re.findall(rb"```json\n(.*?)```", file.read(), re.S)):
            put(out, "manifest", "example-%d" % number, example)


def programs(out):
    """A Mach-O of three segments, as small as its rules allow."""
    import struct

    def segment(name, vmaddr, vmsize, fileoff, filesize, protection, sections=b""):
        return struct.pack(
            "<II16sQQQQIIII", 0x19, 72 + len(sections), name, vmaddr, vmsize, fileoff, filesize, protection, protection, len(sections) // 80, 0
        ) + sections

    text = struct.pack("<16s16sQQIIIIIIII", b"__text", b"__TEXT", 0x100000000 + 4096, 64, 4096, 2, 0, 0, 0x80000400, 0, 0, 0)
    commands = [
        segment(b"__PAGEZERO", 0, 0x100000000, 0, 0, 0),
        segment(b"__TEXT", 0x100000000, 16384, 0, 16384, 5, text),
        segment(b"__LINKEDIT", 0x100004000, 16384, 16384, 16, 1),
        struct.pack("<II16s", 0x1B, 24, bytes(16)),
        struct.pack("<IIII", 0x1D, 16, 16384, 16),
    ]
    body = b"".join(commands)
    header = struct.pack("<IIIIIIII", 0xFEEDFACF, 0x0100000C, 0, 2, len(commands), len(body), 0x00200085, 0)
    put(out, "macho_file", "small", (header + body).ljust(16384, b"\0") + bytes(16))


def project_files(out):
    put(out, "project_file", "all", b"""hardtack: 1
name: x
title: {en: a, zh: b}
files: [client/]
downloads: [{url: "https://example.com/x", to: y}]
mirrors: {docker.io: [m.example, "m.example/{repo}:{tag}-{os}{arch}"]}
preflight: {memory: 2GiB, disk: auto, ports: true}
sop:
  - up
  - http: {post: "http://127.0.0.1/", body: {a: [1, -2.5, null, "3"]}, expect: {status: [207], header: {A: {match: x}}, json: {e: []}}, capture: {ID: "a[0].b"}, retry: {for: 5m, every: 2s}}
  - exec: {service: db, command: [a, b], env: {A: b}, expect: {exit: [0, 1], output_match: x}}
known_issues: [{match: x, cause: c, remedy: {zh: r}}]
""")


def lock_files(out):
    # Each is one step away from a lock file that is accepted.
    folder = os.path.join(TESTS, "reject", "lock")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            put(out, "lock_file", name, file.read())
    digest = b"sha256:" + b"0123456789abcdef" * 4
    blob = b"{digest: %s, media_type: application/vnd.%%s+json, size: 7}" % digest
    put(out, "lock_file", "good", b"""lock: 1
images:
  - reference: docker.io/library/postgres:17
    platform: linux/arm64
    seen_at: m.example
    index: %s
    manifest: %s
    config: %s
    layers:
      - {digest: %s, diff_id: %s, media_type: application/vnd.oci.image.layer.v1.tar, size: 9}
downloads: [{url: "https://x.example/?a#b", sha256: %s}]
""" % (blob % b"oci.image.index.v1", blob % b"oci.image.manifest.v1", blob % b"oci.image.config.v1", digest, digest, digest[7:]))


def logs(out):
    """The first byte chooses: 0 a log, 1 a secret and a text, 2 a compose or env file, 3 rules, 4 a log to filter."""
    log = (b"2026-01-01T00:00:01.5Z \x1b[31mError: P1000: Authentication failed\x1b[0m\n"
           b"2026-01-01T00:00:03Z FATAL:  password authentication failed for user \"app\"\n    at f (/x.js:1:2)\n"
           b"2026-01-01T08:00:03+08:00 \xe2\x80\xae\xff\x00 10%\r20%\nReady in 2s\nexec format error\n")
    rules = (b'[{"service":"web","match":"a[b-c]+(d|e)$","cause":{"en":"x","zh":"y"},"remedy":"z"},'
             b'{"match":"(","cause":"x","remedy":{"zh":"y"}}]')
    for number, data in enumerate((b"\0" + log, b"\1s3cr3t/+ x\na s3cr3t%2F%2B%20x \\u0073 postgres://u:p%40@h/ dTpzM2NyM3QvKyB4",
                                   b"\2" + COMPOSE, b"\2A_SECRET: |\n  x\n  y\nB='x\n", b"\2{P_TOKEN: \"a\\\"b\", Q: ${A_KEY:-z}}", b"\3" + rules, b"\4\x10" + log)):
        put(out, "stub_log", str(number), data)


def user_configs(out):
    with open(os.path.join(ROOT, "docs", "mirrors.md"), encoding="utf-8") as file:
        put(out, "user_config", "documented", re.search(r"(?s)```yaml\n(.*?)```", file.read())[1].encode())
    put(out, "user_config", "all", b"""mirrors:
  docker.io: [m.example, "http://10.0.0.5:5000", "https://m.example/p/", "[::1]:5000"]
  index.docker.io: m.example/{registry}/{repo:short}
  localhost:5000: ["m.example:1/{os}/{repo}-x:{tag}-{arch}"]
ca: company.pem
plain_http: [10.0.0.5:5000, nas.lan]
limit_rate: 1MiB/s
jobs: 8
""")


def http_responses(out):
    ok = b"HTTP/1.1 200 OK\r\n"
    for name, data in (
            ("length", ok + b"Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"errors\":[]}"),
            ("chunked", ok + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;a=b\r\n!\r\n0\r\nTrailer: x\r\n\r\n"),
            ("close", b"HTTP/1.0 404 Not Found\nServer: x\n\n<html>"),
            ("interim", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nX:  y \t\r\n\r\n"),
            ("lies", ok + b"Content-Length: 18446744073709551615\r\nContent-Length: -1\r\n\r\nx"),
            ("both", ok + b"Content-Length: 5\r\nTransfer-Encoding: gzip, chunked\r\n\r\nfffffffff\r\n"),
            ("noise", b"\x1b[2J\0SSH-2.0-x\r\n")):
        put(out, "stub_http_response", name, data)


if __name__ == "__main__":
    for make in (documents, signatures, references, challenges, heads, archives, gzips, projects, programs, project_files, lock_files, logs, user_configs, http_responses):
        make(sys.argv[1])
    corpus_backups.write(put, sys.argv[1])
    for parser, name, data in corpus_answers.seeds():
        put(sys.argv[1], parser, name, data)
