"""Settings in environment variables: servers, keys and certificates."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pycolonies._shown import shown
from pycolonies.errors import ConfigurationError

if TYPE_CHECKING:
    from pycolonies._rpc.keys import PrivateKey

_YES = {"1", "true", "t", "yes", "y", "on"}
_NO = {"", "0", "false", "f", "no", "n", "off"}
#: The variables for TLS; the first one takes precedence, as in the Colonies CLI.
_PORT = ("COLONIES_SERVER_HTTP_PORT", "COLONIES_SERVER_PORT")
_TLS = ("COLONIES_SERVER_TLS", "COLONIES_TLS")


def server() -> tuple[str, int, bool]:
    """Return the server's host and port, and whether it speaks TLS.

    Raises:
        ConfigurationError: Host or port is missing, or a variable is malformed.
    """
    return host(), port(), tls()


def text(name: str) -> str | None:
    """Return a variable without the white space around it; None where it is empty or not set.

    Files with variables may have been written on Windows, and files with secrets end with a line break.
    """
    return os.getenv(name, "").strip() or None


def host() -> str:
    """Return the server's host."""
    return _required("COLONIES_SERVER_HOST")


def port() -> int:
    """Return the server's port."""
    name = next((name for name in _PORT if text(name)), _PORT[-1])
    value = _required(name)
    if value.isascii() and value.isdigit() and 0 < int(value) < 65536:  # noqa: PLR2004 (a port)
        return int(value)
    raise ConfigurationError(
        f"the environment variable {name} must be a port between 1 and 65535, got {shown(value)}"
    )


def tls() -> bool:
    """Return whether the server speaks TLS."""
    said = {name: flag(name) for name in _TLS if text(name)}
    if len(set(said.values())) > 1:
        raise ConfigurationError(
            f"the environment variables {' and '.join(said)} must be equal; unset one of them"
        )
    return any(said.values())


def key(name: str) -> PrivateKey | None:
    """Return the private key of a variable; None if it is not set.

    Raises:
        InvalidPrivateKeyError: It is not a private key.
    """
    from pycolonies._rpc.keys import seal

    sealed: PrivateKey | None = seal(text(name))
    return sealed


def trusted_file() -> str | None:
    """Return the file of certificates that requests, which 1.x used, would trust.

    Directories are for OpenSSL's tools; the system's certificates, which are trusted then, lie in them.
    """
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        if (file := text(name)) and not os.path.isdir(file):  # noqa: PTH112 (no other use of paths)
            return file
    return None


def _required(name: str) -> str:
    value = text(name)
    if not value:
        raise ConfigurationError(
            f"the environment variable {name} is not set; "
            'for a server on this machine run: pycolonies dev, and then: eval "$(pycolonies dev --env)"'
        )
    return value


def flag(name: str) -> bool:
    """Return the value of a boolean variable, in one of the usual spellings. Unset means False.

    Raises:
        ConfigurationError: It has another value.
    """
    value = os.getenv(name, "").strip().lower()
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise ConfigurationError(f"the environment variable {name} must be true or false, got {shown(value)}")
