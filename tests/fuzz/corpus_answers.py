"""Seeds for the targets that answer in the place of engines, registries and disks: (parser, name, bytes)."""

import base64
import hashlib
import io
import json
import os
import re
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DIGEST = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"  # of "hello"
ID = DIGEST[7:]
END = b"\xfe"


def text(value):
    return json.dumps(value, separators=(",", ":")).encode()


def answer(out=b"", code=0, err=b""):
    return bytes([code]) + (out if isinstance(out, bytes) else text(out)) + END + err + END


def container(name, **state):
    return {
        "Id": ID, "Name": "/" + name, "Image": DIGEST, "RestartCount": 2,
        "State": {"Status": "running", "Running": True, "Restarting": False, "OOMKilled": False, "ExitCode": 1, "Error": "x",
                  "StartedAt": "2026-01-01T00:00:00Z", "Health": {"Status": "healthy", "Log": [{"ExitCode": 0, "Output": "ok\n"}]}, **state},
        "HostConfig": {"RestartPolicy": {"Name": "always"}},
        "Config": {"Env": ["A=b"], "Labels": {"com.docker.compose.service": name, "com.docker.compose.oneoff": "False"}},
    }


def docker():
    endpoint = answer(b"default unix:///var/run/docker.sock\n")
    version = {"Client": {"Version": "28.5.2"}, "Server": {"Os": "linux", "Arch": "amd64", "Version": "28.5.2", "ApiVersion": "1.51"}}
    info = {"OperatingSystem": "Debian", "DockerRootDir": "/var/lib/docker", "MemTotal": 1 << 33, "NCPU": 2,
            "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}
    image = [{"Id": DIGEST, "Os": "linux", "Architecture": "arm64", "Variant": "v8", "RootFS": {"Type": "layers", "Layers": [DIGEST]}}]
    down = b"Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?\n"
    yield "engine", b"\0" + endpoint + answer(version) + answer(info)
    yield "engine-down", b"\0" + endpoint + answer({"Client": {}, "Server": None}, 1, down)
    yield "engine-permission", b"\0" + endpoint + answer(b"", 1, b"permission denied while trying to connect to the Docker daemon socket")
    yield "engine-remote", b"\0" + answer(b"x tcp://1.2.3.4:2375\n")
    yield "engine-silent", b"\0" + endpoint + bytes([254]) + END + END
    yield "engine-banner", b"\0" + endpoint + answer(b"Emulate Docker CLI using podman.\n{}")
    yield "image", b"\1" + answer(image) + answer(ID.encode() + b"\n") + answer()
    yield "image-none", b"\1" + answer(b"[]\n", 1, b"Error: No such image: a") + answer(b"", 1, b"Error response from daemon: x")
    yield "image-odd", b"\1" + answer([{"Id": 5, "RootFS": []}]) + answer(b"short\n")
    ids = answer((ID + "\n").encode() * 2)
    both = answer([container("web"), container("db", Status="exited", Running=False)])
    yield "containers", b"\2" + ids + both + both
    yield "containers-gone", b"\2" + ids + answer(b"[]\n", 1, b"Error: No such container") + both
    crash = answer([container("web", Restarting=True, Status="restarting"), container("db", Health=None)])
    yield "health", b"\3" + (ids + both) * 2 + ids + crash
    yield "health-odd", b"\3" + ids + answer([container("web", Status="paused", ExitCode=-1), {}])
    yield "names", b"\4" + answer(b"a_b\nc\n") + answer(b"web project\n") + answer(b"web /elsewhere\n") + answer(b"db project\n") + answer(b"v2.40.3-desktop.1\n")


def registry():
    def reply(status, body=b"", *lines):
        return (b"%d\r\n" % status) + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body + END

    manifest = text({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {}, "layers": []})
    digest = hashlib.sha256(manifest).hexdigest().encode()
    challenge = b'WWW-Authenticate: Bearer realm="https://auth.example/token",service="s",scope="repository:library/app:pull"'
    token = text({"token": "abc", "access_token": "def", "expires_in": 300})
    yield "manifest", b"\0" + reply(200, manifest, b"Content-Type: application/json", b"Docker-Content-Digest: sha256:" + digest)
    yield "login", b"\0" + reply(401, b'{"errors":[{"code":"UNAUTHORIZED","message":"x"}]}', challenge) + reply(200, token) + reply(200, manifest)
    yield "basic", b"\0" + reply(401, b"", b'WWW-Authenticate: Basic realm="x"') + reply(403, b"no")
    yield "limited", b"\0" + reply(429, b"toomanyrequests: slow down", b"Retry-After: 120", b"RateLimit-Remaining: 0;w=21600")
    yield "schema1", b"\0" + reply(200, text({"schemaVersion": 1, "fsLayers": []}))
    yield "page", b"\1" + reply(200, b"<html>login</html>", b"Content-Type: text/html")
    yield "wrong", b"\1" + reply(200, manifest)
    yield "hello", b"\1" + reply(200, b"hello")
    yield "blob", b"\2" + reply(206, b"x" * 33, b"Content-Range: bytes 7-39/40")
    yield "blob-whole", b"\2" + reply(200, b"x" * 40)
    yield "blob-range", b"\2" + reply(416) + reply(200, b"x" * 40)
    yield "blob-cut", b"\2" + reply(206, b"x" * 3, b"Content-Range: bytes 7-39/40")
    yield "file", b"\3" + reply(200, b"data", b"Content-Length: 4")
    yield "token-lines", b"\3" + reply(401, b"", challenge) + reply(200, b'{"token":"a\\r\\nX: y"}') + reply(200)
    yield "ping", b"\4" + reply(401, b"", challenge)
    yield "trouble", b"\4" + reply(503, b"\x1b[2Jbusy\nnow", b"Retry-After: Sun, 06 Nov 1994 08:49:37 GMT")


def records():
    receipt = {
        "schema": 1, "name": "hello", "version": "1.0", "project": "hello", "directory": "/x", "installer": "/y", "root": ID, "builder": "hardtack 0.1.0",
        "compose": "compose.yaml", "installed_at": "2026-01-01T00:00:00Z", "first_installed_at": "2026-01-01T00:00:00Z",
        "engine": {"product": "Debian", "version": "28.5.2"}, "images": [{"reference": "a", "tag": "b", "pin": DIGEST, "config": DIGEST}],
        "files": [{"path": "compose.yaml", "sha256": ID}], "proofs": ["verify", "http: \u4f60"]}
    line = '{"at":"2026-01-01T00:00:00Z","run":"%s","verb":"install","step":"%s","state":"%s"%s}\n'
    begin, done = line % ("0" * 32, "load", "begin", ""), line % ("0" * 32, "load", "done", "")
    yield "receipt", b"\0" + text(receipt)
    yield "receipt-newer", b"\0" + text({**receipt, "schema": 2})
    yield "receipt-cut", b"\0" + text(receipt)[:200]
    yield "journal", b"\1" + (begin + done + begin).encode()
    yield "journal-cut", b"\1" + (begin + done + begin).encode()[:-9]
    yield "journal-code", b"\1" + (line % ("0", "up", "failed", ',"code":12')).encode() + b"\0\n[]\n{}\n"


def bundle():
    """A payload with one image, and manifests of it that lie."""
    blobs = {name: text({"a": name}) for name in ("config", "manifest")}
    blobs["layer"] = b"layer" * 10
    path = {name: "blobs/sha256/" + hashlib.sha256(data).hexdigest() for name, data in blobs.items()}
    digest = {name: "sha256:" + at[13:] for name, at in path.items()}
    with open(os.path.join(ROOT, "bundle", "FORMAT.md"), "rb") as file:
        manifest = json.loads(re.search(rb"```json\n(.*?)```", file.read(), re.S)[1])
    image = manifest["images"][0]
    image["pin"], image["manifest"]["size"] = digest["manifest"], len(blobs["manifest"])
    image["config"] = {"digest": digest["config"], "size": len(blobs["config"])}
    image["layers"] = [{**image["layers"][0], "digest": digest["layer"], "diff_id": digest["layer"], "size": len(blobs["layer"])}]
    image["tag"] = image["tag"].rsplit("-", 1)[0] + "-" + path["manifest"][13:25]
    order = [(entry["path"], b"x" * 7) for entry in manifest["entries"]]
    order += [(at, text({"at": at})) for at in ("oci-layout", "index.json", "manifest.json")]
    order += [(path[name], blobs[name]) for name in ("config", "manifest", "layer")]
    manifest["entries"] = [{"path": at, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "mode": "0644"} for at, data in order]
    first = text(manifest)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for at, data in [("hardtack/manifest.json", first), *order]:
            entry = tarfile.TarInfo(at)
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))
        end = tar.offset
    yield "whole", b"\0" + buffer.getvalue()[:end] + bytes(1024)
    yield "manifest", b"\1" + first
    for number, (words, new) in enumerate(((b'"size":7', b'"size":9223372036854775807'), (b'"image":0', b'"image":4294967296'), (b"hardtack/files/", b"hardtack/files/../"),
                                               (b'"layers":[', b'"layers":[{},'), (digest["layer"].encode(), digest["config"].encode()))):
        yield "lie-%d" % number, b"\1" + first.replace(words, new)


