"""A registry in Python that holds images in memory and misbehaves on demand, on loopback.

    with FakeRegistry() as registry:
        image = registry.add_image("library/postgres", "17", layers=[200_000])
        registry.fault("blobs/", "cut", times=2, after=1000)
        ...
        registry.requests       every request: method, path, status, headers, bytes of the body sent
        registry.sent(digest)   bytes of this blob that left, over all requests

Faults (first match by a part of the path wins, `times` counts down; None: for ever):
    status   status=, headers={}, body=b""         an answer of its own
    html     a login page with 200                 empty    200 without a byte
    endless  200 and bytes until nobody reads      cut      the connection ends after `after` bytes
    stall    silence after `after` bytes           slow     `rate` bytes a second
    flip     one bit of the body is wrong          norange  Range is ignored
    swap     answers with `with_` (path of another document)
    redirect to=URL (with {path}, {digest})        lie      Content-Length is `length`, the body is not
"""
import base64
import contextlib
import dataclasses
import gzip
import hashlib
import http.server
import io
import json
import os
import random
import re
import socket
import ssl
import tarfile
import threading
import time
import urllib.parse

OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker.distribution."


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def layer_tar(seed, size, name="data"):
    """A layer of one file of `size` incompressible bytes: (raw tar, gzip)."""
    body = random.Random(seed).randbytes(size)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo(f"{name}-{seed}")
        info.size = len(body)
        tar.addfile(info, io.BytesIO(body))
    raw = out.getvalue()
    return raw, gzip.compress(raw, 1, mtime=0)


@dataclasses.dataclass
class FakeImage:
    """What add_image() made; all by digest."""
    index: str
    manifests: dict  # platform -> digest
    configs: dict
    layers: dict     # platform -> [digest]
    blobs: list      # configs and layers, once each


@dataclasses.dataclass
class Request:
    method: str
    path: str
    headers: dict
    status: int = 0
    sent: int = 0
    ended: threading.Event = dataclasses.field(default_factory=threading.Event, compare=False, repr=False)


class Fault:
    def __init__(self, part, kind, times, settings):
        self.part, self.kind, self.times, self.settings = part, kind, times, settings

    def __getattr__(self, name):
        return self.__dict__["settings"][name]


