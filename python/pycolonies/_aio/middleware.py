"""Middleware around the calls of `AsyncColonies`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pycolonies._rpc.middleware import ClientCall, Middleware, surrounding

if TYPE_CHECKING:
    from pycolonies._aio.transport import AsyncClient, AsyncSocket, AsyncTransport
    from pycolonies._rpc.keys import Key


class SurroundedAsync:
    """Carries messages inside of middleware.

    Args:
        transport: Carries the messages.
        middleware: What surrounds each call.
    """

    def __init__(self, transport: AsyncTransport, middleware: Sequence[Middleware]) -> None:
        self._transport = transport
        self._middleware = middleware

    def clients(self) -> list[AsyncClient]:
        """Return a client of each server, in the order in which they are tried."""
        return self._transport.clients()

    def reached(self, client: AsyncClient) -> None:
        """Note that a server can be reached."""
        self._transport.reached(client)

    async def call(
        self, msgtype: str, message: bytes, prvkey: Key | None, timeout: float | None = None
    ) -> bytes:
        """Send a message and return the payload of the reply."""
        call = ClientCall(msgtype, message)
        with surrounding(self._middleware, call):
            call.reply = await self._transport.call(msgtype, call.message, prvkey, timeout)
        return call.reply or b""

    async def subscribe(self) -> AsyncSocket:
        """Open a subscription socket."""
        return await self._transport.subscribe()

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()
