"""A process as a future."""

from __future__ import annotations

import concurrent.futures
import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any, TypeVar

from pycolonies._futures.following import SHORTEST, LogReader, ProgressReport, report_of
from pycolonies._home import publish, show_as
from pycolonies._models import Process
from pycolonies._models.show import table
from pycolonies._records import Log
from pycolonies._rpc.defaults import OWN
from pycolonies._specs.call import value_of
from pycolonies._waiting.explanation import explain
from pycolonies._waiting.slices import wait_for
from pycolonies.errors import (
    InvalidRequestError,
    ProcessCancelledError,
    ProcessFailedError,
    WaitTimeoutError,
)

if TYPE_CHECKING:
    import asyncio

    from pycolonies._rpc.keys import Key
    from pycolonies._waiting.process_ends import Watcher

_Result = TypeVar("_Result")

SUCCESSFUL, FAILED, CANCELLED = 2, 3, 4


class CancelledHereError(ProcessCancelledError, CancelledError):
    """`ProcessCancelledError` that is also a ``concurrent.futures.CancelledError``."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _cancelled_again, self.args


class NotInTimeError(WaitTimeoutError, concurrent.futures.TimeoutError):
    """`WaitTimeoutError`, as futures raise it: before Python 3.11 theirs is no TimeoutError."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        # An OSError keeps only two of its arguments in `args`.
        return _late_again, (self.processid, self.timeout, self.what, self.reason)


# Tracebacks show the public names.
show_as(CancelledHereError, ProcessCancelledError)
show_as(NotInTimeError, WaitTimeoutError)


def _cancelled_again(*args: Any) -> CancelledHereError:
    return CancelledHereError(*args)


def _late_again(*args: Any) -> NotInTimeError:
    return NotInTimeError(*args)


def _handle_again(client: Any, process: Process) -> ProcessHandle[Any]:
    made: ProcessHandle[Any] = client._handle_of(process, OWN)  # noqa: SLF001 (where handles are made)
    return made


