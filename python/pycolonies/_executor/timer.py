"""A thread for deadlines. It makes no calls to the server, so nothing delays it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger("pycolonies.executor")


class Timer:
    """Calls a function whenever it asked to be called.

    Args:
        due: Receives the time of `time.monotonic`, handles what is due, and returns when to be called next,
            or None to wait for `by`. It must not block.
    """

    def __init__(self, due: Callable[[float], float | None]) -> None:
        self._due = due
        self._changed = threading.Condition()
        self._next: float | None = None
        self._over = False
        self._thread = threading.Thread(target=self._work, name="pycolonies-executor-timer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def by(self, when: float | None) -> None:
        """Call the function at this time or earlier."""
        if when is None:
            return
        with self._changed:
            if self._next is None or when < self._next:
                self._next = when
                self._changed.notify_all()

    def stop(self) -> None:
        """End the thread."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _work(self) -> None:
        while self._wait():
            try:
                following = self._due(time.monotonic())
            except Exception:
                log.exception("the timer failed")
                following = time.monotonic() + 1
            self.by(following)

    def _wait(self) -> bool:
        """Wait until something is due. Returns False when the timer has ended."""
        with self._changed:
            while not self._over:
                now = time.monotonic()
                if self._next is not None and self._next <= now:
                    self._next = None
                    return True
                self._changed.wait(
                    None if self._next is None else min(self._next - now, threading.TIMEOUT_MAX)
                )
        return False