class FakeRegistry:
    """auth: None, ("basic", user, password) or ("bearer", user, password, lifetime_s); a user of None: anonymous tokens."""

    def __init__(self, auth=None, certificate=None, host="127.0.0.1"):
        self.auth, self.blobs, self.manifests, self.tags = auth, {}, {}, {}
        self.files, self.faults, self.requests, self.tokens = {}, [], [], {}
        self.realm = None           # of the challenge, instead of our own /token
        self.identity_token = None  # what a POST to /token has to bring as refresh_token
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        registry = self

        class Handler(_Handler):
            fake = registry
        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a client that is killed in mid-request
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        self.host = f"{host}:{self.server.server_address[1]}"
        self.url = f"{self.scheme}://{self.host}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    # ---- content ----

    def blob(self, data):
        digest = digest_of(data)
        self.blobs[digest] = data
        return digest

    def manifest(self, repository, document, media_type, *tags):
        data = document if isinstance(document, bytes) else json.dumps(document, separators=(",", ":")).encode()
        digest = digest_of(data)
        self.manifests[repository, digest] = (media_type, data)
        for tag in tags:
            self.tags[repository, tag] = digest
        return digest

    def add_image(self, repository, tag, platforms=("linux/amd64", "linux/arm64"), layers=(50_000,), seed=0,
                  flavour="oci", attest=True, level=1, config=None):
        """A multi-platform image (one platform: still an index unless platforms is a str)."""
        single = isinstance(platforms, str)
        image = FakeImage(None, {}, {}, {}, [])
        entries = []
        for number, platform in enumerate([platforms] if single else platforms):
            system, architecture, *variant = platform.split("/")
            made = [layer_tar(seed * 1000 + number * 100 + i, size) for i, size in enumerate(layers)]
            zipped = [z if level == 1 else gzip.compress(raw, level, mtime=0) for raw, z in made]
            document = {"architecture": architecture, "os": system, "config": config or {"Cmd": ["/x"]},
                        "rootfs": {"type": "layers", "diff_ids": [digest_of(raw) for raw, _ in made]}}
            if variant:
                document["variant"] = variant[0]
            config_digest = self.blob(json.dumps(document).encode())
            layer_digests = [self.blob(z) for z in zipped]
            oci = flavour == "oci"
            manifest = self.manifest(repository, {
                "schemaVersion": 2, "mediaType": (OCI + "manifest.v1+json") if oci else DOCKER + "manifest.v2+json",
                "config": {"mediaType": OCI + "config.v1+json" if oci else "application/vnd.docker.container.image.v1+json",
                           "digest": config_digest, "size": len(self.blobs[config_digest])},
                "layers": [{"mediaType": OCI + "layer.v1.tar+gzip" if oci else
                            "application/vnd.docker.image.rootfs.diff.tar.gzip", "digest": d,
                            "size": len(self.blobs[d])} for d in layer_digests],
            }, (OCI + "manifest.v1+json") if oci else DOCKER + "manifest.v2+json", *([tag] if single else []))
            image.manifests[platform], image.configs[platform] = manifest, config_digest
            image.layers[platform] = layer_digests
            image.blobs += [b for b in [config_digest, *layer_digests] if b not in image.blobs]
            entries.append({"mediaType": self.manifests[repository, manifest][0], "digest": manifest,
                            "size": len(self.manifests[repository, manifest][1]),
                            "platform": {"architecture": architecture, "os": system,
                                         **({"variant": variant[0]} if variant else {})}})
            if attest and oci:
                note = self.manifest(repository, {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
                                                  "config": {"mediaType": OCI + "config.v1+json", "digest": config_digest,
                                                             "size": len(self.blobs[config_digest])}, "layers": []},
                                     OCI + "manifest.v1+json")
                entries.append({"mediaType": OCI + "manifest.v1+json", "digest": note,
                                "size": len(self.manifests[repository, note][1]),
                                "annotations": {"vnd.docker.reference.type": "attestation-manifest",
                                                "vnd.docker.reference.digest": manifest},
                                "platform": {"architecture": "unknown", "os": "unknown"}})
        if not single:
            kind = OCI + "index.v1+json" if flavour == "oci" else DOCKER + "manifest.list.v2+json"
            image.index = self.manifest(repository, {"schemaVersion": 2, "mediaType": kind, "manifests": entries}, kind, tag)
        return image

    # ---- misbehaving ----

    def fault(self, part, kind, times=None, **settings):
        """For requests whose path has `part`; part may be a compiled regular expression."""
        self.faults.append(Fault(part, kind, times, settings))

    def find_fault(self, path):
        with self.lock:
            for fault in self.faults:
                hit = fault.part.search(path) if isinstance(fault.part, re.Pattern) else fault.part in path
                if hit and fault.times != 0:
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    def sent(self, digest):
        """Bytes of it; a client may be through with its answer before the last ones are counted."""
        asked = [r for r in list(self.requests) if r.path.endswith(digest) and r.method == "GET"]
        for request in asked:
            request.ended.wait(10)
        return sum(r.sent for r in asked if r.status < 300)

    def paths(self, part=""):
        return [r.path for r in list(self.requests) if part in r.path]

    # ---- logins ----

    def challenge(self, repository):
        if self.auth[0] == "basic":
            return 'Basic realm="fake"'
        return (f'Bearer realm="{self.realm or self.url + "/token"}",service="{self.host}"' +
                (f',scope="repository:{repository}:pull"' if repository else ""))

    def is_allowed(self, header, repository):
        if not self.auth:
            return True
        kind, _, secret = (header or "").partition(" ")
        if self.auth[0] == "basic":
            return kind == "Basic" and base64.b64decode(secret).decode() == f"{self.auth[1]}:{self.auth[2]}"
        until, scope = self.tokens.get(secret, (0, ""))
        return kind == "Bearer" and time.monotonic() < until and (not repository or repository in urllib.parse.unquote(scope))

    def make_token(self, header, query, form):
        user = self.auth[1]
        if form:
            fields = urllib.parse.parse_qs(form)
            if not self.identity_token or fields.get("refresh_token") != [self.identity_token]:
                return None
            query = form
        elif user is not None:
            kind, _, secret = (header or "").partition(" ")
            if kind != "Basic" or base64.b64decode(secret).decode() != f"{user}:{self.auth[2]}":
                return None
        token = os.urandom(12).hex()
        self.tokens[token] = (time.monotonic() + self.auth[3], query)
        return {"token": token, "expires_in": self.auth[3]}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake = None

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    form = ""

    def do_GET(self):
        try:
            with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
                self.answer()
        finally:
            self.record.ended.set()

    do_HEAD = do_GET

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        self.form = self.rfile.read(length).decode()
        self.do_GET()
        self.form = ""

    def reply(self, status, body=b"", media_type="application/json", headers=None, length=None):
        self.record.status = status
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.send(body)

    def send(self, body, rate=None):
        view = memoryview(body)
        for at in range(0, len(view), 64 * 1024 if rate is None else max(1, rate // 10)):
            part = view[at:at + (64 * 1024 if rate is None else max(1, rate // 10))]
            self.wfile.write(part)
            self.record.sent += len(part)
            if rate is not None:
                time.sleep(0.1)

    def error(self, status, code, headers=None):
        self.reply(status, json.dumps({"errors": [{"code": code, "message": code.lower()}]}).encode(), headers=headers)

    def answer(self):
        fake, path = self.fake, self.path
        self.record = Request(self.command, path, dict(self.headers.items()))
        fake.requests.append(self.record)
        fault = fake.find_fault(path)
        if fault and fault.kind == "status":
            return self.reply(fault.status, fault.settings.get("body", b""), headers=fault.settings.get("headers"))
        if fault and fault.kind == "html":
            return self.reply(200, b"<html><body>Please log in</body></html>", "text/html")
        if fault and fault.kind == "empty":
            return self.reply(200)
        if fault and fault.kind == "redirect":
            to = fault.to.replace("{path}", path).replace("{digest}", path.rsplit("/", 1)[-1])
            return self.reply(307, headers={"Location": to})
        if path.startswith("/token") and fake.auth:
            token = fake.make_token(self.headers.get("Authorization"), path, self.form)
            return self.reply(200, json.dumps(token).encode()) if token else self.error(401, "UNAUTHORIZED")
        if path in fake.files:
            return self.body(fake.files[path], "application/octet-stream", {}, fault)
        match = re.fullmatch(r"/v2/(?:(.+)/(manifests|blobs)/([^/]+))?", path)
        if not match:
            return self.error(404, "NOT_FOUND")
        repository, kind, name = match.groups()
        if not fake.is_allowed(self.headers.get("Authorization"), repository):
            return self.error(401, "UNAUTHORIZED", {"WWW-Authenticate": fake.challenge(repository)})
        if not kind:
            return self.reply(200, b"{}")
        if fault and fault.kind == "swap":
            repository, kind, name = re.fullmatch(r"/v2/(.+)/(manifests|blobs)/([^/]+)", fault.with_).groups()
        if kind == "manifests":
            digest = fake.tags.get((repository, name), name)
            media_type, data = fake.manifests.get((repository, digest), (None, None))
            if data is None:
                return self.error(404, "MANIFEST_UNKNOWN")
            return self.body(data, media_type, {"Docker-Content-Digest": digest}, fault)
        data = fake.blobs.get(name)
        if data is None:
            return self.error(404, "BLOB_UNKNOWN")
        return self.body(data, "application/octet-stream", {"Docker-Content-Digest": name}, fault)

    def body(self, data, media_type, headers, fault):
        kind = fault.kind if fault else None
        if kind == "flip":
            data = data[:len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1:]
        begin, status = 0, 200
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if match and kind != "norange":
            begin, end = int(match[1]), int(match[2] or len(data) - 1)
            if begin >= len(data):
                return self.reply(416, headers={"Content-Range": f"bytes */{len(data)}"})
            status, end = 206, min(end, len(data) - 1)
            headers = {**headers, "Content-Range": f"bytes {begin}-{end}/{len(data)}"}
            data = data[begin:end + 1]
        if kind in ("cut", "stall", "slow", "endless", "lie"):
            return self.misbehave(fault, data, status, media_type, headers)
        return self.reply(status, data, media_type, {"Accept-Ranges": "bytes", **headers})

    def misbehave(self, fault, data, status, media_type, headers):
        length = fault.length if fault.kind == "lie" else len(data)
        self.record.status = status
        self.send_response(status)
        for name, value in {**headers, "Content-Type": media_type}.items():
            self.send_header(name, value)
        if fault.kind == "endless":
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.close_connection = True
        if self.command == "HEAD":
            return
        if fault.kind == "slow":
            self.send(data, fault.rate)
        elif fault.kind == "endless":
            while not self.fake.stopping.is_set() and self.record.sent < 1 << 30:
                self.send(b"\0" * 65536)
        elif fault.kind == "lie":
            self.send(data)
        else:
            self.send(data[:fault.after])
            self.wfile.flush()
            if fault.kind == "stall":
                self.fake.stopping.wait(120)
