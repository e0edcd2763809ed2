"""A little HTTP proxy that remembers what it was asked for."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from acceptor import Acceptor
from proxy import forward

REFUSAL = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"


class HttpProxy:
    """Opens tunnels for CONNECT, and passes on requests that name a whole URL."""

    def __init__(self, credentials: str | None) -> None:
        self._wanted = credentials and f"Basic {base64.b64encode(credentials.encode()).decode()}"
        #: First lines of all requests.
        self.asked: list[str] = []
        #: Header lines that were passed on to servers.
        self.passed: list[str] = []
        #: Set once a tunnel is open.
        self.has_tunnel = threading.Event()
        self._acceptor = Acceptor(self._serve)
        self.port = self._acceptor.port

    def close(self) -> None:
        self._acceptor.close()

    def _serve(self, client: socket.socket) -> None:
        # A client may leave anywhere, also in the middle of a line.
        with contextlib.suppress(OSError, ValueError), client, client.makefile("rb") as reader:
            while line := reader.readline().decode():
                headers = []
                while (header := reader.readline().decode()) not in {"\r\n", ""}:
                    headers.append(header)
                self.asked.append(line.strip())
                if self._wanted and f"Proxy-Authorization: {self._wanted}".lower() not in {
                    header.strip().lower() for header in headers
                }:
                    client.sendall(REFUSAL)
                    return
                method, target, _ = line.split(" ")
                if method == "CONNECT":
                    self._tunnel(client, target)
                    return
                self._pass_on(client, reader.read(_length(headers)), line, headers)

    def _tunnel(self, client: socket.socket, target: str) -> None:
        host, port = target.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 little\r\n\r\n")
            self.has_tunnel.set()
            threading.Thread(target=forward, args=(server, client), daemon=True).start()
            forward(client, server)

    def _pass_on(self, client: socket.socket, body: bytes, line: str, headers: list[str]) -> None:
        method, target, version = line.split(" ")
        url = urlsplit(target)
        path = f"{url.path}?{url.query}" if url.query else url.path
        kept = [header for header in headers if not header.lower().startswith("proxy-")]
        self.passed += kept
        with socket.create_connection((url.hostname, url.port or 80)) as server:
            head = f"{method} {path} {version}{''.join(kept)}Connection: close\r\n\r\n"
            server.sendall(head.encode() + body)
            forward(server, client)
            client.shutdown(socket.SHUT_RDWR)


def _length(headers: list[str]) -> int:
    lengths = [header.split(":")[1] for header in headers if header.lower().startswith("content-length:")]
    return int(lengths[0]) if lengths else 0


@contextmanager
def http_proxy(credentials: str | None = None) -> Iterator[HttpProxy]:
    """Runs a proxy; `credentials` is the ``user:password`` that it wants."""
    proxy = HttpProxy(credentials)
    try:
        yield proxy
    finally:
        proxy.close()
