"""A progress bar."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pycolonies._models import ProcessGraph
from pycolonies._notebook import NotebookBar, in_notebook
from pycolonies._render import STATES, state_of_colour

if TYPE_CHECKING:
    from rich.progress import Progress


class Bar:
    """A bar on standard error if that is a terminal, or below the cell in a notebook; else nothing.

    Args:
        total: The number of items; None if it is unknown.
        shown: Whether to show a bar.
        what: Name of the items.
    """

    def __init__(self, total: int | None, *, shown: bool, what: str = "processes") -> None:
        self._progress: Progress | None = None
        self._notebook: NotebookBar | None = None
        if shown and in_notebook():
            self._notebook = NotebookBar(total, what)
        elif shown and sys.stderr.isatty():
            self._progress = _progress()
            self._progress.start()
            self._bar = self._progress.add_task(what, total=total)

    def advance(self, _: object = None) -> None:
        """Note that another one has ended."""
        if self._progress is not None:
            self._progress.advance(self._bar)
        elif self._notebook is not None:
            self._notebook.advance()

    def show(self, done: int, total: int, what: str) -> None:
        """Show how many of how many have ended, and what."""
        if self._progress is not None:
            self._progress.update(self._bar, completed=done, total=total, description=what)
        elif self._notebook is not None:
            self._notebook.update(done, total, what)

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._progress is not None:
            progress, self._progress = self._progress, None
            progress.stop()
        elif self._notebook is not None:
            notebook, self._notebook = self._notebook, None
            notebook.close()


def _progress() -> Progress:
    # Most programs show no bar, and rich takes a while to load.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def show_graph(bar: Bar, graph: ProcessGraph) -> None:
    """Show how many nodes of a process graph have ended, and how many run."""
    colours = [node.style.get("background", "") for node in graph.nodes]
    states = [state_of_colour(colour) for colour in colours]
    ended = sum(state is not None and state > 1 for state in states)
    bar.show(ended, len(states), f"{STATES[graph.state]}, {states.count(1)} running")
