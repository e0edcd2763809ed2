"""The executor's connection to its server from an event loop: calls without threads."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pycolonies import _core
from pycolonies._aio.port import port
from pycolonies._executor.steps import Call, Pause, Step, Steps, carry_out_on_loop
from pycolonies._waiting.threads import Job, Threads

if TYPE_CHECKING:
    from pycolonies._aio.transport import AsyncClient, AsyncServers
    from pycolonies._executor.invoke import Loop
    from pycolonies._executor.server_link import ServerLink

_Result = TypeVar("_Result")


class LoopLink:
    """Carries out steps in an event loop. It shares the state of the connection with `ServerLink`.

    Args:
        link: The connection to the server for threads.
        transport: Carries the messages.
        loop: The event loop.
        threads: Register the executor again.
    """

    def __init__(
        self,
        link: ServerLink,
        transport: AsyncClient | AsyncServers,
        loop: Loop,
        threads: Threads,
    ) -> None:
        self._link = link
        self._transport = transport
        self._loop = loop
        self._threads = threads
        #: Requests for work that wait at the server, by number.
        self._polls: set[int] = set()
        self._paused: set[asyncio.Future[None]] = set()
        link.on_wake(self._wake)

    async def carry_out(self, steps: Steps[_Result]) -> _Result:
        """Carry out steps in the running event loop, and return their result."""
        return await carry_out_on_loop(steps, self._perform)

    def stop_polling(self) -> None:
        """End the requests for work, after `ServerLink.stop_polling`. One that has a process delivers it."""
        for number in list(self._polls):
            _core.cancel_async(number)

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()

    async def _perform(self, step: Step) -> Any:
        if isinstance(step, Call):
            return await self._call(step)
        if isinstance(step, Pause):
            return await self._pause(step)
        return await asyncio.wrap_future(self._threads.submit(Job(self._link.rejoin)))

    async def _call(self, call: Call) -> bytes:
        try:
            payload = await self._transport.first(partial(self._ask, call))
        except Exception as fault:
            self._link.failed(fault)
            raise
        self._link.succeeded()
        return payload

    async def _ask(self, call: Call, client: AsyncClient) -> bytes:
        at = port()
        number = client.start(at, call.msgtype, call.message, self._link.endpoint.prvkey, call.timeout)
        if call.polls:
            self._polls.add(number)
            if not self._link.polls:
                _core.cancel_async(number)
        try:
            payload: bytes = await at.result(number)
        finally:
            self._polls.discard(number)
        return payload

    async def _pause(self, pause: Pause) -> bool:
        if not self._link.ends(pause):
            woken = asyncio.get_running_loop().create_future()
            self._paused.add(woken)
            try:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(woken, pause.seconds)
            finally:
                self._paused.discard(woken)
        return self._link.closed

    def _wake(self) -> None:
        if self._paused:
            self._loop.running().call_soon_threadsafe(self._end_pauses)

    def _end_pauses(self) -> None:
        for woken in self._paused:
            if not woken.done():
                woken.set_result(None)
