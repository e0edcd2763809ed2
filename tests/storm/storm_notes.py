"""Events of a storm: one line of JSON each, appended so that a kill loses none that was written."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def note(directory: str | os.PathLike[str], kind: str, **what: Any) -> None:
    """Write an event of this process."""
    line = json.dumps({"time": time.time(), "kind": kind, "pid": os.getpid(), **what}) + "\n"
    fd = os.open(Path(directory) / "events.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, line.encode())
    os.close(fd)


def events(directory: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Yield the events of a storm in the order in which they were written."""
    with (Path(directory) / "events.jsonl").open() as file:
        yield from map(json.loads, file)
