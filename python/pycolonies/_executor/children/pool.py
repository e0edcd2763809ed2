"""A bounded pool of child processes, started on demand and reused."""

from __future__ import annotations

import atexit
import math
import threading
import time
import weakref
from collections.abc import Mapping, Sequence

from pycolonies._executor.children import script
from pycolonies._executor.children.call import ChildCall
from pycolonies._executor.children.child import SLICE, Child, Flag, NotReceivedError
from pycolonies.errors import FunctionCancelledError, FunctionTimeoutError


class Children:
    """Runs functions in child processes: spawned, never forked, and used again.

    Children are started as they are needed. Each ignores Ctrl-C, and ends with its parent, however that ends;
    what it prints goes where the parent's output goes, what it logs to the parent's loggers. One that dies
    fails its own call only. Any number of threads may use a pool.

    Args:
        limit: How many there are at most; more calls wait for their turn.
        fresh: Each call gets its own child, which has run nothing before and knows nothing of the
            parent's script. What it sends is read as JSON only, so that nothing in it can harm the parent.
        environment: The children's environment; None for the parent's.
        grace: Seconds that a child has for its ``finally`` clauses when it is ended.
    """

    def __init__(
        self,
        limit: int,
        *,
        fresh: bool = False,
        environment: Mapping[str, str] | None = None,
        grace: float = 2.0,
    ) -> None:
        if limit < 1:
            raise ValueError(f"limit must be at least 1, got {limit}")
        self._limit = limit
        self._fresh = fresh
        self._environment = environment
        self._grace = grace
        self._changed = threading.Condition()
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._starting = 0
        #: Whether the pool is closed.
        self.closed = False
        _pools.add(self)

    def run(
        self,
        task: ChildCall,
        *,
        deadline: float | None = None,
        cancelled: Flag | None = None,
        prefix: Sequence[str] = (),
    ) -> object:
        """Carry out a call in a child, and wait for it. The main thread sees Ctrl-C at once.

        Args:
            task: What to call.
            deadline: Time of `time.monotonic` by which it must be done.
            cancelled: Checked ten times a second. Once it is set, the child is asked to end (``finally``
                clauses run), and killed after the grace period.
            prefix: A command that runs a fresh child, with its arguments.

        Returns:
            What the function returns. A coroutine is run to its end.

        Raises:
            Exception: Whatever the function raises; `remote_traceback` has its traceback.
            RemoteError: The function raised an exception that cannot be pickled.
            TypeError: An argument or the result cannot be pickled.
            FunctionTimeoutError: The deadline passed.
            FunctionCancelledError: `cancelled` was set.
            ResourceLimitError: It used more memory or processor time than it may.
            ChildDiedError: The child died, or could not be started.
            RuntimeError: The pool is closed.
        """
        until = math.inf if deadline is None else deadline
        ended = _Either(self, cancelled)
        while True:
            child = self._take(task, until, ended, prefix)
            try:
                return child.run(task, until, ended)
            except NotReceivedError:
                continue  # it died while it was idle, or just then: another one does it
            finally:
                self._give_back(child)

    def close(self) -> None:
        """End all children, the busy ones too, and refuse further calls."""
        with self._changed:
            self.closed = True
            idle, self._idle = self._idle, []
            self._changed.notify_all()
        for child in idle:
            child.release()
        until = time.monotonic() + self._grace
        for child in idle:
            child.dismiss(until)
        with self._changed:  # the threads that wait for the others see it, and end them
            self._changed.wait_for(lambda: not self._busy, self._grace + 10 * SLICE)
            left = list(self._busy)
        for child in left:
            child.end()

    def _take(self, task: ChildCall, until: float, cancelled: Flag, prefix: Sequence[str]) -> Child:
        began = time.monotonic()
        with self._changed:
            while True:
                if self.closed:
                    raise RuntimeError("this pool of child processes is closed")
                if self._idle:
                    child = self._idle.pop()
                    self._busy.add(child)
                    return child
                if len(self._busy) + self._starting < self._limit:
                    self._starting += 1
                    break
                if cancelled.is_set():
                    raise FunctionCancelledError(task.funcname)
                left = until - time.monotonic()
                if left <= 0:
                    raise FunctionTimeoutError(task.funcname, time.monotonic() - began)
                self._changed.wait(min(left, SLICE))
        try:
            codec = "json" if self._fresh else "pickle"
            description = script.describe(script=not self._fresh, sandboxed=bool(prefix))
            started = Child(description, codec, self._environment, self._grace, prefix)
        except BaseException:
            with self._changed:
                self._starting -= 1
            raise
        with self._changed:
            self._starting -= 1
            self._busy.add(started)
        return started

    def _give_back(self, child: Child) -> None:
        with self._changed:
            keep = child.usable and not self._fresh and not self.closed
            if keep:
                self._busy.discard(child)
                self._idle.append(child)
                self._changed.notify()
                return
        try:
            child.end()
        finally:
            with self._changed:
                self._busy.discard(child)
                self._changed.notify_all()


class _Either:
    """Set once a call is cancelled or the pool is closed."""

    def __init__(self, pool: Children, cancelled: Flag | None) -> None:
        self._pool = pool
        self._cancelled = cancelled

    def is_set(self) -> bool:
        return self._pool.closed or (self._cancelled is not None and self._cancelled.is_set())


_pools: weakref.WeakSet[Children] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for pool in list(_pools):
        pool.close()
