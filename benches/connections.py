"""Counts the connections that a client opens.

A forwarder on a port that only this client knows counts exactly, and counts the same on every system.
The kernel's counters (ActiveOpens in /proc/net/snmp) belong to all processes of the machine, and a look
at the open sockets misses those that are closed again. Forwarding costs time, so nothing is timed then.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from types import TracebackType
from typing import final


def pump(source: socket.socket, target: socket.socket) -> None:
    """Pass bytes on until the source ends, then end the target too."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the other direction saw the end first


class Connection(socketserver.BaseRequestHandler):
    """One connection of the client, and the one to the server that belongs to it."""

    server: Forwarder
    request: socket.socket

    def handle(self) -> None:
        with socket.create_connection(self.server.target) as target:
            back = threading.Thread(target=pump, args=(target, self.request), daemon=True)
            back.start()
            pump(self.request, target)
            back.join()


@final
class Forwarder(socketserver.ThreadingTCPServer):
    """Listens on a free port of the loopback interface, forwards to the target, counts connections."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.target = target
        self.opened = 0
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        port: int = self.server_address[1]
        return port

    def get_request(self) -> tuple[socket.socket, object]:
        accepted: tuple[socket.socket, object] = super().get_request()
        self.opened += 1
        return accepted

    def __enter__(self) -> Forwarder:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()