class ProcessHandle(Future[_Result]):
    """A submitted process: a future with the attributes of the process.

    ``concurrent.futures.wait`` and ``as_completed`` take handles; ``await handle`` waits in an event loop.
    Attributes and subscripts are those of the last known state of the process: ``handle.processid``,
    ``handle["spec"]``, ``handle.errors``. A handle that is dropped changes nothing about the process.

    Attributes:
        process: The last known state of the process.
        existing: Whether the process existed before and was found by its idempotency key.
    """

    def __init__(
        self, process: Process, watcher: Watcher, read: Callable[[Any], _Result] | None = None
    ) -> None:
        super().__init__()
        self._read = read
        self.process = process
        #: Whether the process existed before and was found by its idempotency key.
        self.existing = False
        #: Whether a callback was added.
        self.has_callbacks = False
        self._watcher = watcher
        #: The client and the key that make a handle of the same process in another program.
        self.reference: tuple[Any, Key] | None = None
        #: Held by the thread that settles the handle.
        self._settled = threading.Lock()

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how to make a handle of the same process: a pickle is a reference."""
        if self.reference is None:
            raise TypeError(
                "a handle without a client cannot be pickled; pickle its processid and use get_handle"
            )
        client, prvkey = self.reference
        if prvkey is not OWN:
            client = client.bind(prvkey=prvkey)
        return _handle_again, (client, self.process)

    @property
    def processid(self) -> str:
        """Id of the process."""
        return self.process.processid

    @property
    def state(self) -> int:
        """The last known state of the process; `refresh` fetches the current one."""
        return self.process.state

    def refresh(self) -> Process:
        """Fetch the process from the server, and return it.

        Raises:
            NotFoundError: It was removed.
            TransportError: There was no reply.
        """
        return self._noted(self._watcher.process(self.processid))

    def _noted(self, process: Process) -> Process:
        """Store the current state of the process, and return it."""
        if process.state >= SUCCESSFUL:
            self._watcher.seen(process)
        if not self.done():
            self.process = process
        return self.process

    def result(self, timeout: float | None = None) -> _Result:
        """Wait for the process to end, and return its result.

        Args:
            timeout: Seconds to wait; None for no limit.

        Returns:
            The output of the process: its only value, a list of several, or None if there is no output.
            ``handle.output`` is the list in any case.

        Raises:
            ProcessFailedError: It failed.
            ProcessCancelledError: It was cancelled. This is a ``concurrent.futures.CancelledError``, too.
            WaitTimeoutError: It has not ended in time; it goes on.
            NotFoundError: It was removed.
            PermissionDeniedError: The key is no member's anymore.
        """
        self._watcher.resume(self)
        with self._precise(timeout):
            wait_for([self], timeout)
            return super().result(0)

    def logs(self, timeout: float | None = None) -> Iterator[Log]:
        """Yield the lines of the process's log, then new ones as they arrive, until it has ended.

        Each ``line["message"]`` is a string. The server is polled once a second, or more often for new lines.

        Args:
            timeout: Seconds after which it ends in any case; None for no limit.

        Raises:
            ServerError: The process was removed (status 500).
            TransportError: There was no reply.
        """
        deadline = float("inf") if timeout is None else time.monotonic() + timeout
        self._watcher.resume(self)
        while not (self.processid or self.done()):  # it is being submitted
            if time.monotonic() >= deadline:
                return
            wait_for([self], min(SHORTEST, max(deadline - time.monotonic(), 0)))
        if not self.processid:
            return
        colonyname = self.process.spec.conditions.colonyname
        reader = LogReader(colonyname=colonyname, processid=self.processid)
        while True:
            ended = self.done()
            reply = self._watcher.endpoint.call("getlogsmsg", **reader.request())
            lines = reader.new(reply.list_of(Log))
            yield from lines
            left = deadline - time.monotonic()
            if (ended and not lines) or left <= 0:
                return
            if not ended:
                wait_for([self], reader.pause(left))

    def progress(self, timeout: float | None = None) -> Iterator[ProgressReport]:
        """Yield reports of ``ctx.progress`` as they arrive, until the process has ended.

        ::

            for report in handle.progress():
                print(f"{report.fraction:.0%} {report.message}")
            print(handle.result())

        Args:
            timeout: Seconds after which it ends in any case; None for no limit.

        Raises:
            ServerError: The process was removed (status 500).
            TransportError: There was no reply.
        """
        for line in self.logs(timeout):
            report = report_of(line)
            if report is not None:
                yield report

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the process to end, and return the exception that `result` raises; None if it succeeded.

        Args:
            timeout: Seconds to wait; None for no limit.

        Raises:
            ProcessCancelledError: It was cancelled.
            WaitTimeoutError: It has not ended in time; it goes on.
        """
        self._watcher.resume(self)
        with self._precise(timeout):
            wait_for([self], timeout)
            return super().exception(0)

    def cancel(self) -> bool:
        """Cancel the process, whether it waits or runs. Its executor gets no message; its result is refused.

        Returns:
            Whether it is cancelled; False if it had ended before.

        Raises:
            InvalidRequestError: It is part of a process graph; `cancel_processgraph` cancels those.
            TransportError: There was no reply.
        """
        if self.done():
            return self.cancelled()
        try:
            self._watcher.cancel(self.processid)
        except InvalidRequestError:
            if self.refresh().state < SUCCESSFUL:
                raise
            return self.cancelled()
        return self._cancelled_there()

    def _cancelled_there(self) -> bool:
        """Note that the server has cancelled the process, and return whether the handle is cancelled."""
        self._watcher.settle(self.process.model_copy(update={"state": CANCELLED}))
        return self.cancelled()

    def running(self) -> bool:
        """Return whether the process was running when it was last seen."""
        return not self.done() and self.process.state == 1

    def add_done_callback(self, fn: Callable[[Future[_Result]], object]) -> None:
        """Call a function with the handle when the process has ended, in a thread of the client."""
        self.has_callbacks = True
        self._watcher.keep(self)
        super().add_done_callback(fn)

    def __await__(self) -> Generator[Any, None, _Result]:
        """Wait in an event loop. Cancelling the wait does not cancel the process."""
        yield from told(self).__await__()
        return self.result(0)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or "process" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.process, name)

    def __getitem__(self, key: str) -> Any:
        return self.process[key]

    def __contains__(self, key: object) -> bool:
        return key in self.process

    def __repr__(self) -> str:
        call = f"{self.process.spec.funcname!r} as {self.processid or 'no process yet'}"
        return f"<{type(self).__name__} {call}, {self._state.lower()}>"

    def _repr_html_(self) -> str:
        return table(type(self).__name__, shown(self.process))

    def ended(self, process: Process) -> None:
        """Settle the handle with an ended process. The first result counts."""
        if not self._settled.acquire(blocking=False):
            return
        self.process = process
        if process.state == CANCELLED:
            self._give_up()
        elif process.state == FAILED:
            errors = process.errors
            self.set_exception(ProcessFailedError(process.spec.funcname, process.processid, errors))
        else:
            self._succeed(process)

    def _succeed(self, process: Process) -> None:
        try:
            value = value_of(process, self._watcher.endpoint.codec)
            value = value if self._read is None else self._read(value)
        except Exception as unreadable:  # noqa: BLE001 (a codec may raise anything)
            self.set_exception(unreadable)
        else:
            self.set_result(value)

    def lost(self, error: BaseException) -> None:
        """Settle the handle with an error: the process cannot be fetched."""
        if self._settled.acquire(blocking=False):
            self.set_exception(error)

    def after_fork(self) -> None:
        """Make the locks anew in a child process: a thread that is not there anymore may hold them."""
        self._condition = threading.Condition()
        if not self.done():
            self._settled = threading.Lock()

    def _give_up(self) -> None:
        """Become cancelled, and wake waiters."""
        super().cancel()
        self.set_running_or_notify_cancel()

    @contextlib.contextmanager
    def _precise(self, timeout: float | None) -> Generator[None, None, None]:
        """Convert exceptions of futures to exceptions with the process."""
        try:
            yield
        except CancelledError:
            raise CancelledHereError(self.process.spec.funcname, self.processid) from None
        except concurrent.futures.TimeoutError as late:
            # The process may have failed with a timeout of its function.
            if self.done() or timeout is None:
                raise
            raise self.late(timeout) from self._watcher.fault or late.__cause__

    def late(self, timeout: float) -> NotInTimeError:
        """Return the exception for a timeout, with the reason if no executor can run the process."""
        watcher = self._watcher
        reason = "" if watcher.fault else explain(watcher.endpoint, self.process, timeout)
        return NotInTimeError(self.processid, timeout, "process", reason)


def shown(process: Process) -> list[tuple[str, Any]]:
    """Return the fields of the process that a notebook shows."""
    spec = process.spec
    fields = {"funcname": spec.funcname, "args": spec.args, "kwargs": spec.kwargs, "state": process.state}
    ended = {"output": process.output, "errors": process.errors}
    return [*fields.items(), ("processid", process.processid), *(one for one in ended.items() if one[1])]


def told(future: Future[Any]) -> asyncio.Future[None]:
    """Return a future of the running event loop that is done when this one is done."""
    from pycolonies._aio.loops import running_loop

    loop = running_loop()
    waiter: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    def tell(_: Future[Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has been closed
            loop.call_soon_threadsafe(wake)

    future.add_done_callback(tell)
    return waiter


publish(__name__)
