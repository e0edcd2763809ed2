"""The client that the environment describes."""

from __future__ import annotations

import os

from pycolonies._client import Colonies
from pycolonies._exceptions import ConfigurationError

_YES = {"1", "true", "t", "yes", "y", "on"}
_NO = {"", "0", "false", "f", "no", "n", "off"}


def colonies_client(
    native_crypto: bool = False,
) -> tuple[Colonies, str | None, str | None, str | None, str | None]:
    """Make a client from the usual environment variables.

    ``COLONIES_SERVER_HOST``, ``COLONIES_SERVER_PORT`` and ``COLONIES_SERVER_TLS`` name the server,
    ``COLONIES_COLONY_NAME``, ``COLONIES_COLONY_PRVKEY``, ``COLONIES_EXECUTOR_NAME`` and
    ``COLONIES_PRVKEY`` the caller.

    Args:
        native_crypto: Kept for programs written for 1.x. It changes nothing.

    Returns:
        The client, the colony's name, the colony owner's private key, the executor's name and its private
        key; None for what the environment does not have.

    Raises:
        ConfigurationError: The server's host or port is missing, or a variable is malformed.
    """
    client = Colonies(
        _required("COLONIES_SERVER_HOST"),
        _port("COLONIES_SERVER_PORT"),
        _flag("COLONIES_SERVER_TLS"),
        native_crypto,
    )
    return (
        client,
        os.getenv("COLONIES_COLONY_NAME"),
        os.getenv("COLONIES_COLONY_PRVKEY"),
        os.getenv("COLONIES_EXECUTOR_NAME"),
        os.getenv("COLONIES_PRVKEY"),
    )


def _required(name: str) -> str:
    value = os.getenv(name)
    if not value:
        raise ConfigurationError(
            f"the environment variable {name} is not set; "
            'for a server on this machine run: pycolonies dev, and then: eval "$(pycolonies dev --env)"'
        )
    return value


def _port(name: str) -> int:
    value = _required(name)
    if value.isascii() and value.isdigit() and 0 < int(value) < 65536:  # noqa: PLR2004 (a port)
        return int(value)
    raise ConfigurationError(f"the environment variable {name} is {value!r}; it has to be a port, 1 to 65535")


def _flag(name: str) -> bool:
    value = os.getenv(name, "").strip().lower()
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise ConfigurationError(f"the environment variable {name} is {value!r}; it has to be true or false")
