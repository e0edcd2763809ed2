"""A bounded number of threads that carry out blocking calls."""

from __future__ import annotations

import os
import queue
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from pycolonies import _core

_Result = TypeVar("_Result")
_Jobs = queue.SimpleQueue[Any]


class Job(Future[_Result], Generic[_Result]):
    """A job of a thread, and its result.

    Args:
        work: The function to call.
        cut_short: Whether cancelling also aborts a job that has begun.
    """

    def __init__(self, work: Callable[[], _Result], *, cut_short: bool = True) -> None:
        super().__init__()
        self._work = work
        self._cut_short = cut_short
        self._cancellation = _core.Cancellation()

    def cancel(self) -> bool:
        """Cancel the job: it does not begin, or is aborted."""
        if super().cancel():
            return True
        if self._cut_short:
            self._cancellation.cancel()
        return False

    def cut(self) -> None:
        """Cancel the job, even if it is not `cut_short`."""
        self._cancellation.cancel()
        super().cancel()

    def carry_out(self) -> None:
        """Run the job on this thread."""
        if not self.set_running_or_notify_cancel():
            return
        try:
            with self._cancellation:
                result = self._work()
        except BaseException as fault:  # noqa: BLE001 (raised by `result`)
            self.set_exception(fault)
        else:
            self.set_result(result)
        finally:
            del self._work  # and what it holds: it may be what holds this


class Threads:
    """Threads that start on demand and don't keep the program from exiting.

    The interpreter waits for threads of `concurrent.futures` at exit: a program interrupted in a long call
    would continue until the server answers. A forked child starts its own threads.

    Args:
        limit: How many there are at most. Further jobs wait their turn.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"limit must be at least 1, got {limit}")
        self._limit = limit
        # A job may be given while another is: by what is collected as garbage just then.
        self._lock = threading.RLock()
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._jobs: _Jobs = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._count = 0
        self._stop = weakref.finalize(self, _release, self._jobs, self._limit)
        self._stop.atexit = False

    def submit(self, job: Job[_Result]) -> Job[_Result]:
        """Queue a job for the next free thread, and return it.

        Raises:
            RuntimeError: The threads were closed.
        """
        if self._process != os.getpid():
            self._stop.detach()
            self._lock = threading.RLock()
            self._begin()
        if not self._stop.alive:
            raise RuntimeError("the client is closed; create a new one")
        self._jobs.put(job)
        with self._lock:
            if not self._idle.acquire(blocking=False) and self._count < self._limit:
                self._count += 1
                name = f"pycolonies-{self._count}"
                threading.Thread(target=_work, args=(self._jobs, self._idle), name=name, daemon=True).start()
        return job

    def finish(self, work: Callable[[], object]) -> None:
        """Queue a last job if there are threads, else run it here."""
        try:
            self.submit(Job(work))
        except RuntimeError:
            work()

    @property
    def closed(self) -> bool:
        """Whether the pool is closed."""
        return not self._stop.alive

    def close(self) -> None:
        """Close the pool: its threads end after the queued jobs."""
        self._stop()


def _release(jobs: _Jobs, count: int) -> None:
    for _ in range(count):
        jobs.put(None)


def _work(jobs: _Jobs, idle: threading.Semaphore) -> None:
    """Do jobs until there is a None among them. Holds no reference to the pool, which may go away."""
    while (job := jobs.get()) is not None:
        job.carry_out()
        del job
        idle.release()
