"""A call for a child process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pycolonies._platform import is_linux, is_windows
from pycolonies.errors import ConfigurationError, RemoteError


@dataclass(frozen=True)
class Limits:
    """Resource limits of a call.

    Args:
        memory: Bytes that the child, and what it has started, may hold, the interpreter included. Linux only.
        processor: Seconds of processor time.
        processes: How many processes the child and what it has started may be. Linux only.
        seconds: How long the call may take. The start of the child does not count.
    """

    memory: int | None = None
    processor: float | None = None
    processes: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if (self.memory or self.processes) is not None and not is_linux():
            raise ConfigurationError(
                "limits of memory and processes need Linux; leave them out on this system"
            )
        if self.processor is not None and is_windows():
            raise ConfigurationError("limits of processor time need POSIX; leave the limit out on Windows")


@dataclass(frozen=True)
class ChildCall:
    """A function, found in the child by module and name, and its arguments.

    Args:
        module: Name of the module; ``__main__`` is the script that the parent runs.
        qualname: Name in the module, as in ``__qualname__``.
        args: Positional arguments: what pickles (or is JSON, in pools that do not trust their children).
        kwargs: Arguments by name.
        context: The object behind the function's context: the child calls its methods through the pipe.
        context_name: Argument that the function's context is given as; "" for none.
        values: Attributes that the function's context has in the child.
        tells: Methods of `context` that are called without waiting for them.
        asks: Methods of `context` that are waited for: their result, or what they raise, goes to the child.
        limits: What the call may use.
        name: The function's name in error messages.
    """

    module: str
    qualname: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    context: object = None
    context_name: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    tells: frozenset[str] = frozenset()
    asks: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)
    name: str = ""

    @property
    def funcname(self) -> str:
        """The function's name in error messages."""
        return self.name or self.qualname


def check_reachable(function: Callable[..., Any]) -> tuple[str, str]:
    """Return the module and the qualified name that a child finds a function by.

    Raises:
        ConfigurationError: A child cannot find it: it is a lambda, is defined inside another function, or
            was typed into an interpreter.
    """
    module, qualname = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not module or not qualname:
        raise ConfigurationError(
            f"{function!r} must have a name to run in a child process; define it with def"
        )
    if "<" in qualname:
        what = "a lambda" if qualname.endswith("<lambda>") else "defined inside another function"
        raise ConfigurationError(
            f"{qualname} in {module} is {what}, so no child process can find it; "
            "define it with def at the top of its module"
        )
    if module == "__main__":
        main = sys.modules["__main__"]
        if getattr(main, "__spec__", None) is None and not hasattr(main, "__file__"):
            raise ConfigurationError(
                f"{qualname} was typed into an interpreter, so no child process can find it; use a file"
            )
    return module, qualname


class RemoteTraceback(Exception):  # noqa: N818 (never raised: it is the cause of what is)
    """The traceback of an exception that was raised in a child process."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"in a child process\n\n{self.text}"


def remote_traceback(error: BaseException) -> str | None:
    """Return the traceback, as text, of an exception that a function raised in a child; None for others."""
    if isinstance(error, RemoteError):
        return error.traceback or None
    return error.__cause__.text if isinstance(error.__cause__, RemoteTraceback) else None
