"""Output that can't be written: to a full disk, a closed stream or a narrow encoding."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Escape what an encoding lacks; end with one line and exit code 1 where output can't be written."""
    _prepare()
    try:
        yield
    except OSError as fault:
        if fault.filename is not None or isinstance(fault, BrokenPipeError):
            raise
        _give_up(fault)
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _discard()
        except OSError as fault:
            _give_up(fault)
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


def _prepare() -> None:
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream: TextIOWrapper | None = getattr(sys, name)
        if stream is None:  # it was closed by the caller; the next file or socket must not get its number
            setattr(sys, name, _closed(number))
        elif hasattr(stream, "reconfigure") and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")


def _closed(number: int) -> TextIO:
    """Return a stream that refuses to be written to, and occupies its number."""
    opened = os.open(os.devnull, os.O_RDONLY)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)
    return os.fdopen(number, "w", buffering=1, errors="backslashreplace", closefd=False)


def _give_up(fault: OSError) -> None:
    _discard()
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"Error: cannot write the output: {fault.strerror or fault}\n")
        sys.stderr.flush()
    sys.exit(1)


def _discard() -> None:
    """Drop what is not written, which Python would try again at its end."""
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (for the rest of the process)
