"""Transports of messages to a server, and the base class of wrappers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from pycolonies import _core
    from pycolonies._rpc.keys import Key


class Transport(Protocol):
    """Carries messages to a server: a `_core.Client` or a `TransportWrapper`."""

    def call(
        self,
        msgtype: str,
        message: bytes,
        prvkey: Key | None,
        timeout: float | None = None,
        cancellation: _core.Cancellation | None = None,
    ) -> bytes:
        """Send a message and return the payload of the reply; see `_core.Client.call`."""
        ...

    def subscribe(self) -> _core.Subscription:
        """Open a socket for subscriptions."""
        ...


class Outgoing(NamedTuple):
    """The arguments of `Transport.call`."""

    msgtype: str
    message: bytes
    prvkey: Key | None
    timeout: float | None
    cancellation: _core.Cancellation | None


class TransportWrapper:
    """Base class of transports around another one. Subclasses override `send`.

    Args:
        transport: Carries the messages.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def call(
        self,
        msgtype: str,
        message: bytes,
        prvkey: Key | None,
        timeout: float | None = None,
        cancellation: _core.Cancellation | None = None,
    ) -> bytes:
        """Send a message and return the payload of the reply."""
        return self.send(Outgoing(msgtype, message, prvkey, timeout, cancellation))

    def send(self, outgoing: Outgoing) -> bytes:
        """Send a message and return the payload of the reply. Subclasses override it."""
        return self._transport.call(*outgoing)

    def subscribe(self) -> _core.Subscription:
        """Open a socket for subscriptions."""
        return self._transport.subscribe()
