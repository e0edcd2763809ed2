"""Converts return values and exceptions of functions to the messages that end a process."""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Any

from pycolonies._executor.children.call import remote_traceback
from pycolonies._executor.children.error_text import line_of, message_of, shortened
from pycolonies._rpc.encoding import encode
from pycolonies._syntax_trees import steadily
from pycolonies.errors import OutputError, RemoteError, SerializationError


def output_of(value: object) -> list[Any]:
    """Return the output of a function that returned this: None is nothing, a tuple is several values.

    An empty tuple is an empty list, as tuples are lists in JSON; no output at all would read as None.
    """
    if value is None:
        return []
    return list(value) if isinstance(value, tuple) and value else [value]


def success(processid: str, output: list[Any], name: str) -> bytes:
    """Write the message that closes a process.

    Raises:
        OutputError: A value can't be sent.
    """
    try:
        return encode("closesuccessfulmsg", {"processid": processid, "out": output})
    except SerializationError as fault:
        raise OutputError(name, _kinds(output), str(fault)) from None


def failure(processid: str, errors: list[str]) -> bytes:
    """Write the message that fails a process."""
    return encode("closefailedmsg", {"processid": processid, "errors": [_sayable(text) for text in errors]})


def errors_of(error: BaseException) -> list[str]:
    """Describe an exception: type and message, then the traceback without the runtime's frames.

    Both have at most 64 Ki characters.
    """
    if (remote := remote_traceback(error)) is not None:
        kind = "" if isinstance(error, RemoteError) else f"{type(error).__qualname__}: "
        return [_sayable(f"{kind}{message_of(error)}"), _sayable(remote)]
    try:
        inner = _of_the_function(error.__traceback__)
        trace = "".join(steadily(lambda: traceback.format_exception(type(error), error, inner)))
    except Exception as failed:  # noqa: BLE001 (a class may raise anything)
        trace = f"<no traceback: showing it raised {type(failed).__name__}>"
    return [_sayable(line_of(error)), _sayable(shortened(trace))]


def _sayable(text: str) -> str:
    """Return a text that has bytes: one from outside may hold halves of surrogate pairs, which have none."""
    return text.encode(errors="backslashreplace").decode()


def _of_the_function(trace: TracebackType | None) -> TracebackType | None:
    inner = trace
    while inner is not None and inner.tb_frame.f_globals.get("__package__") == __package__:
        inner = inner.tb_next
    return inner


def _kinds(output: list[Any]) -> str:
    return ", ".join(type(value).__name__ for value in output)
