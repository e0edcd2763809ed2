"""Runs functions of all kinds: plain, generators, coroutines, asynchronous generators."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextvars import Context as Variables
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from pycolonies._executor.children.forks import end_copy, ends_copies
from pycolonies._executor.context import CURRENT, AsyncContext, Context
from pycolonies._executor.middleware import FunctionCall, around, around_awaited
from pycolonies.errors import ProcessCancelledError

if TYPE_CHECKING:
    from pycolonies._executor.invocation import Invocation


def run(
    invocation: Invocation, args: Sequence[Any], kwargs: Mapping[str, Any], loop: Loop | None = None
) -> object:
    """Run a plain function or a generator. Returns its value, or the yielded values as a tuple.

    It runs in its own copy of the context variables. A decorated function may return a generator or a
    coroutine: these are run, too.

    Args:
        invocation: The run.
        args: Positional arguments.
        kwargs: Arguments by name.
        loop: Runs coroutines. Defaults to a new event loop.
    """
    return surrounded(
        invocation, args, kwargs, loop, lambda call: _run(invocation, loop, call.args, call.kwargs)
    )


def surrounded(
    invocation: Invocation,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    loop: Loop | None,
    run: Callable[[FunctionCall], object],
) -> object:
    """Make a call inside the executor's middleware, in a copy of the context variables."""
    return copy_context().run(_surrounded, invocation, args, kwargs, loop, run)


def _surrounded(
    invocation: Invocation,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    loop: Loop | None,
    run: Callable[[FunctionCall], object],
) -> object:
    offered, context = invocation.offered, invocation.context
    CURRENT.set(context)
    call = FunctionCall(offered.name, args, kwargs, context)

    def wanted(call: FunctionCall) -> object:
        if (
            invocation.dropped is not None
        ):  # while files were mounted, or middleware or observers took their time
            raise ProcessCancelledError(offered.name, invocation.processid)
        return run(call)

    return around(offered.extensions.middleware, call, wanted, asyncio.run if loop is None else loop.run)


def _run(invocation: Invocation, loop: Loop | None, args: Sequence[Any], kwargs: Mapping[str, Any]) -> object:
    offered, context = invocation.offered, invocation.context
    args, kwargs = offered.binding.with_context(args, kwargs, context)
    with ends_copies():
        value = offered.func(*args, **kwargs)
        if inspect.isgenerator(value):
            return _drain(value, context)
    if inspect.iscoroutine(value) or inspect.isasyncgen(value):
        steps = _finished(value, context)
        return asyncio.run(steps) if loop is None else loop.complete(invocation, steps)
    return value


def _drain(steps: Any, context: Context | AsyncContext) -> tuple[object, ...] | None:
    """Store the output after each yield. Returns all yielded values, or None if there were none."""
    output: list[object] = []
    with contextlib.closing(steps):
        while not context.cancelled:
            try:
                output.append(next(steps))
            except StopIteration as end:
                if end.value is not None:
                    output.append(end.value)
                break
            if isinstance(context, Context):
                context.set_output(*output)
    return tuple(output) or None


async def awaited(invocation: Invocation, args: Sequence[Any], kwargs: Mapping[str, Any]) -> object:
    """Run a coroutine function or an asynchronous generator, as `run` does the others."""
    offered, context = invocation.offered, invocation.context
    CURRENT.set(context)  # in the task's own copy of the context variables
    if offered.extensions.middleware:
        return await _surrounded_awaited(invocation, args, kwargs)
    # A thousand of these may wait: each object less in them is less work for the garbage collector.
    args, kwargs = offered.binding.with_context(args, kwargs, context)
    process = os.getpid()
    try:
        steps = offered.func(*args, **kwargs)
        value: object = await (_yielded(steps, context) if inspect.isasyncgen(steps) else steps)
    except BaseException as error:
        end_copy(process, error)
        raise
    end_copy(process, None)
    return value


async def _surrounded_awaited(
    invocation: Invocation, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> object:
    offered, context = invocation.offered, invocation.context

    async def run(call: FunctionCall) -> object:
        args, kwargs = offered.binding.with_context(call.args, call.kwargs, context)
        return await _finished(offered.func(*args, **kwargs), context)

    call = FunctionCall(offered.name, args, kwargs, context)
    return await around_awaited(offered.extensions.middleware, call, run)


async def _yielded(steps: Any, context: Context | AsyncContext) -> object:
    """Run an asynchronous generator, and store the output after each yield."""
    output: list[object] = []
    async with contextlib.aclosing(steps):
        async for value in steps:
            output.append(value)
            if isinstance(context, AsyncContext):
                await context.set_output(*output)
    return tuple(output) or None


async def _finished(steps: Any, context: Context | AsyncContext) -> object:
    """Await a coroutine, or run an asynchronous generator and store the output after each yield."""
    with ends_copies():
        return await (_yielded(steps, context) if inspect.isasyncgen(steps) else steps)


#: The context variables of callbacks that read none. Without it, each gets a copy of those of its caller.
_NO_VARIABLES = Variables()


class Loop:
    """An event loop for coroutine functions: one in a separate thread, or one that is already running.

    Args:
        loop: The loop that is already running.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._forget = self._tasks.discard

    def start(self, invocation: Invocation, steps: Coroutine[Any, Any, None]) -> None:
        """Start the coroutine of a run on the loop. Dropping the run cancels it."""
        if self.is_here():
            self._begin(invocation, steps)
            return
        try:
            self.running().call_soon_threadsafe(self._begin, invocation, steps)
        except RuntimeError:
            steps.close()
            raise

    def _begin(self, invocation: Invocation, steps: Coroutine[Any, Any, None]) -> None:
        invocation.task = self.keep(steps)
        if invocation.dropped is not None:
            invocation.cancel_task()

    def keep(self, steps: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task, on the loop, and keep it until it has ended."""
        task = asyncio.get_running_loop().create_task(steps)
        self._tasks.add(task)
        task.add_done_callback(self._forget, context=_NO_VARIABLES)
        return task

    def run(self, steps: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the loop, wait for its end, and return its value."""
        return asyncio.run_coroutine_threadsafe(steps, self.running()).result()

    def complete(self, invocation: Invocation, steps: Coroutine[Any, Any, object]) -> object:
        """Run a coroutine on the loop, wait for its end, and return its value."""
        future = asyncio.run_coroutine_threadsafe(steps, self.running())

        def cancel() -> None:
            future.cancel()

        invocation.on_drop = cancel
        if invocation.dropped is not None:
            cancel()
        return future.result()

    def close(self) -> None:
        """End the loop's thread, and cancel the tasks that still run in it."""
        thread, loop = self._thread, self._loop
        if thread is None or loop is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join(1)
        self._thread = self._loop = None

    def is_here(self) -> bool:
        """Return whether the caller is on the loop."""
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    def running(self) -> asyncio.AbstractEventLoop:
        """Return the loop. Starts its thread if it has one."""
        if self._loop is not None:
            return self._loop
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_run_loop, args=[self._loop], name="pycolonies-executor-loop", daemon=True
                )
                self._thread.start()
            return self._loop


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        for task in (left := asyncio.all_tasks(loop)):
            task.cancel()
        with contextlib.suppress(Exception):
            loop.run_until_complete(asyncio.wait_for(asyncio.gather(*left, return_exceptions=True), 1))
            loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