def executables():
    edits = (b"", b"\0\0\0\x7e", b"\x40\x50\0\xff", b"\x00\x60\0\1", b"\xff\xff\xff\x10", b"\xfe\xff\xff\0", b"\x10\0\0\xff", b"\x20\0\0\x1a\x24\0\0\xff")
    for kind in (1, 2, 3):
        for number, edit in enumerate(edits):
            yield "%d-%d" % (kind, number), bytes([kind]) + edit
    yield "elf", b"\0\x7fELF\2\1\1".ljust(65, b"\0")
    yield "macho", b"\0" + bytes.fromhex("cffaedfe0c000001000000000200000000000000")


def addresses():
    for number, line in enumerate(("https://ghcr.io/v2/", "http://[::1]:5000/a?b#c\n/x", "https://a.example:443\n//b.example/y", "HTTPS://A.example\nhttp://u:p@c/", "http://127.0.0.1\nx\x01y")):
        yield "url-%d" % number, b"\0" + line.encode()
    for number, line in enumerate(("http://127.0.0.1:3000/a?b", "http://[::1]/", "http://localhost:80", "http://127.1/", "http://127.0.0.1@x/", "http://127.0.0.256/", "https://127.0.0.1/")):
        yield "loopback-%d" % number, b"\1" + line.encode()


