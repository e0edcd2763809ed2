"""One server of several: the first that can be reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from pycolonies._rpc.keys import Key
from pycolonies.errors import ConfigurationError, ConnectError

if TYPE_CHECKING:
    from pycolonies import _core

_Result = TypeVar("_Result")
_LAST_PORT = 65535


class Servers:
    """Servers that are one to the caller, as the members of a cluster are.

    Only a server that was *never reached* is passed over, so no message is carried out twice. The one that
    answered last is asked first the next time.

    Args:
        clients: A client of each server, in the order in which they are tried.
    """

    def __init__(self, clients: Sequence[_core.Client]) -> None:
        self._clients = tuple(clients)
        self._preferred = 0

    def call(
        self,
        msgtype: str,
        message: bytes,
        prvkey: Key | None,
        timeout: float | None = None,
        cancellation: _core.Cancellation | None = None,
    ) -> bytes:
        """Send a message to the first server that can be reached."""
        return self._first(lambda client: client.call(msgtype, message, prvkey, timeout, cancellation))

    def subscribe(self) -> _core.Subscription:
        """Open a socket for subscriptions at the first server that can be reached."""
        return self._first(lambda client: client.subscribe())

    def _first(self, ask: Callable[[_core.Client], _Result]) -> _Result:
        faults = []
        first = self._preferred
        for step in range(len(self._clients)):
            position = (first + step) % len(self._clients)
            try:
                result = ask(self._clients[position])
            except ConnectError as fault:
                faults.append(str(fault))
            except BaseException:
                self._preferred = position  # it was reached, whatever came of it
                raise
            else:
                self._preferred = position
                return result
        raise ConnectError(f"none of {len(faults)} servers could be reached: {'; '.join(faults)}")


def addresses(host: str | None, port: int | None, hosts: Sequence[str]) -> list[tuple[str, int]]:
    """Return the servers to try, in order.

    Args:
        host: Name or address of the first server.
        port: Its port, and that of all that name none.
        hosts: Further servers: ``name``, ``name:port`` or ``[address]:port``.

    Raises:
        ConfigurationError: No server is named, or one has no port.
    """
    named = [] if host is None else [_address(host, port, of_its_own=False)]
    named += [_address(text, port, of_its_own=True) for text in hosts]
    if not named:
        raise ConfigurationError("no server is named; write Colonies(host, port) or Colonies(hosts=[...])")
    return named


def _address(text: str, port: int | None, *, of_its_own: bool) -> tuple[str, int]:
    name = text
    if of_its_own:
        bracketed = text.startswith("[") and "]" in text
        head, colon, tail = text.rpartition(":")
        # A bare IPv6 address has colons, but no port behind the last one.
        if colon and (text[text.index("]") + 1 :].startswith(":") if bracketed else ":" not in head):
            name = head
            if not (tail.isascii() and tail.isdigit() and 0 < int(tail) <= _LAST_PORT):
                raise ConfigurationError(f"{text!r} names no server: the port has to be 1 to {_LAST_PORT}")
            port = int(tail)
        if bracketed:
            name = name[1:-1]
    if port is None:
        raise ConfigurationError(f"the server {text!r} has no port; write it as {text}:50080, or give port=")
    return name, port
