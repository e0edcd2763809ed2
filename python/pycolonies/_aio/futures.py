"""Awaitable calls of functions."""

from __future__ import annotations

import asyncio
import copy
import secrets
import sys
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Collection,
    Coroutine,
    Generator,
    Iterable,
    Mapping,
    Sequence,
)
from concurrent.futures import Future
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from pycolonies import _checks as checks
from pycolonies._aio.following import AsyncFollowing
from pycolonies._aio.loops import running_loop
from pycolonies._futures.following import LogReader, ProgressReport, report_of
from pycolonies._futures.handle import NotInTimeError, ProcessHandle, shown, told
from pycolonies._futures.map import CANCELLING, Calls, how_many, stall_of
from pycolonies._futures.progress import Bar, show_graph
from pycolonies._futures.workflow_result import WorkflowResult
from pycolonies._models import FuncSpec, Process, ProcessGraph
from pycolonies._models.show import table
from pycolonies._records import Log
from pycolonies._rpc.defaults import OWN
from pycolonies._rpc.keys import Key
from pycolonies._specs.again import changes_of, spec_again
from pycolonies._specs.returned import reader_for
from pycolonies._specs.submission import delayed, due_time, with_key
from pycolonies._waiting.endings import end_of
from pycolonies._waiting.slices import SLICE
from pycolonies.errors import InvalidRequestError, WorkflowFailedError

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Self, Unpack

    from pycolonies._executor.context import BaseContext
    from pycolonies._records import Cron
    from pycolonies._specs.call import CallOptions, MapOptions, SubmitOptions

_Arguments = ParamSpec("_Arguments")
_Context = TypeVar("_Context", bound="BaseContext")
_Result = TypeVar("_Result")


def _handle_again(client: AsyncSubmitting, process: Process) -> AsyncProcessHandle[Any]:
    return AsyncProcessHandle(client._sync._handle_of(process, OWN), client)  # noqa: SLF001 (as in submit)


class AsyncProcessHandle(Generic[_Result]):
    """A submitted process in an event loop: ``await handle`` returns what its function returned.

    Attributes and subscripts are those of the process as it was last seen, as with `ProcessHandle`.
    """

    def __init__(self, handle: ProcessHandle[_Result], client: AsyncSubmitting, prvkey: Key = OWN) -> None:
        self._handle = handle
        self._client = client
        self._prvkey = prvkey

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how to make a handle of the same process: a pickle is a reference."""
        client = self._client if self._prvkey is OWN else self._client.bind(prvkey=self._prvkey)
        return _handle_again, (client, self._handle.process)

    def __await__(self) -> Generator[Any, None, _Result]:
        """Wait for the process to end, as `result` does without a limit."""
        return self._handle.__await__()

    async def result(self, timeout: float | None = None) -> _Result:
        """Wait for the process to end, and return what its function returned; see `ProcessHandle.result`."""
        return await _in_time(self._handle, timeout)

    async def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the process to end, and return what `result` would raise; see `result`."""
        await _ended(self._handle, timeout)
        return self._handle.exception(0)

    async def cancel(self) -> bool:
        """Cancel the process, whether it waits or runs; see `ProcessHandle.cancel`."""
        handle = self._handle
        if handle.done():
            return handle.cancelled()
        try:
            await self._client.cancel_process(handle.processid, self._prvkey)
        except InvalidRequestError:
            if (await self.refresh()).state < self._client._sync.SUCCESSFUL:  # noqa: SLF001 (the rules of the blocking client)
                raise
            return handle.cancelled()
        return handle._cancelled_there()  # noqa: SLF001 (two forms of one handle)

    async def refresh(self) -> Process:
        """Ask the server for the process, and return it; see `ProcessHandle.refresh`."""
        process = await self._client.get_process(self._handle.processid, self._prvkey)
        return self._handle._noted(process)  # noqa: SLF001 (two forms of one handle)

    async def logs(self, timeout: float | None = None) -> AsyncIterator[Log]:
        """Yield the lines of the process's log until it has ended; see `ProcessHandle.logs`."""
        deadline = float("inf") if timeout is None else time.monotonic() + timeout
        handle, endpoint = self._handle, self._client._endpoint(self._prvkey)  # noqa: SLF001 (it is a part of it)
        ended = told(handle)
        colonyname = handle.process.spec.conditions.colonyname
        reader = LogReader(colonyname=colonyname, processid=handle.processid)
        while True:
            over = ended.done()
            lines = reader.new((await endpoint.call("getlogsmsg", **reader.request())).list_of(Log))
            for line in lines:
                yield line
            left = deadline - time.monotonic()
            if (over and not lines) or left <= 0:
                return
            if not over:
                await asyncio.wait([ended], timeout=reader.pause(left))

    async def progress(self, timeout: float | None = None) -> AsyncIterator[ProgressReport]:
        """Yield what the function reports with ``ctx.progress``; see `ProcessHandle.progress`."""
        async with aclosing(cast("AsyncGenerator[Log, None]", self.logs(timeout))) as lines:
            async for line in lines:
                report = report_of(line)
                if report is not None:
                    yield report

    def add_done_callback(self, fn: Callable[[AsyncProcessHandle[_Result]], object]) -> None:
        """Have a function called with this handle in the event loop when the process has ended."""
        told(self._handle).add_done_callback(lambda _: fn(self))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self._handle, name)

    def __getitem__(self, key: str) -> Any:
        return self._handle[key]

    def __contains__(self, key: object) -> bool:
        return key in self._handle

    def _repr_html_(self) -> str:
        return table(type(self).__name__, shown(self.process))

    def __repr__(self) -> str:
        return f"<Async{repr(self._handle)[1:]}"


