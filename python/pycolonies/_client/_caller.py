"""What every call goes through."""

from __future__ import annotations

from typing import Any

from pycolonies import _core
from pycolonies._wire import decode, encode

#: Seconds that a call may take where nothing else is said.
TIMEOUT = 30.0
#: Seconds that name lookup, TCP and TLS may take together.
CONNECT_TIMEOUT = 10.0


class Caller:
    """A connection to a Colonies server, or several: they are opened as needed and kept for reuse.

    One object serves any number of threads, and a forked child opens connections of its own.

    Args:
        host: Name or address of the server.
        port: Its port.
        tls: Speak HTTPS, and check the server's certificate.
        native_crypto: Kept for programs written for 1.x. It changes nothing.
        ca_file: PEM file with the certificates to trust in place of the system's.
        skip_tls_verify: Accept any certificate. For development only.
        timeout: Seconds that a call may take.
        connect_timeout: Seconds that opening a connection may take.

    Raises:
        ConfigurationError: A setting is malformed, or the certificates cannot be read.
    """

    def __init__(
        self,
        host: str,
        port: int,
        tls: bool = False,
        native_crypto: bool = False,
        *,
        ca_file: str | None = None,
        skip_tls_verify: bool = False,
        timeout: float = TIMEOUT,
        connect_timeout: float = CONNECT_TIMEOUT,
    ) -> None:
        self.host = host
        self.port = port
        self.tls = tls
        self.native_crypto = native_crypto
        self.timeout = timeout
        self._core = _core.Client(
            host,
            port,
            tls=tls,
            ca_file=ca_file,
            skip_tls_verify=skip_tls_verify,
            connect_timeout=connect_timeout,
            timeout=timeout,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.host!r}, {self.port!r}, tls={self.tls!r})"

    def _call(self, msgtype: str, prvkey: str, deadline: float | None = None, **fields: Any) -> bytes:  # noqa: ANN401
        """Send a message; return the payload of the reply as JSON text.

        Args:
            msgtype: Type of the message.
            prvkey: Private key that signs it.
            deadline: Seconds for the whole call; None for the client's own `timeout`.
            fields: What the message says.
        """
        if prvkey is None:  # what os.getenv returns for a variable that is not set
            raise TypeError("the private key is None, it has to be a text; is COLONIES_PRVKEY set?")
        return self._core.call(msgtype, encode(msgtype, fields), prvkey, deadline)

    def _ask(self, msgtype: str, prvkey: str, **fields: Any) -> Any:  # noqa: ANN401
        """Send a message; return the payload of the reply as Python values."""
        return decode(msgtype, self._call(msgtype, prvkey, **fields))
