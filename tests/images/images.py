"""Real images for the tests, made of Debian's packages; they are for linux/amd64 and need no network once made.

    docker.io/library/postgres:15      PostgreSQL 15 of Debian 12, started as the official image is (tests/images/rootfs)
    ghcr.io/acme/guestbook:1.2         busybox httpd and psql: GET / counts visits in the database
    ghcr.io/acme/guestbook:2.0         the same layers with another config: an image that supersedes it

    docker.io/library/postgres:17      PostgreSQL 17 of Debian 13
    ghcr.io/langfuse/langfuse:2.95.12  not Langfuse: the stand-in of tests/images/langfuse_standin, in Python

Both pairs stand on a base layer each. `archive(form, *names)` writes images of the first pair in one of image_writer's
forms, `langfuse_archive` of the second; all is kept in build/tests/images. `big()` is an archive of
docker.io/acme/big:1, the base with 1 GiB of bytes that no compression makes smaller.
"""
import hashlib
import os
import random
import shutil
import sys

import debian_tree
import packages  # found by way of debian_tree
import image_writer
from debian_tree import HERE, Release, Tree
from image_writer import Entry

POSTGRES = "docker.io/library/postgres:15"
GUESTBOOK = "ghcr.io/acme/guestbook:1.2"
GUESTBOOK_2 = "ghcr.io/acme/guestbook:2.0"
BIG = "docker.io/acme/big:1"
BIG_FILES, BIG_FILE_BYTES = 16, 64 << 20
POSTGRES_17 = "docker.io/library/postgres:17"
LANGFUSE = "ghcr.io/langfuse/langfuse:2.95.12"
STANDIN = os.path.join(HERE, "langfuse_standin")

BOOKWORM = Release("bookworm", "15", "lib/x86_64-linux-gnu", "bin/busybox", {
    "postgresql-15": "15.", "postgresql-client-15": "15.", "busybox-static": "", **{name: "" for name in (
        "libaudit1 libc6 libcap-ng0 libcap2 libcom-err2 libffi8 libgcc-s1 libgcrypt20 libgmp10 libgnutls30 "
        "libgpg-error0 libgssapi-krb5-2 libhogweed6 libicu72 libidn2-0 libk5crypto3 libkeyutils1 libkrb5-3 "
        "libkrb5support0 libldap-2.5-0 liblz4-1 liblzma5 libnettle8 libp11-kit0 libpam0g libpcre2-8-0 libpq5 "
        "libreadline8 libsasl2-2 libselinux1 libssl3 libstdc++6 libsystemd0 libtasn1-6 libtinfo6 libunistring2 "
        "libuuid1 libxml2 libxslt1.1 libzstd1 tzdata zlib1g").split()}})
TRIXIE = Release("trixie", "17", "usr/lib/x86_64-linux-gnu", "usr/bin/busybox", {
    "postgresql-17": "17.", "postgresql-client-17": "17.", "busybox-static": "", "python3.13-minimal": "3.13.",
    **{name: "" for name in (
        "libaudit1 libc6 libcap-ng0 libcap2 libcom-err2 libexpat1 libgcc-s1 libgcrypt20 libgpg-error0 "
        "libgssapi-krb5-2 libicu76 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libldap2 liblz4-1 liblzma5 "
        "libpam0g libpcre2-8-0 libpq5 libpython3.13-minimal libpython3.13-stdlib libreadline8t64 libsasl2-2 "
        "libselinux1 libssl3t64 libstdc++6 libsystemd0 libtinfo6 libuuid1 libxml2 libxslt1.1 libxxhash0 libzstd1 tzdata "
        "zlib1g").split()}})
# Of Python's library: what a small web server has no use for, and the modules compiled apart.
PYTHON = "usr/lib/python3.13"
PYTHON_NOT_SHIPPED = ("test", "tests", "lib-dynload", "idlelib", "ensurepip", "pydoc_data", "sqlite3", "tkinter",
                      "turtledemo", "unittest", "venv", "asyncio", "curses", "dbm", "multiprocessing", "wsgiref",
                      "xmlrpc", "ctypes", "sitecustomize.py", "_pyrepl", "config-3.13-x86_64-linux-gnu", "__phello__")
CONFIGS = {
    POSTGRES: debian_tree.postgres_config(BOOKWORM),
    GUESTBOOK: {
        "Env": ["PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin"],
        "Entrypoint": ["/guestbook-entrypoint.sh"], "ExposedPorts": {"3000/tcp": {}},
    },
    GUESTBOOK_2: {
        "Env": ["PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin", "GUESTBOOK_EDITION=2"],
        "Entrypoint": ["/guestbook-entrypoint.sh"], "ExposedPorts": {"3000/tcp": {}},
    },
    POSTGRES_17: debian_tree.postgres_config(TRIXIE),
    LANGFUSE: {
        "User": "1001", "Env": ["PATH=/usr/lib/postgresql/17/bin:/usr/bin:/bin", "LANG=C.UTF-8"],
        "Entrypoint": ["python3.13", "-B", "/standin/server.py"], "ExposedPorts": {"3000/tcp": {}},
        "Labels": {"org.opencontainers.image.title": "hardtack's stand-in for Langfuse, for tests; not Langfuse"},
    },
}


def out_dir():
    return os.path.join(os.path.abspath(packages.BUILD), "tests", "images")


