"""Writes container images without any container tool: layers, configs, manifests, and the archives that hold them.

For what the demo packs and for what the tests feed to hardtack; the product itself shares no code with it. All of
it is deterministic: no clock, no host, no user, entries in the order given. The forms are those met in the field:

    oci_layout          OCI image layout, as skopeo, buildx or crane write it (gzip layers), tar or folder
    docker_save_old     `docker save` up to 24: <id>/layer.tar (raw), <config>.json, manifest.json, repositories
    docker_save_new     `docker save` of 25 and later, classic store: OCI layout plus manifest.json, raw layers
    docker_save_store   `docker save` of the containerd store: the same, with the registry's gzip layers
    skopeo_archive      skopeo's docker-archive: flat <diff_id>.tar, plus the old names as symbolic links
"""
import contextlib
import dataclasses
import hashlib
import io
import json
import os
import shutil
import tarfile
import zlib

OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker."
CREATED = "2024-01-01T00:00:00Z"
CHUNK = 1 << 20


@dataclasses.dataclass
class Entry:
    """One file of a layer; exactly one of data, source and link says what is in it, none makes a folder."""
    name: str
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    data: bytes = None
    source: str = None
    link: str = None

    def header(self):
        info = tarfile.TarInfo(self.name)
        info.mode, info.uid, info.gid, info.mtime = self.mode, self.uid, self.gid, 0
        if self.link is not None:
            info.type, info.linkname, info.mode = tarfile.SYMTYPE, self.link, 0o777
        elif self.data is not None:
            info.size = len(self.data)
        elif self.source is not None:
            info.size = os.stat(self.source).st_size
        else:
            info.type = tarfile.DIRTYPE
        return info

    def body(self):
        if self.data is not None:
            return io.BytesIO(self.data)
        return open(self.source, "rb") if self.source is not None else None


@dataclasses.dataclass
class Blob:
    """Content-addressed bytes, in memory (data) or in a file (path)."""
    digest: str
    size: int
    media_type: str
    data: bytes = None
    path: str = None

    def name(self):
        return "blobs/sha256/" + self.digest.split(":")[1]

    def open(self):
        return io.BytesIO(self.data) if self.path is None else open(self.path, "rb")

    def descriptor(self, **more):
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size, **more}


@dataclasses.dataclass
class Layer:
    """The same layer twice: raw (its digest is the diff_id) and gzip (as a registry would serve it)."""
    raw: Blob
    gzip: Blob


def json_bytes(value, indent=None):
    separators = (",", ":") if indent is None else None
    return json.dumps(value, indent=indent, separators=separators).encode()


def json_blob(value, media_type, indent=None):
    data = json_bytes(value, indent)
    return Blob("sha256:" + hashlib.sha256(data).hexdigest(), len(data), media_type, data=data)


class _Tee:
    """A file object that hashes and counts what is written through it, and hands it on."""

    def __init__(self, *sinks):
        self.sinks, self.hash, self.size = sinks, hashlib.sha256(), 0

    def write(self, data):
        self.hash.update(data)
        self.size += len(data)
        for sink in self.sinks:
            sink.write(data)
        return len(data)

    def digest(self):
        return "sha256:" + self.hash.hexdigest()


class _Gzip:
    """gzip with an empty header: no name, no time, no operating system."""

    def __init__(self, sink, level):
        self.sink, self.crc, self.size = sink, 0, 0
        self.deflate = zlib.compressobj(level, zlib.DEFLATED, -15)
        sink.write(b"\x1f\x8b\x08\0\0\0\0\0\0\xff")

    def write(self, data):
        self.crc, self.size = zlib.crc32(data, self.crc), self.size + len(data)
        self.sink.write(self.deflate.compress(data))

    def close(self):
        self.sink.write(self.deflate.flush())
        self.sink.write(self.crc.to_bytes(4, "little"))
        self.sink.write((self.size & 0xffffffff).to_bytes(4, "little"))


