"""Servers for the client folder's tests, on loopback: the stand-in, and small ones that misbehave."""
import base64
import contextlib
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.request

PUBLIC_KEY, SECRET_KEY = "pk-lf-11111111222233334444555555555555", "sk-lf-66666666777788889999000000000000"
STANDIN = pathlib.Path(__file__).resolve().parent.parent / "images/langfuse_standin/server.py"
SETTINGS = {
    "NEXTAUTH_URL": "http://127.0.0.1:3000", "NEXTAUTH_SECRET": "x", "SALT": "y", "LANGFUSE_INIT_ORG_ID": "default",
    "LANGFUSE_INIT_PROJECT_ID": "default", "LANGFUSE_INIT_PROJECT_NAME": "Default", "LANGFUSE_INIT_PROJECT_PUBLIC_KEY": PUBLIC_KEY,
    "LANGFUSE_INIT_PROJECT_SECRET_KEY": SECRET_KEY,
}


class Standin:
    """A running stand-in: url, and trace() as its API answers."""

    def __init__(self, process, url):
        self.process, self.url = process, url

    def trace(self, name):
        pair = base64.b64encode(f"{PUBLIC_KEY}:{SECRET_KEY}".encode()).decode()
        request = urllib.request.Request(f"{self.url}/api/public/traces/{name}", headers={"Authorization": "Basic " + pair})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return json.load(answer)


@contextlib.contextmanager
def standin(**settings):
    """The stand-in for Langfuse v2 with its records in memory. SALT="" makes it Ready and answer 500."""
    environment = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", **SETTINGS, **settings}
    process = subprocess.Popen([sys.executable, STANDIN, "--memory", "--host", "127.0.0.1", "--port", "0"], env=environment,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    killer = threading.Timer(120, process.kill)
    killer.start()
    try:
        url = None
        for line in process.stdout:
            if "Local:" in line:
                url = line.split()[-1]
            if "Ready in" in line:
                break
        assert url, "the stand-in did not start"
        yield Standin(process, url)
    finally:
        killer.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


class Misbehaving(http.server.BaseHTTPRequestHandler):
    """What the stand-in, with its records in memory, cannot play."""

    def log_message(self, format, *arguments):
        pass

    def do_GET(self):
        mode, path = self.server.mode, self.path.partition("?")[0]
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if mode == "hangs":
            time.sleep(30)
        elif mode == "other-program":
            self.answer(200, "<h1>It works!</h1>")
        elif path == "/api/public/health" and mode == "no-database":
            self.answer(503, {"status": "Database not available", "version": "2.95.12"})
        elif path == "/api/public/health":
            self.answer(200, {"status": "OK", "version": "3.225.4" if mode == "v3" else "2.95.12"})
        elif path == "/api/public/projects":
            self.answer(200, {"data": [{"id": "default", "name": "Default"}]})
        elif path == "/api/public/ingestion":
            refused = [{"id": event["id"], "status": 500, "message": "Internal server error", "error": "disk full"} for event in json.loads(data)["batch"]]
            self.answer(207, {"successes": [], "errors": refused})
        elif mode == "v3":
            self.answer(200, {"id": path.rsplit("/", 1)[1]})
        else:
            self.answer(404, {"message": "Trace not found within authorized project", "error": "LangfuseNotFoundError"})

    do_POST = do_GET

    def answer(self, status, body):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextlib.contextmanager
def misbehaving(mode):
    """ "hangs", "other-program", "no-database", "refuses-events" (207, and every event an error) or "v3". """
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving)
    server.daemon_threads, server.mode = True, mode
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.socket.close()  # not server_close(): it would wait for the answer that hangs
