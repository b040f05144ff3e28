"""Picks files for an image out of unpacked Debian packages: programs with the libraries that they need."""
import dataclasses
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "scripts"), os.path.join(HERE, "..", "engines")]
import packages  # noqa: E402
from image_writer import Entry  # noqa: E402

LIBRARY_FOLDERS = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")
NOT_SHIPPED = ("llvmjit.so",)  # would drag in LLVM; jit is off
APPLETS = ("sh cat chmod chown cp cut date df echo env false find grep head httpd id ls mkdir mv printf ps rm sed sleep "
           "sort stat su tail tar test touch true wc wget").split()


@dataclasses.dataclass(frozen=True)
class Release:
    """A Debian release and its PostgreSQL: where the files lie that differ."""
    suite: str
    postgres: str
    loader: str   # the folder of ld-linux-x86-64.so.2
    busybox: str
    packages: dict

    def pg(self):
        return "usr/lib/postgresql/" + self.postgres


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
        raise packages.PackageError(f"{user} needs {library}, which none of the packages asked for in tests/images has")

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


def base(root, release):
    """busybox, psql and who is who: what all images of a set stand on."""
    tree = Tree(root)
    for name, target in (("bin", "usr/bin"), ("lib64", release.loader), ("var/run", "../run")):
        tree.add(Entry(name, link=target))
    tree.add(Entry("usr/bin/busybox", 0o755, source=os.path.join(root, release.busybox)))
    for applet in APPLETS:
        tree.add(Entry("usr/bin/" + applet, link="busybox"))
    tree.folder("tmp", 0o1777)
    tree.add(Entry("etc/passwd", data=b"root:x:0:0:root:/:/bin/sh\npostgres:x:999:999::/tmp:/bin/sh\n"))
    tree.add(Entry("etc/group", data=b"root:x:0:\npostgres:x:999:\n"))
    tree.file(release.loader + "/ld-linux-x86-64.so.2")
    tree.file(release.pg() + "/bin/psql")
    return tree


def postgres(root, below, release):
    """The server, started as the official image starts it."""
    tree, pg = Tree(root, below), release.pg()
    for program in ("postgres", "initdb", "pg_ctl", "pg_isready", "pg_dump", "pg_restore"):
        tree.file(f"{pg}/bin/{program}")
    tree.all_of(pg + "/lib", skip=("bitcode", *NOT_SHIPPED, "pgxs"))
    tree.all_of("usr/share/postgresql/" + release.postgres, skip=("man", "locale"))
    for zone in ("UTC", "Etc/UTC", "Asia/Shanghai"):
        tree.file("usr/share/zoneinfo/" + zone)
    tree.script("postgres-entrypoint.sh", "postgres-entrypoint.sh")
    return tree


def postgres_config(release):
    return {
        "Env": [f"PATH=/{release.pg()}/bin:/usr/bin:/bin", "PGDATA=/var/lib/postgresql/data", "LANG=C"],
        "Entrypoint": ["/postgres-entrypoint.sh"], "Cmd": ["postgres"], "StopSignal": "SIGINT",
        "ExposedPorts": {"5432/tcp": {}}, "Volumes": {"/var/lib/postgresql/data": {}},
    }
