"""Subscriptions to the ends of old processes. Written by ``tools/write_async_calls.py``; do not edit."""

from __future__ import annotations

import time
from asyncio import sleep
from datetime import datetime
from typing import Any

from pycolonies._aio.endpoint import AsyncEndpoint
from pycolonies._aio.subscription import ResumingSubscription
from pycolonies._models import Process
from pycolonies._models.state import ProcessState
from pycolonies._waiting.backoff import Backoff
from pycolonies._waiting.endings import ENDED
from pycolonies._waiting.listener import LISTEN_AFTER, LISTEN_MIN, SERVED_FOR
from pycolonies.errors import CallCancelledError, ServerError, TransportError


class EndListener:
    """Subscribes to the end of a process after it has been waited for a while.

    Args:
        endpoint: Server, and key of a member.
        longest: The longest pause between two polls in seconds.
        age: Seconds for which the process has been waited for before.
    """

    def __init__(self, endpoint: AsyncEndpoint, longest: float, age: float = 0) -> None:
        self._endpoint, self._longest, self._age = (endpoint, longest, age)
        self._subscription: ResumingSubscription | None = None
        self._pause = LISTEN_MIN
        self._false_alarms = Backoff(LISTEN_MIN, longest)
        self._ignored_until = self._not_before = 0.0
        self._running: tuple[datetime, float] | None = None

    def pause(self, usual: float) -> float:
        """Return the seconds until the next poll; `usual` is the pause without a connection."""
        if self._subscription is None or not self._subscription.connected:
            self._pause = LISTEN_MIN
            return usual
        pause = min(self._pause, self._longest)
        self._pause *= 2
        return max(pause, usual)

    async def hear(self, seen: Any, age: float, seconds: float) -> bool:
        """Wait up to some seconds, and return whether to poll now."""
        is_calm = self._is_calm(seen) and time.monotonic() >= self._not_before
        if self._subscription is None and age + self._age >= LISTEN_AFTER and is_calm:
            self._subscription = self._to_end(seen)
        try:
            if self._subscription is not None and await self._subscription.connect(subscribe=False):
                await self._subscribe(self._subscription, seen, max(seconds, LISTEN_MIN))
                return True
            if self._subscription is not None and self._subscription.connected:
                return await self._has_news(self._subscription, seen, seconds)
        except CallCancelledError:
            raise
        except TransportError:
            pass
        await sleep(seconds)
        return False

    async def close(self) -> None:
        """Release the connection."""
        if self._subscription is not None:
            await self._subscription.close()
            self._subscription = None

    def _is_calm(self, process: Process) -> bool:
        """Return whether a process is unlikely to end now: it waits, or has been running for a while."""
        if process.state != ProcessState.RUNNING:
            return process.state == ProcessState.WAITING
        now = time.monotonic()
        if self._running is None or self._running[0] != process.starttime:
            self._running = (process.starttime, now)
        return now - self._running[1] >= LISTEN_AFTER

    async def _subscribe(self, subscription: ResumingSubscription, seen: Process, limit: float) -> None:
        """Subscribe over a new connection, unless the process turns out to be about to end."""
        is_calm = False
        self._not_before = time.monotonic() + LISTEN_MIN
        try:
            reply = await self._endpoint.call_within(limit, "getprocessmsg", processid=seen.processid)
            is_calm = self._is_calm(reply.to(Process))
            if is_calm:
                await subscription.ask()
        except ServerError:
            pass
        except BaseException:
            await self.close()
            raise
        if not is_calm:
            await self.close()

    async def _has_news(self, subscription: ResumingSubscription, seen: Process, seconds: float) -> bool:
        """Wait for a message, and return whether it tells of a new state."""
        try:
            message = await subscription.next(seconds)
        except ServerError:
            message = {"processid": seen.processid}
        if not isinstance(message, dict) or message.get("processid") != seen.processid:
            return False
        now = time.monotonic()
        if now < self._ignored_until or message.get("state") == seen.state:
            return False
        self._ignored_until = now + self._false_alarms.pause()
        return True

    def _to_end(self, process: Process) -> ResumingSubscription:
        """Return a subscription to the end of a process, without a connection as yet."""
        fields = {
            "processid": process.processid,
            "executortype": process.spec.conditions.executortype,
            "colonyname": process.spec.conditions.colonyname,
            "timeout": SERVED_FOR,
        }
        messages = [{**fields, "state": state} for state in ENDED]
        return ResumingSubscription(
            self._endpoint.transport,
            "subscribeprocessmsg",
            self._endpoint.key,
            messages,
            None,
            patience=float("inf"),
        )