def _guestbook(root, base):
    tree = Tree(root, base)
    tree.script("guestbook-entrypoint.sh", "guestbook-entrypoint.sh")
    tree.script("index.cgi", "www/cgi-bin/index.cgi")
    return tree


def _langfuse(root, base):
    tree = Tree(root, base)
    tree.file("usr/bin/python3.13")
    tree.all_of(PYTHON, skip=PYTHON_NOT_SHIPPED)
    tree.folder(PYTHON + "/lib-dynload")  # it is looked for, with a complaint
    for name in sorted(os.listdir(STANDIN)):
        if name.endswith(".py"):
            tree.add(Entry("standin/" + name, 0o755, source=os.path.join(STANDIN, name)))
    return tree


class ImageSet:
    """A database and an application over it, on one base layer of a Debian release's packages."""

    def __init__(self, name, release, database, application, tree, second=None):
        self.folder, self.release, self.second = name, release, second
        self.names, self.tree, self.made = (database, application), tree, {}

    def path(self, *names):
        return os.path.join(out_dir(), self.folder, *names)

    def _source_hash(self, root):
        """What the layers are made of: our scripts, and the packages that were unpacked."""
        total = hashlib.sha256()
        scripts = [os.path.join(HERE, folder, name) for folder in ("rootfs", os.path.basename(STANDIN))
                   for name in sorted(os.listdir(os.path.join(HERE, folder))) if "." in name]
        for path in (__file__, debian_tree.__file__, image_writer.__file__, root + ".list", *scripts):
            with open(path, "rb") as file:
                total.update(hashlib.sha256(file.read()).digest())
        return total.hexdigest()

    def _layer(self, name, tree):
        folder = self.path("layers")
        try:
            return image_writer.open_layer(folder, name)
        except FileNotFoundError:
            return image_writer.make_layer(tree.in_order(), folder, name)

    def images(self):
        """{reference: Image}; the layers are made when our scripts or the packages have changed."""
        if self.made:
            return self.made
        with packages.locked():
            root = packages.unpacked("images", (self.release.suite,), self.release.packages)
            key, stamp = self._source_hash(root), self.path("stamp")
            old = None
            if os.path.exists(stamp):
                with open(stamp, encoding="ascii") as text:
                    old = text.read()
            if old != key:
                shutil.rmtree(self.path(), ignore_errors=True)
            base = debian_tree.base(root, self.release)
            layers = [self._layer(name, tree) for name, tree in (
                ("base", base), ("database", debian_tree.postgres(root, base, self.release)),
                ("application", self.tree(root, base)))]
            with open(stamp, "w", encoding="ascii") as text:
                text.write(key)
        for name, layer, flavour in zip(self.names, layers[1:], ("docker", "oci")):
            self.made[name] = image_writer.Image(name, "amd64", [layers[0], layer], CONFIGS[name], flavour=flavour)
        if self.second:
            self.made[self.second] = image_writer.Image(self.second, "amd64", [layers[0], layers[2]], CONFIGS[self.second],
                                                        flavour="oci")
        return self.made

    def archive(self, form, *names):
        """The path of an archive of these images (both by default) in that form, written when it is not there."""
        names = names or self.names
        chosen = [self.images()[name] for name in names]
        stem = "+".join(name.rsplit("/", 1)[1].replace(":", "-") for name in names)
        path = self.path(stem + "-" + form + ("" if form == "oci-folder" else ".tar"))
        with packages.locked():
            if not os.path.exists(path):
                FORMS[form](path + ".part", chosen)
                os.rename(path + ".part", path)
        return path


FORMS = {
    "oci": lambda path, chosen: image_writer.oci_layout(path, chosen),
    "oci-folder": lambda path, chosen: image_writer.oci_layout(path, chosen, folder=True),
    "save-old": image_writer.docker_save_old,
    "save-new": image_writer.docker_save_new,
    "save-store": image_writer.docker_save_store,
    "skopeo": image_writer.skopeo_archive,
}
_guestbook_set = ImageSet("guestbook", BOOKWORM, POSTGRES, GUESTBOOK, _guestbook, second=GUESTBOOK_2)
_langfuse_set = ImageSet("langfuse", TRIXIE, POSTGRES_17, LANGFUSE, _langfuse)
images, archive = _guestbook_set.images, _guestbook_set.archive
langfuse_images, langfuse_archive = _langfuse_set.images, _langfuse_set.archive


def big():
    """The path of the 1 GiB archive (OCI layout, tar)."""
    base = images()[POSTGRES].layers[0]
    path = _guestbook_set.path("big-oci.tar")
    with packages.locked():
        if not os.path.exists(path):
            _make_big(base, path)
    return path


def _make_big(base, path):
    noise = random.Random(2).randbytes(BIG_FILE_BYTES)  # deflate looks back 32 KiB: repeats further off are noise to it
    folder = _guestbook_set.path("big-layers")
    layer = image_writer.make_layer([Entry(f"noise-{number}", data=noise) for number in range(BIG_FILES)], folder,
                                    "big", level=0)
    image = image_writer.Image(BIG, "amd64", [base, layer], {"Env": ["PATH=/usr/bin"], "Cmd": ["sleep", "1000000"]})
    image_writer.oci_layout(path + ".part", [image])
    shutil.rmtree(folder)
    os.rename(path + ".part", path)


if __name__ == "__main__":
    for wanted in sys.argv[1:] or ["oci"]:
        print(archive(wanted))
        print(langfuse_archive(wanted))
