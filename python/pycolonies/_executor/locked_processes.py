"""The table of processes behind a lock."""

from __future__ import annotations

import threading
from types import TracebackType

from pycolonies._executor.processes import Processes


class Held:
    """The table of processes behind a lock: ``with held as processes:``. Make no calls inside.

    Args:
        executorid: The executor's id.
    """

    def __init__(self, executorid: str) -> None:
        self._processes = Processes(executorid)
        self._lock = threading.Lock()

    def __enter__(self) -> Processes:
        self._lock.acquire()
        return self._processes

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()
