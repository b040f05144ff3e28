"""Runs the rest of a program where there is no network but loopback."""
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
INSIDE = "CLIENT_TEST_INSIDE"


def enter():
    """Starts this program again inside a network namespace of its own; returns when inside."""
    if os.environ.get(INSIDE):
        raise_loopback()
        return
    how = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    if not shutil.which("unshare") or subprocess.run(how + ["true"], stderr=subprocess.DEVNULL).returncode:
        sys.exit("unshare -n does not work here: the offline proof cannot run\n0 passed, 1 failed")
    os.environ[INSIDE] = "1"
    os.execvp("unshare", how + [sys.executable, *sys.argv])


def raise_loopback():
    """ip link set lo up; then proves that nothing else is there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(control, SIOCGIFFLAGS, name))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
    if [name for _, name in socket.if_nameindex() if name != "lo" and not name.startswith(("tunl", "gre", "sit", "ip6", "erspan"))]:
        sys.exit("there is a network here\n0 passed, 1 failed")
