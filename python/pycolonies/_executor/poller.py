"""Asking for work, and calling often enough while there is no room for any."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from pycolonies._executor.results import failure
from pycolonies._executor.steps import REJOIN, Call, Pause, Steps
from pycolonies._rpc.encoding import encode, read_assigned
from pycolonies._waiting.backoff import Backoff
from pycolonies.errors import (
    CallCancelledError,
    ColoniesError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    TransportError,
    UnreadableProcessError,
)

if TYPE_CHECKING:
    from pycolonies._executor.heartbeat import Heartbeat
    from pycolonies._executor.server_link import ServerLink
    from pycolonies._models import Process

log = logging.getLogger("pycolonies.executor")

#: The CPU of an executor that has no room: the least that a server can read, so less than any process needs.
NOTHING = f"{-(2**63)}m"
#: Answers that say that assignments are paused: before and after waiting.
PAUSED = (503, 408)


class Answer(NamedTuple):
    """The answer to a request for work."""

    #: The process that was assigned.
    process: Process
    #: When it was asked for: the process was assigned later.
    asked: float


class Missed(NamedTuple):
    """Calls of `assign` whose answers were lost: they may have been given a process."""

    #: When the first was made.
    since: float
    #: Until when the server may still carry out the last.
    until: float


class Poller:
    """Asks for work in an executor's name.

    Args:
        link: The way to the server.
        colonyname: Colony to take work from.
        stopping: Set when no more work is wanted.
        heartbeat: How often the server must be called.
    """

    def __init__(
        self,
        link: ServerLink,
        colonyname: str,
        stopping: threading.Event,
        heartbeat: Heartbeat,
    ) -> None:
        self._link = link
        self._colonyname = colonyname
        self._stopping = stopping
        self._heartbeat = heartbeat
        self._nothing = encode(
            "assignprocessmsg", {"colonyname": colonyname, "timeout": -1, "availablecpu": NOTHING}
        )
        self._messages: dict[int, bytes] = {}
        self._backoff = Backoff()
        #: The last pause in seconds, and when it began.
        self._paused, self._paused_at = 0.0, float("-inf")
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._missed: Missed | None = None
        self._under_way = 0
        #: When the server was last called, on the monotonic clock.
        self.asked = time.monotonic()
        #: When the executor last got a process, or began to ask.
        self._got_at = self.asked
        #: When the last call was made that the server answered as one of an executor that it knows.
        self._known = self.asked

    def steps(self, seconds: float | None = None) -> Steps[Answer | None]:
        """Wait for a process; the result is None if none came, for whatever reason, but never at once.

        Args:
            seconds: How long to wait, at most; None for as long as is usual.
        """
        if self._stopping.is_set():
            return None
        hold = self._heartbeat.hold(time.monotonic() - self._got_at)
        if seconds is not None:
            hold = max(min(hold, int(seconds)), 1)
        with self._lock:
            self._under_way += 1
        try:
            return (yield from self._request(hold))
        finally:
            with self._lock:
                self._under_way -= 1
                self._ended.notify_all()

    def _request(self, hold: int) -> Steps[Answer | None]:
        began = self._calls()
        try:
            reply = yield Call("assignprocessmsg", self._message(hold), hold + self._link.timeout, polls=True)
        except CallCancelledError as early:
            self._note_missed(began, hold, missed=early.may_have_been_processed)
            return None
        except Exception as fault:  # noqa: BLE001 (sorted out there)
            yield from self._failed(fault, began, hold)
            return None
        except BaseException:  # an event loop that ends
            self._note_missed(began, hold, missed=True)
            raise
        self._known = began
        self._backoff.reset()
        process = yield from self._read(reply)
        return None if process is None else Answer(process, began)

    def heartbeat(self, timeout: float) -> Process | None:
        """Call `assign` so that nothing can match. If a process matches anyway, return it."""
        return self._link.carry_out(self._heartbeat_steps(timeout))

    def _heartbeat_steps(self, timeout: float) -> Steps[Process | None]:
        began = self._calls()
        try:
            reply = yield Call("assignprocessmsg", self._nothing, timeout)
        except NotFoundError:
            self._known = began
            return None
        except PermissionDeniedError:
            yield REJOIN
            return None
        except (ServerError, TransportError) as fault:
            log.debug("the heartbeat was lost: %s", fault)
            return None
        self._known = began
        return (yield from self._read(reply))

    def _read(self, reply: bytes) -> Steps[Process | None]:
        """Read an assigned process. One that can't be read is failed, or it would run here for ever."""
        self._got_at = time.monotonic()
        try:
            return read_assigned(reply)
        except UnreadableProcessError as unreadable:
            log.warning("%s", unreadable)
            if unreadable.processid:
                with contextlib.suppress(ColoniesError):
                    yield Call("closefailedmsg", failure(unreadable.processid, [str(unreadable)]))
            return None

    def removed(self) -> None:
        """The server had removed the executor, and knows it again.

        A server measures the silence from the last request for work even then, so a heartbeat is due at once.
        """
        now = time.monotonic()
        self._heartbeat.removed(now - self._known)
        self._known = now
        self.asked = float("-inf")

    def missed(self) -> Missed | None:
        """What may have been missed; None if nothing."""
        return self._missed

    def flush(self, timeout: float) -> None:
        """Wait until the server has carried out the requests that were ended or whose answers were lost.

        A Colonies server carries out requests for work one after the other. One that it has begun may still
        be given a process, whatever happened to the executor meanwhile; a further request waits behind it.

        Args:
            timeout: Seconds to wait at most, for requests to end and for the further one.
        """
        with self._lock:
            if self._missed is None and not self._under_way:
                return
            self._ended.wait_for(lambda: not self._under_way, timeout)
        self.heartbeat(timeout)

    def recovered(self, asked: float) -> None:
        """What was missed was looked for, by a call that was made at `asked`."""
        with self._lock:
            if self._missed is not None and asked >= self._missed.until:
                self._missed = None

    def _calls(self) -> float:
        self.asked = time.monotonic()
        return self.asked

    def _message(self, hold: int) -> bytes:
        message = self._messages.get(hold)
        if message is None:
            fields = {"colonyname": self._colonyname, "timeout": hold}
            message = self._messages.setdefault(hold, encode("assignprocessmsg", fields))
        return message

    def _note_missed(self, began: float, hold: float, *, missed: bool) -> None:
        if not missed:
            return
        with self._lock:
            since = began if self._missed is None else min(self._missed.since, began)
            self._missed = Missed(since, began + hold)

    def _failed(self, fault: Exception, began: float, hold: float) -> Steps[None]:
        if isinstance(fault, NotFoundError):
            self._known = began
            if time.monotonic() - began >= 1:
                self._backoff.reset()
                return
        if isinstance(fault, TransportError):
            self._note_missed(began, hold, missed=fault.may_have_been_processed)
        elif isinstance(fault, PermissionDeniedError):
            yield REJOIN
        elif not isinstance(fault, ServerError):
            raise fault
        elif fault.status == PAUSED[1]:
            return
        elif fault.status not in PAUSED and not isinstance(fault, NotFoundError):
            log.warning("the server refuses to assign processes: %s", fault)
        yield Pause(self._pause(began), polls=True)

    def _pause(self, began: float) -> float:
        """Return the pause after a request. Requests that fail together count as one failure."""
        with self._lock:
            if began >= self._paused_at:
                self._paused, self._paused_at = self._backoff.pause(), time.monotonic()
            return self._paused
