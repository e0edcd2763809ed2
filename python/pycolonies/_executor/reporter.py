"""Telling the server what became of a process, until it knows."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycolonies._executor.observe.events import Outcome
from pycolonies._executor.results import failure
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
    from pycolonies._executor.server_link import ServerLink

log = logging.getLogger("pycolonies.executor")

#: Results that are kept for processes which may be assigned to this executor once more.
KEPT = 256
#: Refusals of a report for a process that still runs here, before the process is failed instead.
REFUSALS = 5

WAITING, RUNNING, SUCCESSFUL, FAILED, CANCELLED = range(5)


@dataclass(frozen=True)
class Report:
    """A message that ends a process, and the outcome that it tells."""

    process: Process
    outcome: Outcome
    message: bytes

    @property
    def msgtype(self) -> str:
        """Type of the message."""
        return "closesuccessfulmsg" if self.outcome is Outcome.SUCCESSFUL else "closefailedmsg"


class Reporter:
    """Delivers reports: each once, however long the server is away.

    Args:
        link: The way to the server.
        executorid: Identity of the executor.
        rejoin: Registers the executor again, where the server does not know it.
        given_up: Set when the executor stops without waiting further.
    """

    def __init__(
        self, link: ServerLink, executorid: str, rejoin: Callable[[], None], given_up: threading.Event
    ) -> None:
        self._link = link
        self._executorid = executorid
        self._rejoin = rejoin
        self._given_up = given_up
        self._kept: OrderedDict[str, Report] = OrderedDict()
        self._lock = threading.Lock()

    def deliver(self, report: Report) -> Outcome:
        """Tell the server what became of a process; returns what did become of it."""
        backoff = Backoff()
        refusals = 0
        while True:
            try:
                self._link.call(report.msgtype, report.message)
            except (TransportError, ServerError) as fault:  # noqa: PERF203 (once a process)
                ended = self._after(fault, report, backoff)
                refusals += isinstance(fault, ServerError)
                if ended is not None:
                    return ended
                if isinstance(fault, ServerError) and refusals >= REFUSALS:
                    report, refusals = _refused(report, fault), 0
            else:
                return report.outcome

    def _after(self, fault: TransportError | ServerError, report: Report, backoff: Backoff) -> Outcome | None:
        """Return how the process has ended although telling failed, or None where it must be told again."""
        # A slow server may carry a message out long after its answer was given up.
        slow = isinstance(fault, CallTimeoutError)
        settled = time.monotonic() + (self._link.timeout if slow else 0)
        while True:
            if self._given_up.wait(backoff.pause()):
                log.error(
                    "the executor stopped before the result of process %s was delivered",
                    report.process.processid,
                )
                return Outcome.HANDED_BACK
            if isinstance(fault, TransportError) and not fault.may_have_been_processed:
                return None
            ended = self._look(report, backoff)
            if ended is not None or time.monotonic() >= settled:
                return ended

    def kept(self, processid: str) -> Report | None:
        """Return, and forget, the report of a process that this executor has done before, if there is one."""
        if not self._kept:
            return None
        with self._lock:
            return self._kept.pop(processid, None)

    def _look(self, report: Report, backoff: Backoff) -> Outcome | None:
        """Return how the process has ended for this executor, or None where it still runs here."""
        while True:
            try:
                found = self.state(report.process.processid)
            except PermissionDeniedError:
                self._rejoin()
            except (ServerError, TransportError) as fault:
                log.debug("cannot look at process %s: %s", report.process.processid, fault)
            else:
                return self._judge(report, found)
            if self._given_up.wait(backoff.pause()):
                return Outcome.HANDED_BACK

    def state(self, processid: str) -> Process | None:
        """Return a process as the server has it now, or None where it is gone."""
        try:
            reply = self._link.call("getprocessmsg", encode("getprocessmsg", {"processid": processid}))
        except NotFoundError:
            return None
        return read(Process, "getprocessmsg", reply)

    def verdict(self, assigned: Process, found: Process | None) -> Outcome | None:
        """Return why a process is no longer this executor's, or None where it is."""
        if found is None:
            return Outcome.LOST
        if found.state == RUNNING and found.assignedexecutorid == self._executorid:
            return None if found.retries == assigned.retries else Outcome.LATE
        if found.state == CANCELLED:
            return Outcome.CANCELLED
        if found.retries != assigned.retries:
            return Outcome.LATE
        if found.state == FAILED:
            # One that is failed by its process graph has no errors of its own.
            return Outcome.LATE if found.errors else Outcome.CANCELLED
        return Outcome.LOST

    def _judge(self, report: Report, found: Process | None) -> Outcome | None:
        if found is not None and found.assignedexecutorid == self._executorid:
            told = {SUCCESSFUL: Outcome.SUCCESSFUL, FAILED: Outcome.FAILED}.get(found.state)
            if told is report.outcome and (told is Outcome.SUCCESSFUL or found.errors):
                return told  # it had arrived; only its answer was lost
        verdict = self.verdict(report.process, found)
        if verdict is Outcome.LOST and found is not None and found.state == WAITING:
            with self._lock:
                self._kept[report.process.processid] = report
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return verdict


def _refused(report: Report, refusal: ServerError) -> Report:
    log.error("the server does not take the result of process %s: %s", report.process.processid, refusal)
    message = failure(report.process.processid, [f"the server did not take the result: {refusal.message}"])
    return Report(report.process, Outcome.FAILED, message)
