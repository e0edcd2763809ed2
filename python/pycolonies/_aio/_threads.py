"""A bounded number of threads that carry out blocking calls."""

from __future__ import annotations

import os
import queue
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

_Result = TypeVar("_Result")
_Jobs = queue.SimpleQueue[Any]


class Threads:
    """Threads that are started as they are needed, and that keep no program from ending.

    Those of `concurrent.futures` are waited for when the interpreter ends: a program that was interrupted in
    a long call would go on until the server answers. A forked child starts threads of its own.

    Args:
        limit: How many there are at the most. Further jobs wait their turn.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError("there has to be 1 thread or more")
        self._limit = limit
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._jobs: _Jobs = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._count = 0
        self._stop = weakref.finalize(self, _release, self._jobs, self._limit)
        self._stop.atexit = False

    def submit(self, job: Callable[[], _Result]) -> Future[_Result]:
        """Have a job done by the next thread that is free.

        Raises:
            RuntimeError: The threads were closed.
        """
        if self._process != os.getpid():
            self._stop.detach()
            self._lock = threading.Lock()
            self._begin()
        if not self._stop.alive:
            raise RuntimeError("this client is closed; no call may follow")
        future: Future[_Result] = Future()
        self._jobs.put((future, job))
        with self._lock:
            if not self._idle.acquire(blocking=False) and self._count < self._limit:
                self._count += 1
                name = f"pycolonies-{self._count}"
                threading.Thread(target=_work, args=(self._jobs, self._idle), name=name, daemon=True).start()
        return future

    def finish(self, job: Callable[[], object]) -> None:
        """Have a last job done if there are threads to do it, else do it here."""
        try:
            self.submit(job)
        except RuntimeError:
            job()

    def close(self) -> None:
        """Let the threads end when what they have to do is done."""
        self._stop()


def _release(jobs: _Jobs, count: int) -> None:
    for _ in range(count):
        jobs.put(None)


def _work(jobs: _Jobs, idle: threading.Semaphore) -> None:
    """Do jobs until there is a None among them. Holds no reference to the pool, which may go away."""
    while (job := jobs.get()) is not None:
        future, call = job
        if future.set_running_or_notify_cancel():
            try:
                result = call()
            except BaseException as fault:  # noqa: BLE001 (whoever awaits it gets it)
                future.set_exception(fault)
            else:
                future.set_result(result)
                del result
        del job, future, call
        idle.release()
