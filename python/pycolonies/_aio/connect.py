"""Native clients for event loops, made of the settings of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pycolonies import _checks as checks
from pycolonies import _core
from pycolonies._aio.transport import AsyncClient, AsyncServers
from pycolonies._rpc import environment
from pycolonies._rpc.proxies import proxy_for
from pycolonies._rpc.servers import addresses
from pycolonies._rpc.settings import CONNECT_TIMEOUT, TIMEOUT

if TYPE_CHECKING:
    from pycolonies._rpc.settings import ClientSettings


def connect(
    host: str | None, port: int | None, tls: bool, concurrency: int, settings: ClientSettings
) -> AsyncClient | AsyncServers:
    """Return a transport to one server, or to several of a cluster. Connections open with the first call.

    Raises:
        ConfigurationError: A setting is malformed, or the certificates cannot be read.
        TypeError: The concurrency is no integer.
        ValueError: The concurrency is below 1.
    """
    ca_file, skip_tls_verify = settings.get("ca_file"), settings.get("skip_tls_verify", False)
    if tls and ca_file is None and not skip_tls_verify:
        ca_file = environment.trusted_file()
    checks.integer("max_concurrency", concurrency, 1)
    clients = [
        AsyncClient(
            _core.AsyncClient(
                name,
                number,
                tls=tls,
                ca_file=ca_file,
                skip_tls_verify=skip_tls_verify,
                connect_timeout=settings.get("connect_timeout", CONNECT_TIMEOUT),
                timeout=settings.get("timeout", TIMEOUT),
                proxy=proxy_for(name, number, tls),
                concurrency=concurrency,
            )
        )
        for name, number in addresses(host, port, settings.get("hosts", ()))
    ]
    return clients[0] if len(clients) == 1 else AsyncServers(clients)


class _Client(Protocol):
    """A blocking client."""

    _made_with: tuple[str | None, int | None, bool, bool, ClientSettings]


def connect_as(client: _Client, concurrency: int) -> AsyncClient | AsyncServers:
    """Return a transport with the settings of a blocking client."""
    host, port, tls, _, settings = client._made_with  # noqa: SLF001 (both are the client)
    return connect(host, port, tls, concurrency, settings)
