"""Debian's docker-registry, with and without TLS and logins, on loopback; skopeo fills it.

    with DockerRegistry(folder) as registry:                     plain
    with DockerRegistry(folder, tls=True, users={"me": "pw"}):   HTTPS with a private CA (registry.ca), htpasswd
    with DockerRegistry(folder, token=True, users=...):          bearer tokens of a small issuer
"""
import base64
import hashlib
import http.server
import json
import os
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request

LIMIT_S = 60


def run(*argv, **more):
    return subprocess.run(argv, check=True, capture_output=True, timeout=LIMIT_S, **more).stdout


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def make_ca(folder):
    """A private CA and a certificate for 127.0.0.1 and localhost: (ca.pem, cert.pem, key.pem)."""
    os.makedirs(folder, exist_ok=True)
    ca, ca_key, cert, key = (os.path.join(folder, n) for n in ("ca.pem", "ca.key", "cert.pem", "key.pem"))
    if os.path.exists(cert):
        return ca, cert, key
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
        "-subj", "/CN=hardtack test CA", "-keyout", ca_key, "-out", ca)
    request = run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-subj", "/CN=localhost", "-keyout", key)
    extensions = os.path.join(folder, "extensions")
    with open(extensions, "w", encoding="ascii") as file:
        file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    run("openssl", "x509", "-req", "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "30", "-extfile", extensions,
        "-out", cert, input=request)
    return ca, cert, key


class TokenIssuer:
    """Hands out JWTs that docker-registry accepts (RS256, the certificate in x5c)."""

    def __init__(self, folder, users, lifetime_s=60):
        self.users, self.lifetime_s, self.issued = users, lifetime_s, []
        self.certificate, self.key = os.path.join(folder, "issuer.pem"), os.path.join(folder, "issuer.key")
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=issuer",
            "-keyout", self.key, "-out", self.certificate)
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                status, body = issuer.answer(self.path, self.headers.get("Authorization"))
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.realm = f"http://127.0.0.1:{self.server.server_address[1]}/token"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path, authorization):
        query = urllib.parse.parse_qs(urllib.parse.urlparse(path).query)
        user = ""
        if self.users:
            kind, _, secret = (authorization or "").partition(" ")
            user, _, password = base64.b64decode(secret).decode().partition(":") if kind == "Basic" else ("", "", "")
            if self.users.get(user, None) != password or not user:
                return 401, b'{"details":"incorrect username or password"}'
        access = []
        for scope in query.get("scope", []):
            kind, name, actions = scope.split(":") if scope.count(":") == 2 else ("", "", "")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        self.issued.append(path)
        return 200, json.dumps({"token": self.jwt(user, query.get("service", [""])[0], access),
                                "expires_in": self.lifetime_s}).encode()

    def jwt(self, user, service, access):
        now = int(time.time())
        der = base64.b64encode(subprocess.run(["openssl", "x509", "-in", self.certificate, "-outform", "DER"], check=True,
                                              capture_output=True, timeout=LIMIT_S).stdout).decode()
        claims = {"iss": "issuer", "sub": user, "aud": service, "exp": now + self.lifetime_s, "nbf": now - 5, "iat": now,
                  "jti": hashlib.sha256(os.urandom(8)).hexdigest(), "access": access}

        def encode(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=")
        text = b".".join(encode(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "RS256", "x5c": [der]}, claims))
        signature = run("openssl", "dgst", "-sha256", "-sign", self.key, input=text)
        return (text + b"." + encode(signature)).decode()


class DockerRegistry:
    def __init__(self, folder, tls=False, users=None, token=False, lifetime_s=60, port=None):
        self.folder, self.tls, self.users = folder, tls, users or {}
        os.makedirs(folder, exist_ok=True)
        self.issuer = TokenIssuer(folder, self.users, lifetime_s) if token else None
        self.host = f"127.0.0.1:{port or free_port()}"
        self.ca = None
        self.process = None

    def config(self):
        text = (f"version: 0.1\nlog: {{level: warn, accesslog: {{disabled: true}}}}\nstorage:\n"
                f"  filesystem: {{rootdirectory: {self.folder}/data}}\n  delete: {{enabled: true}}\n"
                f"http:\n  addr: {self.host}\n  secret: test\n")
        if self.tls:
            self.ca, certificate, key = make_ca(os.path.join(self.folder, "tls"))
            text += f"  tls: {{certificate: {certificate}, key: {key}}}\n"
        if self.issuer:
            text += (f"auth:\n  token: {{realm: '{self.issuer.realm}', service: test, issuer: issuer, "
                     f"rootcertbundle: {self.issuer.certificate}}}\n")
        elif self.users:
            path = os.path.join(self.folder, "htpasswd")
            with open(path, "wb") as file:
                for name, password in self.users.items():
                    file.write(run("htpasswd", "-nbB", "-C", "4", name, password).strip() + b"\n")
            text += f"auth:\n  htpasswd: {{realm: test, path: {path}}}\n"
        return text

    def __enter__(self):
        path = os.path.join(self.folder, "config.yml")
        with open(path, "w", encoding="ascii") as file:
            file.write(self.config())
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", path], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        host, port = self.host.split(":")
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex((host, int(port))) == 0:
                    return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
            raise RuntimeError("docker-registry did not start: " + log.read()[-800:])

    def __exit__(self, *_):
        self.stop()
        if self.issuer:
            self.issuer.stop()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def push(self, layout, name, all_platforms=True):
        """skopeo copy of an OCI layout folder (or any skopeo source) to HOST/NAME (repository:tag)."""
        argv = ["skopeo", "--insecure-policy", "copy", "-q", "--preserve-digests", "--dest-tls-verify=false",
                "--src-tls-verify=false"]
        argv += ["--all"] if all_platforms else []
        if self.users:
            user, password = next(iter(self.users.items()))
            argv += ["--dest-creds", f"{user}:{password}"]
        source = layout if ":" in layout else "oci:" + layout
        run(*argv, source, f"docker://{self.host}/{name}")
