"""The subjects of waits, and whether they have ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pycolonies._models import Process, ProcessGraph
from pycolonies._shown import shown

#: States that a process does not leave: successful, failed, cancelled.
ENDED = (2, 3, 4)
FAILED = 3
#: Seconds within which a server stores the errors of a process that it shows as failed.
ERRORS_WITHIN = 0.5

Seen = TypeVar("Seen", Process, ProcessGraph)


def id_of(process: Process) -> str:
    """Return the id of a process.

    Raises:
        TypeError: It is not a process.
    """
    try:
        return str(process["processid"])
    except (TypeError, IndexError):
        raise TypeError(
            f"process must be a process, as submit_func_spec returns it, got {shown(process)}"
        ) from None


@dataclass(frozen=True)
class Subject(Generic[Seen]):
    """A process or a process graph that a program waits for.

    Attributes:
        what: Its kind, for exceptions.
        name: Its id.
        msgtype: Type of the message that fetches it.
        fields: Content of that message.
        model: The class that it is read as.
        is_over: Returns whether it has ended.
        version: Returns an object that differs after a change that is to be yielded.
    """

    what: str
    name: str
    msgtype: str
    fields: Mapping[str, Any]
    model: type[Seen]
    is_over: Callable[[Seen], bool]
    version: Callable[[Seen], object]


class Ending:
    """Whether a process has ended with all that belongs to it. One object for each process.

    A server stores the state of a failed process first and its errors a moment later. A process that failed
    together with its workflow gets neither errors nor an end time.
    """

    def __init__(self) -> None:
        self._failed_at: float | None = None

    def reached(self, process: Process) -> bool:
        """Return whether nothing about a process changes after this."""
        if process.state != FAILED or process.errors or process.endtime.year <= 1:
            return process.state in ENDED
        now = time.monotonic()
        if self._failed_at is None:
            self._failed_at = now
        return now - self._failed_at >= ERRORS_WITHIN