def make_layer(entries, work_dir, name, level=6):
    """Packs entries into work_dir/name.tar and .tar.gz."""
    os.makedirs(work_dir, exist_ok=True)
    raw_path, gzip_path = (os.path.join(work_dir, name + end) for end in (".tar", ".tar.gz"))
    with open(raw_path, "wb") as raw_file, open(gzip_path, "wb") as gzip_file:
        gzip_tee = _Tee(gzip_file)
        packer = _Gzip(gzip_tee, level)
        raw_tee = _Tee(raw_file, packer)
        with tarfile.open(fileobj=raw_tee, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for entry in entries:
                body = entry.body()
                with body if body is not None else contextlib.nullcontext():
                    tar.addfile(entry.header(), body)
        packer.close()
    with open(os.path.join(work_dir, name + ".json"), "wb") as out:
        out.write(json_bytes([[raw_tee.digest(), raw_tee.size], [gzip_tee.digest(), gzip_tee.size]]))
    return open_layer(work_dir, name)


def open_layer(work_dir, name):
    """The layer that make_layer left there, without reading it again."""
    stem = os.path.join(work_dir, name)
    with open(stem + ".json", "rb") as text:
        raw, packed = json.load(text)
    return Layer(Blob(*raw, OCI + "layer.v1.tar", path=stem + ".tar"),
                 Blob(*packed, OCI + "layer.v1.tar+gzip", path=stem + ".tar.gz"))


class Image:
    """One image for one platform. reference is the full name, e.g. docker.io/library/postgres:15."""

    def __init__(self, reference, architecture, layers, config, flavour="oci"):
        self.reference, self.architecture, self.layers = reference, architecture, layers
        self.flavour = flavour
        self.config = json_blob({
            "created": CREATED,
            "architecture": architecture,
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [layer.raw.digest for layer in layers]},
            "history": [{"created": CREATED, "created_by": "image_writer.py"} for _ in layers],
        }, OCI + "config.v1+json" if flavour == "oci" else DOCKER + "container.image.v1+json")

    def manifest(self, raw=False):
        """The manifest blob; flavour docker is indented, as Docker Hub's own schema 2 manifests are."""
        layers = [(layer.raw if raw else layer.gzip).descriptor() for layer in self.layers]
        if self.flavour == "oci":
            media_type, indent = OCI + "manifest.v1+json", None
        else:
            media_type, indent = DOCKER + "distribution.manifest.v2+json", 3
            for layer in layers:
                layer["mediaType"] = DOCKER + "image.rootfs.diff.tar" + ("" if raw else ".gzip")
        return json_blob({"schemaVersion": 2, "mediaType": media_type, "config": self.config.descriptor(),
                          "layers": layers}, media_type, indent)

    def platform(self):
        more = {"variant": "v8"} if self.architecture == "arm64" else {}
        return {"architecture": self.architecture, "os": "linux", **more}

    def short_name(self):
        """As `docker images` shows it: without docker.io/ and library/."""
        name = self.reference.removeprefix("docker.io/")
        return name.removeprefix("library/")


