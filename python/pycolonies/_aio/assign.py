"""Calls of assign, which may receive a process although their caller no longer waits.

A server that hands out a process does not learn whether its caller still waits. So an assign whose caller is
cancelled goes on, and the next assign of the client for the same colony, key and offer takes it over.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pycolonies import _core
from pycolonies._aio.loops import running_loop
from pycolonies._aio.port import port
from pycolonies._aio.transport import AsyncClient
from pycolonies._rpc.encoding import decode
from pycolonies._rpc.keys import PrivateKey
from pycolonies._waiting.backoff import LONGEST_HOLD, hold
from pycolonies.errors import ColoniesError

#: Assigns that a program with many of them makes a second, about: with more, each is held for longer.
RATE = 100
#: Holds vary by this share, so that executors that began together do not ask again together.
JITTER = 0.2
#: Jitter without state: programs that seed `random` are not disturbed.
_RANDOM = random.SystemRandom()
_LOG = logging.getLogger("pycolonies")

_Group = TypeVar("_Group")


def hold_of(left: float, idle: float, pending: int) -> int:
    """Return the seconds for which a server is asked to hold an assign.

    Args:
        left: Seconds for which the caller waits.
        idle: Seconds for which it has waited.
        pending: How many calls of the event loop are under way.
    """
    longest = LONGEST_HOLD * _RANDOM.uniform(1 - JITTER, 1 + JITTER)
    return max(1, min(round(left), max(hold(idle, longest), int(min(pending / RATE, longest)))))


class PendingAssign:
    """A call of assign under way. One event loop may start it and another take the result."""

    __slots__ = ("_exception", "_is_done", "_payload", "_waiter", "client", "number", "on_done", "port")

    def __init__(self, client: AsyncClient, message: bytes, prvkey: PrivateKey, timeout: float) -> None:
        self.client = client
        self.port = port()
        self._is_done = False
        self._payload = b""
        self._exception: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None
        #: Called when the reply comes while no caller waits for it.
        self.on_done: Callable[[], None] | None = None
        self.number = client.start(self.port, "assignprocessmsg", message, prvkey, timeout)
        self.port.receivers[self.number] = self

    def done(self) -> bool:
        """Return whether the reply has come."""
        return self._is_done

    def failed(self) -> bool:
        """Return whether the call brought an error."""
        return self._exception is not None

    def set_result(self, payload: bytes) -> None:
        """Take the payload of the reply."""
        self._payload = payload
        self._finish()

    def set_exception(self, exception: BaseException) -> None:
        """Take the error."""
        self._exception = exception
        self._finish()

    def _finish(self) -> None:
        self._is_done = True
        if self.on_done is not None:
            self.on_done()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def result(self) -> bytes:
        """Return the payload of the reply, or raise the error."""
        if self._exception is not None:
            raise self._exception
        return self._payload

    async def wait(self, timeout: float | None) -> bool:
        """Wait for the reply and return whether it has come."""
        loop = running_loop()
        if not self._is_done and not self.port.serves(loop):
            self.port.attach(loop)  # its own loop is closed
            self.port.deliver()
        if not self._is_done and (timeout is None or timeout > 0):
            self._waiter = loop.create_future()
            timer = None if timeout is None else loop.call_later(timeout, _wake, self._waiter)
            try:
                await self._waiter
            finally:
                self._waiter = None
                if timer is not None:
                    timer.cancel()
        return self._is_done

    def can_be_adopted(self) -> bool:
        """Return whether the running event loop can take the result."""
        return self.port.serves(running_loop()) or self.port.is_orphan

    def cut(self) -> None:
        """End the call. A process that has come is reported in the log."""
        if not self._is_done:
            _core.cancel_async(self.number)
            self.port.receivers.pop(self.number, None)
        elif self._exception is None:
            try:
                processid = decode("assignprocessmsg", self._payload).get("processid")
            except (ColoniesError, AttributeError):
                processid = "unknown"
            _LOG.warning(
                "process %s was assigned to this client after its assign was cancelled; "
                "the client is closed, so nothing runs it until its maxexectime is over",
                processid,
            )


def _wake(waiter: asyncio.Future[Any]) -> None:
    if not waiter.done():
        waiter.set_result(None)


class Abandoned(Generic[_Group]):
    """The calls of assign that no caller waits for, oldest first in each group."""

    def __init__(self) -> None:
        self._process = os.getpid()
        #: Calls that wait for their reply. A dictionary, as they leave it in any order.
        self._waiting: defaultdict[_Group, dict[PendingAssign, None]] = defaultdict(dict)
        #: Calls that have received a process.
        self._answered: defaultdict[_Group, deque[PendingAssign]] = defaultdict(deque)

    def keep(self, group: _Group, call: PendingAssign) -> None:
        """Keep a call for the next caller of its group."""
        if call.done():
            self._answer(group, call)
        else:
            self._waiting[group][call] = None
            call.on_done = lambda: self._answer(group, call)

    def _answer(self, group: _Group, call: PendingAssign) -> None:
        """Keep a call whose reply has come. One that failed is of no use to another caller."""
        self._waiting[group].pop(call, None)
        if not call.failed():
            self._answered[group].append(call)

    def adopt(self, group: _Group, *, done: bool) -> PendingAssign | None:
        """Take a call of a group, one that has received a process if there is one; with `done` only such."""
        if self._process != os.getpid():  # those of a parent process are the parent's
            self._process = os.getpid()
            self._waiting, self._answered = defaultdict(dict), defaultdict(deque)
        if self._answered[group]:
            return self._answered[group].popleft()
        if done:
            return None
        call = next((call for call in self._waiting[group] if call.can_be_adopted()), None)
        if call is not None:
            del self._waiting[group][call]
            call.on_done = None
        return call

    def __del__(self) -> None:
        self.cut()

    def cut(self) -> None:
        """End all calls."""
        calls = [call for group in self._waiting.values() for call in group]
        calls += [call for group in self._answered.values() for call in group]
        self._waiting.clear()
        self._answered.clear()
        if self._process == os.getpid():
            for call in calls:
                call.cut()
