"""A `docker load` archive, damaged in the ways that engines have been seen to take in (docs/facts/docker.md, h1 to h6)."""
import gzip
import io
import json
import tarfile


def _rewrite(good, bad, change):
    """Copies the archive; change(name, bytes) gives an entry's new bytes, or None to leave it out."""
    with tarfile.open(good) as source, tarfile.open(bad, "w") as target:
        for entry in source:
            if not entry.isfile():
                target.addfile(entry)
                continue
            data = change(entry.name, source.extractfile(entry).read())
            if data is not None:
                entry.size = len(data)
                target.addfile(entry, io.BytesIO(data))


def _blob(blob, change):
    return lambda name, data: change(data) if name == blob.name() else data


def layer_missing(good, bad, image):
    _rewrite(good, bad, _blob(image.layers[-1].gzip, lambda _: None))


def other_layer(good, bad, image):
    _rewrite(good, bad, _blob(image.layers[-1].gzip, lambda data: gzip.compress(gzip.decompress(data).replace(b"visit", b"VISIT"), 1)))


def other_config(good, bad, image):
    _rewrite(good, bad, _blob(image.config, lambda data: data.replace(b'"linux"', b'"Linux"')))


def cut_off(good, bad, image):  # pylint: disable=unused-argument
    with open(good, "rb") as source, open(bad, "wb") as target:
        data = source.read()
        target.write(data[:len(data) * 2 // 3])


DAMAGES = {"a layer is missing": layer_missing, "a layer has other files": other_layer, "a config is another's": other_config,
           "the end is missing": cut_off}


def inspect(engine, tag):
    """Id, Os, Architecture and Layers, as the engine tells them; {} when it does not have it."""
    done = engine.run(["docker", "image", "inspect", tag], check=False)
    if done.returncode != 0:
        return {}
    about = json.loads(done.stdout)[0]
    return {"Id": about["Id"] if ":" in about["Id"] else "sha256:" + about["Id"], "Os": about.get("Os"),
            "Architecture": about.get("Architecture"), "Layers": (about.get("RootFS") or {}).get("Layers")}


def seems_whole(engine, tag, image):
    """Would `docker image inspect` alone take it for the image?"""
    about = inspect(engine, tag)
    return (about.get("Id") in (image.config.digest, image.manifest().digest) and
            about.get("Layers") == [layer.raw.digest for layer in image.layers])