class _Archive:
    """A tar or a folder; every path is written once, whoever asks again."""

    def __init__(self, path, folder=False):
        self.path, self.seen = path, set()
        if folder:
            shutil.rmtree(path, ignore_errors=True)
            os.makedirs(path)
        else:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        self.tar = None if folder else tarfile.open(path + ".new", "w", format=tarfile.PAX_FORMAT)

    def __enter__(self):
        return self

    def __exit__(self, kind, _value, _trace):
        if self.tar is None:
            return
        self.tar.close()
        if kind is None:
            os.replace(self.path + ".new", self.path)
        else:
            os.unlink(self.path + ".new")

    def add(self, name, body, size, mode=0o644):
        if name in self.seen:
            return
        self.seen.add(name)
        if self.tar is None:
            target = os.path.join(self.path, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as out:
                shutil.copyfileobj(body, out, CHUNK)
            return
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, mode, 0
        self.tar.addfile(info, body)

    def add_bytes(self, name, data):
        self.add(name, io.BytesIO(data), len(data))

    def add_blob(self, blob, name=None):
        with blob.open() as body:
            self.add(name or blob.name(), body, blob.size)

    def add_link(self, name, target):
        if name in self.seen:
            return
        self.seen.add(name)
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.mode, info.mtime = tarfile.SYMTYPE, target, 0o777, 0
        self.tar.addfile(info)


def _attestation(image, manifest):
    """What buildx puts beside every image: a manifest for platform unknown/unknown, which is no image."""
    statement = json_blob({"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "none", "subject": []},
                          "application/vnd.in-toto+json")
    config = json_blob({"architecture": "unknown", "os": "unknown", "config": {},
                        "rootfs": {"type": "layers", "diff_ids": [statement.digest]}}, OCI + "config.v1+json")
    attestation = json_blob({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
                             "config": config.descriptor(), "layers": [statement.descriptor()]},
                            OCI + "manifest.v1+json")
    descriptor = attestation.descriptor(
        annotations={"vnd.docker.reference.digest": manifest.digest,
                     "vnd.docker.reference.type": "attestation-manifest"},
        platform={"architecture": "unknown", "os": "unknown"})
    return descriptor, [attestation, config, statement]


def _names(reference):
    return {"io.containerd.image.name": reference, "org.opencontainers.image.ref.name": reference.rsplit(":", 1)[1]}


def oci_layout(path, groups, folder=False, raw=False, attest=False, annotate=True):
    """groups: a list of images or of lists of images; a list becomes a multi-platform index of its own."""
    top = []
    with _Archive(path, folder) as out:
        out.add_bytes("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        blobs = []
        for group in groups:
            images = group if isinstance(group, list) else [group]
            entries = []
            for image in images:
                manifest = image.manifest(raw)
                blobs += [manifest, image.config] + [layer.raw if raw else layer.gzip for layer in image.layers]
                entries.append(manifest.descriptor(platform=image.platform()))
                if attest:
                    descriptor, more = _attestation(image, manifest)
                    entries.append(descriptor)
                    blobs += more
            more = {"annotations": _names(images[0].reference)} if annotate else {}
            if isinstance(group, list):
                index = json_blob({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": entries},
                                  OCI + "index.v1+json")
                blobs.append(index)
                top.append(index.descriptor(**more))
            else:
                top.append({**entries[0], **more})
        out.add_bytes("index.json", json_bytes({"schemaVersion": 2, "mediaType": OCI + "index.v1+json",
                                                "manifests": top}))
        for blob in blobs:
            out.add_blob(blob)


def docker_save_old(path, images):
    repositories, records = {}, []
    with _Archive(path) as out:
        for image in images:
            parent, paths = None, []
            for layer in image.layers:
                identity = hashlib.sha256(f"{parent} {layer.raw.digest}".encode()).hexdigest()
                record = {"id": identity, "created": "1970-01-01T00:00:00Z", "os": "linux"}
                if parent:
                    record["parent"] = parent
                out.add_bytes(identity + "/VERSION", b"1.0")
                out.add_bytes(identity + "/json", json_bytes(record))
                out.add_blob(layer.raw, identity + "/layer.tar")
                paths.append(identity + "/layer.tar")
                parent = identity
            config = image.config.digest.split(":")[1] + ".json"
            out.add_blob(image.config, config)
            name, tag = image.short_name().rsplit(":", 1)
            records.append({"Config": config, "RepoTags": [f"{name}:{tag}"], "Layers": paths})
            repositories.setdefault(name, {})[tag] = parent
        out.add_bytes("manifest.json", json_bytes(records) + b"\n")
        out.add_bytes("repositories", json_bytes(repositories) + b"\n")


def _docker_save_oci(path, images, raw):
    top, records = [], []
    with _Archive(path) as out:
        for image in images:
            manifest = image.manifest(raw)
            layers = [layer.raw if raw else layer.gzip for layer in image.layers]
            for blob in layers + [image.config, manifest]:
                out.add_blob(blob)
            top.append(manifest.descriptor(annotations=_names(image.reference)))
            records.append({"Config": image.config.name(), "RepoTags": [image.short_name()],
                            "Layers": [blob.name() for blob in layers]})
            if raw:
                records[-1]["LayerSources"] = {blob.digest: blob.descriptor() for blob in layers}
        out.add_bytes("index.json", json_bytes({"schemaVersion": 2, "mediaType": OCI + "index.v1+json",
                                                "manifests": top}))
        out.add_bytes("manifest.json", json_bytes(records) + b"\n")
        out.add_bytes("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')


def docker_save_new(path, images):
    _docker_save_oci(path, images, raw=True)


def docker_save_store(path, images):
    _docker_save_oci(path, images, raw=False)


def skopeo_archive(path, images):
    records = []
    with _Archive(path) as out:
        for image in images:
            parent, layers = "", []
            for layer in image.layers:
                flat = layer.raw.digest.split(":")[1] + ".tar"
                out.add_blob(layer.raw, flat)
                layers.append(flat)
                parent = hashlib.sha256((parent + flat).encode()).hexdigest()
                out.add_link(parent + "/layer.tar", "../" + flat)
            config = image.config.digest.split(":")[1] + ".json"
            out.add_blob(image.config, config)
            records.append({"Config": config, "RepoTags": [image.reference], "Layers": layers})
        out.add_bytes("manifest.json", json_bytes(records))
