"""The results of many calls of a function."""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import AsyncIterable, Callable, Iterable, Sized
from concurrent.futures import CancelledError, Future
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pycolonies import _checks as checks
from pycolonies._futures.progress import Bar
from pycolonies._futures.queued import QueuedHandle
from pycolonies._models import FuncSpec
from pycolonies._waiting.slices import take, wait_for, wait_while_moving

if TYPE_CHECKING:
    from typing_extensions import Self

    from pycolonies._futures.handle import NotInTimeError
    from pycolonies._waiting.process_ends import Watcher

_Result = TypeVar("_Result")

#: Seconds that are spent on cancelling what is left, at most.
CANCELLING = 10.0


class Calls:
    """The outstanding calls of a map.

    Args:
        watcher: Notices their ends.
        spec_of: Returns the function spec of a call with these arguments.
        window: How many there are at most.
        ordered: Whether results are yielded in the order of the calls.
        timeout: Seconds until the last result must be there; None for no limit.
        bar: The progress bar.
        read: Converts results, see `reader_of`.

    Raises:
        ValueError: The window is below 1.
    """

    def __init__(
        self,
        watcher: Watcher,
        spec_of: Callable[[tuple[Any, ...]], FuncSpec],
        *,
        window: int,
        ordered: bool,
        timeout: float | None,
        bar: Bar,
        read: Callable[[Any], Any] | None = None,
    ) -> None:
        checks.integer("window", window, 1)
        checks.check_timeout(timeout)
        self._watcher, self._spec_of, self._window, self._bar = watcher, spec_of, window, bar
        self._read = read
        self._timeout = timeout
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self.ordered = ordered
        self.outstanding: deque[QueuedHandle[Any]] = deque()

    @property
    def full(self) -> bool:
        """Whether the window is full."""
        return len(self.outstanding) >= self._window

    def start(self, args: tuple[Any, ...], told: Callable[[Future[Any]], object] | None = None) -> None:
        """Start a call.

        Args:
            args: Its arguments.
            told: Called with the handle when the call has ended.
        """
        handle = QueuedHandle(self._spec_of(args), self._watcher, self._read)
        handle.add_done_callback(self._bar.advance)
        if told is not None:
            handle.add_done_callback(told)
        self.outstanding.append(handle)
        handle.start()

    def left(self) -> float | None:
        """Return how many seconds are left; None for no limit."""
        return None if self._deadline is None else max(self._deadline - time.monotonic(), 0)

    def late(self) -> NotInTimeError:
        """Return the exception for a timeout."""
        assert self._timeout is not None
        return self.outstanding[0].late(self._timeout)

    def take(self, handle: Any, *, return_exceptions: bool) -> Any:
        """Remove an ended call, and return its result."""
        self.outstanding.remove(handle)  # in order it is the first, else not far from it
        try:
            return handle.result(0)
        except (Exception, CancelledError) as fault:
            if not return_exceptions:
                raise
            return fault

    def cancel(self) -> list[Future[None]]:
        """Cancel the outstanding calls. Returns the jobs of the threads that do so."""
        jobs: list[Future[None]] = []
        while self.outstanding:
            handle = self.outstanding.popleft()
            handle.cancel()
            jobs += handle.jobs
        self._bar.close()
        return [job for job in jobs if not job.done()]

    def wait_for(self, jobs: list[Future[None]], error: BaseException | None) -> None:
        """Wait until calls are cancelled; on an interrupt, only for as long as the server answers."""
        wait_while_moving(jobs, stall_of(self._watcher, error), CANCELLING)


class Results(Generic[_Result]):
    """The results of calling a function with each item of an iterable; see `Colonies.map`."""

    def __init__(
        self,
        watcher: Watcher,
        spec_of: Callable[[tuple[Any, ...]], FuncSpec],
        iterables: tuple[Iterable[Any], ...],
        *,
        window: int,
        ordered: bool,
        timeout: float | None,
        return_exceptions: bool,
        progress: bool,
        read: Callable[[Any], _Result] | None = None,
    ) -> None:
        bar = Bar(how_many(iterables), shown=progress)
        self._calls = Calls(
            watcher, spec_of, window=window, ordered=ordered, timeout=timeout, bar=bar, read=read
        )
        self._items = zip(*iterables, strict=False)
        self._ended: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        self._return_exceptions = return_exceptions
        self._fill()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> _Result:
        calls = self._calls
        if not calls.outstanding:
            calls.cancel()
            raise StopIteration
        try:
            handle = self._next_ended()
            result: _Result = calls.take(handle, return_exceptions=self._return_exceptions)
        except BaseException as fault:
            self._leave(fault)
            raise
        self._fill()
        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._leave(error)

    def __del__(self) -> None:
        if calls := self.__dict__.get("_calls"):
            calls.cancel()

    def close(self) -> None:
        """Cancel the outstanding calls. No results follow."""
        self._leave(None)

    def _leave(self, error: BaseException | None) -> None:
        """Cancel the calls that have not ended; on an interrupt, only for as long as the server answers."""
        self._items = zip()
        self._calls.wait_for(self._calls.cancel(), error)

    def _next_ended(self) -> Future[Any]:
        """Wait for the call with the next result.

        Raises:
            WaitTimeoutError: The timeout has passed.
        """
        calls = self._calls
        first: Future[Any] = calls.outstanding[0]
        if calls.ordered:
            ended = first if wait_for([first], calls.left()) else None
        else:
            ended = take(self._ended, calls.left())
        if ended is None:
            raise calls.late()
        return ended

    def _fill(self) -> None:
        """Start calls until the window is full."""
        told = None if self._calls.ordered else self._ended.put
        try:
            while not self._calls.full and (args := next(self._items, None)) is not None:
                self._calls.start(args, told)
        except BaseException as fault:
            self._leave(fault)
            raise


def stall_of(watcher: Watcher, error: BaseException | None) -> float:
    """Return how many seconds to wait for the next answer while calls are cancelled.

    Args:
        watcher: Knows when the server last answered.
        error: The exception that cancels them. Ctrl-C and the like end a program at once.
    """
    return CANCELLING if error is None or isinstance(error, Exception) else watcher.patience()


def how_many(iterables: tuple[Iterable[Any], ...]) -> int | None:
    """Return the number of calls, or None if it is unknown.

    Raises:
        TypeError: There is no iterable, or an argument is not iterable.
    """
    if not iterables:
        raise TypeError("map requires at least one iterable of arguments after the function")
    for each in iterables:
        checks.kind(
            "each argument of map after the function",
            each,
            (Iterable, AsyncIterable),
            "an iterable of arguments",
        )
    sizes = [len(iterable) for iterable in iterables if isinstance(iterable, Sized)]
    return min(sizes) if len(sizes) == len(iterables) else None
