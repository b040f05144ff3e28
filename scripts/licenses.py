#!/usr/bin/env python3
"""What a program is made of, with versions, origins and licence texts, as it is embedded into it.

    scripts/licenses.py --deps DIR NAME[:TARGET,...]...

NAME is a library of scripts/sources.lock or a part of scripts/licenses.lock; TARGETs are those whose stub has
it. hardtack itself comes first. stdout gets records of seven fields, each ended by a zero byte: name, version,
licence, URL and SHA-256 of the source (may be empty), targets, text (bundle/license_text.h reads them).
A name without licence, a text that is not there or not the pinned one: exit 1, saying which.
"""
import argparse
import hashlib
import os
import re
import sys

SCRIPTS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(SCRIPTS)
OUR_LICENSE = "Apache-2.0"


class Fault(Exception):
    pass


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def read_lock(path):
    """{name: {key: [words]}}"""
    sections, section = {}, None
    for line in read(path).splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0].startswith("["):
            section = sections.setdefault(words[0].strip("[]"), {})
        elif section is not None:
            section[words[0]] = words[1:]
    return sections


def text_of(name, row, version, deps):
    if len(row.get("text", [])) != 2:
        raise Fault(f"licenses.lock: [{name}] needs: text FILE SHA-256")
    file, pinned = row["text"]
    path = os.path.join(deps, file[1:]) if file.startswith("@zig/") else os.path.join(deps, "src", f"{name}-{version}", file)
    try:
        with open(path, "rb") as handle:
            data = handle.read()
    except OSError as error:
        raise Fault(f"{name}: {error.strerror}: {path}: run scripts/setup.sh --deps {deps}") from error
    actual = hashlib.sha256(data).hexdigest()
    if actual != pinned:
        raise Fault(f"{name}: its licence {path} has SHA-256 {actual}, pinned is {pinned}: read it, then change scripts/licenses.lock")
    if b"\0" in data or not data.strip():
        raise Fault(f"{name}: its licence {path} is no text")
    return data.decode("utf-8")


def record(name, targets, sources, licenses, deps):
    row, source = licenses.get(name), sources.get(name, {})
    if row is None or not row.get("license"):
        raise Fault(f"{name} is linked and has no licence in scripts/licenses.lock")
    version = (source.get("version") or row.get("version") or [""])[0]
    if version == "zig":
        version = sources["zig"]["version"][0]
    if not version:
        raise Fault(f"{name} has no version in sources.lock")
    url, sha256 = source.get("upstream", ["", ""])
    return [name, version, " ".join(row["license"]), url, sha256, targets, text_of(name, row, version, deps)]


def own_record():
    version = re.search(r'HARDTACK_VERSION "([^"]+)"', read(os.path.join(ROOT, "bundle/base/version.h"))).group(1)
    return ["hardtack", version, OUR_LICENSE, "", "", "", read(os.path.join(ROOT, "LICENSE"))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deps", required=True)
    parser.add_argument("--locks", default=SCRIPTS, help="where sources.lock and licenses.lock are")
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    try:
        sources = read_lock(os.path.join(options.locks, "sources.lock"))
        licenses = read_lock(os.path.join(options.locks, "licenses.lock"))
        records = [own_record()]
        # Mbed TLS's text begins with the same licence as ours: side by side they take the room of one.
        for word in sorted(set(options.names), key=lambda word: (not word.startswith("mbedtls"), word)):
            name, _, targets = word.partition(":")
            records.append(record(name, targets.replace(",", " "), sources, licenses, options.deps))
        for fields in records:
            sys.stdout.buffer.write(b"".join(field.encode() + b"\0" for field in fields))
    except Fault as fault:
        sys.exit(f"licenses.py: {fault}")


if __name__ == "__main__":
    main()
