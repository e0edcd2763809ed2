"""A progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from pycolonies._files import progress
from pycolonies._files.names import shown
from pycolonies._units import size as size_text


class _Moved(ProgressColumn):
    """How much was moved of how much, and how fast, in the units of all other views."""

    def render(self, task: Task) -> Text:
        """Return the column of a task."""
        speed = task.finished_speed or task.speed
        rate = f"  {size_text(speed)}/s" if speed else ""
        return Text(f"{size_text(task.completed)} of {size_text(task.total)}{rate}", style="cyan")


@contextmanager
def bar(files: int, size: int, action: str) -> Iterator[Callable[[progress.Progress], None]]:
    """Draw a bar on standard error while this is open.

    Yields:
        What is to be called with each progress.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[files]}"),
        _Moved(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[name]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as drawn:
        task = drawn.add_task(escape(action), total=max(size, 1), files=f"0/{files}", name="")

        def draw(now: progress.Progress) -> None:
            done = now.bytes_done if size else int(now.files_done == files)
            files_done = f"{now.files_done}/{files}"
            drawn.update(task, completed=done, files=files_done, name=escape(shown(now.name)))

        yield draw
