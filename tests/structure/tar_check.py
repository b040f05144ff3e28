#!/usr/bin/env python3
"""Judges a payload: one plain tar that is a bundle, an OCI image layout and a `docker load` archive.

    tests/structure/tar_check.py FILE [--offset N] [--length N] [-v]

Written after bundle/FORMAT.md and the facts about Docker; Python's tarfile is the reader, nothing
is shared with the C side. Prints the violated rules; exits 0 when there is none, 1 when there is
one, 2 on wrong usage.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import tarfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import p256  # noqa: E402
from byte_file import ByteFile  # noqa: E402
from report import Malformed, Report  # noqa: E402

CHUNK = 1 << 20
LARGEST_DOCUMENT = 16 << 20
MANIFEST, SIGNATURE, FILES = "hardtack/manifest.json", "hardtack/manifest.sig", "hardtack/files/"
IMAGE_PART = ["oci-layout", "index.json", "manifest.json"]
BLOBS = "blobs/sha256/"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

GZIP_LAYERS = {
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
}
RAW_LAYERS = {
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.docker.image.rootfs.diff.tar",
}


class Window:
    """file[offset, offset + length) as a file object for tarfile."""

    def __init__(self, data, offset, length):
        self.data, self.start, self.length, self.at = data, offset, length, 0

    def read(self, size=-1):
        size = self.length - self.at if size is None or size < 0 else max(0, min(size, self.length - self.at))
        out = self.data.read(self.start + self.at, size, "the payload")
        self.at += size
        return out

    def seek(self, offset, whence=os.SEEK_SET):
        self.at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self.at, os.SEEK_END: self.length}[whence]
        return self.at

    def tell(self):
        return self.at

    def seekable(self):
        return True


class Payload:
    def __init__(self, data, offset, length, report):
        self.data, self.offset, self.length, self.report = data, offset, length, report
        self.members = []
        self.by_name = {}

    def chunks(self, member):
        at, left = self.offset + member.offset_data, member.size
        while left:
            part = self.data.read(at, min(left, CHUNK), member.name)
            yield part
            at, left = at + len(part), left - len(part)

    def sha256(self, member):
        digest = hashlib.sha256()
        for part in self.chunks(member):
            digest.update(part)
        return digest.hexdigest()

    def document(self, name):
        """The JSON document of this name, or None with its rule violated."""
        member = self.by_name.get(name)
        if not self.report.rule("tar.documents", member and member.size <= LARGEST_DOCUMENT, f"{name} is missing or too large"):
            return None
        try:
            return json.loads(b"".join(self.chunks(member)).decode("utf-8"), object_pairs_hook=unique_keys)
        except ValueError as error:
            self.report.rule("tar.documents", False, f"{name}: {error}")
            return None


def unique_keys(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"a key twice in {names}")
    return dict(pairs)


def safe(path):
    parts = path.split("/")
    return path and not path.startswith("/") and not any(part in ("", ".", "..") for part in parts) and "\\" not in path


def list_members(payload):
    """The archive as such: form, end, names, no traces of the machine that made it."""
    rule = payload.report.rule
    rule("tar.blocks", payload.length % 512 == 0, f"{payload.length} bytes")
    try:
        archive = tarfile.open(fileobj=Window(payload.data, payload.offset, payload.length), mode="r:", errorlevel=2)
        payload.members = archive.getmembers()
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise Malformed("tar.readable", f"{type(error).__name__}: {error}") from error
    if not payload.members:
        raise Malformed("tar.readable", "no entries")
    last = payload.members[-1]
    end = last.offset_data + (last.size + 511) // 512 * 512
    rule("tar.end", payload.length - end == 1024 and payload.data.is_zero(payload.offset + end, payload.offset + payload.length) is None,
         f"entries end at {end} of {payload.length}, behind them must be two zero blocks")
    for member in payload.members:
        name = member.name
        rule("tar.plain-files", member.type == tarfile.REGTYPE, f"{name}: type {member.type!r}")
        rule("tar.names", safe(name), name)
        rule("tar.no-owner", (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", ""),
             f"{name}: {member.uid}:{member.gid} {member.uname}:{member.gname}")
        rule("tar.modes", member.mode in (0o644, 0o755), f"{name}: {member.mode:o}")
        traces = set(member.pax_headers) - {"path", "size"}
        rule("tar.no-clock", not traces, f"{name}: pax records {sorted(traces)}")
        rule("tar.names-once", name not in payload.by_name, name)
        payload.by_name[name] = member
    times = {member.mtime for member in payload.members}
    rule("tar.no-clock", len(times) == 1, f"{len(times)} modification times")
    payload.report.fact(f"tar: {len(payload.members)} entries, modification time {min(times)}")


def check_order(payload):
    """manifest.json first, then .sig, our files, the image part's documents, its blobs."""
    rule, names = payload.report.rule, [member.name for member in payload.members]
    rule("tar.manifest-first", names[0] == MANIFEST, names[0])

    def group(name):
        if name == MANIFEST:
            return 0
        if name == SIGNATURE:
            return 1
        if name.startswith(FILES):
            return 2
        if name in IMAGE_PART:
            return 3 + IMAGE_PART.index(name)
        if name.startswith(BLOBS):
            return 6
        return None

    groups = [group(name) for name in names]
    rule("tar.known-entries", None not in groups, f"{[n for n, g in zip(names, groups) if g is None]}")
    files = [name.encode() for name, g in zip(names, groups) if g == 2]
    rule("tar.files-sorted", files == sorted(files), f"{files}")
    known = [g for g in groups if g is not None]
    rule("tar.order", known == sorted(known), f"{names}")


