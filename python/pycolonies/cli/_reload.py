"""Restart a program when a Python file changes, where watchfiles is not installed."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import FrameType

from pycolonies._platform import INTERRUPT, own_group, stop_signals

#: Seconds between two looks at the files.
_EVERY = 0.5
#: Directories without source code of the program.
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "build", "dist"})


def run_process(
    root: Path, command: Sequence[str], *, grace: float, changed: Callable[[Iterable[str]], None]
) -> None:
    """Run a command until SIGINT or SIGTERM, and restart it when a Python file below a directory changes.

    Args:
        root: The directory.
        command: The program and its arguments.
        grace: Seconds that it has to end after SIGINT, before it is killed.
        changed: Called with the changed files before each restart.
    """
    stop = threading.Event()
    process = _start(command)

    def on_signal(number: int, frame: FrameType | None) -> None:
        if stop.is_set():  # the second one ends running calls
            _interrupt(process)
        stop.set()

    for stopping in stop_signals():
        signal.signal(stopping, on_signal)
    seen = _files(root)
    try:
        while not stop.wait(_EVERY):
            found = _files(root)
            if found != seen:
                _end(process, grace)
                if stop.is_set():
                    break
                changed(sorted({path for path, _ in found.items() ^ seen.items()}))
                seen = found
                process = _start(command)
    finally:
        _end(process, grace)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the program apart from the terminal's group: one Ctrl-C must not reach it twice."""
    return subprocess.Popen(command, **own_group())  # noqa: S603 (the user's own command)


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(INTERRUPT)


def _files(root: Path) -> Mapping[str, int]:
    """Return the Python files below a directory, with the times of their last changes."""
    found: dict[str, int] = {}
    for directory, names, files in os.walk(root):
        names[:] = [name for name in names if name not in _SKIPPED and not name.startswith(".")]
        for name in files:
            if name.endswith((".py", ".pyw", ".pyx", ".pyd")):
                path = Path(directory, name)
                try:
                    found[str(path)] = path.stat().st_mtime_ns
                except OSError:  # it was removed meanwhile
                    continue
    return found


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    """Let a process finish as after Ctrl-C; kill it if that takes too long."""
    _interrupt(process)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
