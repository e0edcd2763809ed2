"""Single keys from a terminal, while a screen is drawn."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any, Protocol

from pycolonies._platform import is_windows

_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|[\s\S]")
_NAMES = {
    "\x1b[A": "up",
    "\x1bOA": "up",
    "\x1b[B": "down",
    "\x1bOB": "down",
    "\x1b[5~": "page up",
    "\x1b[6~": "page down",
    "\x1b[H": "home",
    "\x1b[F": "end",
    "\r": "enter",
    "\n": "enter",
    "\x1b": "escape",
    "\x7f": "backspace",
    "\b": "backspace",
}
_WINDOWS = {"H": "up", "P": "down", "I": "page up", "Q": "page down", "G": "home", "O": "end"}


class Keys(Protocol):
    """A terminal's keys, one by one and without an echo while this is open."""

    def __enter__(self) -> Keys: ...  # noqa: PYI034 (Self is newer than Python 3.10)

    def __exit__(self, *_: object) -> None: ...

    def read(self, seconds: float) -> list[str]:
        """Return the keys that are pressed within some seconds: characters, and names as ``up``."""
        ...


def keys() -> Keys:
    """Return the keys of stdin; none if that is no terminal."""
    if not sys.stdin.isatty():
        return _NoKeys()
    return _WindowsKeys() if is_windows() else _PosixKeys()


class Stop:
    """Whether Ctrl-Z was pressed."""

    def __init__(self) -> None:
        self.asked = False

    @contextlib.contextmanager
    def noticed(self) -> Iterator[None]:
        """Notice Ctrl-Z instead of stopping at once, and raise at SIGTERM, so that the screen is restored."""
        if sys.platform == "win32":
            yield
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGTERM)}
        signal.signal(signal.SIGTSTP, self._ask)
        signal.signal(signal.SIGTERM, _terminate)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def now(self) -> None:
        """Stop until the shell continues this process."""
        self.asked = False
        if sys.platform != "win32":
            os.kill(os.getpid(), signal.SIGTSTP)

    def _ask(self, *_: object) -> None:
        self.asked = True


def _terminate(*_: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)


class _NoKeys:
    def __enter__(self) -> Keys:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, seconds: float) -> list[str]:
        time.sleep(seconds)
        return []


class _PosixKeys(_NoKeys):
    def __enter__(self) -> Keys:
        if sys.platform != "win32":  # for mypy
            import termios
            import tty

            self._saved: Any = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        return self

    def __exit__(self, *_: object) -> None:
        if sys.platform != "win32":
            import termios

            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._saved)

    def read(self, seconds: float) -> list[str]:
        import select

        if not select.select([sys.stdin], [], [], seconds)[0]:
            return []
        typed = os.read(sys.stdin.fileno(), 1024).decode(errors="ignore")
        if not typed:  # the terminal is gone
            raise KeyboardInterrupt
        return [_NAMES.get(found[0], found[0]) for found in _SEQUENCE.finditer(typed)]


class _WindowsKeys(_NoKeys):
    def read(self, seconds: float) -> list[str]:
        import msvcrt

        console: Any = msvcrt
        until = time.monotonic() + seconds
        found: list[str] = []
        while not found and time.monotonic() < until:
            while console.kbhit():
                key: str = console.getwch()
                special = key in "\x00\xe0"
                found.append(_WINDOWS.get(console.getwch(), "") if special else _NAMES.get(key, key))
            time.sleep(0.02)
        return found
