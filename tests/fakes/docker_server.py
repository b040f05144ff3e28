#!/usr/bin/env python3
"""Plays the calls of docker_client.c with scripted_docker.py, each in a process of its own: docker_server.py SOCKET

A call costs a fork where tests/fakes/docker starts a Python: a fifth of the processor time.
The player has the caller's arguments, environment, directory, umask, user and descriptors 0 to 2. It ends when the
caller is killed. "ready" on stdout: calls are taken. Ends when its stdin ends, and all calls with it.
"""
import array
import codecs
import ctypes
import fcntl
import gc
import hashlib  # noqa: F401  what a player may want is here already
import os
import select
import signal
import socket
import struct
import sys
import tarfile  # noqa: F401
import traceback

import scripted_docker

LIBC = ctypes.CDLL(None, use_errno=True)
for name in ("ascii", "latin-1", "utf-8"):  # looked up in files that another user may not read
    codecs.lookup(name)


def receive_call(connection):
    """(the strings of the message, the four descriptors); None: the caller is gone."""
    head, control, _, _ = connection.recvmsg(4, socket.CMSG_SPACE(16))
    descriptors = array.array("i", b"".join(data for _, _, data in control)).tolist()
    length = struct.unpack("I", head)[0] if len(head) == 4 else 0
    message = b""
    while len(message) < length:
        more = connection.recv(length - len(message))
        if not more:
            break
        message += more
    if not length or len(message) < length or len(descriptors) != 4:
        for descriptor in descriptors:
            os.close(descriptor)
        return None
    return [os.fsdecode(word) for word in message[:-1].split(b"\0")], descriptors


def enter_mounts(pid):
    """The caller's mount namespace, where that is another."""
    theirs = f"/proc/{pid}/ns/mnt"
    if not os.path.exists(theirs):
        os._exit(1)  # it is gone
    if os.stat(theirs).st_ino == os.stat("/proc/self/ns/mnt").st_ino:
        return
    with open(theirs, "rb") as namespace:
        if LIBC.setns(namespace.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def become(caller, connection, descriptors, mask):
    """The caller in all that a call can see of it. SIGIO comes, and ends this, when the other end is closed."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    pid, user, group = caller
    enter_mounts(pid)
    os.fchdir(descriptors[3])
    for number in range(3):
        os.dup2(descriptors[number], number)
    os.umask(mask)
    os.setpgid(0, 0)
    if user != os.geteuid():
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
    fcntl.fcntl(connection, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(connection, fcntl.F_SETFL, fcntl.fcntl(connection, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([connection], [], [], 0)[0]:
        os._exit(1)


def play(words, caller, connection, descriptors):
    """Never returns."""
    code = 1
    try:
        program, mask, count = words[0], int(words[1], 8), int(words[2])
        become(caller, connection, descriptors, mask)
        os.environ.clear()
        os.environ.update(word.split("=", 1) for word in words[3 + count:] if "=" in word)
        sys.argv = [program, *words[4:3 + count]]
        scripted_docker.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # pylint: disable=broad-except
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            code = code or 120  # as Python's own end
        os._exit(code)


def reap(players):
    while players:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            break
        connection = players.pop(pid)
        try:
            connection.sendall(struct.pack("i", status))
        except OSError:
            pass  # killed
        connection.close()


def main():
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(sys.argv[1])
    os.chmod(sys.argv[1], 0o666)
    listener.listen(64)
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    players = {}
    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    while True:
        ready = select.select([listener, wake, 0], [], [])[0]
        if wake in ready:
            os.read(wake, 4096)
        reap(players)
        if 0 in ready and not os.read(0, 1):
            break
        if listener not in ready:
            continue
        connection = listener.accept()[0]
        try:
            call = receive_call(connection)
        except OSError:
            call = None
        if call is None:
            connection.close()
            continue
        caller = struct.unpack("iII", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        pid = os.fork()
        if pid == 0:
            play(call[0], caller, connection, call[1])
        players[pid] = connection
        for descriptor in call[1]:
            os.close(descriptor)
        try:
            connection.sendall(struct.pack("i", pid))
        except OSError:
            pass  # killed: so is the player
    for pid in players:
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
