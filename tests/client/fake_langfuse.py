"""A Langfuse v2 server as far as a client sees it (docs/facts/langfuse.md), on loopback, in memory.

Modes: "healthy"; "ready-but-500"; "no-database"; "other-program"; "refuses-events"; "hangs"; "v3".
"""
import base64
import http.server
import json
import threading
import time

PUBLIC_KEY, SECRET_KEY = "pk-lf-11111111-2222-3333-4444-555555555555", "sk-lf-66666666-7777-8888-9999-000000000000"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body, kind="application/json"):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def authorised(self):
        pair = base64.b64encode(f"{PUBLIC_KEY}:{SECRET_KEY}".encode()).decode()
        if self.headers.get("Authorization") == "Basic " + pair:
            return True
        self.answer(401, {"error": "UnauthorizedError", "message": "Invalid credentials. Confirm that you've configured the correct host."})
        return False

    def broken(self):
        """True if the mode has answered already."""
        mode = self.server.mode
        if mode == "hangs":
            time.sleep(60)
        if mode == "ready-but-500":
            self.answer(500, "Internal Server Error", "text/plain")
        elif mode == "other-program":
            self.answer(200, "<h1>It works!</h1>", "text/html")
        return mode in ("ready-but-500", "other-program")

    def do_GET(self):
        if self.broken():
            return
        path, _, query = self.path.partition("?")
        traces = self.server.traces
        if path == "/api/public/health":
            if self.server.mode == "no-database" and "failIfDatabaseUnavailable=true" in query:
                self.answer(503, {"status": "Database not available", "version": "2.95.12"})
            else:
                self.answer(200, {"status": "OK", "version": "3.225.4" if self.server.mode == "v3" else "2.95.12"})
        elif path == "/api/public/projects" and self.authorised():
            self.answer(200, {"data": [{"id": "p", "name": "Default"}]})
        elif path.startswith("/api/public/traces/") and self.authorised():
            trace = traces.get(path.rsplit("/", 1)[1])
            if trace:
                self.answer(200, trace)
            else:
                self.answer(404, {"message": "Trace not found within authorized project", "error": "LangfuseNotFoundError"})
        elif not path.startswith(("/api/public/projects", "/api/public/traces/")):
            self.answer(404, "<!DOCTYPE html><title>404: This page could not be found</title>", "text/html")

    def do_POST(self):
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.broken():
            return
        if self.path != "/api/public/ingestion":
            self.answer(404, "<!DOCTYPE html><title>404: This page could not be found</title>", "text/html")
        elif self.authorised():
            successes, errors = [], []
            for event in json.loads(data)["batch"]:
                if self.server.mode == "refuses-events":
                    errors.append({"id": event["id"], "status": 500, "message": "Internal server error", "error": "disk full"})
                    continue
                self.server.store(event)
                successes.append({"id": event["id"], "status": 201})
            self.answer(207, {"successes": successes, "errors": errors})


class FakeLangfuse(http.server.ThreadingHTTPServer):
    """with FakeLangfuse("healthy") as server: server.url, server.traces"""

    daemon_threads = True

    def __init__(self, mode="healthy"):
        super().__init__(("127.0.0.1", 0), Handler)
        self.mode, self.traces, self.lock = mode, {}, threading.Lock()
        self.url = f"http://localhost:{self.server_address[1]}"

    def store(self, event):
        body = event["body"]
        with self.lock:
            if event["type"] == "trace-create":
                trace = self.traces.setdefault(body["id"], {"observations": []})
                trace.update({key: value for key, value in body.items() if value is not None})
            elif body.get("traceId"):
                trace = self.traces.setdefault(body["traceId"], {"id": body["traceId"], "observations": []})
                trace["observations"].append({"type": event["type"], **body})

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self.shutdown()
        self.server_close()
