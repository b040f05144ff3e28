"""Seeds for fuzz_stub_backup: a whole backup as stub/backup_archive.c writes it, and what its backup.json says."""
import hashlib
import json

TIME = 1700000000


def header(path, size, mode, kind):
    """One ustar block, as bundle/tar_writer.c fills it."""
    fields = [path.encode().ljust(100, b"\0"), b"%07o\0" % mode, b"%07o\0" % 0, b"%07o\0" % 0, b"%011o\0" % size,
              b"%011o\0" % TIME, b" " * 8, kind, bytes(100), b"ustar\0", b"00", bytes(64), b"%07o\0" % 0, b"%07o\0" % 0, bytes(167)]
    block = bytearray(b"".join(fields))
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data):
    return data + bytes(-len(data) % 512)


def entry(path, data, mode=0o600):
    record = b"29 size=%020d\n" % len(data)
    return header("PaxHeaders/entry", len(record), 0o644, b"x") + padded(record) + header(path, len(data), mode, b"0") + padded(data)


def main_text(hook):
    data = {} if hook else {"data": "hardtack-backup/volumes/v1.tar"}
    return json.dumps({
        "hardtack_backup": 1, "name": "p", "version": "1.0", "project": "p", "directory": "/d", "created_at": "2026-11-23T00:00:00Z",
        "root": "00", "builder": "hardtack", "hook": hook,
        "images": [{"reference": "a:1", "tag": "a:1-0", "pin": "sha256:0", "config": "sha256:1"}],
        "volumes": [{"name": "v1", "key": "v", "postgres_major": "15", "labels": {"com.docker.compose.project": "p"}, **data}],
        "directories": [{"path": "data", "data": "hardtack-backup/directories/1.tar"}],
        "not_in": [{"kind": "anonymous", "name": "0", "service": "db", "destination": "/d"}],
    }, indent=2).encode()


def backup():
    files = [("hardtack-backup/backup.json", main_text(False)), ("hardtack-backup/files/.env", b"A=1\n"),
             ("hardtack-backup/volumes/v1.tar", bytes(1024)), ("hardtack-backup/directories/1.tar", bytes(1024))]
    index = {"hardtack_backup_index": 1, "time": TIME, "entries": [
        {"path": path, "size": len(data), "mode": 0o600, "sha256": hashlib.sha256(data).hexdigest()} for path, data in files]}
    files.append(("hardtack-backup/index.json", (json.dumps(index, indent=2) + "\n").encode()))
    return b"".join(entry(*file) for file in files) + bytes(1024)


def write(put, out):
    put(out, "stub_backup", "whole", backup())
    put(out, "stub_backup", "volumes", b"\0" + main_text(False))
    put(out, "stub_backup", "hook", b"\0" + main_text(True))
