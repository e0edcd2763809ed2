"""Subscriptions that reconnect. Written by ``tools/write_async_calls.py``; do not edit."""

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
from pycolonies._rpc.subscription import PAUSE, PAUSE_AT_MOST, RECONNECT_TIMEOUT, STEADY
from pycolonies._waiting.backoff import Backoff
from pycolonies.errors import CallCancelledError, ConnectionLostError, TransportError


class ResumingSubscription:
    """A subscription that reconnects with growing pauses.

    Entering it opens the first connection, or raises what prevents that. A connection that is lost later is
    opened again.

    Args:
        server: Server to connect to.
        msgtype: Type of the messages that subscribe.
        prvkey: Private key that signs them.
        messages: The messages; each connection sends all of them.
        timeout: Seconds until it ends; None for no limit.
        patience: Seconds without a connection after which its loss is an error; a minute by default.
    """

    def __init__(
        self,
        server: AsyncTransport,
        msgtype: str,
        prvkey: Key,
        messages: Sequence[dict[str, Any]],
        timeout: float | None,
        patience: float | None = None,
    ) -> None:
        self._server = server
        self._msgtype = msgtype
        self._prvkey = prvkey
        self._messages = [encode(msgtype, fields) for fields in messages]
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._patience = RECONNECT_TIMEOUT if patience is None else patience
        self._socket: AsyncSocket | None = None
        self._connected_at = self._connect_at = 0.0
        self._lost_at: float | None = None
        self._backoff = Backoff(PAUSE, PAUSE_AT_MOST)
        self.resumed = False

    async def __aenter__(self) -> Self:
        await self._connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def over(self) -> bool:
        """Whether the timeout has passed."""
        return self._left() <= 0

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as known."""
        return self._socket is not None

    async def connect(self, *, subscribe: bool = True) -> bool:
        """Open a connection if there is none and the pause since the last one has passed."""
        if self._socket is not None or time.monotonic() < self._connect_at:
            return False
        try:
            await self._connect(subscribe=subscribe)
        except CallCancelledError:
            raise
        except TransportError as fault:
            await self._lose(fault)
            return False
        return True

    async def ask(self) -> None:
        """Subscribe over the current connection, also after the server has ended the subscription."""
        self.resumed = True
        if self._socket is None:
            return
        try:
            await self._send(self._socket)
        except CallCancelledError:
            raise
        except TransportError as fault:
            await self._lose(fault)

    async def next(self, timeout: float) -> Any:
        """Return the next message, or None on timeout."""
        wait_until = time.monotonic() + max(min(timeout, self._left()), 0)
        if self._socket is None:
            pause = min(self._connect_at, wait_until) - time.monotonic()
            if pause > 0:
                await sleep(pause)
            await self.connect()
            if self._socket is None:
                return None
        try:
            payload = await self._socket.next(max(wait_until - time.monotonic(), 0))
        except CallCancelledError:
            raise
        except TransportError as fault:
            await self._lose(fault)
            return None
        if payload is None and self._socket.closed:
            await self._lose(ConnectionLostError("the server closes every connection at once"))
            return None
        if payload is not None or self._is_steady():
            self._lost_at = None
        return None if payload is None else decode(self._msgtype, payload)

    async def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    def _left(self) -> float:
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    def _is_steady(self) -> bool:
        return time.monotonic() - self._connected_at >= STEADY

    async def _connect(self, *, subscribe: bool = True) -> None:
        socket = await self._server.subscribe()
        try:
            if subscribe:
                await self._send(socket)
        except BaseException:
            await socket.close()
            raise
        self._socket, self._connected_at = (socket, time.monotonic())

    async def _send(self, socket: AsyncSocket) -> None:
        for message in self._messages:
            await socket.send(self._msgtype, message, self._prvkey)

    async def _lose(self, fault: TransportError) -> None:
        """Drop a broken connection. The pause before the next one grows."""
        if self._socket is not None and self._is_steady():
            self._backoff.reset()
        await self.close()
        self.resumed = True
        now = time.monotonic()
        if self._lost_at is None:
            self._lost_at = now
        elif now - self._lost_at > self._patience:
            raise fault
        self._connect_at = now + self._backoff.pause()
