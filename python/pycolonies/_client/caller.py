"""What every call goes through."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pycolonies import _core
from pycolonies._rpc import environment
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.encoding import decode, encode
from pycolonies._rpc.proxies import proxy_for
from pycolonies._rpc.servers import Servers, addresses

if TYPE_CHECKING:
    from typing_extensions import Self

    from pycolonies._files.settings import S3Settings

#: Seconds that a call may take where nothing else is said.
TIMEOUT = 30.0
#: Seconds that name lookup, TCP and TLS may take together.
CONNECT_TIMEOUT = 10.0


class Caller:
    """A connection to a Colonies server, or several: they are opened as needed and kept for reuse.

    One object serves any number of threads, and a forked child opens connections of its own.

    A client may have a private key and a colony of its own; then ``prvkey`` and ``colonyname`` may be left
    out of every call, and what stands between them is given by name::

        colonies = Colonies("localhost", 50080, prvkey=prvkey, colonyname="dev")
        process = colonies.assign(timeout=10)
        colonies.close(process.processid, ["done"])

    Args:
        host: Name or address of the server.
        port: Its port.
        tls: Speak HTTPS, and check the server's certificate.
        native_crypto: Kept for programs written for 1.x. It changes nothing.
        prvkey: Private key that signs the calls which name none.
        colonyname: Colony of the calls which name none.
        hosts: Further servers of the same cluster, ``name`` or ``name:port``: the next is tried when one
            cannot be reached. With these, `host` may be left out.
        ca_file: PEM file with the certificates to trust in place of the system's. Where it is left out, the
            file that REQUESTS_CA_BUNDLE or SSL_CERT_FILE names.
        skip_tls_verify: Accept any certificate. For development only.
        timeout: Seconds that a call may take.
        connect_timeout: Seconds that opening a connection may take.
        s3: The store that holds the content of files, in place of the one that the ``AWS_S3_...`` variables
            name.

    Raises:
        ConfigurationError: A setting is malformed, or the certificates cannot be read.
    """

    #: Seconds that a step of something long takes at the most, as waiting for a process does.
    _step = float("inf")

    def __init__(
        self,
        host: str | None = None,
        port: int | None = None,
        tls: bool = False,
        native_crypto: bool = False,
        *,
        prvkey: str | None = None,
        colonyname: str | None = None,
        hosts: Sequence[str] = (),
        ca_file: str | None = None,
        skip_tls_verify: bool = False,
        timeout: float = TIMEOUT,
        connect_timeout: float = CONNECT_TIMEOUT,
        s3: S3Settings | None = None,
    ) -> None:
        if tls and ca_file is None and not skip_tls_verify:
            ca_file = environment.trusted_file()
        servers = addresses(host, port, hosts)
        self.host, self.port = servers[0]
        self.tls = tls
        self.native_crypto = native_crypto
        self.timeout = timeout
        self.colonyname = colonyname
        self._prvkey = prvkey
        self._s3 = s3
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
            for name, number in servers
        ]
        self._core: _core.Client | Servers = clients[0] if len(clients) == 1 else Servers(clients)

    @classmethod
    def from_env(
        cls,
        *,
        prvkey: str | None = None,
        colonyname: str | None = None,
        hosts: Sequence[str] = (),
        ca_file: str | None = None,
        skip_tls_verify: bool = False,
        timeout: float = TIMEOUT,
        connect_timeout: float = CONNECT_TIMEOUT,
        s3: S3Settings | None = None,
    ) -> Self:
        """Make a client from the usual environment variables.

        ``COLONIES_SERVER_HOST``, ``COLONIES_SERVER_PORT`` and ``COLONIES_SERVER_TLS`` (or ``COLONIES_TLS``)
        name the server, ``COLONIES_PRVKEY`` and ``COLONIES_COLONY_NAME`` the caller. The arguments are those
        of the class; a key or colony given here wins.

        Raises:
            ConfigurationError: The server's host or port is missing, or a variable is malformed.
        """
        host, port, tls = environment.server()
        return cls(
            host,
            port,
            tls,
            prvkey=prvkey or os.getenv("COLONIES_PRVKEY") or None,
            colonyname=colonyname or os.getenv("COLONIES_COLONY_NAME") or None,
            hosts=hosts,
            ca_file=ca_file,
            skip_tls_verify=skip_tls_verify,
            timeout=timeout,
            connect_timeout=connect_timeout,
            s3=s3,
        )

    def __repr__(self) -> str:
        colony = f", colonyname={self.colonyname!r}" if self.colonyname else ""
        return f"{type(self).__name__}({self.host!r}, {self.port!r}, tls={self.tls!r}{colony})"

    def _call(self, msgtype: str, prvkey: str, deadline: float | None = None, **fields: Any) -> bytes:  # noqa: ANN401
        """Send a message; return the payload of the reply as JSON text.

        Args:
            msgtype: Type of the message.
            prvkey: Private key that signs it, or `OWN`.
            deadline: Seconds for the whole call; None for the client's own `timeout`.
            fields: What the message says. `OWN` stands for the client's colony.
        """
        prvkey = self._key(prvkey)
        for name, value in fields.items():
            if value is OWN:
                fields[name] = self._colony(value)
            elif value is REQUIRED:
                self._given(**{name: value})
        return self._core.call(msgtype, encode(msgtype, fields), prvkey, deadline)

    def _ask(self, msgtype: str, prvkey: str, **fields: Any) -> Any:  # noqa: ANN401
        """Send a message; return the payload of the reply as Python values."""
        return decode(msgtype, self._call(msgtype, prvkey, **fields))

    def _ask_unsigned(self, msgtype: str) -> Any:  # noqa: ANN401
        """Send a message that anybody may send; return the payload of the reply as Python values."""
        return decode(msgtype, self._core.call(msgtype, encode(msgtype, {}), None))

    def _key(self, prvkey: str) -> str:
        """Return the private key that signs a call: the one that was given, else the client's own."""
        if prvkey is OWN:
            if self._prvkey is None:
                raise TypeError("prvkey is missing: give it to the call, or to the client once for all calls")
            return self._prvkey
        if prvkey is None:  # what os.getenv returns for a variable that is not set
            raise TypeError("the private key is None, it has to be a text; is COLONIES_PRVKEY set?")
        return prvkey

    def _colony(self, colonyname: str) -> str:
        """Return the colony of a call: the one that was given, else the client's own."""
        if colonyname is not OWN:
            return colonyname
        if self.colonyname is None:
            raise TypeError("colonyname is missing: give it to the call, or to the client once for all calls")
        return self.colonyname

    @staticmethod
    def _given(**arguments: object) -> None:
        """Refuse arguments that have a default only because one before them has."""
        for name, value in arguments.items():
            if value is REQUIRED:
                raise TypeError(f"{name} is missing; where colonyname is left out, give it by name")

    def _in_colony(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record with the client's colony in it where it names none."""
        if self.colonyname is None or "colonyname" in record:
            return dict(record)
        return {**record, "colonyname": self.colonyname}
