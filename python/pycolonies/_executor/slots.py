"""The threads of an executor."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

log = logging.getLogger("pycolonies.executor")

#: How many requests for work wait at the server at the same time, at most.
MOST_ASKING = 32

_Task = TypeVar("_Task")


class Slots(Generic[_Task]):
    """Threads that ask for a task, do it, and ask again.

    A thread that gets a task does it itself, so nothing is handed from thread to thread. Before it begins, it
    makes sure that another one asks, as long as slots are free; so the number of requests follows the work:
    one thread waits while there is none, and after a burst all do until a request comes back empty. A task
    that goes on without its thread, as a coroutine, holds its slot until `release`.

    Args:
        concurrency: How many tasks there may be at a time.
        ask: Waits for a task; None if there is none.
        do: Does a task; returns False if it goes on without the thread.
    """

    def __init__(
        self, concurrency: int, ask: Callable[[], _Task | None], do: Callable[[_Task], bool]
    ) -> None:
        self._concurrency = concurrency
        self._ask = ask
        self._do = do
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._ready: deque[_Task] = deque()
        self._asking = 0
        self._held = 0
        self._threads = 0
        self._open = False
        self._closed = False

    @property
    def held(self) -> int:
        """Number of running tasks."""
        return self._held

    def open(self) -> None:
        """Start requesting work, unless the slots were closed before."""
        with self._lock:
            self._open = not self._closed
            self._ask_more()

    def close(self) -> list[_Task]:
        """Request no more work, and return the tasks that wait for a slot.

        The caller must end pending requests.
        """
        with self._lock:
            self._open, self._closed = False, True
            waiting = list(self._ready)
            self._ready.clear()
            self._changed.notify_all()
            return waiting

    def add(self, task: _Task) -> bool:
        """Queue a task for the next free slot, before new ones. Returns False once closed."""
        with self._lock:
            if self._closed:
                return False
            self._ready.append(task)
            if self._open and self._held + self._asking < self._concurrency:
                self._start()
            return True

    def wait(self, seconds: float) -> bool:
        """Wait until idle. Returns False on timeout."""
        deadline = time.monotonic() + seconds
        with self._lock:
            return self._changed.wait_for(
                lambda: not (self._asking or self._held), max(deadline - time.monotonic(), 0)
            )

    def release(self) -> None:
        """Return the slot of a task that went on without its thread."""
        with self._lock:
            self._held -= 1
            self._changed.notify_all()
            self._ask_more()

    def _ask_more(self) -> None:
        """Have a thread ask for work if none does and a slot is free; with the lock held."""
        if (not self._asking or self._ready) and self._may_ask():
            self._start()

    def _start(self) -> None:
        self._asking += 1
        self._threads += 1
        threading.Thread(target=self._work, name=f"pycolonies-executor-{self._threads}", daemon=True).start()

    def _may_ask(self) -> bool:
        return self._open and self._held + self._asking < self._concurrency and self._asking < MOST_ASKING

    def _work(self) -> None:
        turns = self._turns()
        step = next(turns)
        with contextlib.suppress(StopIteration):
            while True:
                step = turns.send(self._next() if step is None else self._safely_do(step))

    def _turns(self) -> Generator[_Task | None, Any, None]:
        """Yield None to get a task, and a task to have it done, as long as a slot is free."""
        while True:
            task = yield None
            with self._lock:
                self._asking -= 1
                if task is None:
                    if not self._open or (self._asking and not self._ready):  # another one asks, too
                        self._changed.notify_all()
                        return
                    self._asking += 1
                    continue
                self._held += 1
                self._ask_more()
            done = yield task
            with self._lock:
                if done:
                    self._held -= 1
                if not self._may_ask():
                    self._changed.notify_all()
                    return
                self._asking += 1

    def _next(self) -> _Task | None:
        with self._lock:
            if self._ready:
                return self._ready.popleft()
        try:
            return self._ask()
        except Exception:
            log.exception("asking for a process failed")
            time.sleep(1)  # whatever it is, it must not be tried in a tight loop
            return None

    def _safely_do(self, task: _Task) -> bool:
        try:
            return self._do(task)
        except Exception:
            log.exception("%s could not be done", task)
            return True
