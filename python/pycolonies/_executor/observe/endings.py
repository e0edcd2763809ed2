"""How attempts ended, kept until their results have been reported."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pycolonies._executor.observe.events import Observer, Outcome, attempt_key

if TYPE_CHECKING:
    from pycolonies._models import Process


class Endings(Observer):
    """An observer that keeps the exception and the duration of each attempt until `take`."""

    def __init__(self) -> None:
        self._endings_lock = threading.Lock()
        self._errors: dict[tuple[str, int], BaseException] = {}
        self._seconds: dict[tuple[str, int], float] = {}

    def failed(self, process: Process, error: BaseException) -> None:
        with self._endings_lock:
            self._errors[attempt_key(process)] = error

    def ended(self, process: Process, outcome: Outcome, seconds: float) -> None:
        with self._endings_lock:
            self._seconds[attempt_key(process)] = seconds

    def take(self, process: Process) -> tuple[BaseException | None, float | None]:
        """Remove and return the exception, and the seconds that the function ran; None for what there is not.

        A function may not have run.
        """
        key = attempt_key(process)
        with self._endings_lock:
            return self._errors.pop(key, None), self._seconds.pop(key, None)