class AsyncSubmitting(AsyncFollowing):
    """Awaitable calls of functions."""

    @overload
    async def submit(
        self,
        spec: Callable[..., Coroutine[Any, Any, _Result]],
        prvkey: Key = OWN,
        **options: Unpack[SubmitOptions],
    ) -> AsyncProcessHandle[_Result]: ...
    @overload
    async def submit(
        self, spec: Callable[..., _Result], prvkey: Key = OWN, **options: Unpack[SubmitOptions]
    ) -> AsyncProcessHandle[_Result]: ...
    @overload
    async def submit(
        self, spec: FuncSpec | Mapping[str, Any] | str, prvkey: Key = OWN, **options: Unpack[SubmitOptions]
    ) -> AsyncProcessHandle[Any]: ...
    async def submit(
        self,
        spec: FuncSpec | Mapping[str, Any] | Callable[..., Any] | str,
        prvkey: Key = OWN,
        *,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        colonyname: str = OWN,
        idempotency_key: str | None = None,
        eta: datetime | None = None,
        countdown: float | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncProcessHandle[Any]:
        """Ask for a function to be executed, and return a handle to await; see `Colonies.submit`."""
        given = self._sync._spec_of(spec, args, kwargs, colonyname, options)  # noqa: SLF001 (the rules of the blocking client)
        given = delayed(given, eta, countdown)
        existing = None
        if idempotency_key is not None:
            given = with_key(given, idempotency_key)
            existing = await self._find_by_key(given, prvkey)
        process = existing or await self.submit_func_spec(given, prvkey)
        handle = self._sync._handle_of(process, prvkey, spec)  # noqa: SLF001 (the rules of the blocking client)
        handle.existing = existing is not None
        return AsyncProcessHandle(handle, self, prvkey)

    async def schedule(
        self,
        spec: FuncSpec | Mapping[str, Any] | Callable[..., Any] | str,
        prvkey: Key = OWN,
        *,
        eta: datetime | None = None,
        countdown: float | None = None,
        name: str | None = None,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        colonyname: str = OWN,
        **options: Unpack[CallOptions],
    ) -> Cron:
        """Have a function called at a time further ahead; see `Colonies.schedule`."""
        due = due_time(eta, countdown)
        given = self._sync._spec_of(spec, args, kwargs, colonyname, options)  # noqa: SLF001 (the rules of the blocking client)
        if given.label:
            raise ValueError(
                f"a scheduled call is found by its label, so the label {given.label!r} can't be given"
            )
        return await self._add_once(name or f"once-{secrets.token_hex(8)}", given, due, prvkey)

    @overload
    async def call(
        self,
        func: Callable[Concatenate[_Context, _Arguments], Coroutine[Any, Any, _Result]],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> AsyncProcessHandle[_Result]: ...
    @overload
    async def call(
        self,
        func: Callable[Concatenate[_Context, _Arguments], _Result],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> AsyncProcessHandle[_Result]: ...
    @overload
    async def call(
        self,
        func: Callable[_Arguments, Coroutine[Any, Any, _Result]],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> AsyncProcessHandle[_Result]: ...
    @overload
    async def call(
        self, func: Callable[_Arguments, _Result], /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> AsyncProcessHandle[_Result]: ...
    async def call(self, func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> AsyncProcessHandle[Any]:
        """Submit a call of a function as it is written in Python; see `Colonies.call`."""
        return await self.submit(func, args=args, kwargs=kwargs)

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Return a client with options for the functions that it submits; see `Colonies.with_options`."""
        client = copy.copy(self)
        client._sync = self._sync.with_options(**options)  # noqa: SLF001 (it is a client, too)
        return client

    async def get_handle(self, processid: str, prvkey: Key = OWN) -> AsyncProcessHandle[Any]:
        """Return a handle of a process that was submitted before; see `Colonies.get_handle`."""
        process = await self.get_process(processid, prvkey)
        return AsyncProcessHandle(self._sync._handle_of(process, prvkey), self, prvkey)  # noqa: SLF001 (the rules of the blocking client)

    async def resubmit(
        self,
        processid: str,
        prvkey: Key = OWN,
        *,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> AsyncProcessHandle[Any]:
        """Submit a process again; see `Colonies.resubmit`."""
        changes = changes_of(args, kwargs)
        process = await self.get_process(processid, prvkey)
        return await self.submit(spec_again(process, changes), prvkey)

    @overload
    def map(
        self,
        func: Callable[..., Coroutine[Any, Any, _Result]],
        *iterables: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[MapOptions],
    ) -> AsyncIterator[_Result]: ...
    @overload
    def map(
        self,
        func: Callable[..., _Result],
        *iterables: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[MapOptions],
    ) -> AsyncIterator[_Result]: ...
    @overload
    def map(
        self, func: str, *iterables: Iterable[Any] | AsyncIterable[Any], **options: Unpack[MapOptions]
    ) -> AsyncIterator[Any]: ...
    async def map(
        self,
        func: Callable[..., Any] | str,
        *iterables: Iterable[Any] | AsyncIterable[Any],
        kwargs: Mapping[str, Any] | None = None,
        prvkey: Key = OWN,
        colonyname: str = OWN,
        window: int = 256,
        ordered: bool = True,
        timeout: float | None = None,
        return_exceptions: bool = False,
        progress: bool = False,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[Any]:
        """Call a function with each item of an iterable, and give the results; see `Colonies.map`.

        Calls are submitted from when the first result is asked for. A single iterable may be asynchronous.
        """
        items = _items(iterables)
        sized = cast("tuple[Iterable[Any], ...]", iterables)
        watcher = self._sync._watcher(prvkey)  # noqa: SLF001 (both are the client)
        calls = Calls(
            watcher,
            lambda given: self._sync._spec_of(func, given, kwargs, colonyname, options),  # noqa: SLF001 (the rules of the blocking client)
            window=window,
            ordered=ordered,
            timeout=timeout,
            bar=Bar(how_many(sized), shown=progress),
            read=reader_for(func),
        )
        ended: asyncio.Queue[Future[Any]] = asyncio.Queue()
        loop = running_loop()

        def tell(handle: Future[Any]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(ended.put_nowait, handle)

        try:
            more = True
            while True:
                while more and not calls.full:
                    given = await anext(items, None)
                    more = given is not None
                    if given is not None:
                        calls.start(given, None if ordered else tell)
                if not calls.outstanding:
                    return
                try:
                    if ordered:
                        handle: Future[Any] = calls.outstanding[0]
                        await _ended(handle, calls.left())
                    else:
                        handle = await asyncio.wait_for(ended.get(), calls.left())
                except (asyncio.TimeoutError, NotInTimeError):
                    raise await asyncio.to_thread(calls.late) from None
                yield calls.take(handle, return_exceptions=return_exceptions)
        finally:
            stall = stall_of(watcher, sys.exc_info()[1])
            await _wait_while_moving([asyncio.wrap_future(job) for job in calls.cancel()], stall)

    async def wait_workflow(
        self,
        graph: ProcessGraph | str,
        timeout: float | None = None,
        prvkey: Key = OWN,
        *,
        progress: bool = False,
    ) -> WorkflowResult:
        """Wait until a process graph has ended, and return the results; see `Colonies.wait_workflow`.

        The results are fetched here, so that the event loop does not wait for them later.
        """
        bar = Bar(None, shown=progress, what="workflow")
        ended: ProcessGraph | None = None
        steps = self._workflow_steps(graph, timeout, prvkey)
        try:
            async with aclosing(steps) as changes:
                async for seen in changes:
                    if seen is not None:
                        show_graph(bar, seen)
                        ended = seen
        finally:
            bar.close()
        if ended is None:
            raise AssertionError("waiting ends with a process graph, or with an exception")
        return await self._workflow_result(ended, prvkey)

    async def _workflow_result(self, graph: ProcessGraph, prvkey: Key) -> WorkflowResult:
        state = end_of(graph)
        if state != self._sync.SUCCESSFUL:
            failed = await self._errors_of_nodes(graph, prvkey) if state == self._sync.FAILED else {}
            raise WorkflowFailedError(graph.processgraphid, state, failed)
        found = await asyncio.gather(*(self._node_process(node, prvkey) for node in graph.processids))
        processes = dict(zip(graph.processids, found, strict=True))
        return WorkflowResult(graph, processes.__getitem__, self._sync.endpoint.codec)


async def _wait_while_moving(futures: Collection[asyncio.Future[None]], stall: float) -> None:
    """Wait until all futures are done, for as long as one after the other becomes done."""
    deadline = time.monotonic() + CANCELLING
    left = set(futures)
    while left and (pause := min(stall, deadline - time.monotonic())) > 0:
        done, left = await asyncio.wait(left, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            return


async def _ended(handle: Future[Any], timeout: float | None) -> None:
    """Wait until a call has ended, whatever came of it.

    Raises:
        WaitTimeoutError: It has not in time.
    """
    assert isinstance(handle, ProcessHandle)
    checks.check_timeout(timeout)
    waiter = told(handle)
    deadline = float("inf") if timeout is None else time.monotonic() + timeout
    # In slices: an event loop that begins to wait just as a signal arrives does not run the handler.
    while not waiter.done():
        left = max(deadline - time.monotonic(), 0)
        done, _ = await asyncio.wait([waiter], timeout=min(left, SLICE))
        if not done and left <= SLICE:
            raise await asyncio.to_thread(handle.late, timeout or 0)


async def _in_time(handle: ProcessHandle[_Result], timeout: float | None) -> _Result:
    await _ended(handle, timeout)
    return handle.result(0)


async def _items(
    iterables: tuple[Iterable[Any] | AsyncIterable[Any], ...],
) -> AsyncIterator[tuple[Any, ...]]:
    """Yield the arguments of each call."""
    if len(iterables) == 1 and isinstance(iterables[0], AsyncIterable):
        async for item in iterables[0]:
            yield (item,)
        return
    for iterable in iterables:
        if isinstance(iterable, AsyncIterable):
            raise TypeError("an asynchronous iterable must be the only iterable")
    for given in zip(*cast("tuple[Iterable[Any], ...]", iterables), strict=False):
        yield given
