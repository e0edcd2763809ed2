"""The threads of an executor."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pycolonies._models import Process

log = logging.getLogger("pycolonies.executor")

#: Requests for work that wait at the server at the same time, at most.
MOST_ASKING = 32


class Slots:
    """Threads that ask for a process, do it, and ask again.

    A thread that gets a process does it itself, so nothing is handed from thread to thread. Before it
    begins, it sees to it that another one asks, as long as slots are free; so the number of requests follows
    the work: one thread waits while there is none, and after a burst all do until a request comes back
    empty. A process that goes on without its thread, as a coroutine, holds its slot until `release`.

    Args:
        concurrency: How many processes there may be at a time.
        ask: Waits for a process; None where none came.
        do: Does a process; returns False where it goes on without the thread.
    """

    def __init__(
        self, concurrency: int, ask: Callable[[], Process | None], do: Callable[[Process], bool]
    ) -> None:
        self._concurrency = concurrency
        self._ask = ask
        self._do = do
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._asking = 0
        self._held = 0
        self._threads = 0
        self._open = False
        self._closed = False

    @property
    def held(self) -> int:
        """How many processes are being done."""
        return self._held

    def open(self) -> None:
        """Begin to ask for work, unless it has been closed before."""
        with self._lock:
            self._open = not self._closed
            self._ask_more()

    def close(self) -> None:
        """Ask for no more work. Requests under way must be ended by who made them."""
        with self._lock:
            self._open, self._closed = False, True
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is asked for or being done; returns whether it came to that."""
        deadline = time.monotonic() + seconds
        with self._lock:
            return self._changed.wait_for(
                lambda: not (self._asking or self._held), max(deadline - time.monotonic(), 0)
            )

    def release(self) -> None:
        """Give back the slot of a process that went on without its thread."""
        with self._lock:
            self._held -= 1
            self._changed.notify_all()
            self._ask_more()

    def _ask_more(self) -> None:
        """Have a thread ask for work if none does and a slot is free; with the lock held."""
        if not self._asking and self._may_ask():
            self._asking += 1
            self._threads += 1
            threading.Thread(
                target=self._work, name=f"pycolonies-executor-{self._threads}", daemon=True
            ).start()

    def _may_ask(self) -> bool:
        return self._open and self._held + self._asking < self._concurrency and self._asking < MOST_ASKING

    def _work(self) -> None:
        while True:
            process = self._safely_ask()
            with self._lock:
                self._asking -= 1
                if process is None:
                    if not self._open or self._asking:  # another one asks, too
                        self._changed.notify_all()
                        return
                    self._asking += 1
                    continue
                self._held += 1
                self._ask_more()
            done = self._safely_do(process)
            with self._lock:
                if done:
                    self._held -= 1
                if not self._may_ask():
                    self._changed.notify_all()
                    return
                self._asking += 1

    def _safely_ask(self) -> Process | None:
        try:
            return self._ask()
        except Exception:
            log.exception("asking for a process failed")
            time.sleep(1)  # whatever it is, it must not be tried in a tight loop
            return None

    def _safely_do(self, process: Process) -> bool:
        try:
            return self._do(process)
        except Exception:
            log.exception("process %s could not be dealt with", process.processid)
            return True
