"""What carries messages for event loops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from pycolonies import _core
from pycolonies._aio.port import Port, port
from pycolonies._rpc.keys import Key
from pycolonies._rpc.servers import Preference
from pycolonies.errors import ConnectError, ConnectionLostError

_Result = TypeVar("_Result")


class AsyncTransport(Protocol):
    """Carries messages to a server, or to the first of several that can be reached."""

    def clients(self) -> list[AsyncClient]:
        """Return a client of each server, in the order in which they are tried."""
        ...

    def reached(self, client: AsyncClient) -> None:
        """Note that a server can be reached."""

    async def call(
        self, msgtype: str, message: bytes, prvkey: Key | None, timeout: float | None = None
    ) -> bytes:
        """Send a message and return the payload of the reply."""
        ...

    async def subscribe(self) -> AsyncSocket:
        """Open a subscription socket."""
        ...

    def close(self) -> None:
        """Close the idle connections."""


class AsyncClient:
    """Carries messages to one server."""

    def __init__(self, core: _core.AsyncClient) -> None:
        self._core = core

    def clients(self) -> list[AsyncClient]:
        """Return this client."""
        return [self]

    def reached(self, client: AsyncClient) -> None:
        """Note that the server can be reached."""

    def start(self, at: Port, msgtype: str, message: bytes, prvkey: Key | None, timeout: float | None) -> int:
        """Start a call and return its number. The result arrives at the port."""
        return self._core.start(at.core, msgtype, message, prvkey, timeout)

    async def call(
        self, msgtype: str, message: bytes, prvkey: Key | None, timeout: float | None = None
    ) -> bytes:
        """Send a message and return the payload of the reply."""
        at = port()
        payload: bytes = await at.result(self._core.start(at.core, msgtype, message, prvkey, timeout))
        return payload

    async def subscribe(self) -> AsyncSocket:
        """Open a subscription socket."""
        at = port()
        return AsyncSocket(await at.result(self._core.subscribe(at.core)))

    async def first(self, ask: Callable[[AsyncClient], Awaitable[_Result]]) -> _Result:
        """Return what this client brings."""
        return await ask(self)

    def close(self) -> None:
        """Close the idle connections."""
        self._core.close_idle()


class AsyncServers:
    """Carries messages to the first of several servers that can be reached, by the rule of `Preference`."""

    def __init__(self, clients: Sequence[AsyncClient]) -> None:
        self._clients = tuple(clients)
        self._preference = Preference(len(self._clients))

    def clients(self) -> list[AsyncClient]:
        """Return the clients, the preferred one first."""
        return [self._clients[position] for position in self._preference.order()]

    def reached(self, client: AsyncClient) -> None:
        """Prefer this client from now on."""
        self._preference.reached(self._clients.index(client))

    async def call(
        self, msgtype: str, message: bytes, prvkey: Key | None, timeout: float | None = None
    ) -> bytes:
        """Send a message and return the payload of the reply."""
        return await self.first(lambda client: client.call(msgtype, message, prvkey, timeout))

    async def subscribe(self) -> AsyncSocket:
        """Open a subscription socket."""
        return await self.first(lambda client: client.subscribe())

    def close(self) -> None:
        """Close the idle connections."""
        for client in self._clients:
            client.close()

    async def first(self, ask: Callable[[AsyncClient], Awaitable[_Result]]) -> _Result:
        """Return what the first client that reaches its server brings."""
        faults = []
        for client in self.clients():
            try:
                result = await ask(client)
            except ConnectError as fault:  # noqa: PERF203 (there are few)
                faults.append(fault)
            except Exception:
                self.reached(client)  # it was reached, whatever came of it
                raise
            else:
                self.reached(client)
                return result
        raise self._preference.none_reached(faults)


class AsyncSocket:
    """An open subscription socket, for one task at a time."""

    def __init__(self, core: _core.AsyncSubscription) -> None:
        self._core = core
        #: Whether the server has ended the subscription.
        self.closed = False
        #: What comes next. It outlives a wait that ends before, so that no message is lost.
        self._next: asyncio.Task[bytes | None] | None = None

    async def send(self, msgtype: str, message: bytes, prvkey: Key) -> None:
        """Send a message, such as one that subscribes to a process."""
        at = port()
        await at.result(self._core.send(at.core, msgtype, message, prvkey))

    async def next(self, timeout: float) -> bytes | None:
        """Return the payload of the next message.

        None when nothing came in `timeout` seconds, or when the server has `closed` the socket.
        """
        if self._next is None:
            self._next = asyncio.ensure_future(self._receive())
        limit = None if timeout == float("inf") else max(timeout, 0.001)
        done, _ = await asyncio.wait([self._next], timeout=limit)
        if not done:
            return None
        received, self._next = self._next, None
        if received.cancelled():
            raise ConnectionLostError("the event loop that waited for the subscription has ended", False)
        payload = received.result()
        self.closed = payload is None
        return payload

    async def close(self) -> None:
        """Say goodbye and close the connection. Does not wait for the server."""
        if self._next is not None and not self._next.cancel() and not self._next.cancelled():
            self._next.exception()  # so that it does not count as forgotten
        self._next = None
        self._core.close()

    async def _receive(self) -> bytes | None:
        at = port()
        payload: bytes | None = await at.result(self._core.next(at.core))
        return payload


async def pause(seconds: float) -> None:
    """Sleep, as `_core.pause` does for threads."""
    await asyncio.sleep(seconds)
