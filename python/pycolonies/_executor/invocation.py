"""One run of a function for a process."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from pycolonies._executor.attempt import limit
from pycolonies._executor.backend import FencedBackend
from pycolonies._executor.context import AsyncContext, Context
from pycolonies._rpc.encoding import loads

if TYPE_CHECKING:
    import asyncio

    from pycolonies._executor.context import ContextBackend
    from pycolonies._executor.functions import RegisteredFunction
    from pycolonies._executor.observe.events import Outcome
    from pycolonies._models import Process


#: Held while a run is dropped. One for all, as runs are many and drops are few.
_DROPPING = threading.Lock()


class Invocation:
    """One run of a function for a process. The table of processes decides whether its result is wanted.

    Args:
        process: The process.
        offered: The function.
        backend: Carries out the calls of contexts.
    """

    def __init__(self, process: Process, offered: RegisteredFunction, backend: ContextBackend) -> None:
        self.process = process
        self.offered = offered
        self.began = time.monotonic()
        #: When the function ended, on the monotonic clock.
        self.ended: float | None = None
        #: Called once, when the result will be discarded.
        self.on_drop: Callable[[], None] | None = None
        #: The task of a coroutine function on the event loop.
        self.task: asyncio.Task[None] | None = None
        #: Failures of earlier runs, and the longest duration in seconds.
        self.earlier: Sequence[str] = ()
        self.longest = 0.0
        #: Whether the process was complete when it was decided how often the function may run again.
        self.knows_retries = False
        #: Whether it has the claim of its idempotency key, and how often it has waited for that.
        self.claimed = False
        self.waits = 0
        #: Whether the process has, or may get, output that an earlier run has stored.
        self.stale = False
        self.backend = FencedBackend(backend, process, offered)
        self.context: Context | AsyncContext = (AsyncContext if offered.has_async_context else Context)(
            process, cast("ContextBackend", self.backend), limit(process)
        )
        self.context._state = offered.extensions.state  # noqa: SLF001 (functions have no business with it)

    def allow(self, retries: int, earlier: Sequence[str]) -> None:
        """Set how often the function may run again, and its earlier failures."""
        self.earlier = earlier
        self.context._failures = len(earlier)  # noqa: SLF001 (functions have no business with it)
        self.context._retries = retries  # noqa: SLF001 (as above)

    def again(self, backend: ContextBackend, seconds: float | None, error: str) -> Invocation:
        """Return the next run for the same process, which has this many seconds left."""
        following = Invocation(self.process, self.offered, backend)
        following.context._renewed(self.process, seconds)  # noqa: SLF001 (as above)
        following.allow(self.context._retries, [*self.earlier, error])  # noqa: SLF001 (as above)
        following.knows_retries = self.knows_retries
        following.longest = max(self.longest, self.seconds)
        following.claimed = self.claimed
        following.stale = self.stale or self.backend.stores
        return following

    @classmethod
    def of(cls, context: Context | AsyncContext, offered: RegisteredFunction) -> Invocation:
        """Return a run with an existing context."""
        made = cls(context._process, offered, context._backend)  # noqa: SLF001 (its other half)
        if context._state is None:  # noqa: SLF001 (as above)
            context._state = offered.extensions.state  # noqa: SLF001 (as above)
        made.context = context
        return made

    @property
    def processid(self) -> str:
        """Id of the process."""
        return self.process.processid

    @property
    def dropped(self) -> Outcome | None:
        """Why the result will be discarded; None while it is wanted."""
        return self.backend.dropped

    @property
    def seconds(self) -> float:
        """How long the function has been running, or ran."""
        return (time.monotonic() if self.ended is None else self.ended) - self.began

    def drop(self, why: Outcome) -> None:
        """Tell the function that its result will be discarded."""
        with _DROPPING:
            if self.backend.dropped is not None:
                return
            self.backend.dropped = why
        self.context._tell(cancelled=True)  # noqa: SLF001 (functions have no business with it)
        if self.on_drop is not None:
            self.on_drop()
        self.cancel_task()

    def cancel_task(self) -> None:
        """Cancel the coroutine function that runs, from any thread."""
        if self.task is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and all tasks with it
                self.task.get_loop().call_soon_threadsafe(self.task.cancel)

    def reported(self, output: list[Any]) -> list[Any]:
        """Return the output to report for a run that has ended with this output.

        Servers keep the stored output where a report has none. It is repeated if it may be that of an earlier
        run, or if storing it may have failed.
        """
        if output or not (self.stale or self.backend.unsure):
            return output
        return [None] if self.backend.output is None else cast("list[Any]", loads(self.backend.output))

    def renew(self, process: Process, seconds: float | None) -> None:
        """Use this run for another assignment of the same process, which has this many seconds left."""
        self.process = process
        self.context._renewed(process, seconds)  # noqa: SLF001 (functions have no business with it)
