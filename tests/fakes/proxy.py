"""An HTTP proxy that takes every host for one of ours: names that exist nowhere can be asked.

    with FakeProxy({"registry.example:80": registry.host}, login="me:secret") as proxy:
        env = {"HTTP_PROXY": proxy.url}         the URL has the login in it
        proxy.requests                          (method, target, Proxy-Authorization) of each

CONNECT is a tunnel; other requests have an absolute URL. Without the right login: 407.
"""
import base64
import socket
import threading
import urllib.parse


class FakeProxy:
    def __init__(self, hosts, login=None):
        self.hosts, self.login, self.requests = hosts, login, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.host = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.url = "http://" + (login + "@" if login else "") + self.host

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # close() alone would leave accept() waiting.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                more = client.recv(65536)
                if not more:
                    return
                head += more
            head, _, rest = head.partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")
            method, target, _ = lines[0].split(" ")
            fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
            given = fields.get("proxy-authorization", "")
            self.requests.append((method, target, given))
            if self.login and given != "Basic " + base64.b64encode(self.login.encode()).decode():
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\n"
                               b"Content-Length: 0\r\nConnection: close\r\n\r\n")
                return
            parts = urllib.parse.urlsplit(target)
            to = target if method == "CONNECT" else f"{parts.hostname}:{parts.port or 80}"
            if to not in self.hosts:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            host, port = self.hosts[to].split(":")
            with socket.create_connection((host, int(port)), 10) as server:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    path = urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))
                    kept = [line for line in lines[1:] if not line.lower().startswith(("proxy-", "connection:"))]
                    server.sendall("\r\n".join([f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""]).encode() + rest)
                self.pump(client, server)

    @staticmethod
    def pump(client, server):
        def copy(source, sink):
            try:
                while data := source.recv(65536):
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        other = threading.Thread(target=copy, args=(client, server), daemon=True)
        other.start()
        copy(server, client)
        other.join(5)


class FakeSocks(FakeProxy):
    """The same as a SOCKS5 proxy (RFC 1928) that resolves names: socks5h://."""

    def __init__(self, hosts):
        super().__init__(hosts)
        self.url = "socks5h://" + self.host

    def serve(self, client):
        with client:
            client.recv(client.recv(2)[1])
            client.sendall(b"\x05\x00")
            _, command, _, kind = client.recv(4)
            name = client.recv(client.recv(1)[0]).decode() if kind == 3 else socket.inet_ntoa(client.recv(4))
            to = f"{name}:{int.from_bytes(client.recv(2), 'big')}"
            self.requests.append((command, to, ""))
            client.sendall(bytes([5, 0 if to in self.hosts else 4, 0, 1, 0, 0, 0, 0, 0, 0]))
            if to in self.hosts:
                host, port = self.hosts[to].split(":")
                with socket.create_connection((host, int(port)), 10) as server:
                    self.pump(client, server)
