"""A proxy in front of a server: answers are lost, late and doubled, and some are lies."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections import Counter

from storm_lies import lie

from acceptor import Acceptor

FAULTS = ("lost", "late", "doubled")


class StormyWire:
    """Forwards connections to a server.

    Args:
        port: The server's port on this machine.
        seed: Decides on faults, together with the order in which data arrives.
    """

    def __init__(self, port: int, seed: int) -> None:
        self._target = ("127.0.0.1", port)
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        #: Probability that something happens to a piece of an answer.
        self.fault = 0.0
        #: Probability that a piece of a request never reaches the server, and a hostile one answers instead.
        self.hostile = 0.0
        self.counts: Counter[str] = Counter()
        self._acceptor = Acceptor(self._serve)
        self.port = self._acceptor.port

    def close(self) -> None:
        """Accept no more connections."""
        self._acceptor.close()

    def _serve(self, inner: socket.socket) -> None:
        try:
            outer = socket.create_connection(self._target, 5)
        except OSError:
            inner.close()
            return
        outer.settimeout(None)
        for sock in (inner, outer):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self._forward, args=(outer, inner, True), daemon=True).start()
        self._forward(inner, outer, False)

    def _forward(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if not (
                    self._pass_answer(data, target) if answers else self._pass_request(data, source, target)
                ):
                    break
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()

    def _pass_request(self, data: bytes, client: socket.socket, server: socket.socket) -> bool:
        """Forward a piece of a request. False if a hostile server answered, which ends the connection."""
        if not self._happens(self.hostile):
            server.sendall(data)
            return True
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        name = lie(client, self._random)
        with self._lock:
            self.counts[name] += 1
        return False

    def _pass_answer(self, data: bytes, client: socket.socket) -> bool:
        """Forward a piece of an answer. False where it is lost, which ends the connection."""
        fault = self._random.choice(FAULTS) if self._happens(self.fault) else ""
        if fault:
            with self._lock:
                self.counts[fault] += 1
        if fault == "lost":
            return False
        if fault == "late":
            time.sleep(self._random.uniform(0.1, 2.0))
        client.sendall(data * 2 if fault == "doubled" else data)
        return True

    def _happens(self, probability: float) -> bool:
        with self._lock:
            return self._random.random() < probability
