#!/usr/bin/env python3
"""Makes image archives of every form, good and bad, from a tiny synthetic image. Tests use it.

    tests/image_archives.py forms OUT          every good form, as OUT/<form>
    tests/image_archives.py recipes DIR OUT    runs DIR/*.py, each of which makes OUT/<name>

A recipe is a few lines of Python with this module's names and `out` (its path) in scope; its first
line says what must come of it: "# expect CODE: part of the error's text". Only the standard
library is used; the same call gives the same bytes.
"""

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
D_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
D_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
D_CONFIG = "application/vnd.docker.container.image.v1+json"
D_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def sha(data):
    return hashlib.sha256(data).hexdigest()


def dump(value):
    return json.dumps(value, separators=(",", ":")).encode()


def layer_tar(**files):
    """A layer: a tar of these files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, text in files.items():
            add(tar, name, text.encode())
    return out.getvalue()


def gz(data):
    return gzip.compress(data, 9, mtime=0)


def zst(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def add(tar, name, data=b"", type=tarfile.REGTYPE, link="", **more):
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), type, link
    for key, value in more.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))


def write_tar(path, files, links=None, compress=None):
    """files: {path: bytes}, links: {path: target}."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in files.items():
            add(tar, name, data)
        for name, target in (links or {}).items():
            add(tar, name, type=tarfile.SYMTYPE, link=target)
    data = buffer.getvalue()
    with open(path, "wb") as out:
        out.write(compress(data) if compress else data)


def write_bundle(path, change):
    """What hardtack's own writer makes of two files (two end blocks, no record padding), changed."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        add(tar, "a/b", b"hello")
        add(tar, "c", b"world")
    with open(path, "wb") as out:
        out.write(change(buffer.getvalue()[: 4 * 512 + 1024]))


def write_folder(path, files):
    for name, data in files.items():
        full = os.path.join(path, name)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as out:
            out.write(data)


BASE = layer_tar(**{"bin/sh": "#!shell\n", "big": "0123456789" * 20000})
APP = layer_tar(**{"app/server": "serve\n"})


def config(layers=(BASE, APP), architecture="arm64", **more):
    value = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Env": ["PATH=/bin", "PG_MAJOR=17"], "ExposedPorts": {"80/tcp": {}}},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha(layer) for layer in layers]},
    }
    value.update(more)
    return dump(value)


def descriptor(media_type, data, **more):
    return {"mediaType": media_type, "digest": "sha256:" + sha(data), "size": len(data), **more}


def blob(data):
    return {"blobs/sha256/" + sha(data): data}


def manifest(config_bytes, layers, media_type=MANIFEST, config_type=CONFIG, layer_type=LAYER + "+gzip"):
    """layers: the bytes as they are in the archive."""
    return dump(
        {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": descriptor(config_type, config_bytes),
            "layers": [descriptor(layer_type, layer) for layer in layers],
        }
    )


def index(*descriptors, media_type=INDEX):
    return dump({"schemaVersion": 2, "mediaType": media_type, "manifests": list(descriptors)})


def layout(*descriptors):
    """oci-layout and index.json."""
    return {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": index(*descriptors)}


def named(name):
    return {"annotations": {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.rpartition(":")[2]}}


def oci_files(name="docker.io/lab/app:1.0", architecture="arm64", layers=(BASE, APP), pack=gz):
    """One image as an OCI layout."""
    configuration = config(layers, architecture)
    packed = [pack(layer) for layer in layers]
    document = manifest(configuration, packed)
    files = layout(descriptor(MANIFEST, document, **named(name)))
    for data in (document, configuration, *packed):
        files.update(blob(data))
    return files


def docker_files(tags=("lab/app:1.0",), architecture="arm64", layers=(BASE, APP), pack=bytes):
    """One image as old engines save it."""
    configuration = config(layers, architecture)
    files, paths = {}, []
    for number, layer in enumerate(layers):
        folder = sha(b"%d" % number + layer)
        files[folder + "/VERSION"] = b"1.0"
        files[folder + "/json"] = dump({"id": folder})
        files[folder + "/layer.tar"] = pack(layer)
        paths.append(folder + "/layer.tar")
    name = sha(configuration) + ".json"
    files[name] = configuration
    files["manifest.json"] = dump([{"Config": name, "RepoTags": list(tags), "Layers": paths}])
    files["repositories"] = dump({"lab/app": {"1.0": sha(b"1")}})
    return files


def docker25_files():
    """Docker 25 and later, classic store: a layout with plain layers, and a manifest.json."""
    configuration = config()
    document = manifest(configuration, [BASE, APP], layer_type=LAYER)
    files = layout(descriptor(MANIFEST, document, **named("docker.io/lab/app:1.0")))
    for data in (document, configuration, BASE, APP):
        files.update(blob(data))
    files["manifest.json"] = dump(
        [
            {
                "Config": "blobs/sha256/" + sha(configuration),
                "RepoTags": ["lab/app:1.0", "lab/app:stable"],
                "Layers": ["blobs/sha256/" + sha(layer) for layer in (BASE, APP)],
            }
        ]
    )
    return files


def skopeo_docker():
    """skopeo's docker-archive: layers by diff_id, legacy folders as links; files and links."""
    configuration = config()
    paths = [sha(layer) + ".tar" for layer in (BASE, APP)]
    files = dict(zip(paths, (BASE, APP)))
    links = {sha(path.encode()) + "/layer.tar": "../" + path for path in paths}
    files[sha(configuration) + ".json"] = configuration
    files["manifest.json"] = dump(
        [{"Config": sha(configuration) + ".json", "RepoTags": ["docker.io/lab/app:1.0"], "Layers": list(links)}]
    )
    return files, links


