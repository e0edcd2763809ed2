"""Several servers of a cluster: calls go to the first that can be reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import NoneType
from typing import TYPE_CHECKING, TypeVar

from pycolonies import _checks as checks
from pycolonies._rpc.transport import Outgoing, TransportWrapper
from pycolonies._shown import hide_keys, shown
from pycolonies.errors import ConfigurationError, ConnectError

if TYPE_CHECKING:
    from pycolonies import _core

_Result = TypeVar("_Result")
_LAST_PORT = 65535


class Preference:
    """The order in which servers are tried: the one that answered last comes first.

    The next server is tried only if a server was *never reached*, so that no message is carried out twice.

    Args:
        count: Number of servers.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._preferred = 0

    def order(self) -> list[int]:
        """Return the positions of all servers in the order in which they are tried."""
        return [(self._preferred + step) % self._count for step in range(self._count)]

    def reached(self, position: int) -> None:
        """Note that a server was reached, even if the call failed."""
        self._preferred = position

    @staticmethod
    def none_reached(faults: Sequence[ConnectError]) -> ConnectError:
        """Return the error for calls that reached no server."""
        reasons = "; ".join(map(str, faults))
        return ConnectError(f"none of {len(faults)} servers could be reached: {reasons}")


class Servers(TransportWrapper):
    """The servers of a cluster as one transport.

    Args:
        clients: A client of each server, in the order in which they are tried.
    """

    def __init__(self, clients: Sequence[_core.Client]) -> None:
        super().__init__(clients[0])
        self._clients = tuple(clients)
        self._preference = Preference(len(self._clients))

    def send(self, outgoing: Outgoing) -> bytes:
        """Send a message to the first server that can be reached."""
        return self._first(lambda client: client.call(*outgoing))

    def subscribe(self) -> _core.Subscription:
        """Open a socket for subscriptions at the first server that can be reached."""
        return self._first(lambda client: client.subscribe())

    def _first(self, ask: Callable[[_core.Client], _Result]) -> _Result:
        faults = []
        for position in self._preference.order():
            try:
                result = ask(self._clients[position])
            except ConnectError as fault:  # noqa: PERF203 (there are few)
                faults.append(fault)
            except BaseException:
                self._preference.reached(position)
                raise
            else:
                self._preference.reached(position)
                return result
        raise self._preference.none_reached(faults)


def addresses(host: str | None, port: int | str | None, hosts: Sequence[str]) -> list[tuple[str, int]]:
    """Return the servers to try, in order.

    Args:
        host: Name or address of the first server.
        port: Its port, and the default of `hosts`.
        hosts: Further servers: ``name``, ``name:port`` or ``[address]:port``.

    Raises:
        ConfigurationError: There is no server, or one has no port.
    """
    checks.kind("host", host, (str, NoneType), "a string")
    checks.several("hosts", hosts, "a list of servers", str, "a string")
    if isinstance(port, str):  # as environment variables have it
        port = _port(port.strip(), port)
    elif port is not None:
        checks.integer("port", port, 0, _LAST_PORT)
    named = [] if host is None else [_address(host.strip(), port, of_its_own=False)]
    named += [_address(text.strip(), port, of_its_own=True) for text in hosts]
    if not named:
        raise ConfigurationError("host is missing; write Colonies(host, port) or Colonies(hosts=[...])")
    return named


def _port(digits: str, text: str) -> int:
    if digits.isascii() and digits.isdigit() and 0 < int(digits) <= _LAST_PORT:
        return int(digits)
    raise ConfigurationError(f"invalid server {shown(text)}: port must be between 1 and {_LAST_PORT}")


def _address(text: str, port: int | None, *, of_its_own: bool) -> tuple[str, int]:
    name = text
    if of_its_own:
        bracketed = text.startswith("[") and "]" in text
        head, colon, tail = text.rpartition(":")
        # A bare IPv6 address has colons, but no port behind the last one.
        if colon and (text[text.index("]") + 1 :].startswith(":") if bracketed else ":" not in head):
            name = head
            port = _port(tail, text)
        if bracketed:
            name = name[1:-1]
    if port is None:
        raise ConfigurationError(
            f"invalid server {shown(text)}: port is missing; write {hide_keys(text)}:50080, or pass port="
        )
    return name, port
