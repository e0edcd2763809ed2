"""The slots of an executor whose requests for work wait in an event loop."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import TypeVar

from pycolonies._executor.slots import MOST_ASKING, Slots

log = logging.getLogger("pycolonies.executor")

_Task = TypeVar("_Task")

#: More tasks wait where a request is answered within so many seconds, or a task has waited longer than that.
QUICK_ANSWER, LONG_WAIT = 0.1, 0.05


class LoopSlots(Slots[_Task]):
    """Slots whose requests are tasks of an event loop, so that none takes a thread.

    A request that brings a process at once is followed by one request more, as long as slots are free; one
    that had to wait by half as many. So the number of requests follows the rate at which processes come.

    Args:
        concurrency: How many tasks there may be at a time.
        ask: Waits for a task; None if there is none.
        waited: Returns the seconds for which a task waited at the server.
        do: Begins a task; returns False if it goes on and returns its slot later. It must not block.
        loop: Returns the event loop.
    """

    def __init__(
        self,
        concurrency: int,
        ask: Callable[[], Awaitable[_Task | None]],
        waited: Callable[[_Task], float],
        do: Callable[[_Task], bool],
        loop: Callable[[], asyncio.AbstractEventLoop],
    ) -> None:
        super().__init__(concurrency, _no_thread, do)
        self._ask_on_loop = ask
        self._waited = waited
        self._loop = loop
        self._wanted = 1
        self._ident = 0
        self._requests: set[asyncio.Task[None]] = set()

    def _ask_more(self) -> None:
        while self._asking < max(self._wanted, bool(self._ready)) and self._may_ask():
            self._start()

    def _start(self) -> None:
        loop = self._loop()
        self._asking += 1
        try:
            if threading.get_ident() == self._ident:
                loop.call_soon(self._request, context=Context())
            else:
                loop.call_soon_threadsafe(self._request, context=Context())
        except RuntimeError:
            log.warning("the event loop of the executor is closed, so it asks for no more work")
            self._asking -= 1
            self._open = False

    def _request(self) -> None:
        self._ident = threading.get_ident()
        request = asyncio.get_running_loop().create_task(self._work_on_loop())
        self._requests.add(request)
        request.add_done_callback(self._requests.discard)

    async def _work_on_loop(self) -> None:
        turns = self._turns()
        step = next(turns)
        try:
            while True:
                step = turns.send(await self._next_on_loop() if step is None else self._safely_do(step))
        except StopIteration:
            return
        except asyncio.CancelledError:
            with self._lock:  # the program has cancelled all tasks
                self._asking -= 1
                self._changed.notify_all()
            raise

    async def _next_on_loop(self) -> _Task | None:
        with self._lock:
            if self._ready:
                return self._ready.popleft()
        began = time.monotonic()
        try:
            task = await self._ask_on_loop()
        except Exception:
            log.exception("asking for a process failed")
            await asyncio.sleep(1)  # whatever it is, it must not be tried in a tight loop
            return None
        if task is None:
            self._wanted = 1
        elif time.monotonic() - began <= QUICK_ANSWER or self._waited(task) > LONG_WAIT:
            self._wanted = min(self._wanted + 1, MOST_ASKING)
        else:
            self._wanted = max(self._wanted // 2, 1)
        return task


def _no_thread() -> None:
    raise AssertionError("requests wait in the event loop")
