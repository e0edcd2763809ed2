"""Delivers the reports of processes until the server has acknowledged them."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from pycolonies._executor import report_retries
from pycolonies._executor.attempt import Attempt, Phase, Report
from pycolonies._executor.observe.events import Outcome
from pycolonies._executor.report_retries import PASSING, ReportStep
from pycolonies._executor.results import failure
from pycolonies._executor.steps import REJOIN, Call, Pause, Steps
from pycolonies._models import Process
from pycolonies._rpc.encoding import encode, read
from pycolonies._waiting.backoff import Backoff
from pycolonies.errors import (
    CallTimeoutError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    TransportError,
)

if TYPE_CHECKING:
    from pycolonies._executor.locked_processes import Held
    from pycolonies._executor.server_link import ServerLink

log = logging.getLogger("pycolonies.executor")


class Reporter:
    """Delivers reports: each one once, however long the server is unreachable.

    Args:
        link: The connection to the server.
        held: The processes that the executor holds.
    """

    def __init__(self, link: ServerLink, held: Held) -> None:
        self._link = link
        self._held = held

    def deliver(self, attempt: Attempt) -> None:
        """Report an attempt until it is settled, or its process is put back into the queue."""
        self._link.carry_out(self.steps(attempt))

    def steps(self, attempt: Attempt) -> Steps[None]:
        """Report an attempt, as `deliver` does."""
        backoff = Backoff()
        refusals = 0
        while (step := self._step(attempt)) is not ReportStep.DONE:
            if step is ReportStep.SEND:
                refusals += yield from self._send(attempt, refusals)
            else:
                yield from self._look(attempt)
            yield from self._pause(attempt, backoff)

    def _step(self, attempt: Attempt) -> ReportStep:
        with self._held as processes:
            return processes.report_step(attempt, time.monotonic())

    def _pause(self, attempt: Attempt, backoff: Backoff) -> Steps[None]:
        """Wait before the next step, if there is one; at most until the process's maxexectime is over."""
        if attempt.outcome is not None or attempt.phase is not Phase.REPORTING or not attempt.look_first:
            return
        seconds = backoff.pause()
        if attempt.ends is not None and not attempt.sent:
            seconds = min(seconds, max(attempt.ends - time.monotonic(), 0))
        if (yield Pause(seconds)):
            self._give_up(attempt)

    def _give_up(self, attempt: Attempt) -> None:
        log.error("the executor stopped before the result of process %s was delivered", attempt.processid)
        with self._held as processes:
            processes.drop(attempt, Outcome.HANDED_BACK)

    def _send(self, attempt: Attempt, refusals: int) -> Steps[bool]:
        """Send the report. The result is whether the server refused its content."""
        report = attempt.report
        if report is None:  # nothing is reported before it has ended
            raise AssertionError(attempt)
        try:
            yield Call(report.msgtype, report.message, self._timeout(attempt))
        except TransportError as fault:
            # A slow server may carry a message out long after its answer was given up.
            slow = self._link.timeout if isinstance(fault, CallTimeoutError) else 0
            self._unanswered(attempt, slow, may_have_arrived=fault.may_have_been_processed)
            return False
        except ServerError as refusal:
            final = report_retries.is_final(refusal.status, refusals)
            replacement = _refused(attempt, refusal) if final else None
            with self._held:
                report_retries.refused(attempt, time.monotonic(), replacement)
            return refusal.status not in PASSING
        except BaseException:  # an event loop that ends
            self._unanswered(attempt, 0, may_have_arrived=True)
            raise
        with self._held as processes:
            processes.acknowledged(attempt)
        return False

    def _unanswered(self, attempt: Attempt, slow: float, *, may_have_arrived: bool) -> None:
        now = time.monotonic()
        with self._held:
            report_retries.unanswered(attempt, now, may_have_arrived=may_have_arrived, slow=slow)

    def _timeout(self, attempt: Attempt) -> float:
        """Seconds that sending may take: a result must not arrive after the process's maxexectime."""
        if attempt.ends is None:
            return self._link.timeout
        return min(self._link.timeout, max(attempt.ends - time.monotonic(), 0.001))

    def _look(self, attempt: Attempt) -> Steps[None]:
        asked = time.monotonic()
        try:
            found = yield from self._state(attempt.processid)
        except PermissionDeniedError:
            self._unseen(attempt)
            yield REJOIN
        except (ServerError, TransportError) as fault:
            log.debug("cannot look at process %s: %s", attempt.processid, fault)
            self._unseen(attempt)
        else:
            with self._held as processes:
                processes.seen(attempt, found, asked, time.monotonic())

    def _unseen(self, attempt: Attempt) -> None:
        with self._held as processes:
            processes.unseen(attempt)

    def wake(self) -> None:
        """End the pauses of all reports: something has changed."""
        self._link.wake()

    def state(self, processid: str) -> Process | None:
        """Return a process as the server has it now, or None if it no longer exists."""
        return self._link.carry_out(self._state(processid))

    def with_input(self, process: Process) -> Process:
        """Return a running process with its input, the outputs of its parents.

        A server assigns a process first and stores its input a moment later, or never if it is killed in
        between. Only the answer to the assignment is certain to contain it.
        """
        if process.input or not process.parents:
            return process
        parents = [self.state(parent) for parent in process.parents]
        values = [value for parent in parents if parent is not None for value in parent.output or ()]
        return process.model_copy(update={"input": values})

    @staticmethod
    def _state(processid: str) -> Steps[Process | None]:
        try:
            reply = yield Call("getprocessmsg", encode("getprocessmsg", {"processid": processid}))
        except NotFoundError:
            return None
        return read(Process, "getprocessmsg", reply)


def _refused(attempt: Attempt, refusal: ServerError) -> Report:
    log.error("the server does not take the result of process %s: %s", attempt.processid, refusal)
    errors = [f"the server did not take the result: {refusal.message}"]
    return Report(Outcome.FAILED, failure(attempt.processid, errors))
