"""Servers that misbehave on purpose, over real sockets."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from acceptor import Acceptor

Behaviour = Callable[[socket.socket], None]


@contextmanager
def bad_server(
    behave: Behaviour, *, route: Callable[[bytes], Behaviour] | None = None
) -> Iterator[tuple[int, list[bytes]]]:
    """Runs a server that reads a request, then behaves. Yields its port and the requests that came.

    With `route`, the request decides how it behaves.
    """
    requests: list[bytes] = []
    connections: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        connections.append(connection)
        with connection, contextlib.suppress(OSError):
            if request := _read_request(connection):
                requests.append(request)
                (route(request) if route is not None else behave)(connection)

    acceptor = Acceptor(serve)
    try:
        yield acceptor.port, requests
    finally:
        acceptor.close()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return b""
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        part = connection.recv(65536)
        if not part:
            return b""
        body += part
    return head + body


def silence(connection: socket.socket) -> None:
    """Says nothing until the client goes away."""
    connection.recv(1)


def close(connection: socket.socket) -> None:
    """Hangs up."""


def answer(data: bytes) -> Behaviour:
    """Sends these bytes and hangs up."""
    return lambda connection: connection.sendall(data)


def reply(body: bytes, status: str = "200 OK") -> Behaviour:
    """Sends an HTTP reply with this body."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
    return answer(head.encode() + body)


def envelope(payload: bytes | str, *, error: bool = False) -> bytes:
    """A reply envelope; text stands for itself, bytes are encoded."""
    text = payload if isinstance(payload, str) else base64.b64encode(payload).decode()
    return json.dumps({"payloadtype": "x", "payload": text, "error": error}).encode()
