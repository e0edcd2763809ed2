"""The functions that an executor offers."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import NoneType
from typing import TYPE_CHECKING, Any, TypedDict

from pycolonies import _checks as checks
from pycolonies._executor.binding import Binding
from pycolonies._executor.callables import innermost
from pycolonies._executor.children.call import check_reachable
from pycolonies._executor.extensions import Extensions
from pycolonies._executor.function_retries import RetryPolicy
from pycolonies._executor.limits import Limits
from pycolonies._rpc.codec import decoded, decoded_fields, encoded
from pycolonies.errors import ArgumentsError, OutputError

if TYPE_CHECKING:
    from pycolonies._records import FunctionArgument
    from pycolonies._rpc.codec import Codec


class Kind(Enum):
    """How a function is run."""

    PLAIN = "plain"
    GENERATOR = "generator"
    COROUTINE = "coroutine"
    ASYNC_GENERATOR = "async generator"
    #: Source code that arrived with the process.
    CODE = "code"


_ASYNCHRONOUS = (Kind.COROUTINE, Kind.ASYNC_GENERATOR)


class FunctionOptions(TypedDict, total=False):
    """Options of `Executor.function`, which describes them."""

    name: str | None
    description: str | None
    process: bool
    retries: int
    backoff: Callable[[int, BaseException], float]
    retry_on: type[BaseException] | tuple[type[BaseException], ...]
    give_up_on: type[BaseException] | tuple[type[BaseException], ...]
    max_concurrent: int | None
    rate: str | None


@dataclass(frozen=True)
class RegisteredFunction:
    """A function, as an executor offers it."""

    name: str
    func: Callable[..., Any]
    kind: Kind
    #: Whether it runs in a child process.
    process: bool
    description: str
    binding: Binding
    #: When it runs again after an exception.
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    #: Limits of its rate and concurrency on this executor.
    limits: Limits = field(default_factory=Limits)
    #: The program's extensions of the executor.
    extensions: Extensions = field(default_factory=Extensions, compare=False)

    @property
    def arguments(self) -> list[FunctionArgument]:
        """Its parameters, as they are registered in the colony."""
        return self.binding.arguments

    @property
    def signature(self) -> str:
        """Its parameters and result as written, without the context: ``(*numbers: float) -> float``."""
        found = inspect.signature(self.func)
        wanted = [each for each in found.parameters.values() if each.name != self.binding.context]
        return str(found.replace(parameters=wanted))

    @property
    def codec(self) -> Codec | None:
        """Codec of its arguments and results. Injected code gets plain values."""
        return None if self.kind is Kind.CODE else self.extensions.codec

    def arguments_of(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments of a process, converted to the function's type hints.

        Raises:
            ArgumentsError: They do not fit, or the codec can't read them.
        """
        try:
            args, kwargs = decoded(self.codec, args), decoded_fields(self.codec, kwargs)
        except Exception as unreadable:
            raise ArgumentsError(
                self.name, f"the codec can't read them: {type(unreadable).__name__}: {unreadable}"
            ) from unreadable
        return self.binding(args, kwargs)

    def written(self, output: Sequence[Any]) -> list[Any]:
        """Return the values of an output in the form in which they are sent.

        Raises:
            OutputError: The codec can't write one.
        """
        try:
            return encoded(self.codec, output)
        except Exception as unsayable:
            kinds = ", ".join(type(value).__name__ for value in output)
            reason = f"the codec can't write it: {type(unsayable).__name__}: {unsayable}"
            raise OutputError(self.name, kinds, reason) from unsayable

    @property
    def awaits(self) -> bool:
        """Whether it runs on the event loop."""
        return self.kind in _ASYNCHRONOUS

    @property
    def has_async_context(self) -> bool:
        """Whether its context is an `AsyncContext`: it, or the function that it wraps, is asynchronous."""
        return self.awaits or _kind(innermost(self.func)) in _ASYNCHRONOUS


def offer(
    func: Callable[..., Any],
    name: str | None,
    description: str | None,
    *,
    process: bool,
    policy: RetryPolicy = RetryPolicy(),  # noqa: B008 (it is immutable)
    limits: Limits = Limits(),  # noqa: B008 (as above)
    extensions: Extensions | None = None,
) -> RegisteredFunction:
    """Inspect a function once, so that calls of it are fast.

    Raises:
        TypeError: It cannot be offered: no name, hints that cannot be evaluated, or a coroutine function
            that is to run in a child process.
        ConfigurationError: It is to run in a child process, which could not find it.
    """
    checks.kind("name", name, (str, NoneType), "a string")
    called = name or getattr(func, "__name__", None)
    if not called or called == "<lambda>":
        raise TypeError(f"{func!r} must have a name; pass name='...'")
    kind = _kind(func)
    if process and kind is not Kind.PLAIN:
        raise TypeError(
            f"{called} is a {kind.value} function, and process=True is for plain ones; "
            "let it await a plain function instead, or leave process=True out"
        )
    if process:
        check_reachable(func)
    text = inspect.getdoc(func) or "" if description is None else description
    extensions = Extensions() if extensions is None else extensions
    binding = Binding(func, called, any_type=extensions.codec is not None)
    return RegisteredFunction(called, func, kind, process, text, binding, policy, limits, extensions)


def redefines(new: object, old: object) -> bool:
    """Return whether a function is an earlier one, defined again as by a notebook cell that runs twice."""
    if not (inspect.isfunction(new) and inspect.isfunction(old)) or "<locals>" in new.__qualname__:
        return False
    if (new.__module__, new.__qualname__) != (old.__module__, old.__qualname__):
        return False
    code, earlier = new.__code__, old.__code__
    return code.co_filename != earlier.co_filename or code.co_firstlineno == earlier.co_firstlineno


def carried(name: str, extensions: Extensions) -> RegisteredFunction:
    """Return a placeholder for a function whose source code arrived with a process."""
    return RegisteredFunction(name, _carried, Kind.CODE, True, "", _CARRIED, extensions=extensions)


def _carried(*args: Any, **kwargs: Any) -> None:
    raise NotImplementedError  # its source code runs instead


_CARRIED = Binding(_carried, "the function")


def _kind(func: Callable[..., Any]) -> Kind:
    inner: Any = func
    while isinstance(inner, functools.partial):
        inner = inner.func
    if not inspect.isroutine(inner):
        inner = getattr(inner, "__call__", inner)  # noqa: B004 (an object's method)
    if inspect.isasyncgenfunction(inner):
        return Kind.ASYNC_GENERATOR
    if inspect.iscoroutinefunction(inner):
        return Kind.COROUTINE
    if inspect.isgeneratorfunction(inner):
        return Kind.GENERATOR
    return Kind.PLAIN
