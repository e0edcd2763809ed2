"""Waiting for processes and following what happens to them."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

from pycolonies._aio.calls import AsyncCalls
from pycolonies._models import Process
from pycolonies._records import ChannelEntry
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.keys import Key
from pycolonies._waiting.endings import id_of


class AsyncFollowing(AsyncCalls):
    """Waiting for processes and following what happens to them."""

    async def wait(self, process: Process, timeout: float, prvkey: Key = OWN) -> Process:
        """Wait until a process has ended, in success or not; see `Colonies.wait`."""
        steps = self._wait_steps(id_of(process), timeout, prvkey)
        async with aclosing(steps) as seen:
            async for ended in seen:
                if ended is not None:
                    return ended
        raise AssertionError("waiting ends with a process, or with an exception")

    async def follow_process(
        self, processid: str, prvkey: Key = OWN, *, timeout: float | None = None
    ) -> AsyncIterator[Process]:
        """Receive a process whenever its state has changed; see `Colonies.follow_process`."""
        steps = self._process_steps(processid, prvkey, timeout)
        async with aclosing(steps) as seen:
            async for process in seen:
                if process is not None:
                    yield process

    async def follow_processes(
        self,
        colonyname: str = OWN,
        executortype: str = REQUIRED,
        state: int = REQUIRED,
        prvkey: Key = OWN,
        *,
        timeout: float | None = None,
    ) -> AsyncIterator[Process]:
        """Receive processes as they come into a state; see `Colonies.follow_processes`."""
        steps = self._type_steps(colonyname, executortype, state, prvkey, timeout)
        async with aclosing(steps) as seen:
            async for process in seen:
                if process is not None:
                    yield process

    async def follow_channel(
        self,
        processid: str,
        channel_name: str,
        prvkey: Key = OWN,
        *,
        after_seq: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[ChannelEntry]:
        """Receive messages one by one until the process ends; see `Colonies.follow_channel`."""
        steps = self._channel_steps(processid, channel_name, prvkey, after_seq, timeout)
        async with aclosing(steps) as seen:
            async for entries in seen:
                for entry in entries:
                    yield entry

    async def subscribe_channel(
        self,
        processid: str,
        channel_name: str,
        prvkey: Key = OWN,
        after_seq: int = 0,
        timeout: float = 30,
        callback: Callable[[list[ChannelEntry]], object] | None = None,
    ) -> list[ChannelEntry] | None:
        """Receive messages for a while, or until the process ends; see `Colonies.subscribe_channel`.

        The callback runs in the event loop, and may be a coroutine function.
        """
        received: list[ChannelEntry] = []
        steps = self._channel_steps(processid, channel_name, prvkey, after_seq, timeout)
        async with aclosing(steps) as seen:
            async for entries in seen:
                if callback is None:
                    received.extend(entries)
                elif entries:
                    answer = callback(entries)
                    if inspect.isawaitable(answer):
                        answer = await answer
                    if answer is False:
                        break
        return received if callback is None else None
