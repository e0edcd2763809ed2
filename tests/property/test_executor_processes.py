"""Each process is run and reported once, whatever the order of assignments, ends, lost and late answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pycolonies import Outcome, Process
from pycolonies._executor import report_retries
from pycolonies._executor.attempt import Attempt, Phase, Report
from pycolonies._executor.processes import Action, Processes
from pycolonies._executor.report_retries import ReportStep
from pycolonies._executor.verdict import (
    CANCELLED,
    FAILED,
    RUNNING,
    SUCCESSFUL,
    WAITING,
    Still,
    is_newer,
    verdict,
)

OURS, THEIRS = "a" * 64, "b" * 64
LIMIT = 10
#: Seconds after which a report is given up, so that it cannot arrive later than that.
TIMEOUT = 2.0
EPOCH = datetime(2026, 1, 1, tzinfo=timezone.utc)
NEVER = datetime(1, 1, 1, tzinfo=timezone.utc)


def _process(**fields: object) -> Process:
    process = Process(processid="1" * 64, assignedexecutorid=OURS, state=RUNNING, starttime=EPOCH)
    process.spec.maxexectime = LIMIT
    for name, value in fields.items():
        setattr(process, name, value)
    return process


@dataclass
class Stored:
    """A process at the simulated server."""

    processid: str
    state: int = WAITING
    owner: str = ""
    retries: int = 0
    start: float = 0.0
    output: tuple[int, int] | None = None
    errors: list[str] = field(default_factory=list)

    def record(self) -> Process:
        begun = self.state != WAITING
        return _process(
            processid=self.processid,
            state=self.state,
            assignedexecutorid=self.owner,
            retries=self.retries,
            starttime=EPOCH + timedelta(seconds=self.start) if begun else NEVER,
            errors=list(self.errors),
        )


def _assignment(one: Stored) -> tuple[str, int, datetime]:
    return (one.processid, one.retries, one.record().starttime)


@dataclass
class Message:
    """A report on its way: which run wrote it, and when its sender gives it up."""

    attempt: Attempt
    outcome: Outcome
    written_in: int
    until: float


class ExecutorAndServer(RuleBasedStateMachine):
    """Drives the table against a server that follows the protocol, over a network that loses and delays.

    The server fences by executor, not by attempt, and stores the output of a refused report, as real ones do.
    """

    @initialize(
        limited=st.sampled_from([True, True, False]),
        processes=st.sampled_from([1, 1, 2]),
        maxretries=st.sampled_from([0, 2, 2]),
    )
    def begin(self, limited: bool, processes: int, maxretries: int) -> None:
        self.now = 0.0
        self.tick = 0.001
        self.table = Processes(OURS)
        self.limited = limited
        self.maxretries = maxretries
        self.stored: dict[str, Stored] = {}
        #: Answers to assign that have not arrived, and when they were asked for.
        self.answers: list[tuple[Process, float]] = []
        self.missed_since: float | None = None
        #: When the last answer was lost: listings from before say nothing about it.
        self.missed_until = 0.0
        #: Listings and checks under way: what they found, and when they were asked for.
        self.listing: tuple[list[Process], float, bool] | None = None
        self.looks: list[tuple[Attempt, Process, float]] = []
        #: Attempts whose function is to begin: much may happen before it does.
        self.beginning: list[Attempt] = []
        #: Attempts whose function runs or should, as the runtime would have it.
        self.running: list[Attempt] = []
        #: Attempts whose function waits for its next try.
        self.parked: list[Attempt] = []
        self.reporting: list[Attempt] = []
        self.waiting_for_slots: list[Attempt] = []
        #: Attempts that have a slot and are checked before they begin.
        self.resumes: list[Attempt] = []
        self.messages: list[Message] = []
        self.begun: set[tuple[str, int, datetime]] = set()
        self.acknowledged: set[tuple[str, int]] = set()
        self.successes: dict[str, int] = {}
        self.announced: list[Attempt] = []
        #: Reports that were sent and not answered, and not looked after since.
        self.unsure: set[int] = set()
        self.keep: list[Attempt] = []  # so that ids stay unique
        self.adopted: list[Attempt] = []
        self.number = 0
        for _ in range(processes):
            self.submit()

    # -- the server

    @precondition(lambda self: not self._pick(WAITING) and not self._pick(RUNNING))
    @rule()
    def submit(self) -> None:
        processid = f"{len(self.stored):064}"
        self.stored[processid] = Stored(processid)

    def _pick(self, state: int, owner: str | None = None) -> list[Stored]:
        return [one for one in self.stored.values() if one.state == state and owner in (None, one.owner)]

    @precondition(lambda self: self._pick(WAITING))
    @rule(
        data=st.data(),
        owner=st.sampled_from([OURS] * 7 + [THEIRS]),
        answer=st.sampled_from(["arrives", "arrives", "later"]),
    )
    def assign(self, data: st.DataObject, owner: str, answer: str) -> None:
        one = data.draw(st.sampled_from(self._pick(WAITING)))
        asked = self.now
        self.now += self.tick * 10
        one.state, one.owner, one.start = RUNNING, owner, self.now
        if owner == OURS:
            self.answers.append((self._record(one), asked))
            if answer == "arrives":
                self._arrives(self.answers[-1])

    def _record(self, one: Stored) -> Process:
        record = one.record()
        record.spec.maxretries = self.maxretries
        if not self.limited:
            record.spec.maxexectime = -1
        return record

    @precondition(lambda self: self.answers)
    @rule(data=st.data())
    def an_answer_arrives(self, data: st.DataObject) -> None:
        self._arrives(data.draw(st.sampled_from(self.answers)))

    def _arrives(self, answer: tuple[Process, float]) -> None:
        self.answers.remove(answer)
        process, asked = answer
        action, attempt, replaced = self.table.assigned(process, self.now, asked)
        if replaced is not None:
            self._announce(replaced)
        if action is Action.BEGIN:
            assert attempt is not None
            self._to_begin(attempt)
        elif action is Action.DELIVER:
            assert attempt is not None
            self.reporting.append(attempt)
        elif action is Action.CHECK:
            assert attempt is not None
            self.waiting_for_slots.append(attempt)
            self.adopted.append(attempt)
        elif action is Action.HAND_BACK:
            assert attempt is not None
            self.keep.append(attempt)
            self._announce(attempt)

    @precondition(lambda self: self._pick(WAITING))
    @rule(data=st.data())
    def a_heartbeat_is_given_a_process(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self._pick(WAITING)))
        asked = self.now
        self.now += self.tick * 10
        one.state, one.owner, one.start = RUNNING, OURS, self.now
        attempt, replaced = self.table.found(self._record(one), asked, asked, self.now)
        if replaced is not None:
            self._announce(replaced)
        if attempt is not None:
            self.waiting_for_slots.append(attempt)
            self.adopted.append(attempt)

    @precondition(lambda self: self.answers)
    @rule(data=st.data())
    def an_answer_is_lost(self, data: st.DataObject) -> None:
        answer = data.draw(st.sampled_from(self.answers))
        self.answers.remove(answer)
        self._missed(answer[1])

    def _missed(self, when: float) -> None:
        self.missed_since = when if self.missed_since is None else min(when, self.missed_since)
        self.missed_until = self.now

    @precondition(lambda self: self.limited)
    @rule(seconds=st.sampled_from([0.25, 1.0, 6.0, 11.0]))
    def time_passes(self, seconds: float) -> None:
        self._pass(seconds)

    def _pass(self, seconds: float) -> None:
        # Reports end within their timeout, and the runtime's timer is prompt.
        for message in list(self.messages):
            if message.until <= self.now + seconds:
                self._unanswered(message)
        self.now += seconds
        for attempt in self.table.overdue(self.now):
            self._announce(attempt)

    @precondition(
        lambda self: self.limited and any(self.now - one.start > LIMIT for one in self._pick(RUNNING))
    )
    @rule()
    def processes_expire(self) -> None:
        for one in self._pick(RUNNING):
            if self.now - one.start > LIMIT:
                if one.retries < self.maxretries:
                    one.state, one.owner, one.retries = WAITING, "", one.retries + 1
                else:
                    one.state, one.errors = FAILED, ["Maximum execution time limit exceeded"]

    @precondition(lambda self: self.limited and self._closed_here())
    @rule(data=st.data(), rarely=st.integers(0, 3))
    def a_closed_process_expires_all_the_same(self, data: st.DataObject, rarely: int) -> None:
        """A Colonies server lists what is late, and requeues it whatever has happened since."""
        if rarely == 0:
            one = data.draw(st.sampled_from(self._closed_here()))
            one.state, one.owner, one.retries, one.errors = WAITING, "", one.retries + 1, []

    def _closed_here(self) -> list[Stored]:
        ended = self._pick(SUCCESSFUL, OURS) + self._pick(FAILED, OURS)
        return [one for one in ended if one.output is not None and one.retries < self.maxretries]

    @precondition(lambda self: self._pick(RUNNING, OURS))
    @rule()
    def the_executor_is_removed_and_registers_again(self) -> None:
        for one in self._pick(RUNNING, OURS):
            one.state, one.owner = WAITING, ""

    @precondition(lambda self: self._late_and_running())
    @rule()
    def the_executor_unregisters_while_a_process_is_late(self) -> None:
        self._fail_late()
        late = [one for one in self._late_and_running() if one.retries == self.maxretries]
        assert not late, "a late function without retries returns to the queue"
        self.the_executor_is_removed_and_registers_again()

    def _fail_late(self) -> set[str]:
        """Fail what an executor that unregisters fails: what is late here and would return to the queue."""
        late = self.table.late([self._record(one) for one in self._pick(RUNNING, OURS)])
        for process in late:
            one = self.stored[process.processid]
            assert self.now - one.start >= LIMIT, "a process is failed before its maxexectime is over"
            one.state, one.errors = FAILED, ["Maximum execution time limit exceeded"]
        return {process.processid for process in late}

    @precondition(lambda self: len(self.table) > 0 or self.answers)
    @rule(data=st.data(), rarely=st.integers(0, 3), registered=st.booleans())
    def the_executor_stops_and_starts(self, data: st.DataObject, rarely: int, registered: bool) -> None:
        if rarely:
            return
        self.table.close()
        self._arrives_while_it_stops()
        held = {id(run): run for run in (*self.table, *self.reporting)}
        self.table.leave(self.now)
        for message in list(self.messages):
            self._carried_out(message, answered=data.draw(st.booleans()), arrives=data.draw(st.booleans()))
        self._leaves(registered=registered)
        for run in held.values():  # what was under way has an answer by now, or none
            self.table.report_step(run, self.now)
            assert run.outcome is not None
            self._announce(run)
        for run in (*self.running, *self.parked):
            assert not self.table.ended(run, Report(Outcome.SUCCESSFUL, b"too late"), self.now)
        self.table, self.missed_since, self.listing = Processes(OURS), None, None
        self.acknowledged.clear()
        self.successes.clear()
        for waits in (self.beginning, self.running, self.parked, self.reporting, self.waiting_for_slots):
            waits.clear()
        self.resumes.clear()
        self.looks.clear()

    def _arrives_while_it_stops(self) -> None:
        before = len(self.begun)
        for answer in list(self.answers):
            self._arrives(answer)
        for attempt in list(self.beginning):
            self._begins(attempt)
        for waiting in list(self.waiting_for_slots):
            self._gets_a_slot(waiting)
        for look in list(self.looks):
            self._is_seen(look)
        assert len(self.begun) == before, "a function begins while the executor stops"

    def _leaves(self, *, registered: bool) -> None:
        here = self._pick(RUNNING, OURS)
        left = {(attempt.processid, attempt.process.retries) for attempt in self.table.left}
        known = [one for one in here if (one.processid, one.retries) in left]
        if registered and not self.limited:
            endless = {process.processid for process in self.table.endless()}
            assert endless >= {one.processid for one in known}, "nothing would end a process"
        over = {one.processid for one in known if self._is_over(one) and _assignment(one) in self.begun}
        assert over <= self._fail_late(), "a late function runs again"
        for one in self._pick(RUNNING, OURS):
            one.state, one.owner = WAITING, ""

    def _is_over(self, one: Stored) -> bool:
        return self.limited and self.now - one.start >= LIMIT and one.retries == self.maxretries

    def _late_and_running(self) -> list[Stored]:
        late = {
            (run.processid, run.process.retries, run.process.starttime)
            for run in self.keep
            if run.outcome is Outcome.LATE
        }
        return [
            one
            for one in self._pick(RUNNING, OURS)
            if (one.processid, one.retries, one.record().starttime) in late
        ]

    @precondition(lambda self: self._pick(RUNNING))
    @rule(data=st.data(), rarely=st.integers(0, 5))
    def a_process_is_cancelled(self, data: st.DataObject, rarely: int) -> None:
        if rarely == 0:
            data.draw(st.sampled_from(self._pick(RUNNING) + self._pick(WAITING))).state = CANCELLED

    @precondition(lambda self: self._pick(RUNNING, THEIRS))
    @rule(data=st.data())
    def another_executor_ends_its_process(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self._pick(RUNNING, THEIRS))).state = SUCCESSFUL

    # -- the runtime

    def _to_begin(self, attempt: Attempt) -> None:
        self.keep.append(attempt)
        self.beginning.append(attempt)

    @precondition(lambda self: self.beginning)
    @rule(data=st.data())
    def a_function_begins(self, data: st.DataObject) -> None:
        self._begins(data.draw(st.sampled_from(self.beginning)))

    def _begins(self, attempt: Attempt) -> None:
        self.beginning.remove(attempt)
        if not self.table.begins(attempt, self.now):
            self._announce(attempt)
            return
        key = (attempt.processid, attempt.process.retries)
        known = {processid for processid, _ in self.acknowledged}
        assert attempt.processid not in known, "a function begins after its result was acknowledged"
        self._check_only(attempt)
        assignment = (*key, attempt.process.starttime)
        assert assignment not in self.begun, "a function begins twice for one assignment"
        self.begun.add(assignment)
        self.running.append(attempt)

    def _check_only(self, attempt: Attempt) -> None:
        live = [run for run in self.running if run.processid == attempt.processid and run.outcome is None]
        assert not live, "two runs of a process at a time"

    def _announce(self, attempt: Attempt) -> None:
        if not self.table.announce(attempt):
            return
        assert all(attempt is not other for other in self.announced)
        self.announced.append(attempt)
        observed = attempt in self.keep
        if attempt.outcome is Outcome.SUCCESSFUL and observed:
            self.successes[attempt.processid] = self.successes.get(attempt.processid, 0) + 1
            assert self.successes[attempt.processid] == 1, "one process counts as two successes"

    @precondition(lambda self: self.running)
    @rule(data=st.data(), fails=st.booleans())
    def a_function_ends(self, data: st.DataObject, fails: bool) -> None:
        attempt = data.draw(st.sampled_from(self.running))
        self._ends(attempt, Outcome.FAILED if fails else Outcome.SUCCESSFUL)

    def _ends(self, attempt: Attempt, outcome: Outcome) -> None:
        self.running.remove(attempt)
        self.number += 1
        report = Report(outcome, str(self.number).encode())
        if self.table.ended(attempt, report, self.now):
            self.reporting.append(attempt)
        else:
            self._announce(attempt)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def a_function_is_parked(self, data: st.DataObject) -> None:
        attempt = data.draw(st.sampled_from(self.running))
        self.running.remove(attempt)
        if self.table.parked(attempt):
            self.parked.append(attempt)
        else:
            self._announce(attempt)

    @precondition(lambda self: self.parked)
    @rule(data=st.data())
    def a_parked_function_is_due(self, data: st.DataObject) -> None:
        self._due(data.draw(st.sampled_from(self.parked)))

    def _due(self, attempt: Attempt) -> None:
        self.parked.remove(attempt)
        if self.table.ready(attempt):
            self.waiting_for_slots.append(attempt)
        else:
            self._announce(attempt)

    @precondition(lambda self: self._idle_reports())
    @rule(data=st.data(), fate=st.sampled_from(["answered", "answered", "answer lost", "lost", "under way"]))
    def a_report_goes_on(self, data: st.DataObject, fate: str) -> None:
        attempt = data.draw(st.sampled_from(self._idle_reports()))
        step = self.table.report_step(attempt, self.now)
        if step is ReportStep.DONE:
            self.reporting.remove(attempt)
            self._announce(attempt)
        elif step is ReportStep.LOOK:
            if fate == "under way":
                self._asks(attempt)
            elif fate == "answered":
                self._look(attempt)
            else:
                self.table.unseen(attempt)
        else:
            assert attempt.report is not None
            assert id(attempt) not in self.unsure, "a report is sent again without a look"
            message = Message(attempt, attempt.report.outcome, attempt.process.retries, self._until(attempt))
            self.messages.append(message)
            if fate != "under way":
                self._carried_out(message, answered=fate == "answered", arrives=fate != "lost")

    def _idle_reports(self) -> list[Attempt]:
        waits = [id(attempt) for attempt, *_ in self.looks]
        return [attempt for attempt in self.reporting if not attempt.sending and id(attempt) not in waits]

    def _until(self, attempt: Attempt) -> float:
        if attempt.perhaps_over(self.now):  # nothing proves that it is not: the check must be recent
            return self.now
        return self.now + TIMEOUT if attempt.ends is None else min(self.now + TIMEOUT, attempt.ends)

    def _asks(self, attempt: Attempt) -> None:
        self.looks.append((attempt, self._record(self.stored[attempt.processid]), self.now))
        self.now += self.tick

    def _look(self, attempt: Attempt) -> None:
        self._asks(attempt)
        self._is_seen(self.looks[-1])

    @precondition(lambda self: self.looks)
    @rule(data=st.data())
    def a_look_is_answered(self, data: st.DataObject) -> None:
        self._is_seen(data.draw(st.sampled_from(self.looks)))

    def _is_seen(self, look: tuple[Attempt, Process, float]) -> None:
        self.looks.remove(look)
        attempt, found, asked = look
        if asked >= attempt.changed:
            self.unsure.discard(id(attempt))
        if attempt in self.resumes:
            self.resumes.remove(attempt)
            action = self.table.adopted(attempt, found, asked, self.now)
            if action is Action.BEGIN:
                self._to_begin(attempt)
            elif action is Action.DELIVER:
                self.reporting.append(attempt)
            elif action is Action.CHECK:
                self.resumes.append(attempt)
                self._asks(attempt)
            return
        self.table.seen(attempt, found, asked, self.now)
        if attempt.phase in (Phase.RUNNING, Phase.PARKED, Phase.KEPT):
            self._announce(attempt)

    @precondition(lambda self: self.messages)
    @rule(
        data=st.data(),
        answered=st.sampled_from([True, True, False]),
        arrives=st.sampled_from([True, True, False]),
    )
    def a_report_is_carried_out_or_lost(self, data: st.DataObject, answered: bool, arrives: bool) -> None:
        self._carried_out(data.draw(st.sampled_from(self.messages)), answered=answered, arrives=arrives)

    def _carried_out(self, message: Message, *, answered: bool, arrives: bool) -> None:
        if not arrives:
            self._unanswered(message)
            return
        one = self.stored[message.attempt.processid]
        accepted = one.state == RUNNING and one.owner == OURS
        if accepted:
            assert one.retries == message.written_in, "the result of an earlier attempt closes a later one"
            one.state = SUCCESSFUL if message.outcome is Outcome.SUCCESSFUL else FAILED
            one.output = (message.written_in, id(message.attempt))
            if one.state == FAILED:
                one.errors = ["an error"]
        elif one.owner == OURS and one.state == SUCCESSFUL:
            assert one.output == (message.written_in, id(message.attempt)), "a closed output is overwritten"
        if not answered:
            self._unanswered(message)
            return
        self.messages.remove(message)
        if accepted:
            self.acknowledged.add((one.processid, message.written_in))
            self.table.acknowledged(message.attempt)
        else:
            report_retries.refused(message.attempt, self.now)

    def _unanswered(self, message: Message) -> None:
        self.messages.remove(message)
        self.unsure.add(id(message.attempt))
        report_retries.unanswered(message.attempt, self.now, may_have_arrived=True)
        self.now += self.tick

    @precondition(lambda self: self._unended())
    @rule(data=st.data())
    def the_supervisor_looks(self, data: st.DataObject) -> None:
        attempt = data.draw(st.sampled_from(self._unended()))
        self._asks(attempt)

    def _unended(self) -> list[Attempt]:
        looked_at = (Phase.RUNNING, Phase.PARKED, Phase.KEPT)
        return [attempt for attempt in self.table if attempt.phase in looked_at]

    @precondition(lambda self: self.listing is None and self._pick(RUNNING, OURS))
    @rule()
    def a_listing_is_taken(self) -> None:
        listed = [self._record(one) for one in self._pick(RUNNING, OURS)]
        self.listing = (listed, self.now, self.missed_since is not None)
        self.now += self.tick

    @precondition(lambda self: self.listing is not None)
    @rule()
    def a_listing_arrives(self) -> None:
        assert self.listing is not None
        listed, asked, missed = self.listing
        since = asked if self.missed_since is None else self.missed_since
        found = self.table.listed(listed, since, asked, self.now, adopt=missed)
        self.listing = None
        for attempt in found.replaced:
            self._announce(attempt)
        self.waiting_for_slots += found.adopted
        self.adopted += found.adopted
        if missed and asked >= self.missed_until:  # else it may be older than an assignment
            self.missed_since = None

    @precondition(lambda self: self.waiting_for_slots)
    @rule(data=st.data())
    def a_slot_is_free(self, data: st.DataObject) -> None:
        self._gets_a_slot(data.draw(st.sampled_from(self.waiting_for_slots)))

    def _gets_a_slot(self, attempt: Attempt) -> None:
        self.waiting_for_slots.remove(attempt)
        phase = self.table.slot(attempt)
        if phase is Phase.REPORTING:
            self.reporting.append(attempt)
        elif phase is Phase.FOUND:
            self.resumes.append(attempt)
            self._asks(attempt)
        elif phase is Phase.PARKED:
            if self.table.resumed(attempt, self.now):
                self._check_only(attempt)
                self.running.append(attempt)
            else:
                self._announce(attempt)

    # -- what holds always

    @invariant()
    def a_settled_attempt_is_not_held(self) -> None:
        assert all(attempt.outcome is None for attempt in self.table)

    @invariant()
    def a_report_is_delivered_by_one_thread(self) -> None:
        delivered = [id(attempt) for attempt in self.reporting]
        assert len(delivered) == len(set(delivered))

    @invariant()
    def a_process_has_one_live_run(self) -> None:
        live = [run.processid for run in self.running if run.outcome is None]
        assert len(live) == len(set(live))

    def teardown(self) -> None:
        """When the network is sound again, everything ends, and the table is empty."""
        for message in list(self.messages):
            self._unanswered(message)
        for _ in range(8):
            self._everything_arrives()
        for attempt in self.table:
            assert attempt.phase in (Phase.KEPT, Phase.FOUND), attempt
        for one in self._pick(RUNNING, OURS):
            assert self._is_late(one), "a process that is assigned here is forgotten"
        for run in self.keep:
            assert run.outcome is not None or run.phase is Phase.KEPT, run
            assert run.outcome is None or run in self.announced, run

    def _everything_arrives(self) -> None:
        for look in list(self.looks):
            self._is_seen(look)
        for answer in list(self.answers):
            self._arrives(answer)
        if self.listing is not None:
            self.a_listing_arrives()
        if self.missed_since is not None or any(run.phase is Phase.KEPT for run in self.table):
            self.a_listing_is_taken()
        self._everything_ends()
        while self.waiting_for_slots:
            self._gets_a_slot(self.waiting_for_slots[0])

    def _everything_ends(self) -> None:
        for attempt in list(self.beginning):
            self._begins(attempt)
        for attempt in list(self.parked):
            self._due(attempt)
        for attempt in list(self.running):
            self._ends(attempt, Outcome.SUCCESSFUL)
        for attempt in list(self.reporting):
            self._deliver(attempt)

    def _is_late(self, one: Stored) -> bool:
        return any(
            run.outcome in (Outcome.LATE, Outcome.HANDED_BACK)
            for run in self.keep + self.adopted
            if (run.processid, run.process.retries, run.process.starttime) == _assignment(one)
        )

    def _deliver(self, attempt: Attempt) -> None:
        self.reporting.remove(attempt)
        while (step := self.table.report_step(attempt, self.now)) is not ReportStep.DONE:
            one = self.stored[attempt.processid]
            if step is ReportStep.LOOK:
                self._look(attempt)
                continue
            if one.state == RUNNING and one.owner == OURS:
                assert one.retries == attempt.process.retries
                one.state = SUCCESSFUL
                self.table.acknowledged(attempt)
            else:
                report_retries.refused(attempt, self.now)
        self._announce(attempt)


TestExecutorAndServer = ExecutorAndServer.TestCase
TestExecutorAndServer.settings = settings(
    deadline=None, max_examples=300, stateful_step_count=60, derandomize=True
)


@pytest.mark.parametrize(("maxretries", "exhausted"), [(0, True), (1, True), (2, False), (-1, False)])
@pytest.mark.parametrize("reporting", [False, True], ids=["running", "reporting"])
def test_late_processes_without_retries_are_remembered(
    maxretries: int, exhausted: bool, reporting: bool
) -> None:
    process = _process(retries=1)
    process.spec.maxretries = maxretries
    table = Processes(OURS)
    attempt = table.assigned(process, 0.0).attempt
    assert attempt is not None
    if reporting:
        assert table.ended(attempt, Report(Outcome.SUCCESSFUL, b"{}"), LIMIT - 1)
        assert table.report_step(attempt, LIMIT + 1) is ReportStep.DONE
    else:
        assert table.overdue(LIMIT - 1) == []
        assert table.exhausted() == []
        assert table.overdue(LIMIT + 1) == [attempt]
    assert table.exhausted() == ([process] if exhausted else [])


def _table_with(process: Process) -> tuple[Processes, Attempt]:
    table = Processes(OURS)
    attempt = table.assigned(process, 0.0).attempt
    assert attempt is not None
    return table, attempt


def test_a_function_does_not_begin_for_an_attempt_that_was_settled_meanwhile() -> None:
    table, attempt = _table_with(_process())
    assert table.begins(attempt, 1.0)
    table, attempt = _table_with(_process())
    later = table.assigned(_process(retries=1, starttime=EPOCH + timedelta(seconds=12)), 12.0).attempt
    assert later is not None
    assert not table.begins(attempt, 12.0)
    assert table.begins(later, 12.0)
    table, attempt = _table_with(_process())
    assert not table.begins(attempt, LIMIT + 1.0)
    assert attempt.outcome is Outcome.LATE


def test_a_later_attempt_knows_of_a_report_from_the_decision_to_send_it() -> None:
    table, attempt = _table_with(_process())
    assert table.ended(attempt, Report(Outcome.SUCCESSFUL, b"{}"), 1.0)
    assert table.report_step(attempt, 1.0) is ReportStep.SEND
    later = table.assigned(_process(retries=1, starttime=EPOCH + timedelta(seconds=12)), 2.0).attempt
    assert later is not None
    assert table.ended(later, Report(Outcome.SUCCESSFUL, b"{}"), 3.0)
    assert table.report_step(later, 3.0) is ReportStep.LOOK


def test_a_late_answer_of_a_look_does_not_resume_what_waits_for_its_next_try() -> None:
    table, process = Processes(OURS), _process()
    (found,) = table.listed([process], 0.0, 1.0, 1.0).adopted
    assert table.slot(found) is Phase.FOUND
    assert table.assigned(process, 2.0, 0.0).action is Action.BEGIN
    assert table.begins(found, 2.0)
    assert table.parked(found)
    assert table.adopted(found, process, 1.5, 3.0) is Action.IGNORE
    assert found.phase is Phase.PARKED


def test_a_look_that_is_older_than_an_assignment_is_repeated() -> None:
    table, process = Processes(OURS), _process()
    (found,) = table.listed([process], 0.0, 1.0, 1.0).adopted
    assert table.slot(found) is Phase.FOUND
    again = _process(starttime=EPOCH + timedelta(seconds=3))
    table.found(again, 2.5, 2.5, 3.0)
    assert table.adopted(found, _process(state=WAITING, starttime=NEVER), 2.0, 3.5) is Action.CHECK
    assert table.get(process.processid) is found
    assert table.adopted(found, again, 4.0, 4.5) is Action.BEGIN


def test_an_assignment_of_what_is_reported_once_more_repeats_a_look_that_is_older() -> None:
    table, attempt = _table_with(_process())
    assert table.ended(attempt, Report(Outcome.SUCCESSFUL, b"{}"), 1.0)
    table.acknowledged(attempt)
    found = table.assigned(_process(retries=1, starttime=EPOCH + timedelta(seconds=12)), 12.0).attempt
    assert found is not None
    assert table.slot(found) is Phase.FOUND
    again = _process(retries=1, starttime=EPOCH + timedelta(seconds=14))
    assert table.assigned(again, 14.0, 13.5).action is Action.CONTINUE
    waiting = _process(state=WAITING, retries=1, starttime=NEVER)
    assert table.adopted(found, waiting, 13.0, 14.5) is Action.CHECK
    assert table.adopted(found, again, 15.0, 15.5) is Action.DELIVER


def test_a_process_that_was_assigned_again_is_not_late() -> None:
    process = _process()
    process.spec.maxretries = 0
    table, attempt = _table_with(process)
    assert table.overdue(LIMIT + 1.0) == [attempt]
    assert table.late([process]) == [process]
    assert table.late([_process(starttime=EPOCH + timedelta(seconds=LIMIT + 1))]) == []
    assert table.late([_process(retries=1)]) == []


def test_a_process_that_was_found_has_the_time_that_it_may_have_at_the_server() -> None:
    process = _process()
    process.spec.maxretries = 0
    table = Processes(OURS)
    (found,) = table.listed([process], 0.0, LIMIT - 1.0, LIMIT - 1.0).adopted
    assert table.overdue(LIMIT + 1.0) == []
    assert table.slot(found) is Phase.FOUND
    assert table.adopted(found, process, LIMIT + 1.0, LIMIT + 1.0) is Action.BEGIN
    assert table.ended(found, Report(Outcome.SUCCESSFUL, b"{}"), LIMIT + 2.0)
    assert table.report_step(found, LIMIT + 2.0) is ReportStep.LOOK
    table = Processes(OURS)
    (found,) = table.listed([process], 0.0, 1.0, 1.0).adopted
    assert table.overdue(LIMIT + 2.0) == [found]
    assert table.exhausted() == []  # its function has not begun, so it may go back to the queue


@pytest.mark.parametrize("by", ["a heartbeat", "a listing", "a look"])
def test_a_run_counts_for_a_new_assignment_however_it_becomes_known(by: str) -> None:
    table, attempt = _table_with(_process())
    again = _process(starttime=EPOCH + timedelta(seconds=6))
    if by == "a heartbeat":
        table.found(again, 5.0, 5.0, 6.0)
    elif by == "a listing":
        table.listed([again], 5.0, 6.0, 6.0)
    else:
        assert table.seen(attempt, _process(state=WAITING, starttime=NEVER), 4.0, 4.0) is Still.REQUEUED
        table.seen(attempt, again, 6.0, 6.0)
    assert table.get(attempt.processid) is attempt
    assert table.overdue(LIMIT + 5.0) == []
    assert table.overdue(LIMIT + 7.0) == [attempt]


def test_what_arrives_while_the_executor_stops_is_handed_back() -> None:
    table, attempt = _table_with(_process())
    table.close()
    answer = table.assigned(_process(processid="2" * 64), 1.0)
    assert answer.action is Action.HAND_BACK
    assert answer.attempt is not None
    assert answer.attempt.outcome is Outcome.HANDED_BACK
    assert not table.begins(attempt, 1.0)
    table.leave(1.0)
    assert {left.processid for left in table.left} == {"1" * 64, "2" * 64}
    assert all(left.outcome is Outcome.HANDED_BACK for left in table.left)


@pytest.mark.parametrize("outcome", [Outcome.SUCCESSFUL, Outcome.FAILED])
@pytest.mark.parametrize("length", [2, 100_000])
def test_a_result_is_reported_once_more_for_a_process_that_was_requeued_as_it_was_taken(
    outcome: Outcome, length: int
) -> None:
    table, attempt = _table_with(_process())
    report = Report(outcome, b"{" + b" " * (length - 2) + b"}")
    assert table.ended(attempt, report, LIMIT - 0.5)
    assert table.report_step(attempt, LIMIT - 0.5) is ReportStep.SEND
    table.acknowledged(attempt)
    again = _process(retries=1, starttime=EPOCH + timedelta(seconds=12))
    action, later, _ = table.assigned(again, 12.0, 11.0)
    assert action is Action.CHECK
    assert later is not None
    assert table.slot(later) is Phase.FOUND
    expected = Action.DELIVER if length == 2 else Action.BEGIN
    assert table.adopted(later, again, 12.5, 13.0) is expected
    if length == 2:
        assert table.report_step(later, 13.0) is ReportStep.SEND
        assert later.report is report
        last = table.assigned(_process(retries=2, starttime=EPOCH + timedelta(seconds=24)), 24.0, 23.0)
        assert last.action is Action.CHECK
        assert last.attempt is not None
        assert last.attempt.report is report


def test_kept_results_are_looked_at_in_turn() -> None:
    table = Processes(OURS)
    for number in "12":
        attempt = table.assigned(_process(processid=number * 64), 0.0).attempt
        assert attempt is not None
        assert table.ended(attempt, Report(Outcome.SUCCESSFUL, b"{}"), 1.0)
        table.seen(attempt, _process(processid=number * 64, state=WAITING, starttime=NEVER), 2.0, 2.0)
        assert attempt.phase is Phase.KEPT
    kept = [table.next_kept() for _ in range(3)]
    assert [None if one is None else one.processid[0] for one in kept] == ["1", "2", "1"]
    assert kept[0] is not None
    table.seen(kept[0], _process(assignedexecutorid=THEIRS), 3.0, 3.0)
    assert kept[0].outcome is Outcome.LOST
    assert table.next_kept() is kept[1]


@pytest.mark.parametrize(
    ("found", "reported", "expected"),
    [
        (None, None, Outcome.LOST),
        ({"state": RUNNING}, None, Still.OURS),
        ({"state": RUNNING, "assignedexecutorid": THEIRS}, None, Outcome.LOST),
        ({"state": RUNNING, "retries": 1}, None, Outcome.LATE),
        ({"state": WAITING, "assignedexecutorid": ""}, None, Still.REQUEUED),
        ({"state": WAITING, "retries": 1}, None, Outcome.LATE),
        ({"state": CANCELLED}, None, Outcome.CANCELLED),
        ({"state": SUCCESSFUL}, None, Outcome.LOST),
        ({"state": SUCCESSFUL}, Outcome.SUCCESSFUL, Outcome.SUCCESSFUL),
        ({"state": SUCCESSFUL, "retries": 1}, Outcome.SUCCESSFUL, Outcome.LATE),
        ({"state": SUCCESSFUL, "assignedexecutorid": THEIRS}, Outcome.SUCCESSFUL, Outcome.LOST),
        ({"state": FAILED}, None, Outcome.CANCELLED),
        ({"state": FAILED, "errors": ["time"]}, None, Outcome.LATE),
        ({"state": FAILED, "errors": ["mine"]}, Outcome.FAILED, Outcome.FAILED),
        ({"state": FAILED, "errors": ["mine"]}, Outcome.SUCCESSFUL, Outcome.LATE),
    ],
)
def test_the_record_of_a_process_tells_what_became_of_an_attempt(
    found: dict[str, object] | None, reported: Outcome | None, expected: Outcome | Still
) -> None:
    record = None if found is None else _process(**found)
    assert verdict(_process(), record, OURS, reported) is expected


def test_a_later_assignment_is_known_by_its_start_however_precise_the_record_is() -> None:
    one = _process()
    assert not is_newer(_process(starttime=EPOCH + timedelta(microseconds=1)), one)
    assert is_newer(_process(starttime=EPOCH + timedelta(seconds=1)), one)
    assert not is_newer(_process(starttime=EPOCH - timedelta(seconds=1)), one)
    assert is_newer(_process(retries=1, starttime=EPOCH - timedelta(seconds=1)), one)
    assert not is_newer(one, _process(retries=1))
