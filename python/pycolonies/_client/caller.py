"""The client's settings, and the endpoint that every call goes through."""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType
from typing import TYPE_CHECKING, Any

from pycolonies import _checks as checks
from pycolonies._rpc import environment
from pycolonies._rpc.defaults import OWN
from pycolonies._rpc.keys import Key, PrivateKey, sealed
from pycolonies._rpc.servers import addresses
from pycolonies._rpc.settings import ClientSettings, connect, with_environment
from pycolonies._waiting.completion import Assignments

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from pycolonies._rpc.endpoint import Endpoint


#: Attributes that a copy of a client makes itself.
_MADE_ANEW = frozenset({"endpoint", "_made_with", "_watchers"})


def _made_again(
    kind: type[Caller],
    host: str | None,
    port: int | None,
    tls: bool,
    native_crypto: bool,
    settings: ClientSettings,
    further: dict[str, Any],
) -> Caller:
    client = kind.__new__(kind)
    Caller.__init__(client, host, port, tls, native_crypto, **settings)
    vars(client).update(further)
    return client


class Caller:
    """A connection to a Colonies server, or several: they are opened as needed and kept for reuse.

    One object serves any number of threads, and a forked child opens its own connections.

    A client may have its own private key and colony; then ``prvkey`` and ``colonyname`` may be left
    out of every call, and the arguments between them are given by name::

        colonies = Colonies("localhost", 50080, prvkey=prvkey, colonyname="dev")
        process = colonies.assign(timeout=10)
        colonies.close(process.processid, ["done"])

    Args:
        host: Name or address of the server.
        port: Its port.
        tls: Speak HTTPS, and check the server's certificate.
        native_crypto: Kept for programs written for 1.x. It changes nothing.
        prvkey: Private key that signs the calls which name none.
        colonyname: Default colony of calls.
        hosts: Further servers of the same cluster, ``name`` or ``name:port``: the next is tried when one
            cannot be reached. With these, `host` may be left out.
        ca_file: PEM file with the certificates to trust instead of the system's. Defaults to the file that
            REQUESTS_CA_BUNDLE or SSL_CERT_FILE names.
        skip_tls_verify: Accept any certificate. For development only.
        timeout: Seconds that a call may take.
        connect_timeout: Seconds that opening a connection may take.
        s3: The store that holds the content of files, instead of the one that the ``AWS_S3_...`` variables
            name.
        middleware: Middleware around each call, the outermost first: generator functions of a `ClientCall`
            that yield once, where the call is made. Messages of subscriptions are not surrounded.
        codec: Codec for arguments and results without a JSON form: a `TypeCodec`, or any `Codec`.
            The executor needs the same. Function specs and `Process.output` stay as they are.

    Raises:
        ConfigurationError: A setting is malformed, or the certificates cannot be read.
        TypeError: `middleware` or `codec` has another type.
    """

    @sealed
    def __init__(
        self,
        host: str | None = None,
        port: int | None = None,
        tls: bool = False,
        native_crypto: bool = False,
        **settings: Unpack[ClientSettings],
    ) -> None:
        checks.refuse_unknown_names("setting", settings, ClientSettings.__optional_keys__)
        #: How the client was made, so that a copy in another process can be made.
        self._made_with = (host, port, tls, native_crypto, settings)
        self.host, self.port = addresses(host, port, settings.get("hosts", ()))[0]
        self.tls = tls
        self.native_crypto = native_crypto
        #: The server, with the default key and colony of calls. Not part of the public API.
        self.endpoint = connect(host, port, tls, **settings)
        self._assignments = Assignments()

    @classmethod
    @sealed
    def from_env(cls, **settings: Unpack[ClientSettings]) -> Self:
        """Make a client from the usual environment variables.

        ``COLONIES_SERVER_HOST``, ``COLONIES_SERVER_PORT`` and ``COLONIES_SERVER_TLS`` (or ``COLONIES_TLS``)
        name the server, ``COLONIES_PRVKEY`` and ``COLONIES_COLONY_NAME`` the caller. The arguments are those
        of the class; a key or colony given here takes precedence.

        Raises:
            ConfigurationError: The server's host or port is missing, or a variable is malformed.
        """
        host, port, tls = environment.server()
        return cls(host, port, tls, **with_environment(settings))

    def __repr__(self) -> str:
        colony = f", colonyname={self.colonyname!r}" if self.colonyname else ""
        return f"{type(self).__name__}({self.host!r}, {self.port!r}, tls={self.tls!r}{colony})"

    def __copy__(self) -> Self:
        client = type(self).__new__(type(self))
        client.__dict__.update(self.__dict__)
        return client

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how to make the client again: pickles and deep copies open their own connections.

        The pickle of a client with a private key holds the key.
        """
        host, port, tls, native_crypto, settings = self._made_with
        settings = {**settings, "colonyname": self.colonyname}
        if (prvkey := self.endpoint.prvkey) is not None:
            settings["prvkey"] = prvkey.reveal()
        further = {name: value for name, value in vars(self).items() if name not in _MADE_ANEW}
        return _made_again, (type(self), host, port, tls, native_crypto, settings, further)

    @property
    def colonyname(self) -> str | None:
        """Default colony of calls."""
        return self.endpoint.colonyname

    @property
    def timeout(self) -> float:
        """Seconds that a call may take."""
        return self.endpoint.timeout

    @property
    def _own_prvkey(self) -> PrivateKey | None:
        """Default private key of calls."""
        return self.endpoint.prvkey

    def _endpoint(self, prvkey: Key = OWN) -> Endpoint:
        """Return the server with the key that signs a call: the given one, else the client's own."""
        return self.endpoint.signing(prvkey)

    def bind(self, *, prvkey: Key | None = None, colonyname: str | None = None) -> Self:
        """Return a client with another private key or colony. It shares the connections of this one.

        Args:
            prvkey: Private key of calls that name none; None for that of this client.
            colonyname: Default colony of calls; None for that of this client.
        """
        checks.kind("colonyname", colonyname, (str, NoneType), "a string")
        client = self.__copy__()
        for name in ("_watchers", "_is_called_as_in_2023"):  # these belong to this client
            client.__dict__.pop(name, None)
        client.endpoint = self.endpoint.bind(
            prvkey=prvkey or self.endpoint.prvkey, colonyname=colonyname or self.colonyname
        )
        return client
