"""Waits for the end of a process or a workflow. Written by ``tools/write_async_calls.py``; do not edit."""

from __future__ import annotations

import time
from asyncio import sleep
from collections.abc import AsyncGenerator, Callable
from typing import Generic

from pycolonies._aio.endpoint import AsyncEndpoint
from pycolonies._aio.explanation import explain
from pycolonies._aio.listener import EndListener
from pycolonies._checks import check_timeout
from pycolonies._waiting.backoff import POLL_MAX, POLL_MIN, Backoff, poll_pause
from pycolonies._waiting.endings import ENDED, Seen, Subject
from pycolonies._waiting.polling import ANSWER_TIMEOUT, CUT_OFF
from pycolonies.errors import CallCancelledError, CallTimeoutError, TransportError, WaitTimeoutError


async def poll(
    endpoint: AsyncEndpoint,
    subject: Subject[Seen],
    timeout: float | None,
    *,
    longest: float = POLL_MAX,
    listener: EndListener | None = None,
    noted: Callable[[TransportError | None], object] | None = None,
) -> AsyncGenerator[Seen | None, None]:
    """Yield the subject whenever it has changed, finally as it ended, and None in between."""
    waiting = _Waiting(endpoint, subject, timeout, longest)
    try:
        while True:
            seen, changed = await waiting.ask()
            if noted is not None:
                noted(waiting.fault)
            over = subject.is_over(seen)
            if over or (changed and seen.state not in ENDED):
                yield seen
            if over:
                return
            if waiting.left() <= 0:
                reason = "" if waiting.fault else await explain(endpoint, seen, timeout)
                raise WaitTimeoutError(subject.name, timeout or 0, subject.what, reason) from waiting.fault
            ears = listener if waiting.fault is None else None
            pause = waiting.pause() if ears is None else ears.pause(waiting.pause())
            poll_at = time.monotonic() + min(pause, waiting.left())
            while (left := (poll_at - time.monotonic())) > 0:
                step = min(left, endpoint.poll_interval)
                if ears is None:
                    await sleep(step)
                elif await ears.hear(seen, waiting.age(), step):
                    break
                yield None
    finally:
        if listener is not None:
            await listener.close()


class _Waiting(Generic[Seen]):
    """What a wait has seen so far, and when it polls next."""

    def __init__(
        self, endpoint: AsyncEndpoint, subject: Subject[Seen], timeout: float | None, longest: float
    ) -> None:
        check_timeout(timeout)
        self._endpoint, self._longest = (endpoint, longest)
        self._subject: Subject[Seen] = subject
        self._begun_at = self._changed_at = self._answered_at = time.monotonic()
        self._deadline = None if timeout is None else self._begun_at + timeout
        self._seen: Seen | None = None
        self._cost = 0.0
        self._backoff = Backoff()
        self.fault: TransportError | None = None

    def age(self) -> float:
        """Return the seconds since the wait began."""
        return time.monotonic() - self._begun_at

    def left(self) -> float:
        """Return the seconds until the wait is over."""
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    async def ask(self) -> tuple[Seen, bool]:
        """Poll the server."""
        subject, asked_at = (self._subject, time.monotonic())
        limited = self._seen is not None and self._deadline is not None
        limit = max(self.left(), POLL_MIN) if limited else None
        try:
            reply = await self._endpoint.call_within(limit, subject.msgtype, **subject.fields)
            found = reply.to(subject.model)
        except CallCancelledError:
            raise
        except TransportError as fault:
            if self._seen is None or time.monotonic() - self._answered_at > ANSWER_TIMEOUT:
                raise
            if limit is None or limit >= CUT_OFF or (not isinstance(fault, CallTimeoutError)):
                self.fault = fault
            return (self._seen, False)
        self.fault = None
        self._backoff.reset()
        self._answered_at = time.monotonic()
        self._cost = self._answered_at - asked_at
        changed = self._seen is None or subject.version(found) != subject.version(self._seen)
        if changed:
            self._changed_at = self._answered_at
        self._seen = found
        return (found, changed)

    def pause(self) -> float:
        """Return the seconds until the next poll."""
        if self.fault is not None:
            return self._backoff.pause()
        return poll_pause(time.monotonic() - self._changed_at, self._cost, longest=self._longest)
