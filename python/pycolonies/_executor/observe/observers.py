"""Forwards events to several observers, whatever they raise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pycolonies._executor.observe.events import ExecutorInfo, Observer, Outcome
from pycolonies._loggers import logger

if TYPE_CHECKING:
    from pycolonies._models import Process

log = logger("pycolonies.executor")


class Observers(Observer):
    """Forwards events to all observers; an exception in one affects neither the others nor the executor."""

    def __init__(self, observers: Iterable[Observer]) -> None:
        self._observers = tuple(observers)
        self.reads_env = any(observer.reads_env for observer in self._observers)

    def started(self, about: ExecutorInfo) -> None:
        self._tell("started", about)

    def assigned(self, process: Process) -> None:
        self._tell("assigned", process)

    def began(self, process: Process) -> None:
        self._tell("began", process)

    def progressed(self, process: Process, fraction: float, message: str) -> None:
        self._tell("progressed", process, fraction, message)

    def logged(self, process: Process, message: str) -> None:
        self._tell("logged", process, message)

    def failed(self, process: Process, error: BaseException) -> None:
        self._tell("failed", process, error)

    def ended(self, process: Process, outcome: Outcome, seconds: float) -> None:
        self._tell("ended", process, outcome, seconds)

    def retrying(self, process: Process, error: BaseException, failure: int, seconds: float) -> None:
        self._tell("retrying", process, error, failure, seconds)

    def limited(self, process: Process, limits: str) -> None:
        self._tell("limited", process, limits)

    def reported(self, process: Process, outcome: Outcome, seconds: float) -> None:
        self._tell("reported", process, outcome, seconds)

    def disconnected(self, error: Exception) -> None:
        self._tell("disconnected", error)

    def still_disconnected(self, error: Exception, seconds: float, attempts: int) -> None:
        self._tell("still_disconnected", error, seconds, attempts)

    def awaiting_approval(self, about: ExecutorInfo, seconds: float) -> None:
        self._tell("awaiting_approval", about, seconds)

    def warned(self, message: str) -> None:
        self._tell("warned", message)

    def reconnected(self) -> None:
        self._tell("reconnected")

    def stopping(self, running: int, grace: float) -> None:
        self._tell("stopping", running, grace)

    def stopped(self) -> None:
        self._tell("stopped")

    def _tell(self, event: str, *told: Any) -> None:
        for observer in self._observers:
            try:
                getattr(observer, event)(*told)
            except Exception:  # noqa: PERF203 (none must keep the others from hearing)
                log.exception("%s of %r failed", event, observer)
