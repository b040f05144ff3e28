"""Real images for the tests, made of Debian 12's packages: PostgreSQL, and a small web service that talks to it.

    docker.io/library/postgres:15      PostgreSQL 15, started as the official image is (tests/images/rootfs)
    ghcr.io/acme/guestbook:1.2         busybox httpd and psql: GET / counts visits in the database

Both stand on one base layer. They are for linux/amd64 and need no network once the packages are in the cache.
`archive(form, *names)` writes them in one of image_writer's forms, kept in build/tests/images. `big()` is an archive
of docker.io/acme/big:1, the base with 1 GiB of bytes that no compression makes smaller.
"""
import hashlib
import os
import random
import shutil
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "scripts"), os.path.join(HERE, "..", "engines")]
import image_writer  # noqa: E402
import packages  # noqa: E402
from image_writer import Entry  # noqa: E402

POSTGRES = "docker.io/library/postgres:15"
GUESTBOOK = "ghcr.io/acme/guestbook:1.2"
PG = "usr/lib/postgresql/15"
PACKAGES = {"postgresql-15": "15.", "postgresql-client-15": "15.", "busybox-static": "", **{name: "" for name in (
    "libaudit1 libc6 libcap-ng0 libcap2 libcom-err2 libffi8 libgcc-s1 libgcrypt20 libgmp10 libgnutls30 libgpg-error0 "
    "libgssapi-krb5-2 libhogweed6 libicu72 libidn2-0 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 "
    "libldap-2.5-0 liblz4-1 liblzma5 libnettle8 libp11-kit0 libpam0g libpcre2-8-0 libpq5 libreadline8 libsasl2-2 "
    "libselinux1 libssl3 libstdc++6 libsystemd0 libtasn1-6 libtinfo6 libunistring2 libuuid1 libxml2 libxslt1.1 "
    "libzstd1 tzdata zlib1g").split()}}
LIBRARY_FOLDERS = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")
NOT_SHIPPED = ("llvmjit.so",)  # would drag in LLVM; jit is off
APPLETS = ("sh cat chmod chown cp cut date df echo env false find grep head httpd id ls mkdir mv printf ps rm sed sleep "
           "sort stat su tail tar test touch true wc wget").split()
BIG = "docker.io/acme/big:1"
BIG_FILES, BIG_FILE_BYTES = 16, 64 << 20
CONFIGS = {
    POSTGRES: {
        "Env": ["PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin", "PGDATA=/var/lib/postgresql/data", "LANG=C"],
        "Entrypoint": ["/postgres-entrypoint.sh"], "Cmd": ["postgres"], "StopSignal": "SIGINT",
        "ExposedPorts": {"5432/tcp": {}}, "Volumes": {"/var/lib/postgresql/data": {}},
    },
    GUESTBOOK: {
        "Env": ["PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin"],
        "Entrypoint": ["/guestbook-entrypoint.sh"], "ExposedPorts": {"3000/tcp": {}},
    },
}


def out_dir():
    return os.path.join(os.path.abspath(packages.BUILD), "tests", "images")