def multi_files(platforms=(("arm64", "v8"), ("amd64", None)), missing=()):
    """An index over several platforms with BuildKit's attestations; Docker's media types."""
    files, entries = {}, []
    for architecture, variant in platforms:
        more = {"variant": variant} if variant else {}
        configuration = config((BASE,), architecture, **more)
        document = manifest(configuration, [gz(BASE)], D_MANIFEST, D_CONFIG, D_LAYER_GZIP)
        # The label lies: only the config counts.
        platform = {"architecture": architecture, "os": "linux", **more}
        entries.append(descriptor(D_MANIFEST, document, platform=platform))
        if architecture not in missing:
            for data in (document, configuration, gz(BASE)):
                files.update(blob(data))
    unknown = dump({"architecture": "unknown", "os": "unknown", "rootfs": {"type": "layers", "diff_ids": []}})
    statement = manifest(unknown, [], layer_type="application/vnd.in-toto+json")
    files.update(blob(statement), **blob(unknown))
    entries.append(
        descriptor(
            MANIFEST,
            statement,
            platform={"architecture": "unknown", "os": "unknown"},
            annotations={"vnd.docker.reference.type": "attestation-manifest"},
        )
    )
    listing = index(*entries, media_type=D_LIST)
    files.update(blob(listing))
    files.update(layout(descriptor(D_LIST, listing, **named("ghcr.io/lab/multi:2"))))
    return files


def forms(out):
    os.makedirs(out, exist_ok=True)
    path = lambda name: os.path.join(out, name)
    write_tar(path("docker-old.tar"), docker_files())
    write_tar(path("docker-old.tar.gz"), docker_files(), compress=gz)
    write_tar(path("docker-old-gzip-layers.tar"), docker_files(pack=gz))
    write_tar(path("docker-25.tar"), docker25_files())
    write_tar(path("docker-25.tar.zst"), docker25_files(), compress=zst)
    write_tar(path("skopeo-docker.tar"), *skopeo_docker())
    write_tar(path("oci.tar"), oci_files())
    write_tar(path("oci.tar.gz"), oci_files(), compress=gz)
    write_folder(path("oci"), oci_files())
    write_folder(path("docker-unpacked"), docker_files())
    write_tar(path("multi.tar"), multi_files())
    write_folder(path("multi"), multi_files())
    write_tar(path("multi-arm64-only.tar"), multi_files(missing=("amd64",)))
    write_tar(path("no-name.tar"), docker_files(tags=()))
    web = layer_tar(index="web\n")
    both = oci_files()
    other = oci_files("docker.io/library/web:2", layers=(BASE, web))
    entries = json.loads(both["index.json"])["manifests"] + json.loads(other["index.json"])["manifests"]
    both.update(other)
    both["index.json"] = index(*entries)
    write_tar(path("two.tar"), both)


def recipes(folder, out):
    os.makedirs(out, exist_ok=True)
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                code = file.read()
            scope = {**globals(), "out": os.path.join(out, name[:-3])}
            exec(compile(code, name, "exec"), scope)  # our own files


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "forms":
        forms(sys.argv[2])
    elif len(sys.argv) == 4 and sys.argv[1] == "recipes":
        recipes(sys.argv[2], sys.argv[3])
    else:
        sys.exit(__doc__)
