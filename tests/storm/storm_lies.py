"""Answers of hostile servers: no client may crash, hang, or take one for the answer of its server."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import socket
import time
from collections.abc import Callable

Lie = Callable[[socket.socket, random.Random], None]
_PIECE = b"x" * 65536
#: Bytes of a flood; clients stop reading at 64 MiB.
_FLOOD = 80 << 20


def _http(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _envelope(payload: bytes, kind: str, *, error: bool = False) -> bytes:
    text = base64.b64encode(payload).decode()
    return json.dumps({"payloadtype": kind, "payload": text, "error": error}).encode()


def _sends(data: bytes) -> Lie:
    return lambda client, _random: client.sendall(data)


def _garbage(client: socket.socket, rnd: random.Random) -> None:
    client.sendall(rnd.randbytes(rnd.randrange(1, 4096)))


def _flood(head: bytes) -> Lie:
    def flood(client: socket.socket, _random: random.Random) -> None:
        client.settimeout(5)
        client.sendall(head)
        for _ in range(_FLOOD // len(_PIECE)):
            client.sendall(_PIECE)

    return flood


def _drip(client: socket.socket, _random: random.Random) -> None:
    for byte in _http(b"null")[:12]:
        client.sendall(bytes([byte]))
        time.sleep(0.2)


_REFUSAL = json.dumps({"status": 500, "message": "\x1b]0;owned\x07 no such luck"}).encode()
_OTHER = _envelope(b'{"processgraphid": "0", "processid": "0"}', "getcolonymsg")

#: What a hostile server does instead of answering, by name. None of these acknowledges a message.
LIES: dict[str, Lie] = {
    "closes at once": _sends(b""),
    "half a head": _sends(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "half a body": _sends(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + _OTHER[:40]),
    "garbage": _garbage,
    "a reply to another message": _sends(_http(_OTHER)),
    "a reply with a lying status": _sends(_http(_OTHER, "500 Internal Server Error")),
    "a refusal": _sends(_http(_envelope(_REFUSAL, "error", error=True), "500 Internal Server Error")),
    "HTML": _sends(_http(b"<html>Bad Gateway</html>", "502 Bad Gateway")),
    "a redirect": _sends(b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/api\r\nContent-Length: 0\r\n\r\n"),
    "an upgrade": _sends(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x7f" + b"\xff" * 8
    ),
    "two lengths": _sends(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 9\r\n\r\nnullnull!"),
    "an endless head": _flood(b"HTTP/1.1 200 OK\r\nX: "),
    "an endless body": _flood(b"HTTP/1.1 200 OK\r\n\r\n"),
    "byte by byte": _drip,
}


def lie(client: socket.socket, rnd: random.Random) -> str:
    """Answer a client as a hostile server does, and return the name of that."""
    name = rnd.choice(list(LIES))
    with contextlib.suppress(OSError):
        LIES[name](client, rnd)
    return name
