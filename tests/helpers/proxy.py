"""A wire to a server that can be cut."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from acceptor import Acceptor


class Wire:
    """Forwards connections to a server, until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._refuses = False
        self.connections = 0
        self._open = 0
        self._acceptor = Acceptor(self._serve)
        self.port = self._acceptor.port

    @property
    def open(self) -> int:
        """How many connections are open."""
        with self._lock:
            return self._open

    def cut(self, *, refuse: bool = False) -> None:
        """Breaks all connections, and new ones too while it refuses."""
        with self._lock:
            self._refuses = refuse
            for end in self._sockets:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            self._sockets.clear()

    def mend(self) -> None:
        """Lets connections through again."""
        with self._lock:
            self._refuses = False

    def close(self) -> None:
        self.cut(refuse=True)
        self._acceptor.close()

    def _serve(self, inner: socket.socket) -> None:
        with self._lock:
            if self._refuses:
                inner.close()
                return
            try:
                outer = socket.create_connection(self._server)
            except OSError:  # the server is gone
                inner.close()
                return
            self._sockets += [inner, outer]
            self.connections += 1
            self._open += 1
        threading.Thread(target=forward, args=(outer, inner), daemon=True).start()
        forward(inner, outer)
        with self._lock:
            self._open -= 1


def forward(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def wire_to(host: str, port: int) -> Iterator[Wire]:
    """Runs a wire to a server."""
    wire = Wire(host, port)
    try:
        yield wire
    finally:
        wire.close()
