#!/usr/bin/env python3
"""Writes the SBOM of hardtack itself (SPDX 2.3, JSON): the program and the pinned libraries linked into it.

    dist_sbom.py VERSION TARGET FILE >SBOM     FILE is the program

Everything comes from scripts/sources.lock and scripts/licenses.lock; the same inputs give the same bytes.
"""
import datetime
import hashlib
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def sections(path):
    """{name: {key: value}} of a lock file's [sections]."""
    found, here = {}, None
    with open(os.path.join(HERE, path), encoding="utf-8") as file:
        for line in file:
            line = "" if line.startswith("#") else line.strip()
            if head := re.fullmatch(r"\[(.+)\]", line):
                here = found.setdefault(head.group(1), {})
            elif line and here is not None:
                key, _, value = line.partition(" ")
                here.setdefault(key, value.strip())
    return found


def package(name, version, licence, **more):
    return {"SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name), "name": name, "versionInfo": version,
            "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "licenseConcluded": licence,
            "licenseDeclared": licence, "copyrightText": "NOASSERTION", **more}


def linked(target):
    """(name, version, licence, source's address and SHA-256 or None) of all that is in the program."""
    sources = sections("sources.lock")
    for name, fields in sections("licenses.lock").items():
        if name == "musl" and not target.startswith("linux-"):
            continue
        source = sources.get(name, {})
        version = source.get("version") or fields["version"]
        yield name, sources["zig"]["version"] if version == "zig" else version, fields["license"], source.get("upstream")


def library(name, version, licence, upstream):
    purl = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": f"pkg:generic/{name}@{version}"}
    if not upstream:
        return package(name, version, licence, externalRefs=[purl])
    url, checksum = upstream.split()
    return package(name, version, licence, externalRefs=[purl], downloadLocation=url,
                   checksums=[{"algorithm": "SHA256", "checksumValue": checksum}])


def main():
    version, target, path = sys.argv[1:]
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    time = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH") or 0), datetime.timezone.utc)
    program = package("hardtack", version, "Apache-2.0", primaryPackagePurpose="APPLICATION",
                      packageFileName=f"hardtack-{version}-{target}/hardtack",
                      checksums=[{"algorithm": "SHA256", "checksumValue": digest}])
    parts = [library(*one) for one in linked(target)]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", program["SPDXID"])]
    relations += [(program["SPDXID"], "STATIC_LINK", part["SPDXID"]) for part in parts]
    json.dump({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"hardtack-{version}-{target}",
        "documentNamespace": f"https://spdx.org/spdxdocs/hardtack-{version}-{target}-{digest[:32]}",
        "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": [f"Tool: hardtack-{version}"]},
        "packages": [program, *parts],
        "relationships": [{"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b} for a, kind, b in relations],
    }, sys.stdout, indent=2, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
