"""Projects of a chosen size: the demo's page, in images with as many layers and bytes as asked for.

A layer is two gzip members: a file that only it has, and one that all layers of a payload share and that was compressed once.
So 3.9 GiB of distinct layers are made at the speed of the disk. Half of the content is random: gzip halves it, as it does real layers.
"""
import gzip
import hashlib
import io
import os
import random
import shutil
import tarfile
import typing

import image_writer

MIB = 1 << 20
LAYERS_MOST = 100  # of an image: engines refuse more than 127
CHUNK = 64 * MIB   # of a layer, compressed


class Payload(typing.NamedTuple):
    size_mib: int
    layers: int = 1
    images: int = 1

    def whole(self):
        """With as many layers and images as it takes at least; no two images have a layer in common."""
        layers = max(self.layers, self.images, self.size_mib * MIB // CHUNK)
        return Payload(self.size_mib, layers, max(self.images, -(-layers // LAYERS_MOST)))

    def __str__(self):
        return f"{self.size_mib} MiB, {self.layers} layer{'s' * (self.layers > 1)}" + f", {self.images} images" * (self.images > 1)


def _member(raw):
    return gzip.compress(raw, 6, mtime=0)


def _unique(number):
    data = b"layer %d\n" % number
    info = tarfile.TarInfo(f"unique/{number}")
    info.size, info.mode = len(data), 0o644
    return info.tobuf(tarfile.USTAR_FORMAT) + data.ljust(512, b"\0")


def _filler(size):
    """A whole tar of one file, about size bytes when compressed: blocks of noise and of zeros in turn."""
    noise, data = random.Random(size), io.BytesIO()
    while data.tell() < 2 * size:
        data.write(noise.randbytes(min(4096, size)).ljust(2 * min(4096, size), b"\0"))
    info = tarfile.TarInfo("fill/data")
    info.size, info.mode = data.tell(), 0o644
    padding = -info.size % 512
    return info.tobuf(tarfile.USTAR_FORMAT) + data.getvalue() + bytes(padding + 1024)


class Layout:
    """An OCI image layout in a folder, written blob by blob."""

    def __init__(self, folder):
        self.folder, self.top = folder, []
        os.makedirs(os.path.join(folder, "blobs/sha256"))

    def put(self, blob):
        with blob.open() as source, open(os.path.join(self.folder, blob.name()), "wb") as out:
            shutil.copyfileobj(source, out, MIB)

    def put_layer(self, *members):
        """A layer of gzip members, given as (raw, packed)."""
        raw_hash, packed_hash, size = hashlib.sha256(), hashlib.sha256(), 0
        path = os.path.join(self.folder, "blobs/new")
        with open(path, "wb") as out:
            for raw, packed in members:
                raw_hash.update(raw)
                packed_hash.update(packed)
                out.write(packed)
                size += len(packed)
        os.rename(path, os.path.join(self.folder, "blobs/sha256", packed_hash.hexdigest()))
        return image_writer.Layer(image_writer.Blob("sha256:" + raw_hash.hexdigest(), 0, image_writer.OCI + "layer.v1.tar"),
                                  image_writer.Blob("sha256:" + packed_hash.hexdigest(), size, image_writer.OCI + "layer.v1.tar+gzip"))

    def add(self, image):
        manifest = image.manifest()
        self.put(manifest)
        self.put(image.config)
        self.top.append({**manifest.descriptor(platform=image.platform()), "annotations": {
            "io.containerd.image.name": image.reference, "org.opencontainers.image.ref.name": image.reference.rsplit(":", 1)[1]}})

    def finish(self):
        for name, value in (("oci-layout", {"imageLayoutVersion": "1.0.0"}),
                            ("index.json", {"schemaVersion": 2, "mediaType": image_writer.OCI + "index.v1+json", "manifests": self.top})):
            with open(os.path.join(self.folder, name), "wb") as out:
                out.write(image_writer.json_bytes(value))


def make(folder, hello, program, config, payload):
    """The project folder/project and its images folder/layout. hello: payload/hello; program: its page server; payload: whole()."""
    layout = Layout(os.path.join(folder, "layout"))
    filler = _filler(max(payload.size_mib * MIB // payload.layers, 64))
    packed = _member(filler)
    with open(program, "rb") as file:
        data = file.read()
    info = tarfile.TarInfo("hello")
    info.size, info.mode = len(data), 0o755
    page = info.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512)
    references = ["docker.io/hardtack/" + (f"bulk-{number}:1.0.0" if number else "hello:1.0.0") for number in range(payload.images)]
    for number, reference in enumerate(references):
        layers = []
        for at in range(number * payload.layers // payload.images, (number + 1) * payload.layers // payload.images):
            raw = (page if at == 0 else b"") + _unique(at)
            layers.append(layout.put_layer((raw, _member(raw)), (filler, packed)))
        layout.add(image_writer.Image(reference, "amd64" if os.uname().machine == "x86_64" else "arm64", layers, config))
    layout.finish()
    project = os.path.join(folder, "project")
    shutil.copytree(hello, project)
    with open(os.path.join(project, "compose.yaml"), "a", encoding="ascii") as file:
        for number, reference in enumerate(references[1:], 1):
            file.write(f"  bulk-{number}:\n    image: {reference}\n    profiles: [bulk]\n")
