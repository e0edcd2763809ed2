"""Waits that signals interrupt at once, on every platform.

A signal does not wake the main thread from waiting for a lock on Windows, nor where it comes just before the
wait, or to another thread. So the main thread waits a moment at a time; between two, signal handlers run.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from pycolonies import _checks as checks

#: Seconds that the main thread waits at a time.
SLICE = 0.1


def in_slices(attempt: Callable[[float | None], bool], timeout: float | None) -> bool:
    """Wait until something is done, and return whether it is.

    Args:
        attempt: Waits some seconds, or without a limit for None, and returns whether it is done.
        timeout: Seconds to wait; None for no limit.
    """
    checks.check_timeout(timeout)
    if threading.current_thread() is not threading.main_thread():
        return attempt(timeout)
    deadline = float("inf") if timeout is None else time.monotonic() + timeout
    while not attempt(min(SLICE, max(deadline - time.monotonic(), 0))):
        if time.monotonic() >= deadline:
            return False
    return True


def wait_for(futures: Collection[Future[Any]], timeout: float | None) -> bool:
    """Wait until all futures are done, and return whether they are.

    Args:
        futures: What to wait for.
        timeout: Seconds to wait; None for no limit.
    """
    return in_slices(lambda seconds: not wait(futures, seconds).not_done, timeout)


def wait_while_moving(futures: Collection[Future[Any]], stall: float, timeout: float) -> bool:
    """Wait until all futures are done, as long as futures keep becoming done.

    Args:
        futures: What to wait for.
        stall: Seconds without progress after which the wait ends.
        timeout: Seconds to wait at most.

    Returns:
        Whether all are done.
    """
    deadline = time.monotonic() + timeout
    left = set(futures)
    while left:
        pause = min(stall, deadline - time.monotonic())
        done, left = wait(left, max(pause, 0), FIRST_COMPLETED)
        if not done:
            return False
    return True


def take(ended: queue.SimpleQueue[Future[Any]], timeout: float | None) -> Future[Any] | None:
    """Return the next item of a queue, or None on timeout."""
    found: list[Future[Any]] = []

    def attempt(seconds: float | None) -> bool:
        try:
            found.append(ended.get(timeout=seconds))
        except queue.Empty:
            return False
        return True

    return found[0] if in_slices(attempt, timeout) else None
