"""The stick is pulled out in mid-install: a clear error, nothing half in Docker; plugged in again, it continues.

The stick is a loop device over a file; pulled out means that the file is cut, so that reads fail as of a device that is
gone, and that what the kernel remembers of the installer is dropped.
"""
import os
import subprocess
import time

import harness
import kill


def system(*argv):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise harness.Skip(f"{' '.join(argv)}: {done.stderr.strip()}")
    return done.stdout.strip()


class Stick:
    """A file system of its own, with the installer on it, that can be pulled out and plugged in again."""

    def __init__(self, t, file):
        self.disk, self.kept, self.folder = t.path("stick.img"), t.path("stick.kept"), t.path("stick")
        self.size = os.path.getsize(file) + (16 << 20)
        os.makedirs(self.folder)
        with open(self.disk, "wb") as disk:
            disk.truncate(self.size)
        system("mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", self.disk)
        self.device = system("losetup", "-f", "--show", self.disk)
        self.mounted = False
        self.plug()
        self.file = os.path.join(self.folder, os.path.basename(file))
        system("cp", "--preserve=mode", file, self.file)
        self.unplug()
        system("cp", "--sparse=always", self.disk, self.kept)
        self.plug("ro")

    def plug(self, *options):
        system("mount", *(["-o", ",".join(options)] if options else []), self.device, self.folder)
        self.mounted = True

    def unplug(self):
        system("umount", self.folder)
        self.mounted = False

    def pull(self):
        """Gone: every byte that is not remembered anywhere."""
        os.truncate(self.disk, 0)
        with open(self.file, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        system("blockdev", "--flushbufs", self.device)

    def push(self):
        """Plugged in again: unmounted and mounted, as desktops do."""
        system("umount", "-l", self.folder)
        system("losetup", "-d", self.device)
        system("cp", "--sparse=always", self.kept, self.disk)
        self.device = system("losetup", "-f", "--show", self.disk)
        self.plug("ro")

    def clean(self):
        subprocess.run(["umount", "-l", self.folder], capture_output=True, check=False)
        subprocess.run(["losetup", "-d", self.device], capture_output=True, check=False)


def pulled_out(book, stick, line):
    process = book.popen("install", "--yes")
    deadline = time.monotonic() + kill.PATIENCE_S
    while process.poll() is None and line not in book.t.said() and time.monotonic() < deadline:
        time.sleep(0.001)
    stick.pull()
    return process.wait(kill.PATIENCE_S), book.t.said()


def on_engine(t, name, stick, lines):
    engine = t.bench.engine(name)
    book = kill.Guestbook(t, engine, stick.file)
    for line in lines:
        status, said = pulled_out(book, stick, line)
        t.check(status == 8 and "can no longer be read" in said and "plug the stick in again" in said,
                f"{name}: pulled out at \"{line}\": 8, and what to do", f"{status}\n{said}")
        images = engine.run(["docker", "images", "-aq"]).stdout
        t.check(images == "" and not book.leftovers(), f"{name}: no half image is in Docker", images)
        stick.push()
    book.complete(f"{name}: plugged in again")
    t.check(book.run("uninstall", "--yes", "--purge-data").code == 0, f"{name}: uninstall --purge-data: 0")


def story(t):
    stick = Stick(t, kill.Guestbook(t, t.bench.engine("v28")).file)
    try:
        on_engine(t, "v28", stick, ("Loading images: 2",))
        on_engine(t, "v28c", stick, ("Writing files", "Loading images: 2"))
    finally:
        stick.clean()
