"""One event loop in a thread, for the subscriptions of all handles of a program."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any

#: Seconds for which the thread stays without work.
IDLE_TIMEOUT = 2.0
#: Event loops of parent processes. To drop their sockets would unregister them there.
_OF_PARENTS: list[asyncio.AbstractEventLoop] = []


class BackgroundLoop:
    """Runs coroutines in a thread that starts when it is needed, and ends when it has been idle for a while.

    A forked child starts its own.
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        # A coroutine may be cancelled while another is started, by what is collected as garbage just then.
        self._lock = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running = 0

    def start(self, steps: Coroutine[Any, Any, None]) -> Future[None]:
        """Start a coroutine, and return its future, which can be cancelled from any thread."""
        if self._process != os.getpid():
            if self._loop is not None:
                _OF_PARENTS.append(self._loop)
            self._begin()
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=_run, args=[self._loop], name="pycolonies-listens", daemon=True
                ).start()
            self._running += 1
            future = asyncio.run_coroutine_threadsafe(steps, self._loop)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, _: Future[None]) -> None:
        with self._lock:
            self._running -= 1
            if self._running == 0 and self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.call_later, IDLE_TIMEOUT, self._end, self._loop)

    def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            if self._running == 0 and self._loop is loop:
                self._loop = None
                loop.stop()


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


BACKGROUND = BackgroundLoop()