def step_values():
    for number, line in enumerate((b'data[0].id\n{"data":[{"id":1}]}', b'$.a["odd name"]\n{"a":{"odd name":[]}}', b"a[99999999999]\n[]")):
        yield "path-%d" % number, b"\0" + line
    yield "match-1", b"\1" + b'{"a":[1,{"b":"x"}]}\n{"a":[1.0,{"b":"x","c":null}],"d":1}'
    for number, line in enumerate((b"^Ready in [0-9]+(ms|s)$\nReady in 5ms\n", b"a{2,3}[[:alpha:]]*\naa", b"\\d\n1", b"(a|b)*c|[^]]\nabc", b"((((a{9}){9}){9}){9})\na")):
        yield "pattern-%d" % number, b"\2" + line
    for number, line in enumerate((b"http://127.0.0.1:${A}/x?y=${B:-${A}}", b"${A:?no} $$ $A", b"${C}", b"http://127.0.0.1/${A}")):
        yield "text-%d" % number, b"\3" + line
    yield "env", b"\4" + b"A=1\nexport B='x y'\nC=\"a$A ${B:-x}\nb\\n\" # c\nD: z\nE\n\xef\xbb\xbfF=\r\n"


def logins():
    auth = base64.b64encode(b"me:pass:word").decode()
    yield "auths", text({"auths": {"ghcr.io": {"auth": auth}, "https://index.docker.io/v1/": {"username": "a", "password": "b"}, "127.0.0.1:5000": {"identitytoken": "t"}}})
    yield "helper", text({"credsStore": "pass", "credHelpers": {"ghcr.io": "x"}}) + END + text({"ServerURL": "ghcr.io", "Username": "<token>", "Secret": "s"})
    yield "odd", text({"auths": {"ghcr.io": {"auth": "=*="}, "x": 5}, "credHelpers": {"ghcr.io": "../../x"}}) + END + b"no"


def seeds():
    for parser, make in (("stub_docker_answers", docker), ("registry_answers", registry), ("stub_records", records), ("bundle", bundle),
                         ("executable", executables), ("addresses", addresses), ("step_values", step_values), ("logins", logins)):
        for name, data in make():
            yield parser, name, data
