"""Waits for a request to stop: a signal, or a call of `stop`."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from pycolonies._platform import after_fork_in_child, stop_signals

if TYPE_CHECKING:
    from typing_extensions import Self

#: How long a wait can miss a signal, in seconds, on platforms that don't interrupt it.
SLICE = 0.5


#: The requests that hear signals.
_hearing: list[StopRequest] = []


class StopRequest:
    """A request to stop, from signals and threads. Signals count while it is entered, in the main thread.

    SIGINT, SIGTERM and, unless it is ignored as under ``nohup``, SIGHUP request a stop.

    A signal handler may come at any moment, also while the same thread is inside a lock of `threading`; a
    `SimpleQueue` is made for that.

    Forked copies of the process have the handlers from before: `terminate` of multiprocessing, which sends
    SIGTERM, would have no effect on them otherwise.
    """

    def __init__(self) -> None:
        self._said: SimpleQueue[float | None] = SimpleQueue()
        self._before: dict[int, Any] = {}

    def say(self, grace: float | None = None) -> None:
        """Request a stop with a grace period in seconds; None for the default of `wait`."""
        self._said.put(grace)

    def wait(self, grace: float) -> float:
        """Wait for a request. Returns its grace period in seconds."""
        while True:
            with suppress(Empty):
                said = self._said.get(timeout=SLICE)
                return grace if said is None else said

    def another(self) -> bool:
        """Return whether there was one more request, and forget it."""
        try:
            self._said.get_nowait()
        except Empty:
            return False
        return True

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in stop_signals():
                self._before[number] = signal.signal(number, self._heard)
            _hearing.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ignore()
        if self in _hearing:
            _hearing.remove(self)

    def _ignore(self) -> None:
        """Put the handlers from before back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self.say()


def _forked() -> None:
    while _hearing:
        _hearing.pop()._ignore()  # noqa: SLF001 (this module's own)


after_fork_in_child(_forked)