def check_entries(payload, manifest):
    """The list of sizes and digests in hardtack/manifest.json is exactly what follows in the tar."""
    rule = payload.report.rule
    entries = manifest.get("entries")
    if not rule("manifest.entries", isinstance(entries, list), "no list"):
        return
    listed = [entry.get("path") for entry in entries]
    found = [member.name for member in payload.members if member.name not in (MANIFEST, SIGNATURE)]
    rule("manifest.entries", listed == found,
         f"listed, not in the tar: {sorted(set(listed) - set(found))[:4]}; in the tar, not listed: {sorted(set(found) - set(listed))[:4]}"
         if set(listed) != set(found) else "another order than the tar's")
    for entry in entries:
        member = payload.by_name.get(entry.get("path"))
        if not member:
            continue
        rule("manifest.entry-size", entry.get("size") == member.size, f"{member.name}: {entry.get('size')}, in the tar {member.size}")
        rule("manifest.entry-mode", entry.get("mode") == f"{member.mode:04o}", f"{member.name}: {entry.get('mode')}")
        rule("manifest.entry-sha256", entry.get("sha256") == payload.digests[member.name], member.name)


def check_signature(payload):
    """manifest.sig: a public key, then its owner's signature over manifest.json."""
    member = payload.by_name.get(SIGNATURE)
    if not member:
        payload.report.fact("unsigned")
        return
    payload.report.rule("signature.mode", member.mode == 0o644, f"{member.mode:o}")
    raw = b"".join(payload.chunks(member))
    manifest = b"".join(payload.chunks(payload.by_name[MANIFEST])) if MANIFEST in payload.by_name else b""
    key, signature = raw[:p256.KEY_BYTES], raw[p256.KEY_BYTES:]
    try:
        holds, why = p256.verify(key, signature, manifest), "it is not over this manifest"
    except ValueError as error:
        holds, why = False, error
    payload.report.rule("signature.fits", holds, why)
    payload.report.fact(f"signed by sha256:{hashlib.sha256(key).hexdigest()}")


def check_blobs(payload):
    """Every blob hashes to its name, and there is one of each."""
    rule = payload.report.rule
    payload.digests = {member.name: payload.sha256(member) for member in payload.members}
    for member in payload.members:
        if member.name.startswith(BLOBS):
            rule("blobs.name", member.name == BLOBS + payload.digests[member.name], member.name)
            rule("blobs.mode", member.mode == 0o644, f"{member.name}: {member.mode:o}")


def blob_of(payload, digest, size, what):
    """The member of a digest, its size held against the descriptor's; None when it is missing."""
    rule = payload.report.rule
    if not rule("oci.digests", isinstance(digest, str) and DIGEST.fullmatch(digest), f"{what}: {digest}"):
        return None
    member = payload.by_name.get(BLOBS + digest[7:])
    if not rule("oci.blobs-present", member, f"{what}: {digest}"):
        return None
    rule("oci.sizes", member.size == size, f"{what}: {size}, the blob has {member.size}")
    return member


def diff_id(payload, member, compressed):
    """(digest, size) of the uncompressed layer."""
    digest, size = hashlib.sha256(), 0
    inflater = zlib.decompressobj(31)
    for part in payload.chunks(member):
        while part:
            if compressed:
                if inflater.eof:
                    inflater = zlib.decompressobj(31)
                out = inflater.decompress(part)
                part = inflater.unused_data if inflater.eof else b""
            else:
                out, part = part, b""
            digest.update(out)
            size += len(out)
    if compressed and not inflater.eof:
        raise zlib.error("the gzip stream ends early")
    return "sha256:" + digest.hexdigest(), size


