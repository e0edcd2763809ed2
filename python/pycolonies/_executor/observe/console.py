"""What an executor shows in a terminal: a banner, failures, the connection, and how it stops."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from pycolonies._executor.observe.endings import Endings
from pycolonies._executor.observe.events import Outcome
from pycolonies._printable import last_line, one_line
from pycolonies._units import duration

if TYPE_CHECKING:
    from pycolonies._executor.observe.events import ExecutorInfo, Observer
    from pycolonies._models import Process

#: Lines about failed calls that are shown within a second; more of them are counted.
_MOST_A_SECOND = 10


class Console(Endings):
    """Writes short lines to a terminal. `Executor.run` adds it unless the program has configured logging.

    Args:
        signatures: The functions with their parameters, as ``add(*numbers: float) -> float``.
        stream: Where to write; stderr by default.
    """

    def __init__(self, signatures: Sequence[str], stream: TextIO | None = None) -> None:
        super().__init__()
        self._signatures = signatures
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()
        self._lost_at: float | None = None
        self._second = self._shown = self._hidden = 0

    def started(self, about: ExecutorInfo) -> None:
        calls = "1 call" if about.concurrency == 1 else f"{about.concurrency} calls"
        self._write(
            f"Executor {about.executorname} (type {about.executortype}) "
            f"in colony {about.colonyname} at {about.server}",
            *(f"  {signature}" for signature in self._signatures),
            f"Ready for {calls} at a time. Press Ctrl-C to stop.",
        )

    def retrying(self, process: Process, error: BaseException, failure: int, seconds: float) -> None:
        with self._lock:
            if self._is_too_much():
                return
        self._write(
            f"{_now()} {process.spec.funcname} {process.processid[:12]} failed, attempt {failure}; "
            f"it is run again in {duration(seconds)}: {last_line(error)}"
        )

    def reported(self, process: Process, outcome: Outcome, seconds: float) -> None:
        error, ran = self.take(process)
        with self._lock:
            if outcome in (Outcome.SUCCESSFUL, Outcome.HANDED_BACK) or self._is_too_much():
                return
        after = "" if ran is None else f" after {duration(ran)}"  # its function may not have run
        what = {
            Outcome.FAILED: f"failed{after}" + (f": {last_line(error)}" if error else ""),
            Outcome.CANCELLED: f"was cancelled{after}",
            Outcome.LATE: f"exceeded its maxexectime{after}",
            Outcome.LOST: "was taken from this executor by the server",
        }[outcome]
        self._write(f"{_now()} {process.spec.funcname} {process.processid[:12]} {what}")

    def disconnected(self, error: Exception) -> None:
        self._lost_at = time.monotonic()
        self._write(f"{_now()} Connection lost, retrying: {last_line(error)}")

    def still_disconnected(self, error: Exception, seconds: float, attempts: int) -> None:
        self._write(
            f"{_now()} Still unreachable after {duration(seconds)}, attempt {attempts}: {last_line(error)}"
        )

    def awaiting_approval(self, about: ExecutorInfo, seconds: float) -> None:
        if seconds:
            self._write(f"{_now()} Still waiting for approval after {duration(seconds)}")
            return
        self._write(
            f"{_now()} Waiting for approval. The owner of colony {about.colonyname} approves it with",
            f"  pycolonies executor add --name {about.executorname} --type {about.executortype} "
            f"--executorid {about.executorid} --approve",
            f"or, if it was added before, with  pycolonies executor approve --name {about.executorname}",
        )

    def warned(self, message: str) -> None:
        self._write(f"{_now()} Warning: {message}")

    def reconnected(self) -> None:
        lost, self._lost_at = self._lost_at, None
        after = "" if lost is None else f" after {duration(time.monotonic() - lost)}"
        self._write(f"{_now()} Connected again{after}")

    def stopping(self, running: int, grace: float) -> None:
        calls = "1 call" if running == 1 else f"{running} calls"
        self._write(f"Stopping: finishing {calls}, up to {grace:g} s. Press Ctrl-C again to stop now.")

    def stopped(self) -> None:
        self._write("Stopped")

    def _is_too_much(self) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            if self._hidden:
                self._write(f"{_now()} {self._hidden} more calls ended without success")
            self._second, self._shown, self._hidden = second, 0, 0
        self._shown += 1
        self._hidden += self._shown > _MOST_A_SECOND
        return self._shown > _MOST_A_SECOND

    def _write(self, *lines: str) -> None:
        self._stream.write("".join(one_line(line) + "\n" for line in lines))
        self._stream.flush()


def _now() -> str:
    return time.strftime("%H:%M:%S")


@contextlib.contextmanager
def announced(signatures: Sequence[str], *, quiet: bool) -> Iterator[list[Observer]]:
    """Yield the observers that show an executor, and restore logging afterwards.

    In a terminal that is a `Console`. Elsewhere log records go to stderr with their time and level.
    Programs that have configured logging get neither: they have their own handlers.
    """
    logger = logging.getLogger("pycolonies")
    if logging.getLogger().handlers or logger.handlers:
        yield []
        return
    shows = not quiet and sys.stderr is not None and sys.stderr.isatty()
    handler: logging.Handler = logging.NullHandler() if quiet or shows else logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    level = logger.level
    logger.addHandler(handler)
    if not (quiet or shows):
        logger.setLevel(logging.INFO)
    try:
        yield [Console(signatures)] if shows else []
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
