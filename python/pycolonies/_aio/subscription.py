"""A subscription that outlives its connections. Written by ``tools/write_async_calls.py``; do not edit."""

from __future__ import annotations

import time
from asyncio import sleep
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from typing_extensions import Self

from pycolonies._aio.transport import AsyncSocket, AsyncTransport
from pycolonies._rpc.encoding import decode, encode
from pycolonies._rpc.keys import Key
from pycolonies._rpc.subscription import _RANDOM, PATIENCE, PAUSE, PAUSE_AT_MOST
from pycolonies.errors import CallCancelledError, ConnectionLostError, TransportError


class ResumingSubscription:
    """A subscription over as many connections as it takes.

    The first connection has to come about at once; one that is lost later is opened again.

    Args:
        server: Where to connect to.
        msgtype: Type of the messages that subscribe.
        prvkey: Private key that signs them.
        messages: The messages; each connection sends all of them.
        timeout: Seconds until it is over; None for no limit.
    """

    def __init__(
        self,
        server: AsyncTransport,
        msgtype: str,
        prvkey: Key,
        messages: Sequence[dict[str, Any]],
        timeout: float | None,
    ) -> None:
        self._server = server
        self._msgtype = msgtype
        self._prvkey = prvkey
        self._messages = [encode(msgtype, fields) for fields in messages]
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._socket: AsyncSocket | None = None
        self._lost_at: float | None = None
        self._pause = PAUSE
        self.resumed = False

    async def __aenter__(self) -> Self:
        await self._connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._disconnect()

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return self._left() <= 0

    async def ask(self) -> None:
        """Subscribe again on the same connection, where the server has ended the subscription."""
        self.resumed = True
        if self._socket is not None:
            await self._send(self._socket)

    async def next(self, timeout: float) -> Any:
        """Return what comes next, or None when nothing came in that time."""
        wait = max(min(timeout, self._left()), 0)
        try:
            socket = self._socket or await self._connect()
            payload = await socket.next(wait)
        except CallCancelledError:
            raise
        except TransportError as fault:
            await self._lose(fault, wait)
            return None
        if payload is None and socket.closed:
            await self._lose(ConnectionLostError("the server closes every connection at once"), wait)
            return None
        self._lost_at, self._pause = (None, PAUSE)
        return None if payload is None else decode(self._msgtype, payload)

    def _left(self) -> float:
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    async def _connect(self) -> AsyncSocket:
        socket = await self._server.subscribe()
        try:
            await self._send(socket)
        except BaseException:
            await socket.close()
            raise
        self._socket = socket
        return socket

    async def _send(self, socket: AsyncSocket) -> None:
        for message in self._messages:
            await socket.send(self._msgtype, message, self._prvkey)

    async def _disconnect(self) -> None:
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    async def _lose(self, fault: TransportError, at_most: float) -> None:
        """Let go of a broken connection, and wait a little before the next one."""
        await self._disconnect()
        self.resumed = True
        now = time.monotonic()
        if self._lost_at is None:
            self._lost_at = now
        elif now - self._lost_at > PATIENCE:
            raise fault
        await sleep(min(self._pause * _RANDOM.uniform(0.5, 1), at_most))
        self._pause = min(2 * self._pause, PAUSE_AT_MOST)
