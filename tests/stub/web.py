"""The application of the stub's stories: a web server that is there while the scripted docker's stack is up.

It answers as a test says, byte for byte: `answer` is a function of the Request that returns bytes, or a generator of
them (what it yields is sent at once; a number it yields is a pause in seconds). It never reads .env or the installer.
"""
import json
import re
import socket
import threading
import time


class Request:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ", 2)
        self.headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:] if line)}
        self.body = body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.method} {self.target} {self.headers} {self.body!r}"


def response(status, body="", content_type="text/plain; charset=utf-8", **headers):
    if not isinstance(body, (str, bytes)):
        body, content_type = json.dumps(body), "application/json"
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def hello(_request):
    return response(200, "Hello from hardtack\n")


class Web:
    """Listens from `up` to `down`, as the state file of tests/fakes/docker tells: on the port that .env says, if any."""

    def __init__(self, state_path, port):
        self.state_path, self.port = state_path, port
        self.answer, self.requests = hello, []
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def close(self):
        self.done.set()
        self.thread.join(5)

    def _is_up(self):
        try:
            with open(self.state_path, encoding="utf-8") as file:
                state = json.load(file)
            if state.get("up", 0) and state.get("env_file"):
                with open(state["env_file"], encoding="utf-8") as file:
                    port = re.search(r"^\w*PORT='?(\d+)", file.read(), re.M)
                self.port = int(port.group(1)) if port else self.port
            return state.get("up", 0) > 0
        except (OSError, ValueError):
            return False

    def _watch(self):
        listener = None
        while not self.done.wait(0.02):
            if not self._is_up():
                listener = listener and listener.close()
            elif not listener:
                listener = self._listen()
            elif listener:
                self._accept(listener)
        if listener:
            listener.close()

    def _listen(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", self.port))
        except OSError:  # a story lets somebody else have it
            listener.close()
            return None
        listener.listen()
        listener.settimeout(0.02)
        return listener

    def _accept(self, listener):
        try:
            connection = listener.accept()[0]
        except OSError:
            return
        threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(10)
        try:
            with connection:
                request = self._read(connection)
                if not request:
                    return  # a port check: connected and gone
                self.requests.append(request)
                answer = self.answer(request)
                for part in [answer] if isinstance(answer, bytes) else answer:
                    if isinstance(part, bytes):
                        connection.sendall(part)
                    else:
                        time.sleep(part)
        except OSError:
            pass  # the client has heard enough

    @staticmethod
    def _read(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                return None
            data += chunk
        head, body = data.split(b"\r\n\r\n", 1)
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        while length and len(body) < int(length.group(1)):
            chunk = connection.recv(65536)
            if not chunk:
                break
            body += chunk
        return Request(head, body)
