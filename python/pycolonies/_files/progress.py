"""Progress of transfers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from pycolonies._home import publish
from pycolonies._notebook import NotebookBar, in_notebook


@dataclass(frozen=True)
class Progress:
    """The progress of a transfer.

    Attributes:
        files_done: Number of completed files, including failed ones.
        files_total: Number of files to transfer.
        bytes_done: Bytes moved so far.
        bytes_total: Bytes to move.
        name: A file that is being transferred, or was the last one.
    """

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    name: str


#: Callback for the progress of a transfer.
Tell = Callable[[Progress], object]


class Meter:
    """Counts a transfer and reports its progress.

    Args:
        files: Files that are to be transferred.
        size: Bytes that are to be moved.
        tell: What is called with each `Progress`, in the thread that transfers.
    """

    def __init__(self, files: int, size: int, tell: Tell | None = None) -> None:
        self._tell = tell
        self._files, self._size = files, size
        self._files_done = self._bytes_done = 0
        self._name = ""

    def moving(self, moved: int, name: str = "") -> None:
        """Set how many bytes of the current files have moved."""
        self._name = name or self._name
        self._say(min(self._bytes_done + moved, self._size))

    def done(self, size: int, name: str) -> None:
        """Note that a file is complete or has failed."""
        self._files_done += 1
        self._bytes_done += size
        self._name = name
        self._say(min(self._bytes_done, self._size))

    def _say(self, moved: int) -> None:
        if self._tell is not None:
            self._tell(Progress(self._files_done, self._files, moved, self._size, self._name))


@contextmanager
def meter(
    files: int,
    size: int,
    *,
    on_progress: Tell | None = None,
    progress: bool = False,
    action: str = "",
) -> Iterator[Meter]:
    """Count a transfer, for a callback and a progress bar.

    Args:
        files: Files that are to be transferred.
        size: Bytes that are to be moved.
        on_progress: Called with each `Progress`. What it raises ends the transfer.
        progress: Draw a bar on standard error if that is a terminal, or in a notebook.
        action: What stands beside the bar.
    """
    bar = _bar() if progress and files else None
    if bar is None:
        yield Meter(files, size, on_progress)
        return
    with bar(files, size, action) as draw:

        def tell(now: Progress) -> None:
            draw(now)
            if on_progress is not None:
                on_progress(now)

        yield Meter(files, size, tell)


publish(__name__)


def _bar() -> Callable[[int, int, str], AbstractContextManager[Tell]] | None:
    """Return a function that draws a bar in a notebook or a terminal; None elsewhere."""
    if in_notebook():
        return _notebook_bar
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    from pycolonies._files.bar import bar

    return bar


@contextmanager
def _notebook_bar(files: int, size: int, action: str) -> Iterator[Tell]:
    total = size or files
    bar = NotebookBar(total, action)
    try:
        yield lambda now: bar.update(now.bytes_done if size else now.files_done, total, action)
    finally:
        bar.close()
