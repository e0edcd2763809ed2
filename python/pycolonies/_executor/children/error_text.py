"""Exceptions of functions as text: of bounded length, whatever their classes do."""

from __future__ import annotations

import traceback

#: Characters of an exception's message, and of its traceback.
MAX_TEXT = 1 << 16


def showable(error: BaseException) -> BaseException:
    """Return an exception that can be examined and printed.

    That is the exception itself, or a RuntimeError where a property of its class raises.
    """
    try:
        _ = (isinstance(error, ValueError), error.__traceback__, error.__cause__, error.__context__)
        _ = (error.__suppress_context__, getattr(error, "__notes__", None))
    except Exception as failed:  # noqa: BLE001 (a class may raise anything)
        return RuntimeError(f"{_kind(error)} was raised; examining it raised {type(failed).__name__}")
    return error


def message_of(error: BaseException) -> str:
    """Return an exception's message, cut to `MAX_TEXT`."""
    try:
        return str(error)[:MAX_TEXT]
    except Exception as failed:  # noqa: BLE001 (a class may raise anything)
        return f"<no message: its __str__ raised {type(failed).__name__}>"


def line_of(error: BaseException) -> str:
    """Return an exception as the last line of its traceback, cut to `MAX_TEXT`."""
    try:
        return "".join(traceback.format_exception_only(error)).strip()[:MAX_TEXT]
    except Exception:  # noqa: BLE001 (a class may raise anything)
        return f"{_kind(error)}: {message_of(error)}"


def shortened(trace: str) -> str:
    """Return a traceback with at most `MAX_TEXT` characters: its beginning and its end."""
    return trace if len(trace) <= MAX_TEXT else f"{trace[: MAX_TEXT // 2]}\n...\n{trace[-MAX_TEXT // 2 :]}"


def _kind(error: BaseException) -> str:
    try:
        return str(type(error).__qualname__)
    except Exception:  # noqa: BLE001 (a metaclass may raise anything)
        return "an exception"