def check_image(payload, descriptor, image):
    """One image: index.json's descriptor against the blobs and against our manifest's entry."""
    rule, who = payload.report.rule, image.get("reference")
    member = blob_of(payload, descriptor.get("digest"), descriptor.get("size"), f"manifest of {who}")
    if not member:
        return []
    manifest = payload.document(member.name)
    if manifest is None:
        return []
    rule("image.media-type", manifest.get("mediaType", descriptor.get("mediaType")) == descriptor.get("mediaType")
         == image.get("manifest", {}).get("media_type"), f"{who}: {descriptor.get('mediaType')}")
    rule("image.pin", image.get("pin") == descriptor.get("digest"), f"{who}: {image.get('pin')}")
    config_at = manifest.get("config", {})
    member = blob_of(payload, config_at.get("digest"), config_at.get("size"), f"config of {who}")
    if not member:
        return []
    config = payload.document(member.name)
    if config is None:
        return []
    rule("image.config", image.get("config") == {"digest": config_at.get("digest"), "size": config_at.get("size")}, f"{who}")
    platform = {k: config.get(k) for k in ("os", "architecture", "variant") if config.get(k)}
    rule("image.platform", image.get("platform") == platform, f"{who}: {image.get('platform')}, its config says {platform}")
    rule("index.platform", descriptor.get("platform") == platform, f"{who}: {descriptor.get('platform')}")
    diff_ids = config.get("rootfs", {}).get("diff_ids", [])
    layers = manifest.get("layers", [])
    wanted = [{"digest": layer.get("digest"), "size": layer.get("size"), "media_type": layer.get("mediaType"), "diff_id": one}
              for layer, one in zip(layers, diff_ids)]
    rule("image.layers", len(layers) == len(diff_ids) and image.get("layers") == wanted, f"{who}")
    unpacked = 0
    for layer, expected in zip(layers, diff_ids):
        kind = layer.get("mediaType")
        if not rule("image.layer-type", kind in GZIP_LAYERS | RAW_LAYERS, f"{who}: {kind} does not load on every engine"):
            continue
        member = blob_of(payload, layer.get("digest"), layer.get("size"), f"layer of {who}")
        if not member:
            continue
        try:
            found, size = diff_id(payload, member, kind in GZIP_LAYERS)
        except zlib.error as error:
            found, size = str(error), 0
        unpacked += size
        rule("image.diff-ids", found == expected, f"{who}: {layer.get('digest')}: {found}")
    rule("image.unpacked", image.get("unpacked_bytes") in (0, unpacked), f"{who}: {image.get('unpacked_bytes')}, not {unpacked}")
    return [BLOBS + d[7:] for d in [descriptor["digest"], config_at["digest"]] + [layer["digest"] for layer in layers]]


