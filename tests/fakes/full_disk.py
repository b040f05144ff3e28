"""A disk that becomes full at a writing step, for a program and its children; static programs too (seccomp, Linux, no root).

    disk = FullDisk([folder, …])          what lies below these folders is "the disk"
    done = disk.run(argv, full_at=None, …)   as subprocess.run(); full_at: one of disk.steps, the first that finds no room
    disk.steps                               what was done: ["create x/receipt.json.tmp", "write x/receipt.json.tmp", …]
    disk.full                                was that step met?

A step creates a file or a directory, writes, lengthens or syncs. The step that has no room, and each one after it, is ENOSPC; removing
and renaming go on, as on a real disk. Numbers in names (of processes, times) are #, so that two runs' steps can be compared.
"""
import array
import ctypes
import errno
import fcntl
import os
import re
import select
import socket
import struct
import subprocess
import threading

O_CREAT = 0x40
# system call: (x86-64, arm64, what it does, which argument names the file; "at": a directory and a path)
CALLS = [("write", 1, 64, "write", "fd"), ("pwrite64", 18, 68, "write", "fd"), ("writev", 20, 66, "write", "fd"), ("pwritev", 296, 70, "write", "fd"),
         ("ftruncate", 77, 46, "lengthen", "fd"), ("fallocate", 285, 47, "lengthen", "fd"), ("fsync", 74, 82, "sync", "fd"), ("fdatasync", 75, 83, "sync", "fd"),
         ("copy_file_range", 326, 285, "write", "fd2"), ("sendfile", 40, 71, "write", "fd"),
         ("open", 2, None, "create", "path"), ("openat", 257, 56, "create", "at"), ("creat", 85, None, "create", "path"),
         ("mkdir", 83, None, "mkdir", "path"), ("mkdirat", 258, 34, "mkdir", "at"), ("link", 86, None, "create", "path2"), ("linkat", 265, 37, "create", "at2"),
         ("symlink", 88, None, "create", "path2"), ("symlinkat", 266, 36, "create", "path-at")]
ARM = os.uname().machine == "aarch64"
AUDIT, SECCOMP = (0xC00000B7, 277) if ARM else (0xC000003E, 317)
NUMBERS = {(arm if ARM else x86): (name, what, where) for name, x86, arm, what, where in CALLS if (arm if ARM else x86) is not None}
RECEIVE, SEND, CONTINUE = 0xC0502100, 0xC0182101, 1


def _program():
    """Asks us about those calls, and about opens that may create."""
    ask = (0x06, 0, 0, 0x7FC00000)
    lines = [(0x20, 0, 0, 4), (0x15, 1, 0, AUDIT), (0x06, 0, 0, 0x7FFF0000), (0x20, 0, 0, 0)]
    for number, (name, _, _) in NUMBERS.items():
        if name in ("open", "openat"):
            flags = 16 + 8 * (1 if name == "open" else 2)
            lines += [(0x15, 0, 4, number), (0x20, 0, 0, flags), (0x45, 0, 1, O_CREAT), ask, (0x06, 0, 0, 0x7FFF0000)]
        else:
            lines += [(0x15, 0, 1, number), ask]
    return b"".join(struct.pack("HBBI", *line) for line in [*lines, (0x06, 0, 0, 0x7FFF0000)])


def _ask_about_writes(channel):
    """In the child, before it becomes the program: the listener goes to the parent."""
    program = ctypes.create_string_buffer(_program())
    rule = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", (len(program) - 1) // 8, ctypes.addressof(program)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0:
        os._exit(98)
    listener = libc.syscall(SECCOMP, 1, 8, rule)
    if listener < 0:
        os._exit(98)
    channel.sendmsg([b"l"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener]))])
    os.close(listener)


class FullDisk:
    def __init__(self, folders):
        self.folders = [os.path.realpath(folder) for folder in folders]
        self.steps, self.full_at, self.full = [], None, False

    def run(self, argv, full_at=None, **how):
        self.steps, self.full_at, self.full = [], full_at, False
        ours, theirs = socket.socketpair()
        listen = threading.Thread(target=self._listen, args=(ours,), daemon=True)
        listen.start()
        try:
            return subprocess.run(argv, preexec_fn=lambda: _ask_about_writes(theirs), check=False, **how)
        finally:
            theirs.close()
            listen.join()
            ours.close()

    def _listen(self, channel):
        _, fds, _, _ = socket.recv_fds(channel, 1, 1)
        if not fds:
            return
        poll, question = select.poll(), bytearray(80)
        poll.register(fds[0], select.POLLIN)
        while not poll.poll()[0][1] & select.POLLHUP:
            question[:] = bytes(80)
            try:
                fcntl.ioctl(fds[0], RECEIVE, question)
            except OSError:  # it was killed meanwhile
                continue
            ident, pid, _, number, _, _, *arguments = struct.unpack("QIIiIQ6Q", question)
            error = self._judge(pid, number, arguments)
            answer = struct.pack("QqiI", ident, 0, -error, 0 if error else CONTINUE)
            try:
                fcntl.ioctl(fds[0], SEND, answer)
            except OSError:
                pass
        os.close(fds[0])

    def _judge(self, pid, number, arguments):
        """0, or the error that the call gets."""
        name, what, where = NUMBERS[number]
        try:
            path = self._path(pid, where, arguments)
        except OSError:
            return 0
        below = next((folder for folder in self.folders if path == folder or path.startswith(folder + "/")), None)
        if below is None or (what in ("create", "mkdir") and os.path.lexists(path)):
            return 0
        if what == "sync" and os.path.isdir(path):
            return 0  # it is about power cuts alone: what was renamed is there
        if name == "ftruncate" and arguments[1] <= os.stat(f"/proc/{pid}/fd/{arguments[0]}").st_size:
            return 0
        self.steps.append(f"{what} {re.sub('[0-9]+', '#', os.path.relpath(path, below))}")
        self.full = self.full or self.steps[-1] == self.full_at
        return errno.ENOSPC if self.full else 0

    @staticmethod
    def _path(pid, where, arguments):
        if where in ("fd", "fd2"):
            return os.readlink(f"/proc/{pid}/fd/{arguments[0 if where == 'fd' else 2] & 0xFFFFFFFF}").removesuffix(" (deleted)")
        folder, at = {"path": (None, 0), "path2": (None, 1), "at": (0, 1), "at2": (2, 3), "path-at": (1, 2)}[where]
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            memory.seek(arguments[at])
            text = b""
            while b"\0" not in text and len(text) < 4096:
                text += memory.read(4096 - arguments[at] % 4096 if not text else 4096)
        descriptor = -100 if folder is None else ctypes.c_int(arguments[folder] & 0xFFFFFFFF).value
        base = os.readlink(f"/proc/{pid}/cwd" if descriptor == -100 else f"/proc/{pid}/fd/{descriptor}")
        path = os.path.join(base, os.fsdecode(text.split(b"\0")[0]))
        return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def kinds(steps):
    """Each once: the order and the number of steps may differ from run to run, where threads write."""
    return list(dict.fromkeys(steps))
