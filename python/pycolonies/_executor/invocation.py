"""One run of a function for a process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pycolonies._executor.context import AsyncContext, Context

if TYPE_CHECKING:
    from pycolonies._executor.context import ContextBackend
    from pycolonies._executor.functions import RegisteredFunction
    from pycolonies._executor.observe.events import Outcome
    from pycolonies._models import Process


class Invocation:
    """One run of a function for a process: where it is, and whether anybody waits for its result.

    Who settles it first, the function that ends or whoever learns that its result is not wanted, decides.
    """

    def __init__(self, process: Process, offered: RegisteredFunction, backend: ContextBackend) -> None:
        self.process = process
        self.offered = offered
        seconds = limit(process)
        self.began = time.monotonic()
        #: When the process's maxexectime is over, on the monotonic clock.
        self.ends = None if seconds is None else self.began + seconds
        self.context: Context | AsyncContext = (AsyncContext if offered.awaits else Context)(
            process, backend, seconds
        )
        #: Set where the result is not wanted: why.
        self.dropped: Outcome | None = None
        #: Called, once, when the result turns out not to be wanted.
        self.on_drop: Callable[[], None] | None = None
        self._over = False
        self._lock = threading.Lock()

    @classmethod
    def of(cls, context: Context | AsyncContext, offered: RegisteredFunction) -> Invocation:
        """Make one with a context that is there already."""
        made = cls(context.process, offered, context._backend)  # noqa: SLF001 (its other half)
        made.context = context
        return made

    @property
    def processid(self) -> str:
        """Id of the process."""
        return self.process.processid

    @property
    def seconds(self) -> float:
        """For how long it has been running."""
        return time.monotonic() - self.began

    def finish(self) -> bool:
        """Say that the function has ended; returns whether its result is wanted."""
        with self._lock:
            self._over = True
            return self.dropped is None

    def drop(self, why: Outcome) -> bool:
        """Say that the result is not wanted; returns whether the function ran, and is told just now."""
        with self._lock:
            if self._over or self.dropped is not None:
                return False
            self.dropped = why
        self.context._tell(cancelled=True)  # noqa: SLF001 (functions have no business with it)
        if self.on_drop is not None:
            self.on_drop()
        return True

    def renew(self, process: Process) -> bool:
        """Take another assignment of the same process for this run; returns whether its result is wanted."""
        with self._lock:
            if self.dropped is not None:
                return False
            seconds = limit(process)
            self.process = process
            self.ends = None if seconds is None else time.monotonic() + seconds
        self.context._renewed(process, seconds)  # noqa: SLF001
        return True


def limit(process: Process) -> float | None:
    """Return a process's maxexectime in seconds, or None where it has none."""
    seconds = process.spec.maxexectime
    return float(seconds) if seconds > 0 else None
