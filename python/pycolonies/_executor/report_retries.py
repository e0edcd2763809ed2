"""Whether the report of a process is sent, sent again, or checked at the server first.

Rules without clock and calls. A report that may have reached the server is never sent again blindly: the
server tells executors apart, not attempts, so it could close a later attempt at the same process.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pycolonies._executor.attempt import Attempt, Report

#: Refusals of a report for a process that still runs here, before the process is failed instead.
REFUSALS = 5
#: Statuses that say nothing about the report: the executor is not registered, the server or a proxy is busy.
PASSING = (403, 408, 429, 502, 503, 504)


#: The report is longer than the server accepts, and will always be.
TOO_LARGE = 413


class ReportStep(Enum):
    """What a report needs next."""

    SEND = "send"
    #: Get the process from the server, and pass it to `Processes.seen`.
    LOOK = "look"
    DONE = "done"


def next_step(attempt: Attempt, now: float) -> ReportStep:
    """Return what the report of an attempt needs next, unless the attempt is settled."""
    doubtful = attempt.look_first or attempt.over(now)
    doubtful = doubtful or (attempt.perhaps_over(now) and not attempt.checked)
    return ReportStep.LOOK if doubtful else ReportStep.SEND


def sending(attempt: Attempt) -> None:
    """Note that the report is being sent."""
    attempt.sending = True


def unanswered(attempt: Attempt, now: float, *, may_have_arrived: bool, slow: float = 0) -> None:
    """Note that there was no answer to a report.

    Args:
        attempt: The attempt.
        now: The present.
        may_have_arrived: Whether the server may have received it.
        slow: For how many seconds from now the server may still carry it out.
    """
    _ended(attempt, now)
    attempt.sent |= may_have_arrived
    if may_have_arrived:
        attempt.settles = now + slow


def refused(attempt: Attempt, now: float, replacement: Report | None = None) -> None:
    """Note that the server has refused a report. `replacement`, if given, is sent instead."""
    _ended(attempt, now)
    if replacement is not None:
        attempt.report = replacement


def _ended(attempt: Attempt, now: float) -> None:
    """A call that sends a report has ended. What was requested before says nothing about its effect."""
    attempt.sending, attempt.look_first, attempt.changed = False, True, now


def is_final(status: int, refusals: int) -> bool:
    """Return whether a refusal with this status ends the attempts to send a report.

    Args:
        status: Status of the reply.
        refusals: How many times the server has refused the report before.
    """
    return status == TOO_LARGE or (status not in PASSING and refusals + 1 >= REFUSALS)