def fully_qualified(reference):
    host, slash, rest = reference.partition("/")
    repository, colon, tag = rest.rpartition(":")
    return bool(slash and colon and repository and ("." in host or ":" in host or host == "localhost")
                and re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", tag))


def private_tag(image):
    """repo:tag-<12 hex of the pin>, cut to 128 characters."""
    reference = str(image.get("reference")).partition("@")[0]
    repository, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = reference, "latest"
    suffix = "-" + str(image.get("pin"))[7:19]
    return f"{repository}:{tag[:128 - len(suffix)]}{suffix}"


def check_image_part(payload, ours):
    rule = payload.report.rule
    layout, index, docker = (payload.document(name) for name in IMAGE_PART)
    if layout is None or index is None or docker is None:
        return
    rule("layout.version", layout == {"imageLayoutVersion": "1.0.0"}, f"{layout}")
    rule("index.form", index.get("schemaVersion") == 2
         and index.get("mediaType") == "application/vnd.oci.image.index.v1+json", f"{index.get('mediaType')}")
    images, descriptors = ours.get("images", []), index.get("manifests", [])
    rule("index.images", len(images) == len(descriptors) > 0, f"{len(descriptors)}, the manifest has {len(images)}")
    needed, tags = set(), {}
    for image, descriptor in zip(images, descriptors):
        annotations = descriptor.get("annotations", {})
        tag = image.get("tag", "")
        rule("image.tag", fully_qualified(tag), tag)
        rule("image.private-tag", tag == private_tag(image), f"{tag}, not {private_tag(image)}")
        rule("index.annotations", annotations == {"io.containerd.image.name": tag,
                                                  "org.opencontainers.image.ref.name": tag.rpartition(":")[2]},
             f"{tag}: {annotations}")
        blobs = check_image(payload, descriptor, image)
        needed.update(blobs)
        if blobs:
            tags.setdefault((blobs[1], tuple(blobs[2:])), set()).add(tag)
    check_docker_manifest(payload, docker, tags)
    found = {name for name in payload.by_name if name.startswith(BLOBS)}
    rule("blobs.all-used", found == needed, f"nobody names {sorted(found - needed)[:3]}; missing {sorted(needed - found)[:3]}")
    documents = {BLOBS + str(i.get(k))[7:] for i in images for k in ("pin",)} \
        | {BLOBS + str(i.get("config", {}).get("digest"))[7:] for i in images}
    order = [member.name in documents for member in payload.members if member.name.startswith(BLOBS)]
    rule("blobs.documents-first", order == sorted(order, reverse=True), "a layer lies before a config or manifest")


def check_docker_manifest(payload, docker, tags):
    rule = payload.report.rule
    rule("docker.images", isinstance(docker, list) and len(docker) == len(tags), f"{len(docker)}, not {len(tags)}")
    for image in docker:
        names = image.get("RepoTags") or []
        rule("docker.repo-tags", names and all(fully_qualified(name) for name in names), f"{names}")
        key = (image.get("Config"), tuple(image.get("Layers", [])))
        rule("docker.same-images", tags.get(key) == set(names) and len(set(names)) == len(names), f"{names}: {image.get('Config')}")
        rule("docker.keys", set(image) <= {"Config", "RepoTags", "Layers"}, f"{sorted(image)}")


def check_manifest(payload):
    rule = payload.report.rule
    manifest = payload.document(MANIFEST)
    if manifest is None:
        return
    rule("manifest.schema", manifest.get("schema") == 1, f"{manifest.get('schema')}")
    rule("manifest.name", re.fullmatch(r"[a-z0-9][a-z0-9_-]*", str(manifest.get("name"))), f"{manifest.get('name')}")
    for path in [manifest.get("compose")] + [t.get("path") for t in manifest.get("templates", [])]:
        rule("manifest.files", FILES + str(path) in payload.by_name, f"{path}")
    text = json.dumps(manifest)
    rule("manifest.no-clock", not re.search(r"\b20[2-9]\d-[01]\d-[0-3]\dT\d\d:", text), "a time of day")
    check_entries(payload, manifest)
    if manifest.get("installer"):
        # A control program: it describes the images, and has none.
        rule("control.no-images", not [m.name for m in payload.members if not m.name.startswith("hardtack/")], "")
        rule("control.no-control", "control" not in manifest, f"{manifest.get('control')}")
    else:
        rule("manifest.control", FILES + str(manifest.get("control")) in payload.by_name, f"{manifest.get('control')}")
        check_image_part(payload, manifest)
    check_services(payload, manifest, manifest, "manifest.services")
    check_fallback(payload, manifest)


def check_services(payload, manifest, part, name):
    for service in part.get("services", []):
        number = service.get("image")
        payload.report.rule(name, isinstance(number, int) and 0 <= number < len(manifest.get("images", [])), f"{service.get('name')}: {number}")


def check_fallback(payload, manifest):
    """Variants: each named once, of files and images that are there, and every file is some variant's."""
    rule, variants = payload.report.rule, manifest.get("fallback", [])
    if not variants:
        rule("fallback.left-out", "fallback" not in manifest and "files" not in manifest, "no variants, but a field of theirs")
        return
    names = [str(variant.get("name")) for variant in variants]
    rule("fallback.names", len(set(names)) == len(names) and all(re.fullmatch(r"[a-z]([a-z0-9-]{0,14}[a-z0-9])?", n) for n in names), f"{names}")
    used = {manifest.get("control")}
    for part in [manifest] + variants:
        files = part.get("files", [])
        named = [part.get("compose")] + [t.get("path") for t in part.get("templates", [])] + list(part.get("handoff", {}).values())
        rule("fallback.own-files", set(named) <= set(files), f"{sorted(set(map(str, named)) - set(files))}")
        if not manifest.get("installer"):
            rule("fallback.files", all(FILES + str(path) in payload.by_name for path in files), f"{files}")
        used.update(files)
    rule("fallback.all-used", {m.name[len(FILES):] for m in payload.members if m.name.startswith(FILES)} <= used, f"{sorted(map(str, used))}")
    for variant in variants:
        check_services(payload, manifest, variant, "fallback.services")


def check_payload(data, offset, length, report):
    """The payload at offset of an open ByteFile."""
    payload = Payload(data, offset, length, report)
    try:
        list_members(payload)
        check_order(payload)
        check_signature(payload)
        check_blobs(payload)
        check_manifest(payload)
    except Malformed as error:
        report.rule(error.name, False, error.detail)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        # A document that is JSON, but not of the shape that it must have.
        report.rule("documents.shape", False, f"{type(error).__name__}: {error}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--length", type=int)
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    report = Report()
    try:
        with ByteFile(options.file) as data:
            length = data.size - options.offset if options.length is None else options.length
            check_payload(data, options.offset, length, report)
    except OSError as error:
        print(f"tar_check: {error}", file=sys.stderr)
        return 2
    report.show(options.verbose)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
