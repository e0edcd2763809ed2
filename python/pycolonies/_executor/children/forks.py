"""Functions that fork: a copy of the process has no part in the executor's work."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator
from typing import NoReturn


@contextlib.contextmanager
def ends_copies() -> Iterator[None]:
    """End a forked copy of this process when the function in which it was forked ends.

    Without this, the copy would go on as a second executor: it would report for the same process, with the
    same key and over the same connections.
    """
    process = os.getpid()
    try:
        yield
    except BaseException as error:
        end_copy(process, error)
        raise
    end_copy(process, None)


def end_copy(process: int, error: BaseException | None) -> None:
    """End this process where it is a forked copy of the one with that id, as `ends_copies` does."""
    if os.getpid() != process:
        leave_copy(error)


def leave_copy(error: BaseException | None) -> NoReturn:
    """End this process, a forked copy, as Python ends a program: with the exit code of what was raised.

    Exit handlers are those of the process that was copied, so they do not run.
    """
    code: object = 0
    if isinstance(error, SystemExit):
        code = error.code
    elif error is not None:
        with contextlib.suppress(Exception):
            traceback.print_exception(error)
        code = 1
    if code is not None and not isinstance(code, int):
        with contextlib.suppress(Exception):
            print(code, file=sys.stderr)  # noqa: T201 (as sys.exit does)
        code = 1
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit((code or 0) & 0xFF)
