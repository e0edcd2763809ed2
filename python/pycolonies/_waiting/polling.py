"""Waits for the end of a process or a workflow.

It polls with growing pauses, and subscribes after a while. Waiting for a process or a workflow, following a
process, and handles all use `poll`; ``docs/design/waiting.md`` says why.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Generic

from pycolonies._checks import check_timeout
from pycolonies._rpc import green
from pycolonies._waiting.backoff import POLL_MAX, POLL_MIN, Backoff, poll_pause
from pycolonies._waiting.endings import ENDED, Seen, Subject
from pycolonies._waiting.explanation import explain
from pycolonies.errors import CallCancelledError, CallTimeoutError, TransportError, WaitTimeoutError

if TYPE_CHECKING:
    from pycolonies._rpc.endpoint import Endpoint
    from pycolonies._waiting.listener import EndListener

#: Seconds without an answer after which a lost connection is an error.
ANSWER_TIMEOUT = 60.0
#: A poll with fewer seconds until the end of the wait says nothing about the server if it is cut off.
CUT_OFF = 1.0


def poll(
    endpoint: Endpoint,
    subject: Subject[Seen],
    timeout: float | None,
    *,
    longest: float = POLL_MAX,
    listener: EndListener | None = None,
    noted: Callable[[TransportError | None], object] | None = None,
) -> Generator[Seen | None, None, None]:
    """Yield the subject whenever it has changed, finally as it ended, and None in between.

    Args:
        endpoint: Server, and key that signs.
        subject: The process or process graph.
        timeout: Seconds to wait; None for no limit.
        longest: The longest pause between two polls in seconds.
        listener: Waits instead of the pauses.
        noted: Called after each poll with the error, or None.

    Raises:
        WaitTimeoutError: It has not ended in time.
        TransportError: The first poll failed, or the server did not answer for a minute.
        ServerError: The server refuses a poll.
    """
    waiting = _Waiting(endpoint, subject, timeout, longest)
    try:
        while True:
            seen, changed = waiting.ask()
            if noted is not None:
                noted(waiting.fault)
            over = subject.is_over(seen)
            if over or (changed and seen.state not in ENDED):
                yield seen
            if over:
                return
            if waiting.left() <= 0:
                reason = "" if waiting.fault else explain(endpoint, seen, timeout)
                raise WaitTimeoutError(subject.name, timeout or 0, subject.what, reason) from waiting.fault
            ears = listener if waiting.fault is None else None
            pause = waiting.pause() if ears is None else ears.pause(waiting.pause())
            poll_at = time.monotonic() + min(pause, waiting.left())
            while (left := poll_at - time.monotonic()) > 0:
                step = min(left, endpoint.poll_interval)
                if ears is None:
                    green.pause(step)
                elif ears.hear(seen, waiting.age(), step):
                    break
                yield None
    finally:
        if listener is not None:
            listener.close()


class _Waiting(Generic[Seen]):
    """What a wait has seen so far, and when it polls next."""

    def __init__(
        self, endpoint: Endpoint, subject: Subject[Seen], timeout: float | None, longest: float
    ) -> None:
        check_timeout(timeout)
        self._endpoint, self._longest = endpoint, longest
        self._subject: Subject[Seen] = subject
        self._begun_at = self._changed_at = self._answered_at = time.monotonic()
        self._deadline = None if timeout is None else self._begun_at + timeout
        self._seen: Seen | None = None
        self._cost = 0.0
        self._backoff = Backoff()
        #: The error of the last poll; None if it was answered.
        self.fault: TransportError | None = None

    def age(self) -> float:
        """Return the seconds since the wait began."""
        return time.monotonic() - self._begun_at

    def left(self) -> float:
        """Return the seconds until the wait is over."""
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    def ask(self) -> tuple[Seen, bool]:
        """Poll the server.

        Returns:
            The subject's last known state, and whether it is new.
        """
        subject, asked_at = self._subject, time.monotonic()
        limited = self._seen is not None and self._deadline is not None
        limit = max(self.left(), POLL_MIN) if limited else None
        try:
            reply = self._endpoint.call_within(limit, subject.msgtype, **subject.fields)
            found = reply.to(subject.model)
        except CallCancelledError:
            raise
        except TransportError as fault:
            if self._seen is None or time.monotonic() - self._answered_at > ANSWER_TIMEOUT:
                raise
            if limit is None or limit >= CUT_OFF or not isinstance(fault, CallTimeoutError):
                self.fault = fault
            return self._seen, False
        self.fault = None
        self._backoff.reset()
        self._answered_at = time.monotonic()
        self._cost = self._answered_at - asked_at
        changed = self._seen is None or subject.version(found) != subject.version(self._seen)
        if changed:
            self._changed_at = self._answered_at
        self._seen = found
        return found, changed

    def pause(self) -> float:
        """Return the seconds until the next poll."""
        if self.fault is not None:
            return self._backoff.pause()
        return poll_pause(time.monotonic() - self._changed_at, self._cost, longest=self._longest)
