"""The addresses that the stand-in answers, with the real server's statuses and bodies."""
import base64
import http.server
import json
import secrets
import socketserver
import urllib.parse

import ingestion
import store as stores

VERSION = "2.95.12"
BODY_LIMIT = 4_500_000
NOT_FOUND = b"<!DOCTYPE html><html><head><title>404: This page could not be found</title></head></html>"
SIGN_IN = b"<!DOCTYPE html><html><head><title>Sign in | Langfuse</title></head><body>hardtack stand-in</body></html>"
NO_TRACE = {"message": "Trace not found within authorized project", "error": "LangfuseNotFoundError"}


class Reply(Exception):
    """An answer: status, body (bytes are HTML, all else JSON), headers."""

    def __init__(self, status, body, **headers):
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers


class Application:
    """Everything behind a prepared server; handle() ends in a Reply."""

    def __init__(self, store, environment):
        self.store, self.environment, self.sessions = store, environment, {}
        self.salt = environment["SALT"]

    def handle(self, request):
        if request.path in ("/", "/auth/sign-in", "/auth/sign-up"):
            raise Reply(200, SIGN_IN)
        for prefix, answer in (("/api/auth/", self.auth), ("/api/public/", self.public)):
            if request.path.startswith(prefix):
                answer(request, request.path[len(prefix):])
        raise Reply(404, NOT_FOUND)

    # Login, by NextAuth's credentials

    def auth(self, request, name):
        if name == "csrf":
            raise Reply(200, {"csrfToken": secrets.token_hex(32)})
        if name == "session":
            raise Reply(200, self.sessions.get(request.cookie("next-auth.session-token"), {}))
        if name == "signup" and request.method == "POST":
            if self.environment.get("AUTH_DISABLE_SIGNUP") == "true":
                raise Reply(422, {"message": "Sign up is disabled."})
            self.sign_up(request.json())
        if name == "callback/credentials" and request.method == "POST":
            self.sign_in(request.form())

    def sign_up(self, body):
        email = str(body.get("email", "")).lower()
        if "@" not in email or len(str(body.get("password", ""))) < 8 or self.store.get("user", email):
            raise Reply(422, {"message": "Invalid input"})
        self.store.put("user", email, "", {"email": email, "name": body.get("name"),
                                           "password": stores.hashed(body["password"], self.salt)})
        raise Reply(200, {"message": "User created"})

    def sign_in(self, form):
        user = self.store.get("user", form.get("email", "").lower())
        url = self.environment["NEXTAUTH_URL"]
        if not user or user["data"]["password"] != stores.hashed(form.get("password", ""), self.salt):
            raise Reply(401, {"url": url + "/api/auth/error?error=Invalid%20credentials"})
        token = secrets.token_hex(32)
        self.sessions[token] = {"user": {"email": user["data"]["email"], "name": user["data"]["name"]}}
        raise Reply(200, {"url": url}, **{"Set-Cookie": f"next-auth.session-token={token}; Path=/; HttpOnly"})

    # The public API

    def public(self, request, name):
        if name in ("health", "ready"):
            self.health(request)
        if name == "ingestion" and request.method == "POST":
            self.ingest(request)
        kind, _, key = name.partition("/")
        if request.method != "GET" or kind not in ("traces", "observations", "projects"):
            return
        project = self.project(request)
        if name == "projects":
            found = self.store.get("project", project)
            raise Reply(200, {"data": [{"id": project, "name": found["data"]["name"]}]})
        if key:
            self.one(kind[:-1], urllib.parse.unquote(key), project)
        self.many(kind[:-1], request, project)

    def health(self, request):
        if "true" in request.query.get("failIfDatabaseUnavailable", ()):
            try:
                self.store.ping()
            except (stores.DatabaseError, OSError) as error:
                raise Reply(503, {"status": "Database not available", "version": VERSION}) from error
        raise Reply(200, {"status": "OK", "version": VERSION})

    def project(self, request):
        """The project that the request's keys belong to."""
        scheme, _, coded = request.headers.get("Authorization", "").partition(" ")
        if not coded:
            raise Reply(401, {"error": "UnauthorizedError", "message": "No authorization header"})
        try:
            public, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
        except ValueError:
            public = secret = ""
        found = self.store.get("key", public) if scheme == "Basic" and public else None
        if not found or found["data"]["secret"] != stores.hashed(secret, self.salt):
            raise Reply(401, {"error": "UnauthorizedError", "message":
                              "Invalid credentials. Confirm that you've configured the correct host."})
        return found["project"]

    def ingest(self, request):
        project = self.project(request)
        body = request.json()
        if not isinstance(body, dict) or not isinstance(body.get("batch"), list):
            raise Reply(400, {"message": "Invalid request data", "errors": ["batch: Required"]})
        successes, errors = ingestion.ingest(self.store, project, body["batch"])
        raise Reply(207, {"successes": successes, "errors": errors})

    def one(self, kind, key, project):
        found = self.store.get(kind, key)
        if not found or found["project"] != project:
            raise Reply(404, NO_TRACE if kind == "trace" else {"message": "Observation not found within authorized "
                                                               "project", "error": "LangfuseNotFoundError"})
        if kind == "trace":
            raise Reply(200, ingestion.trace(self.store, project, key, found["data"]))
        raise Reply(200, ingestion.observation(project, key, found["data"]))

    def many(self, kind, request, project):
        found = self.store.list(kind, project)
        for name in ("name", "userId", "sessionId", "traceId"):
            wanted = request.query.get(name)
            if wanted:
                found = [row for row in found if row[1].get(name) == wanted[0]]
        page, limit = (int(request.query.get(name, [default])[0]) for name, default in (("page", "1"), ("limit", "50")))
        shown = found[(page - 1) * limit:page * limit]
        data = [ingestion.trace(self.store, project, key, item, whole=False) if kind == "trace" else
                ingestion.observation(project, key, item) for key, item in shown]
        raise Reply(200, {"data": data, "meta": {"page": page, "limit": limit, "totalItems": len(found),
                                                 "totalPages": -(-len(found) // limit)}})


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection; hands what was asked to the application."""
    protocol_version = "HTTP/1.1"

    def answer(self):
        split = urllib.parse.urlsplit(self.path)
        self.method, self.path, self.query = self.command, split.path, urllib.parse.parse_qs(split.query)
        try:
            length = int(self.headers.get("Content-Length") or 0)
            if length > BODY_LIMIT:
                self.close_connection = True
                raise Reply(413, {"message": "Body exceeded 4.5mb limit"})
            self.body = self.rfile.read(length)
            if self.server.application is None:
                raise Reply(500, b"Internal Server Error")
            if self.server.stopping and self.path == "/api/public/ready":
                raise Reply(500, {"status": "SIGTERM / SIGINT received, shutting down", "version": VERSION})
            self.server.application.handle(self)
        except Reply as reply:
            self.send(reply)
        except stores.DatabaseError as error:
            print(error, flush=True)
            self.send(Reply(500, {"message": "Internal Server Error"}))

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer

    def send(self, reply):
        html = isinstance(reply.body, bytes)
        body = reply.body if html else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "text/html; charset=utf-8" if html else "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Reply(400, {"message": "Invalid JSON"}) from error

    def form(self):
        if "json" in self.headers.get("Content-Type", ""):
            return self.json()
        return {name: values[0] for name, values in urllib.parse.parse_qs(self.body.decode()).items()}

    def cookie(self, name):
        for item in self.headers.get("Cookie", "").split(";"):
            key, _, value = item.strip().partition("=")
            if key == name:
                return value
        return None

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        """The real server does not log requests."""


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """application is None until prepare() is through, and stays so when that fails."""
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 64
    application, stopping = None, False

    def __init__(self, address):
        super().__init__(address, Handler)
