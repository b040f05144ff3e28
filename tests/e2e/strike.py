"""Strikes a program exactly before or after a line of its journal, however quick it is and however busy the machine.

Linux's seccomp asks a supervisor, here a thread, before each small write() and each fsync() of the program and of what
it starts: at the journal's line the program is held in its system call, and is struck there. Nothing of this is in the
product.
"""
import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import struct
import threading

# write, fsync, seccomp; the architecture as audit calls it
NUMBERS = {"x86_64": (1, 74, 317, 0xC000003E), "aarch64": (64, 82, 277, 0xC00000B7)}
WRITE, FSYNC, SECCOMP, AUDIT = NUMBERS[os.uname().machine]
ALLOW, ASK = 0x7FFF0000, 0x7FC00000
LINE_LIMIT = 512  # larger writes (docker load's) are none of the journal's
RECEIVE, ANSWER = 0xC0502100, 0xC0182101
GO_ON = 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE
LIBC = ctypes.CDLL(None, use_errno=True)


def _ask_for_writes(channel):
    """In the child, before exec: from here on the other end of the channel is asked."""
    code = [(0x20, 0, 0, 4), (0x15, 0, 6, AUDIT), (0x20, 0, 0, 0), (0x15, 3, 0, FSYNC), (0x15, 0, 3, WRITE),
            (0x20, 0, 0, 16 + 2 * 8), (0x25, 1, 0, LINE_LIMIT), (0x06, 0, 0, ASK), (0x06, 0, 0, ALLOW)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
    about = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(program)))
    if LIBC.prctl(38, 1, 0, 0, 0) != 0:  # no new privileges: a filter without being root
        os._exit(98)
    listener = LIBC.syscall(SECCOMP, 1, 8, about)  # SET_MODE_FILTER, NEW_LISTENER
    if listener < 0:
        os._exit(98)
    socket.send_fds(channel, [b"!"], [listener])


class Strike:
    """One program that is to be struck. state: "begin" or "done" with a step; "end" with None."""

    def __init__(self, step, state, when, number=signal.SIGKILL):
        self.step, self.state, self.when, self.number = step, state, when, number
        self.struck = self.seen = False
        self.process = None
        self.known = threading.Event()

    def start(self, popen):
        """popen(preexec_fn=…) starts the program; returns what it returns."""
        ours, theirs = socket.socketpair()
        supervisor = threading.Thread(target=self._supervise, args=(ours,), daemon=True)
        supervisor.start()
        try:
            self.process = popen(preexec_fn=lambda: _ask_for_writes(theirs))
        finally:
            theirs.close()
            self.known.set()
        return self.process

    def _supervise(self, channel):
        with channel:
            _, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
        if not descriptors:  # the child came to nothing
            return
        waiter = select.poll()
        waiter.register(descriptors[0], select.POLLIN)
        while not waiter.poll()[0][1] & select.POLLHUP:  # until the last of them is gone
            self._serve(descriptors[0])
        os.close(descriptors[0])

    def _serve(self, listener):
        question = bytearray(80)
        try:
            fcntl.ioctl(listener, RECEIVE, question)
            number, pid, _, call, _, _, fd, address, length = struct.unpack_from("QIIiIQQQQ", question)
            if not self.struck and self._is_now(pid, call, fd, address, length):
                self.struck = True
                os.kill(pid, self.number)
                if self.number == signal.SIGKILL:
                    return
            fcntl.ioctl(listener, ANSWER, struct.pack("QqiI", number, 0, 0, GO_ON))
        except OSError:
            pass  # whoever asked is dead

    def _is_now(self, pid, call, fd, address, length):
        """Is this the program's own call at the line, or right behind it?"""
        self.known.wait()
        if not self.process or pid != self.process.pid or \
                os.path.basename(os.readlink(f"/proc/{pid}/fd/{fd}")) != "journal.jsonl":
            return False
        if call == FSYNC:
            return self.when == "after" and self.seen
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            memory.seek(address)
            line = json.loads(memory.read(length))
        self.seen = line.get("step") == self.step and line["state"] == self.state
        return self.when == "before" and self.seen
