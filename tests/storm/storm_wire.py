"""A wire to a server on which answers are lost, late and doubled, and connections break."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time


class StormyWire:
    """Forwards connections to a server.

    Args:
        port: The server's port on this machine.
        seed: Decides on faults, together with the order in which data comes.
    """

    def __init__(self, port: int, seed: int) -> None:
        self._target = ("127.0.0.1", port)
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        #: Probability that something happens to a piece of an answer.
        self.fault = 0.0
        self.counts = {"lost": 0, "late": 0, "doubled": 0}
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept no more connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                inner, _ = self._listener.accept()
            except OSError:
                return
            try:
                outer = socket.create_connection(self._target, 5)
            except OSError:
                inner.close()
                continue
            outer.settimeout(None)
            threading.Thread(target=self._forward, args=(inner, outer, False), daemon=True).start()
            threading.Thread(target=self._forward, args=(outer, inner, True), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                what = self._fault() if answers else ""
                if what == "lost":
                    break
                if what == "late":
                    time.sleep(self._random.uniform(0.1, 2.0))
                target.sendall(data)
                if what == "doubled":
                    target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()

    def _fault(self) -> str:
        with self._lock:
            if self._random.random() >= self.fault:
                return ""
            what = self._random.choice(list(self.counts))
            self.counts[what] += 1
            return what
