"""Reaps orphaned processes in a container where the executor is process 1."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from pycolonies._executor.children.system import reap
from pycolonies._executor.children.usage import children_of

#: Seconds between two checks.
EVERY = 1.0


class OrphanReaper:
    """Reaps processes that the kernel has given to process 1, as an init does.

    A process whose parent has ended becomes a child of process 1, and stays a zombie when it ends until that
    reaps it. The program's own children must not be reaped here, as the code that started them asks for their
    status. Linux tells them apart: orphans become children of the main thread, which starts nothing while it
    waits in `Executor.run`, and own children belong to the thread that started them. A child is known as the
    program's own from the first look on, also when its thread has ended by then.

    Args:
        process: Id of the process that adopts orphans: this one.
    """

    def __init__(self, process: int | None = None) -> None:
        self._process = process or os.getpid()
        self._own = set(children_of(self._process))
        self._over = threading.Event()

    def start(self) -> None:
        """Reap on a thread until `stop`."""
        threading.Thread(target=self._run, name="pycolonies-executor-orphans", daemon=True).start()

    def stop(self) -> None:
        """Let the thread end."""
        self._over.set()

    def look(self) -> list[int]:
        """Reap the orphans that have ended; return their process ids."""
        main = self._children(self._process)
        every = set(children_of(self._process))
        self._own = (self._own & every) | (every - main)  # also when their thread has ended
        reaped: list[int] = []
        for orphan in main - self._own:
            with contextlib.suppress(ChildProcessError):
                if reap(orphan):
                    reaped.append(orphan)
        return reaped

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            self.look()

    def _children(self, thread: int) -> set[int]:
        try:
            return set(map(int, Path(f"/proc/{self._process}/task/{thread}/children").read_text().split()))
        except OSError:
            return set()


@contextlib.contextmanager
def reaping() -> Iterator[None]:
    """Reap orphans while the main thread of process 1 waits in this; do nothing elsewhere."""
    if os.getpid() != 1 or threading.current_thread() is not threading.main_thread():
        yield
        return
    reaper = OrphanReaper()
    reaper.start()
    try:
        yield
    finally:
        reaper.stop()
