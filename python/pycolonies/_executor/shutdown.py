"""Stops an executor within a bounded time, whatever its server does, also at the end of the program."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pycolonies._executor.runtime import Runtime
    from pycolonies._executor.stop_request import StopRequest

log = logging.getLogger("pycolonies.executor")

#: Seconds that requeueing may take: usually, and after a second signal.
LEAVE, LEAVE_NOW = 5.0, 1.0
#: Seconds after which a wait for the server is announced.
ANNOUNCE = 0.2
#: Seconds between two checks whether a signal has come.
CHECK = 0.05
#: Seconds in which aborted calls end.
CUT = 1.0
#: Seconds that functions of ``on_stop`` have.
HOOKS = 30.0


def finish(runtime: Runtime, stop_request: StopRequest | None = None, seconds: float = LEAVE) -> None:
    """Stop a runtime that requests no more work, and requeue running processes.

    Args:
        runtime: The runtime.
        stop_request: Another request ends it at once.
        seconds: How long the server has to answer.
    """
    ended = _begun(runtime.finish)
    try:
        _await(ended, stop_request, seconds)
    finally:
        if not ended.is_set():
            runtime.cut()
            ended.wait(CUT)
        if runtime.has_stop_hooks:
            _await_hooks(_begun(runtime.run_stop_hooks), stop_request)
        runtime.close()


def _begun(step: Callable[[], None]) -> threading.Event:
    """Run a step of the shutdown in a thread. The event is set when it has ended."""
    ended = threading.Event()

    def work() -> None:
        try:
            step()
        except Exception:
            log.exception("the executor did not end properly")
        finally:
            ended.set()

    try:
        threading.Thread(target=work, name="pycolonies-executor-stop", daemon=True).start()
    except RuntimeError:  # the interpreter ends, and starts no more threads
        work()
    return ended


def _await_hooks(ended: threading.Event, stop_request: StopRequest | None) -> None:
    until = time.monotonic() + HOOKS
    while not ended.wait(CHECK):
        if time.monotonic() >= until or (stop_request is not None and stop_request.another()):
            log.warning("a function of on_stop has not ended; the executor stops without waiting for it")
            return


def _await(ended: threading.Event, stop_request: StopRequest | None, seconds: float) -> None:
    began = time.monotonic()
    announced = False
    while not ended.wait(CHECK):
        passed = time.monotonic() - began
        if passed >= seconds:
            log.warning(
                "the server did not answer in time: running processes are requeued by their maxexectime"
            )
            return
        if stop_request is not None and stop_request.another():
            return
        if not announced and passed >= ANNOUNCE:
            announced = True
            log.warning(
                "stopping: waiting up to %g s for the server; press Ctrl-C again to stop now", seconds
            )


class Stoppable(Protocol):
    """An executor, as the exit handler sees it."""

    def stop(self, grace: float) -> None: ...


class AtExit:
    """Stops executors that still run when the program ends; not in its forked copies."""

    def __init__(self) -> None:
        self._running: weakref.WeakKeyDictionary[Stoppable, int] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()
        self._registered = False

    def add(self, executor: Stoppable) -> None:
        """An executor has started."""
        with self._lock:
            self._running[executor] = os.getpid()
            if not self._registered:
                self._registered = True
                atexit.register(self._stop)

    def remove(self, executor: Stoppable) -> None:
        """An executor has stopped."""
        with self._lock:
            self._running.pop(executor, None)

    def _stop(self) -> None:
        for executor, pid in list(self._running.items()):
            if pid == os.getpid():
                executor.stop(0)


AT_EXIT = AtExit()