def elf_needed(path):
    """The libraries that a 64-bit ELF file asks for (DT_NEEDED), read from its dynamic section."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:5] != b"\x7fELF\x02":
        return []
    offset, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    headers = [struct.unpack_from("<IIQQQQ", data, offset + index * size) for index in range(count)]
    loads = [(vaddr, at, length) for kind, _, at, vaddr, _, length in headers if kind == 1]
    needed, strings = [], None
    for kind, _, at, _, _, length in headers:
        if kind != 2:
            continue
        for tag, value in struct.iter_unpack("<QQ", data[at:at + length]):
            if tag == 0:
                break
            if tag == 1:
                needed.append(value)
            if tag == 5:
                strings = next(at_ + value - vaddr for vaddr, at_, length_ in loads if vaddr <= value < vaddr + length_)
    return [data[strings + name:data.index(b"\0", strings + name)].decode() for name in needed]


class Tree:
    """Picks files out of the unpacked packages, each program with all libraries that it needs."""

    def __init__(self, root, below=None):
        self.root, self.entries = root, {}
        self.have = set(below.entries) | below.have if below else set()

    def add(self, entry):
        if entry.name not in self.have:
            self.entries.setdefault(entry.name, entry)

    def folder(self, name, mode=0o755):
        self.add(Entry(name, mode))

    def file(self, name):
        """A file or link of the packages; a program's libraries come along."""
        if name in self.have or name in self.entries:
            return
        path = os.path.join(self.root, name)
        if os.path.islink(path):
            target = os.readlink(path)
            self.add(Entry(name, link=target))
            self.file(os.path.normpath(os.path.join(os.path.dirname(name), target)))
            return
        self.add(Entry(name, os.stat(path).st_mode & 0o755, source=path))
        for library in elf_needed(path):
            self.library(library, name)

    def library(self, library, user):
        if library.startswith("ld-linux"):
            return
        for folder in LIBRARY_FOLDERS:
            if os.path.lexists(os.path.join(self.root, folder, library)):
                self.file(os.path.join(folder, library))
                return
        raise packages.PackageError(f"{user} needs {library}, which none of the packages in tests/images/images.py has")

    def all_of(self, folder, skip=()):
        for top, folders, files in os.walk(os.path.join(self.root, folder)):
            folders[:] = sorted(name for name in folders if name not in skip)
            for name in sorted(files):
                if name not in skip:
                    self.file(os.path.relpath(os.path.join(top, name), self.root))

    def script(self, name, target):
        with open(os.path.join(HERE, "rootfs", name), "rb") as file:
            self.add(Entry(target, 0o755, data=file.read()))

    def in_order(self):
        """Entries by name, each with the folders above it, so that no engine has to invent any."""
        folders = {}
        for name in self.entries:
            while "/" in name:
                name = name.rsplit("/", 1)[0]
                folders[name] = Entry(name, 0o755)
        return [entry for _, entry in sorted({**folders, **self.entries}.items())]


