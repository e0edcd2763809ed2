"""Judges an attempt at a process by the process's record at the server: a pure function."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from pycolonies._executor.observe.events import Outcome

if TYPE_CHECKING:
    from pycolonies._models import Process

WAITING, RUNNING, SUCCESSFUL, FAILED, CANCELLED = range(5)

#: Servers store times with microseconds but may answer with the nanoseconds they had in memory.
SAME_TIME = timedelta(milliseconds=2)


class Still(Enum):
    """The state at the server of an attempt that has not ended there."""

    #: Assigned to this executor.
    OURS = "ours"
    #: In the queue, after the server removed the executor; this executor may get it again.
    REQUEUED = "requeued"


class Assignment(Protocol):
    """The fields that distinguish assignments of a process."""

    @property
    def retries(self) -> int: ...
    @property
    def starttime(self) -> datetime: ...


def is_newer(one: Assignment, other: Assignment) -> bool:
    """Return whether a record of a process is of a later assignment of it than another record.

    The number of retries alone does not tell: it stays the same when a server removes an executor and assigns
    the process again.
    """
    if one.retries != other.retries:
        return one.retries > other.retries
    return one.starttime - other.starttime > SAME_TIME


def verdict(
    assigned: Process, found: Process | None, executorid: str, reported: Outcome | None = None
) -> Outcome | Still:
    """Judge an attempt at a process by the process's record at the server.

    Args:
        assigned: The process, as it was assigned for the attempt.
        found: The process, as the server has it now; None if it no longer exists.
        executorid: This executor's id.
        reported: The outcome that this executor reported if a report of it may have arrived.
    """
    if found is None:
        return Outcome.LOST
    if found.state == CANCELLED:
        return Outcome.CANCELLED
    if found.retries != assigned.retries:
        return Outcome.LATE
    if found.state == WAITING:
        return Still.REQUEUED
    ours = found.assignedexecutorid == executorid
    if found.state == RUNNING:
        return Still.OURS if ours else Outcome.LOST
    return _ended(found, reported if ours else None)


def _ended(found: Process, reported: Outcome | None) -> Outcome:
    if found.state == SUCCESSFUL:
        return Outcome.SUCCESSFUL if reported is Outcome.SUCCESSFUL else Outcome.LOST
    if reported is Outcome.FAILED:
        return Outcome.FAILED
    # A process that fails with its process graph has no errors; an expired one has.
    return Outcome.LATE if found.errors else Outcome.CANCELLED
