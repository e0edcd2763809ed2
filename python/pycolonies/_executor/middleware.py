"""Middleware around the calls of functions on an executor."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pycolonies._home import publish
from pycolonies._shown import shown

if TYPE_CHECKING:
    from pycolonies._executor.context import AsyncContext, Context
    from pycolonies._executor.extensions import Complete

_NONE = object()


class FunctionCall:
    """A call of a function, as middleware sees it.

    Attributes:
        name: Name of the function.
        args: Positional arguments, converted to the function's type hints, without the context. May be
            replaced before the function runs.
        kwargs: Keyword arguments, likewise.
        context: The context of the process.
    """

    def __init__(
        self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], context: Context | AsyncContext
    ) -> None:
        self.name = name
        self.args = tuple(args)
        self.kwargs = dict(kwargs)
        self.context = context
        self._result: Any = _NONE

    @property
    def result(self) -> Any:
        """The return value of the function; None before it has returned.

        Middleware may replace it. If it sets it before it yields, the function does not run.
        """
        return None if self._result is _NONE else self._result

    @result.setter
    def result(self, value: Any) -> None:
        self._result = value

    @property
    def is_answered(self) -> bool:
        """Whether there is a result."""
        return self._result is not _NONE

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} for process {self.context.processid}>"


def manager_of(middleware: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that makes a context manager for a call.

    Args:
        middleware: A generator function or asynchronous generator function that yields once, or any callable
            that returns a context manager.

    Raises:
        TypeError: It is a coroutine function, or is not callable.
    """
    if inspect.isgeneratorfunction(middleware):
        return contextlib.contextmanager(middleware)
    if inspect.isasyncgenfunction(middleware):
        return contextlib.asynccontextmanager(middleware)
    if not callable(middleware) or inspect.iscoroutinefunction(middleware):
        raise TypeError(
            f"middleware must be a generator function that yields once, where the function runs, "
            f"got {shown(middleware)}"
        )
    return middleware


def entered(manager: object, made_by: object) -> Any:
    """Return a context manager.

    Raises:
        TypeError: The value is not a context manager.
    """
    if hasattr(manager, "__enter__") or hasattr(manager, "__aenter__"):
        return manager
    raise TypeError(
        f"middleware {made_by!r} must yield once, or return a context manager; it returned {manager!r}"
    )


def around(
    middleware: Sequence[Callable[..., Any]],
    call: FunctionCall,
    run: Callable[[FunctionCall], Any],
    complete: Complete,
) -> Any:
    """Make a call inside middleware, and return the result.

    Args:
        middleware: Makers of context managers, the outermost first.
        call: The call.
        run: Runs the function.
        complete: Runs the coroutines of asynchronous middleware.
    """
    if not middleware:
        return run(call)
    with contextlib.ExitStack() as stack:
        for make in middleware:
            manager = entered(make(call), make)
            if hasattr(manager, "__enter__"):
                stack.enter_context(manager)
            else:
                complete(manager.__aenter__())
                stack.push(_exit(manager, complete))
            if call.is_answered:
                break
        if not call.is_answered:
            call.result = run(call)
    return call.result


async def around_awaited(
    middleware: Sequence[Callable[..., Any]],
    call: FunctionCall,
    run: Callable[[FunctionCall], Awaitable[Any]],
) -> Any:
    """Make a call of a coroutine function inside middleware, as `around` does."""
    if not middleware:
        return await run(call)
    async with contextlib.AsyncExitStack() as stack:
        for make in middleware:
            manager = entered(make(call), make)
            if hasattr(manager, "__aenter__"):
                await stack.enter_async_context(manager)
            else:
                stack.enter_context(manager)
            if call.is_answered:
                break
        if not call.is_answered:
            call.result = await run(call)
    return call.result


def _exit(manager: Any, complete: Complete) -> Callable[..., bool | None]:
    def leave(*error: Any) -> bool | None:
        suppress: bool | None = complete(manager.__aexit__(*error))
        return suppress

    return leave


publish(__name__)
