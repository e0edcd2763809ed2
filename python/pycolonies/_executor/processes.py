"""The processes that an executor holds, and what becomes of each: a table without threads, clock or calls.

Everything that happens to a process is an event here, and the table decides: whether a function begins,
whether its result is wanted, whether a report may be sent. An entry is one *attempt*: a process under one
value of its ``retries``. Poller, supervisor, timer and reporter carry the decisions out.

::

            assigned                 ended                   acknowledged
    (none) ----------> RUNNING -------------> REPORTING ---------------------> settled: SUCCESSFUL, FAILED
       |                 |  ^                   |    ^
       | listed          |  | due      requeued |    | assigned again
       v                 v  |                   v    |
     FOUND             PARKED                    KEPT

From every phase an attempt can be settled as CANCELLED, LATE, LOST or HANDED_BACK. A settled attempt never
comes back: a function does not begin for it again, and its result is not sent.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pycolonies._executor.attempt import Attempt, Phase, Report, deadline, limit
from pycolonies._executor.observe.events import Outcome
from pycolonies._executor.report_retries import ReportStep, next_step, sending
from pycolonies._executor.verdict import Still, is_newer, verdict

if TYPE_CHECKING:
    from pycolonies._models import Process

_Value = TypeVar("_Value")

#: How many results are kept for processes that the server has put back into the queue, and how many
#: processes that were late.
KEPT = 256
#: Phases in which a maxexectime that is over ends an attempt at once.
_BEFORE_THE_END = (Phase.FOUND, Phase.RUNNING, Phase.PARKED)
#: How many settled attempts are remembered, to recognise late news of them.
REMEMBERED = 4096
#: Seconds before the end of a maxexectime from which on a report may be taken just as it ends.
SOON = 15.0
#: Bytes of the longest report that is kept after that.
KEPT_REPORT = 65_536


class Action(Enum):
    """What to do with a process that was assigned."""

    #: Run its function.
    BEGIN = "begin"
    #: Nothing: what runs here, or is being reported, counts for this assignment.
    CONTINUE = "continue"
    #: Report the result that is kept here.
    DELIVER = "deliver"
    #: Check the process at the server in the moment in which its function could run, and run it if it is this
    #: executor's. Its earlier result was acknowledged.
    CHECK = "check"
    #: Nothing: the executor stops, and hands the process back.
    HAND_BACK = "hand back"
    #: Nothing: the news is old.
    IGNORE = "ignore"


class Assigned(NamedTuple):
    """The answer to an assignment."""

    action: Action
    #: The attempt that is held now; None if the process is no longer this executor's.
    attempt: Attempt | None
    #: An earlier attempt that is settled by it.
    replaced: Attempt | None = None


class Listed(NamedTuple):
    """What a list of running processes has brought."""

    #: Attempts that wait for a slot now: new ones, and those whose result is kept.
    adopted: list[Attempt]
    #: Attempts that the server does not take to be running here.
    missing: list[Attempt]
    #: Earlier attempts that are settled by adopted ones.
    replaced: list[Attempt]


class Settled(NamedTuple):
    """What is remembered of a settled attempt."""

    retries: int
    starttime: datetime
    #: Whether the server has taken its report.
    acknowledged: bool
    #: Whether a report of it may still arrive at the server.
    sent: bool


class Processes:
    """The table. Times are those of one monotonic clock, in seconds.

    Args:
        executorid: The executor's id.
    """

    def __init__(self, executorid: str) -> None:
        self._executorid = executorid
        self._held: dict[str, Attempt] = {}
        self._kept: OrderedDict[str, None] = OrderedDict()
        self._settled: OrderedDict[str, Settled] = OrderedDict()
        self._expired: OrderedDict[str, Process] = OrderedDict()
        self._reported: OrderedDict[str, Report] = OrderedDict()
        self._left: list[Attempt] = []
        self._closed = False

    def __iter__(self) -> Iterator[Attempt]:
        return iter(list(self._held.values()))

    def __len__(self) -> int:
        return len(self._held)

    def get(self, processid: str) -> Attempt | None:
        """Return the attempt at a process that is held."""
        return self._held.get(processid)

    def assigned(self, process: Process, now: float, asked: float | None = None) -> Assigned:
        """The server has assigned a process to this executor.

        Args:
            process: The process.
            now: When the answer came.
            asked: When the process was asked for. Defaults to `now`.
        """
        asked = now if asked is None else asked
        held = self._held.get(process.processid)
        if self._closed and (held is None or held.process.retries != process.retries):
            return self._assigned_too_late(process, now, asked)
        if held is None:
            return self._assigned_after(process, now, asked, self._settled.get(process.processid))
        if process.retries < held.process.retries:
            return Assigned(Action.IGNORE, held)
        if process.retries > held.process.retries:
            # A report of the earlier attempt may arrive late, and close this one.
            look_first = held.sent or held.sending
            self._replace(held)
            return self._next(process, now, asked, held if held.outcome else None, look_first=look_first)
        return self._again(held, process, now, asked)

    def _assigned_too_late(self, process: Process, now: float, asked: float) -> Assigned:
        held, before = self._held.get(process.processid), self._settled.get(process.processid)
        if (held is not None and held.process.retries > process.retries) or (
            before and _old(process, before)
        ):
            return Assigned(Action.IGNORE, held)
        if held is not None:
            self._replace(held)
        attempt = self._begin(process, asked, now, look_first=False)
        self._hand_back(attempt)
        return Assigned(Action.HAND_BACK, attempt, held if held is not None and held.outcome else None)

    def _hand_back(self, attempt: Attempt) -> None:
        self._left.append(attempt)
        self._settle(attempt, Outcome.HANDED_BACK)

    def _assigned_after(self, process: Process, now: float, asked: float, before: Settled | None) -> Assigned:
        if before is not None and _old(process, before):
            return Assigned(Action.IGNORE, None)
        look_first = before is not None and before.sent
        acknowledged = before is not None and before.acknowledged
        return self._next(process, now, asked, look_first=look_first, acknowledged=acknowledged)

    def _next(
        self,
        process: Process,
        now: float,
        asked: float,
        replaced: Attempt | None = None,
        *,
        look_first: bool,
        acknowledged: bool = False,
    ) -> Assigned:
        if acknowledged or process.processid in self._reported:
            # The answer is late and an earlier report has closed the process, or the server has requeued it
            # although it was closed.
            found = self._find(process, asked, now, look_first=look_first)
            return Assigned(Action.CHECK, found, replaced)
        return Assigned(Action.BEGIN, self._begin(process, asked, now, look_first=look_first), replaced)

    def _begin(
        self, process: Process, asked: float, now: float, *, look_first: bool, phase: Phase = Phase.RUNNING
    ) -> Attempt:
        ends, ends_from = deadline(process, now), deadline(process, asked)
        attempt = Attempt(process, phase, now, ends, ends_from, now, look_first=look_first)
        self._held[process.processid] = attempt
        return attempt

    def _again(self, held: Attempt, process: Process, now: float, asked: float) -> Assigned:
        if held.phase is Phase.FOUND and held.report is None:
            held.renew(process, asked, now, now)
            held.phase, held.waiting = Phase.RUNNING, False
            return Assigned(Action.BEGIN, held)
        if is_newer(process, held.process):
            held.renew(process, asked, now, now)
        if held.phase is Phase.KEPT:
            return Assigned(Action.DELIVER if self._deliver_kept(held) else Action.CONTINUE, held)
        return Assigned(Action.CONTINUE, held)

    def _deliver_kept(self, attempt: Attempt) -> bool:
        """Report what is kept. Returns whether that takes another thread."""
        self._kept.pop(attempt.processid, None)
        attempt.phase, attempt.given_up = Phase.REPORTING, None
        attempt.look_first |= attempt.sent
        idle, attempt.delivering = not attempt.delivering, True
        return idle

    def _replace(self, attempt: Attempt) -> None:
        """A later attempt at the process was assigned."""
        if attempt.phase is Phase.REPORTING:
            # The thread that reports settles it: an answer may be under way.
            attempt.given_up = Outcome.LATE
            del self._held[attempt.processid]
        else:
            self._settle(attempt, Outcome.LATE)

    def ended(self, attempt: Attempt, report: Report, now: float) -> bool:
        """The function of an attempt has ended. Returns whether its result is to be reported."""
        if attempt.outcome is not None:
            return False
        if attempt.over(now):
            self._expire(attempt)
            return False
        attempt.ended, attempt.phase, attempt.report = True, Phase.REPORTING, report
        attempt.changed, attempt.delivering = now, True
        return True

    def parked(self, attempt: Attempt) -> bool:
        """The function of an attempt waits for its next try. Returns whether that is wanted."""
        if attempt.outcome is None:
            attempt.phase = Phase.PARKED
        return attempt.outcome is None

    def resumed(self, attempt: Attempt, now: float) -> bool:
        """An attempt that waited for its next try gets a slot. Returns whether its function may run."""
        if attempt.outcome is not None or attempt.phase is not Phase.PARKED:
            return False
        if not self._may_run(attempt, now):
            return False
        attempt.phase = Phase.RUNNING
        return True

    def begins(self, attempt: Attempt, now: float) -> bool:
        """The function of an attempt could begin now. Returns whether it may, as time has passed since."""
        return attempt.outcome is None and attempt.phase is Phase.RUNNING and self._may_run(attempt, now)

    def _may_run(self, attempt: Attempt, now: float) -> bool:
        if attempt.over(now):
            self._expire(attempt)
        elif self._closed:
            self._hand_back(attempt)
        return attempt.outcome is None

    def report_step(self, attempt: Attempt, now: float) -> ReportStep:
        """Return what the report of an attempt needs next. From a `SEND` on, it is being sent."""
        if attempt.outcome is None and attempt.given_up is not None:
            self._settle(attempt, attempt.given_up)
        if attempt.outcome is None and attempt.over(now) and not attempt.sent:
            self._expire(attempt)
        if attempt.outcome is not None or attempt.phase is not Phase.REPORTING:
            attempt.delivering = False
            return ReportStep.DONE
        step = next_step(attempt, now)
        if step is ReportStep.SEND:
            # Together: a later attempt that is assigned in between must know of it.
            sending(attempt)
        return step

    def acknowledged(self, attempt: Attempt) -> None:
        """The server has taken the report of an attempt."""
        attempt.sending, attempt.sent = False, True
        if attempt.report is not None and attempt.outcome is None:
            self._settle(attempt, attempt.report.outcome)

    def seen(self, attempt: Attempt, found: Process | None, asked: float, now: float) -> Outcome | Still:
        """The process of an attempt was looked at. Returns what became of the attempt.

        Args:
            attempt: The attempt.
            found: The process, as the server had it; None if it no longer exists.
            asked: When it was requested.
            now: When the answer came.
        """
        if attempt.outcome is not None:
            return attempt.outcome
        if asked < attempt.changed or attempt.sending:
            return Still.OURS  # the answer is outdated, or that of the report tells more
        reported = attempt.report.outcome if attempt.report is not None and attempt.sent else None
        seen = verdict(attempt.process, found, self._executorid, reported)
        if isinstance(seen, Outcome):
            self._settle(attempt, seen)
        elif seen is Still.REQUEUED:
            self._requeued(attempt, asked, now)
        elif found is not None:
            self._still_ours(attempt, found, now)
        return attempt.outcome or seen

    def unseen(self, attempt: Attempt) -> None:
        """The process of an attempt could not be looked at, so its report waits until it can."""
        attempt.look_first = True

    def adopted(self, attempt: Attempt, found: Process | None, asked: float, now: float) -> Action:
        """The process of an attempt that was found was looked at in the moment in which it has a slot.

        Args:
            attempt: The attempt.
            found: The process, as the server had it; None if it no longer exists.
            asked: When it was requested.
            now: When the answer came.

        Returns:
            `BEGIN`; `DELIVER` if the result of an earlier attempt is reported once more; `CHECK` if the
            answer is outdated; `IGNORE` if the process has ended or waits again, or was assigned meanwhile.
        """
        if attempt.phase is Phase.FOUND and asked < attempt.changed:
            return Action.CHECK
        self.seen(attempt, found, asked, now)
        held = self._held.get(attempt.processid) is attempt and attempt.phase is Phase.FOUND
        if not held or not self._may_run(attempt, now):
            return Action.IGNORE
        attempt.phase, attempt.changed = Phase.RUNNING, now
        if attempt.report is None or not self.ended(attempt, attempt.report, now):
            return Action.BEGIN
        return Action.DELIVER

    def _requeued(self, attempt: Attempt, asked: float, now: float) -> None:
        if attempt.phase is Phase.FOUND:
            del self._held[attempt.processid]
            return
        attempt.requeued = asked
        if attempt.phase is Phase.REPORTING:
            attempt.phase, attempt.changed, attempt.ends = Phase.KEPT, now, None
            self._kept[attempt.processid] = None
            if len(self._kept) > KEPT:
                self._settle(self._held[next(iter(self._kept))], Outcome.LOST)

    def _still_ours(self, attempt: Attempt, found: Process, now: float) -> None:
        if attempt.phase is Phase.FOUND:
            attempt.process = found  # it may be newer than the listing
        if attempt.requeued is not None:  # assigned again, by an answer that is late or lost
            attempt.renew(found, attempt.requeued, now, now)
        if attempt.phase is not Phase.REPORTING:
            return
        if attempt.over(now):
            self._expire(attempt)
        elif now >= attempt.settles:
            attempt.look_first, attempt.checked = False, True

    def drop(self, attempt: Attempt, outcome: Outcome) -> bool:
        """Give an attempt up. Returns whether that settles it; a report that is being sent settles later."""
        if attempt.outcome is not None:
            return False
        if attempt.phase is Phase.REPORTING:
            attempt.given_up = attempt.given_up or outcome
            return False
        self._settle(attempt, outcome)
        return True

    def abandon(self) -> list[Attempt]:
        """The executor can never work again: give all attempts up. Returns those that this settles."""
        return [attempt for attempt in list(self._held.values()) if self.drop(attempt, Outcome.LOST)]

    def close(self) -> None:
        """The executor stops: no function begins any more."""
        self._closed = True

    def leave(self, now: float) -> None:
        """The executor stops: give all attempts up."""
        self._closed = True
        self._left += [attempt for attempt in self._held.values() if attempt.phase is not Phase.KEPT]
        for attempt in list(self._held.values()):
            if not attempt.over(now):
                self.drop(attempt, Outcome.HANDED_BACK)
            elif attempt.sent or attempt.sending:
                self._note_exhausted(attempt.process)
                self.drop(attempt, Outcome.LATE)
            else:
                self._expire(attempt)

    @property
    def left(self) -> list[Attempt]:
        """The attempts that the executor has left, and that run here according to the server."""
        return list(self._left)

    def endless(self) -> list[Process]:
        """Return the processes that nothing would end if the executor stops without unregistering."""
        reported = (Outcome.SUCCESSFUL, Outcome.FAILED)
        return [
            attempt.process
            for attempt in self._left
            if limit(attempt.process) is None and attempt.outcome not in reported
        ]

    def overdue(self, now: float) -> list[Attempt]:
        """Settle the attempts whose maxexectime is over and whose function has not ended, and return them."""
        late = [
            attempt
            for attempt in self._held.values()
            if attempt.phase in _BEFORE_THE_END and attempt.over(now)
        ]
        for attempt in late:
            self._expire(attempt)
        return late

    def exhausted(self) -> list[Process]:
        """Return the processes that were late here and have no retries left, as they were assigned.

        The server fails them a moment later. An executor that unregisters meanwhile must fail them itself:
        the server would return them to the queue.
        """
        return list(self._expired.values())

    def late(self, running: Iterable[Process]) -> list[Process]:
        """Return those of the processes that run here according to the server that `exhausted` names.

        One that was assigned again since is not late.
        """
        return [process for process in running if self._is_late(process)]

    def _is_late(self, process: Process) -> bool:
        late = self._expired.get(process.processid)
        return late is not None and process.retries == late.retries and not is_newer(process, late)

    def next_deadline(self) -> float | None:
        """When the next maxexectime is over of a process that is held."""
        ends = (attempt.ends for attempt in self._held.values() if attempt.phase in _BEFORE_THE_END)
        return min((end for end in ends if end is not None), default=None)

    def ready(self, attempt: Attempt) -> bool:
        """An attempt is due for its next run, or its next check. Returns whether it waits for a slot now."""
        attempt.waiting = attempt.phase in (Phase.PARKED, Phase.FOUND) and attempt.outcome is None
        return attempt.waiting

    def slot(self, attempt: Attempt) -> Phase | None:
        """An attempt that waits gets a slot. Returns where it is; None if it no longer waits."""
        waits, attempt.waiting = attempt.waiting, False
        return attempt.phase if waits and attempt.outcome is None else None

    def listed(
        self, listed: Iterable[Process], since: float, asked: float, now: float, *, adopt: bool = True
    ) -> Listed:
        """A list of what runs here has come. It may be older than what has happened here meanwhile.

        Args:
            listed: The processes that the server takes to be running here.
            since: When their assignment may have been missed, at the earliest.
            asked: When the list was requested.
            now: When it came.
            adopt: Whether a process that is not known here can only be this executor's.
        """
        processes = {process.processid: process for process in listed}
        result = Listed([], [], [])
        for attempt in self._held.values():
            process = processes.get(attempt.processid)
            if process is None or (process.retries > attempt.process.retries and not adopt):
                result.missing.append(attempt)
        for process in processes.values():
            if adopt or process.processid in self._held:
                found, replaced = self.found(process, since, asked, now, adopt=adopt)
                result.adopted.extend([found] if found is not None else [])
                result.replaced.extend([replaced] if replaced is not None else [])
        return result

    def found(
        self, process: Process, since: float, asked: float, now: float, *, adopt: bool = True
    ) -> tuple[Attempt | None, Attempt | None]:
        """A process turned out to be assigned to this executor.

        Args:
            process: The process.
            since: When it may have been assigned, at the earliest.
            asked: When the server was asked.
            now: When the answer came.
            adopt: Whether it can only be this executor's.

        Returns:
            An attempt that waits for a slot now: a new one, or one whose result is kept; and an earlier
            attempt that is settled by it.
        """
        held = self._held.get(process.processid)
        if held is not None and process.retries > held.process.retries and adopt:
            self._replace(held)
            found = self._find(process, since, now, look_first=held.sent or held.sending)
            return found, held if held.outcome else None
        if held is None:
            before = self._settled.get(process.processid)
            if before is not None and _old(process, before):
                return None, None
            return self._find(process, since, now, look_first=before is not None and before.sent), None
        if held.process.retries != process.retries:
            return None, None
        if held.phase is Phase.KEPT and asked >= held.changed:
            requeued = since if held.requeued is None else held.requeued
            held.renew(process, requeued, now, now)
            held.waiting = self._deliver_kept(held)
            return held if held.waiting else None, None
        if held.phase is not Phase.KEPT and is_newer(process, held.process):
            # The answer is lost or late, and what runs here counts for this assignment.
            held.renew(process, held.since if held.requeued is None else held.requeued, now, now)
        return None, None

    def _find(self, process: Process, since: float, now: float, *, look_first: bool) -> Attempt:
        attempt = self._begin(process, since, now, look_first=look_first, phase=Phase.FOUND)
        attempt.waiting = True
        # The server may have requeued it just as it took the result: that is reported once more.
        attempt.report = self._reported.get(process.processid)
        return attempt

    def next_kept(self) -> Attempt | None:
        """Return the attempt with a kept result that was returned here longest ago; None if there is none."""
        processid = next(iter(self._kept), None)
        if processid is None:
            return None
        self._kept.move_to_end(processid)
        return self._held.get(processid)

    def announce(self, attempt: Attempt) -> bool:
        """Return, once, that the end of a settled attempt is to be announced."""
        first = attempt.outcome is not None and not attempt.announced
        attempt.announced |= first
        return first

    def _expire(self, attempt: Attempt) -> None:
        """The maxexectime of an attempt is over, by this executor's clock."""
        self._settle(attempt, Outcome.LATE)
        if attempt.phase is not Phase.FOUND:  # else nothing is known for certain, and it never began
            self._note_exhausted(attempt.process)

    def _note_exhausted(self, process: Process) -> None:
        if process.retries < process.spec.maxretries or process.spec.maxretries < 0:
            return
        remember(self._expired, process.processid, process, KEPT)

    def _settle(self, attempt: Attempt, outcome: Outcome) -> None:
        attempt.outcome, attempt.given_up = outcome, None
        current = self._held.get(attempt.processid)
        if current is attempt:
            del self._held[attempt.processid]
        elif current is not None:
            current.look_first |= attempt.sent or attempt.sending
        self._kept.pop(attempt.processid, None)
        process, before = attempt.process, self._settled.get(attempt.processid)
        known = outcome in (Outcome.SUCCESSFUL, Outcome.FAILED)
        if before is None or before.retries <= process.retries:
            settled = Settled(
                process.retries, process.starttime, acknowledged=known, sent=attempt.sent and not known
            )
            remember(self._settled, attempt.processid, settled, REMEMBERED)
            self._settled.move_to_end(attempt.processid)
        if known and attempt.ends_from is not None and attempt.ends_from <= attempt.changed + SOON:
            self._keep_report(attempt)

    def _keep_report(self, attempt: Attempt) -> None:
        report = attempt.report
        if report is None or len(report.message) > KEPT_REPORT:
            return
        remember(self._reported, attempt.processid, report, KEPT)


def remember(memory: OrderedDict[str, _Value], key: str, value: _Value, most: int) -> None:
    """Note something, and forget the oldest beyond a number of entries."""
    memory[key] = value
    if len(memory) > most:
        memory.popitem(last=False)


def _old(process: Process, before: Settled) -> bool:
    """Whether a record of a process is no newer than an attempt at it that is settled."""
    return not is_newer(process, before) or (before.acknowledged and process.retries == before.retries)
