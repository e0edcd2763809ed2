"""The settings of clients, listed once for `Colonies`, `AsyncColonies` and `from_env`."""

from __future__ import annotations

from collections.abc import Sequence
from types import NoneType
from typing import TYPE_CHECKING, TypedDict

from pycolonies import _checks as checks
from pycolonies import _core
from pycolonies._rpc import environment, green
from pycolonies._rpc.endpoint import Endpoint
from pycolonies._rpc.key_arguments import SETTINGS
from pycolonies._rpc.keys import Key, PrivateKey
from pycolonies._rpc.middleware import SurroundedTransport, managers_of
from pycolonies._rpc.proxies import proxy_for
from pycolonies._rpc.servers import Servers, addresses

if TYPE_CHECKING:
    from pycolonies._files.settings import S3Settings
    from pycolonies._rpc.codec import Codec
    from pycolonies._rpc.middleware import Middleware
    from pycolonies._rpc.transport import Transport

#: Seconds that a call may take by default.
TIMEOUT = 30.0
#: Seconds that name lookup, TCP and TLS may take together by default.
CONNECT_TIMEOUT = 10.0


class ClientSettings(TypedDict, total=False):
    """Keyword arguments of `Colonies`, `AsyncColonies` and their ``from_env``."""

    #: Default private key of calls.
    prvkey: Key | None
    #: Default colony of calls.
    colonyname: str | None
    #: Further servers of the same cluster, ``name`` or ``name:port``.
    hosts: Sequence[str]
    #: PEM file with the certificates to trust instead of the system's.
    ca_file: str | None
    #: Accept any certificate. For development only.
    skip_tls_verify: bool
    #: Seconds that a call may take.
    timeout: float
    #: Seconds that opening a connection may take.
    connect_timeout: float
    #: Store that holds the content of files. Defaults to the environment's.
    s3: S3Settings | None
    #: Middleware around each call, the outermost first: generator functions that yield once.
    middleware: Sequence[Middleware]
    #: Codec for arguments and results without a JSON form.
    codec: Codec | None


SETTINGS.update(ClientSettings.__annotations__)


def connect(
    host: str | None,
    port: int | None,
    tls: bool,
    *,
    prvkey: Key | None = None,
    colonyname: str | None = None,
    hosts: Sequence[str] = (),
    ca_file: str | None = None,
    skip_tls_verify: bool = False,
    timeout: float = TIMEOUT,
    connect_timeout: float = CONNECT_TIMEOUT,
    s3: S3Settings | None = None,
    middleware: Sequence[Middleware] = (),
    codec: Codec | None = None,
) -> Endpoint:
    """Return an endpoint of one server, or of several of a cluster. Connections open with the first call.

    Raises:
        ConfigurationError: A setting is malformed, or the certificates cannot be read.
        TypeError: A setting has another type.
        ValueError: A timeout is negative or 0.
    """
    for name, flag in (("tls", tls), ("skip_tls_verify", skip_tls_verify)):
        checks.flag(name, flag)
    checks.kind("colonyname", colonyname, (str, NoneType), "a string")
    checks.file_path("ca_file", ca_file)
    checks.seconds("timeout", timeout, positive=True)
    checks.seconds("connect_timeout", connect_timeout, positive=True)
    checks.check_codec(codec)
    if s3 is not None:
        from pycolonies._files.settings import S3Settings

        checks.secret("s3", s3, S3Settings, "an S3Settings")
    managers = managers_of(middleware)
    if tls and ca_file is None and not skip_tls_verify:
        ca_file = environment.trusted_file()
    clients = [
        _core.Client(
            name,
            number,
            tls=tls,
            ca_file=ca_file,
            skip_tls_verify=skip_tls_verify,
            connect_timeout=connect_timeout,
            timeout=timeout,
            proxy=proxy_for(name, number, tls),
        )
        for name, number in addresses(host, port, hosts)
    ]
    transport: Transport = clients[0] if len(clients) == 1 else Servers(clients)
    if green.library():
        transport = green.GreenTransport(transport)
    if managers:
        transport = SurroundedTransport(transport, managers)
    key = None if prvkey is None else PrivateKey(prvkey)
    return Endpoint(transport, key, colonyname, timeout, s3=s3, codec=codec)


def with_environment(settings: ClientSettings) -> ClientSettings:
    """Return settings whose key and colony default to those of the environment."""
    return {
        **settings,
        "prvkey": settings.get("prvkey") or environment.key("COLONIES_PRVKEY"),
        "colonyname": settings.get("colonyname") or environment.text("COLONIES_COLONY_NAME") or None,
    }
