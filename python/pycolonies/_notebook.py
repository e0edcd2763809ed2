"""A progress bar in a notebook."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from typing import Any

#: Seconds between two updates: each is a message to the browser.
_EVERY = 0.1


def in_notebook() -> bool:
    """Return whether the program runs in the kernel of a notebook."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"


class NotebookBar:
    """A bar below the cell that is running.

    Args:
        total: How many steps there are; None if that is not known.
        what: What it shows.
    """

    def __init__(self, total: int | None, what: str) -> None:
        shown: Any = import_module("IPython.display")
        self._html = shown.HTML
        self._done, self._total, self._what = 0, total, what
        self._drawn_at = 0.0
        self._display: Any = shown.display(self._drawn(), display_id=True)

    def advance(self) -> None:
        """Add one step."""
        self.update(self._done + 1, self._total, self._what)

    def update(self, done: int, total: int | None, what: str) -> None:
        """Show so many steps of so many."""
        self._done, self._total, self._what = done, total, what
        if time.monotonic() - self._drawn_at >= _EVERY or done == total:
            self._draw()

    def close(self) -> None:
        """Show the last state, and leave it."""
        self._draw()

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        if self._display is not None:
            self._display.update(self._drawn())

    def _drawn(self) -> Any:
        import html

        # Without `value`, browsers show a bar that moves.
        known = "" if self._total is None else f' value="{self._done}" max="{max(self._total, 1)}"'
        of = "" if self._total is None else f" of {self._total}"
        return self._html(f"<progress{known}></progress> {self._done}{of} {html.escape(self._what)}")