def _base(root):
    tree = Tree(root)
    for name, target in (("bin", "usr/bin"), ("lib64", "lib/x86_64-linux-gnu")):
        tree.add(Entry(name, link=target))
    tree.add(Entry("usr/bin/busybox", 0o755, source=os.path.join(root, "bin/busybox")))
    for applet in APPLETS:
        tree.add(Entry("usr/bin/" + applet, link="busybox"))
    tree.folder("tmp", 0o1777)
    tree.add(Entry("etc/passwd", data=b"root:x:0:0:root:/:/bin/sh\npostgres:x:999:999::/tmp:/bin/sh\n"))
    tree.add(Entry("etc/group", data=b"root:x:0:\npostgres:x:999:\n"))
    tree.file("lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
    tree.file(PG + "/bin/psql")
    return tree


def _postgres(root, base):
    tree = Tree(root, base)
    for program in ("postgres", "initdb", "pg_ctl", "pg_isready", "pg_dump", "pg_restore"):
        tree.file(f"{PG}/bin/{program}")
    tree.all_of(PG + "/lib", skip=("bitcode", *NOT_SHIPPED, "pgxs"))
    tree.all_of("usr/share/postgresql/15", skip=("man", "locale"))
    for zone in ("UTC", "Etc/UTC", "Asia/Shanghai"):
        tree.file("usr/share/zoneinfo/" + zone)
    tree.script("postgres-entrypoint.sh", "postgres-entrypoint.sh")
    return tree


def _guestbook(root, base):
    tree = Tree(root, base)
    tree.script("guestbook-entrypoint.sh", "guestbook-entrypoint.sh")
    tree.script("index.cgi", "www/cgi-bin/index.cgi")
    return tree


def _source_hash(root):
    """What the layers are made of: our scripts, and the packages that were unpacked."""
    total = hashlib.sha256()
    for path in (__file__, image_writer.__file__, root + ".list",
                 *(os.path.join(HERE, "rootfs", name) for name in sorted(os.listdir(os.path.join(HERE, "rootfs"))))):
        with open(path, "rb") as file:
            total.update(hashlib.sha256(file.read()).digest())
    return total.hexdigest()


_made = {}


def images():
    """Both images, {reference: Image}; the layers are made when our scripts or the packages have changed."""
    if _made:
        return _made
    with packages.locked():
        root = packages.unpacked("images", ("bookworm",), PACKAGES)
        key, stamp = _source_hash(root), os.path.join(out_dir(), "stamp")
        old = None
        if os.path.exists(stamp):
            with open(stamp, encoding="ascii") as text:
                old = text.read()
        if old != key:
            shutil.rmtree(out_dir(), ignore_errors=True)
        base = _base(root)
        layers = {}
        for name, tree in (("base", base), ("postgres", _postgres(root, base)), ("guestbook", _guestbook(root, base))):
            layers[name] = _layer(name, tree)
        with open(stamp, "w", encoding="ascii") as text:
            text.write(key)
    _made[POSTGRES] = image_writer.Image(POSTGRES, "amd64", [layers["base"], layers["postgres"]], CONFIGS[POSTGRES],
                                         flavour="docker")
    _made[GUESTBOOK] = image_writer.Image(GUESTBOOK, "amd64", [layers["base"], layers["guestbook"]],
                                          CONFIGS[GUESTBOOK])
    return _made


def _layer(name, tree):
    folder = os.path.join(out_dir(), "layers")
    try:
        return image_writer.open_layer(folder, name)
    except FileNotFoundError:
        return image_writer.make_layer(tree.in_order(), folder, name)


FORMS = {
    "oci": lambda path, chosen: image_writer.oci_layout(path, chosen),
    "oci-folder": lambda path, chosen: image_writer.oci_layout(path, chosen, folder=True),
    "save-old": image_writer.docker_save_old,
    "save-new": image_writer.docker_save_new,
    "save-store": image_writer.docker_save_store,
    "skopeo": image_writer.skopeo_archive,
}


def archive(form, *names):
    """The path of an archive of these images (both by default) in that form, written when it is not there."""
    chosen = [images()[name] for name in names or (POSTGRES, GUESTBOOK)]
    stem = "+".join(name.rsplit("/", 1)[1].split(":")[0] for name in names or (POSTGRES, GUESTBOOK))
    path = os.path.join(out_dir(), stem + "-" + form + ("" if form == "oci-folder" else ".tar"))
    with packages.locked():
        if not os.path.exists(path):
            FORMS[form](path + ".part", chosen)
            os.rename(path + ".part", path)
    return path


def big():
    """The path of the 1 GiB archive (OCI layout, tar)."""
    base = images()[POSTGRES].layers[0]
    path = os.path.join(out_dir(), "big-oci.tar")
    with packages.locked():
        if not os.path.exists(path):
            _make_big(base, path)
    return path


def _make_big(base, path):
    noise = random.Random(2).randbytes(BIG_FILE_BYTES)  # deflate looks back 32 KiB: repeats further off are noise to it
    folder = os.path.join(out_dir(), "big-layers")
    layer = image_writer.make_layer([Entry(f"noise-{number}", data=noise) for number in range(BIG_FILES)], folder,
                                    "big", level=0)
    image = image_writer.Image(BIG, "amd64", [base, layer], {"Env": ["PATH=/usr/bin"], "Cmd": ["sleep", "1000000"]})
    image_writer.oci_layout(path + ".part", [image])
    shutil.rmtree(folder)
    os.rename(path + ".part", path)


if __name__ == "__main__":
    for wanted in sys.argv[1:] or ["oci"]:
        print(archive(wanted))
