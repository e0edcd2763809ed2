"""An attempt at a process: what the table of processes knows about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from pycolonies._executor.observe.events import Outcome

if TYPE_CHECKING:
    from pycolonies._models import Process


class Phase(Enum):
    """The phase of an attempt."""

    #: Assigned by an answer that was lost, and found in a listing. It waits for a slot.
    FOUND = "found"
    #: Its function runs.
    RUNNING = "running"
    #: Its function waits for its next try, without a slot.
    PARKED = "parked"
    #: Its function has ended; its report is not acknowledged yet.
    REPORTING = "reporting"
    #: Its function has ended, but the server has requeued the process.
    KEPT = "kept"


@dataclass(frozen=True)
class Report:
    """The message that ends a process, and the outcome that it states."""

    outcome: Outcome
    message: bytes

    @property
    def msgtype(self) -> str:
        """Type of the message."""
        return "closesuccessfulmsg" if self.outcome is Outcome.SUCCESSFUL else "closefailedmsg"


@dataclass(eq=False)
class Attempt:
    """An attempt at a process. Only the table and `report_retries` change it."""

    process: Process
    phase: Phase
    #: When it was assigned, on the caller's clock.
    since: float
    #: When its maxexectime is over, on the caller's clock; None if it has none.
    ends: float | None
    #: From when it may be over: the assignment may be as old as the request for it.
    ends_from: float | None
    #: When something last happened to it here. A record that was requested earlier is outdated.
    changed: float
    #: The caller's run of the function. Not used here.
    run: Any = None
    report: Report | None = None
    #: The outcome, once the attempt is settled.
    outcome: Outcome | None = None
    #: Whether its function began and has ended.
    ended: bool = False
    #: Whether the process must be checked at the server before the report is sent (again).
    look_first: bool = False
    #: Whether a check since its end has shown that it still runs here.
    checked: bool = False
    #: Whether a report of it may have reached the server.
    sent: bool = False
    #: Whether it waits for a slot.
    waiting: bool = False
    #: Whether a thread is delivering its report.
    delivering: bool = False
    #: Whether a report is being sent now.
    sending: bool = False
    #: Until when a report without an answer may still be carried out by the server.
    settles: float = field(default=float("-inf"))
    #: When a check showed that the server has requeued the process.
    requeued: float | None = None
    #: Whether its process was assigned again, as a later attempt, or the executor gives it up.
    given_up: Outcome | None = None
    #: Whether its end was announced.
    announced: bool = False
    #: Whether observers know of it.
    observed: bool = False
    #: Whether observers know that its function has begun.
    begun: bool = False

    @property
    def processid(self) -> str:
        """Id of the process."""
        return self.process.processid

    def over(self, now: float) -> bool:
        """Whether its maxexectime is over."""
        return self.ends is not None and self.ends <= now

    def perhaps_over(self, now: float) -> bool:
        """Whether its maxexectime may be over at the server."""
        return self.ends_from is not None and self.ends_from <= now

    def renew(self, process: Process, earliest: float, latest: float, now: float) -> None:
        """Its process was assigned to this executor once more, between two moments."""
        self.process, self.changed = process, now
        self.ends, self.ends_from = deadline(process, latest), deadline(process, earliest)
        self.checked, self.requeued = False, None


def limit(process: Process) -> float | None:
    """Return a process's maxexectime in seconds, or None if it has none."""
    seconds = process.spec.maxexectime
    return float(seconds) if seconds > 0 else None


def deadline(process: Process, now: float) -> float | None:
    """When the maxexectime of a process that is assigned now is over; None if it has none."""
    seconds = limit(process)
    return None if seconds is None else now + seconds
