"""How each rule of tar_check.py is broken in a good payload."""

import hashlib
import io
import json
import tarfile

import p256


class Tree:
    """The payload's entries, to be spoilt and written as a tar again."""

    def __init__(self, raw):
        self.entries, self.tail = [], bytes(1024)
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
            for member in archive:
                self.entries.append([member, archive.extractfile(member).read()])

    def index(self, name):
        return next(i for i, (member, _) in enumerate(self.entries) if member.name == name)

    def json(self, name):
        return json.loads(self.entries[self.index(name)][1])

    def put(self, name, value):
        """Replaces a document; text, or what is to be JSON."""
        self.entries[self.index(name)][1] = value if isinstance(value, bytes) else json.dumps(value).encode()

    def edit(self, name, change):
        document = self.json(name)
        change(document)
        self.put(name, document)

    def first_layer(self):
        return "blobs/sha256/" + self.json("hardtack/manifest.json")["images"][0]["layers"][0]["digest"][7:]

    def bytes(self):
        out = io.BytesIO()
        for member, content in self.entries:
            member.size = len(content) if member.isreg() else 0
            out.write(member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"))
            out.write(content + bytes(-len(content) % 512))
        return out.getvalue() + self.tail


def attribute(name, value, which=-1):
    return lambda t: setattr(t.entries[which][0], name, value)


def ours(change):
    return lambda t: t.edit("hardtack/manifest.json", change)


def with_variant(change):
    """A second variant like the first one; then the change to (manifest, variant)."""
    def spoil(m):
        files = [e["path"][len("hardtack/files/"):] for e in m["entries"] if e["path"].startswith("hardtack/files/")]
        m["files"] = [f for f in files if f != m["control"]]
        m["fallback"] = [{"name": "v2", "compose": m["compose"], "templates": m["templates"], "services": m["services"],
                          "files": list(m["files"])}]
        change(m, m["fallback"][0])

    return ours(spoil)


def extra(name, content=b"x"):
    def spoil(tree):
        member = tarfile.TarInfo(name)
        member.mode = 0o644
        member.mtime = tree.entries[0][0].mtime
        tree.entries.append([member, content])

    return spoil


def again(tree):
    tree.entries.append(tree.entries[-1])


def spoil_layer(tree):
    entry = tree.entries[tree.index(tree.first_layer())]
    entry[1] = entry[1][:-1] + b"!"


def move_last(name):
    def spoil(tree):
        at = tree.index(name)
        tree.entries.append(tree.entries.pop(at))

    return spoil


def move_files_around(tree):
    extra("hardtack/files/zz")(tree)
    tree.entries.insert(1, tree.entries.pop())


def layer_first(tree):
    at = tree.index(tree.first_layer())
    first = next(i for i, (m, _) in enumerate(tree.entries) if m.name.startswith("blobs/"))
    tree.entries.insert(first, tree.entries.pop(at))


def drop_layer(tree):
    del tree.entries[tree.index(tree.first_layer())]


def zstd_layers(tree):
    """The image's manifest says zstd: its digest changes, and everything that names it with it."""
    image = tree.json("hardtack/manifest.json")["images"][0]
    at = tree.index("blobs/sha256/" + image["pin"][7:])
    manifest = json.loads(tree.entries[at][1])
    for layer in manifest["layers"]:
        layer["mediaType"] = "application/vnd.oci.image.layer.v1.tar+zstd"
    raw = json.dumps(manifest).encode()
    digest = hashlib.sha256(raw).hexdigest()
    tree.entries[at][0].name, tree.entries[at][1] = "blobs/sha256/" + digest, raw
    for name in ("hardtack/manifest.json", "index.json"):
        tree.put(name, json.dumps(tree.json(name)).replace(image["pin"][7:], digest).encode())
    tree.edit("index.json", lambda d: d["manifests"][0].update(size=len(raw)))


def other_key(tree):
    """The signature stays, the key before it is another point of the curve (its own negative)."""
    entry = tree.entries[tree.index("hardtack/manifest.sig")]
    y = int.from_bytes(entry[1][59:91], "big")
    entry[1] = entry[1][:59] + (p256.P - y).to_bytes(32, "big") + entry[1][91:]


def signature_bit(tree):
    entry = tree.entries[tree.index("hardtack/manifest.sig")]
    entry[1] = entry[1][:-1] + bytes([entry[1][-1] ^ 1])


TAR_CASES = [
    ("signature of another key", other_key, "signature.fits"),
    ("signature with a bit flipped", signature_bit, "signature.fits"),
    ("signature over another manifest", ours(lambda m: m.update(builder="hardtack 9")), "signature.fits"),
    ("signature behind the files", move_last("hardtack/manifest.sig"), "tar.order"),
    ("executable signature", lambda t: setattr(t.entries[t.index("hardtack/manifest.sig")][0], "mode", 0o755), "signature.mode"),
    ("no zero blocks", lambda t: setattr(t, "tail", b""), "tar.end"),
    ("bytes behind the end", lambda t: setattr(t, "tail", bytes(1024) + b"x" * 512), "tar.end"),
    ("not of blocks", lambda t: setattr(t, "tail", bytes(1025)), "tar.blocks"),
    ("a folder's entry", attribute("type", tarfile.DIRTYPE), "tar.plain-files"),
    ("path out of the bundle", attribute("name", "hardtack/files/../../x", 1), "tar.names"),
    ("owner", attribute("uid", 1000), "tar.no-owner"),
    ("owner's name", attribute("uname", "root"), "tar.no-owner"),
    ("mode", attribute("mode", 0o600), "tar.modes"),
    ("executable blob", attribute("mode", 0o755), "blobs.mode"),
    ("other times", attribute("mtime", 1700000000), "tar.no-clock"),
    ("pax record of a time", lambda t: t.entries[-1][0].pax_headers.update(atime="1.5"), "tar.no-clock"),
    ("entry twice", again, "tar.names-once"),
    ("manifest not first", move_last("hardtack/manifest.json"), "tar.manifest-first"),
    ("index behind the blobs", move_last("index.json"), "tar.order"),
    ("files not sorted", move_files_around, "tar.files-sorted"),
    ("unknown entry", extra("etc/passwd"), "tar.known-entries"),
    ("blob nobody names", extra("blobs/sha256/2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"), "blobs.all-used"),
    ("blob not of its name", spoil_layer, "blobs.name"),
    ("diff_id", spoil_layer, "image.diff-ids"),
    ("blob missing", drop_layer, "oci.blobs-present"),
    ("layer before the documents", layer_first, "blobs.documents-first"),
    ("zstd layers", zstd_layers, "image.layer-type"),
    ("index is no JSON", lambda t: t.put("index.json", b"{"), "tar.documents"),
    ("a key twice", lambda t: t.put("index.json", b'{"a":1,"a":2}'), "tar.documents"),
    ("document of another shape", lambda t: t.put("manifest.json", {"x": "y"}), "documents.shape"),
    ("other layout", lambda t: t.put("oci-layout", {"imageLayoutVersion": "2"}), "layout.version"),
    ("index version", lambda t: t.edit("index.json", lambda d: d.update(schemaVersion=1)), "index.form"),
    ("index lacks an image", lambda t: t.edit("index.json", lambda d: d["manifests"].pop()), "index.images"),
    ("index size", lambda t: t.edit("index.json", lambda d: d["manifests"][0].update(size=1)), "oci.sizes"),
    ("index digest", lambda t: t.edit("index.json", lambda d: d["manifests"][0].update(digest="sha256:1")), "oci.digests"),
    ("no annotations", lambda t: t.edit("index.json", lambda d: d["manifests"][0].pop("annotations")), "index.annotations"),
    ("index platform", lambda t: t.edit("index.json", lambda d: d["manifests"][0]["platform"].update(os="plan9")), "index.platform"),
    ("short tag", lambda t: t.edit("manifest.json", lambda d: d[0].update(RepoTags=["app:1"])), "docker.repo-tags"),
    ("other tag", lambda t: t.edit("manifest.json", lambda d: d[0].update(RepoTags=["docker.io/a/b:1"])), "docker.same-images"),
    ("docker lacks an image", lambda t: t.edit("manifest.json", lambda d: d.pop()), "docker.images"),
    ("docker's other keys", lambda t: t.edit("manifest.json", lambda d: d[0].update(Parent="x")), "docker.keys"),
    ("schema", ours(lambda m: m.update(schema=2)), "manifest.schema"),
    ("project name", ours(lambda m: m.update(name="My Project")), "manifest.name"),
    ("compose file missing", ours(lambda m: m.update(compose="other.yaml")), "manifest.files"),
    ("a time in the manifest", ours(lambda m: m.update(builder="built 2026-11-22T20:41:00")), "manifest.no-clock"),
    ("control program missing", ours(lambda m: m.update(control="other")), "manifest.control"),
    ("control program with images", ours(lambda m: m.update(installer="x")), "control.no-images"),
    ("control program with another", ours(lambda m: m.update(installer="x")), "control.no-control"),
    ("entries left out", ours(lambda m: m["entries"].pop()), "manifest.entries"),
    ("entry's size", ours(lambda m: m["entries"][0].update(size=7)), "manifest.entry-size"),
    ("entry's mode", ours(lambda m: m["entries"][0].update(mode="0755")), "manifest.entry-mode"),
    ("entry's sha256", ours(lambda m: m["entries"][0].update(sha256="0" * 64)), "manifest.entry-sha256"),
    ("tag not qualified", ours(lambda m: m["images"][0].update(tag="app:1")), "image.tag"),
    ("tag not private", ours(lambda m: m["images"][0].update(tag=m["images"][0]["tag"].rpartition("-")[0])), "image.private-tag"),
    ("pin", ours(lambda m: m["images"][0].update(pin="sha256:" + "0" * 64)), "image.pin"),
    ("config", ours(lambda m: m["images"][0]["config"].update(size=1)), "image.config"),
    ("media type", ours(lambda m: m["images"][0]["manifest"].update(media_type="x/y")), "image.media-type"),
    ("architecture", ours(lambda m: m["images"][0]["platform"].update(architecture="s390x")), "image.platform"),
    ("layers", ours(lambda m: m["images"][0]["layers"][0].update(diff_id="sha256:0")), "image.layers"),
    ("unpacked size", ours(lambda m: m["images"][0].update(unpacked_bytes=1)), "image.unpacked"),
    ("a variant's field without variants", ours(lambda m: m.update(files=[])), "fallback.left-out"),
    ("variant's name", with_variant(lambda m, v: v.update(name="../x")), "fallback.names"),
    ("variant's own compose file", with_variant(lambda m, v: v.update(files=[])), "fallback.own-files"),
    ("variant's files", with_variant(lambda m, v: v["files"].append("nowhere")), "fallback.files"),
    ("nobody's file", with_variant(lambda m, v: m.update(files=[], fallback=[dict(v, files=[])])), "fallback.all-used"),
    ("variant's service without image", with_variant(lambda m, v: v.update(services=[{"name": "x", "image": 99}])), "fallback.services"),
    ("service without image", ours(lambda m: m["services"][0].update(image=99)), "manifest.services"),
]
