"""A client from environment variables, as in 1.x."""

from __future__ import annotations

from pycolonies._client import Colonies
from pycolonies._home import publish
from pycolonies._rpc import environment


def colonies_client(
    native_crypto: bool = False,
) -> tuple[Colonies, str | None, str | None, str | None, str | None]:
    """Make a client from the usual environment variables, as in 1.x.

    `Colonies.from_env` makes one that keeps key and colony.

    ``COLONIES_SERVER_HOST``, ``COLONIES_SERVER_PORT`` and ``COLONIES_SERVER_TLS`` (or ``COLONIES_TLS``)
    name the server,
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
    host, port, tls = environment.server()
    return (
        Colonies(host, port, tls, native_crypto),
        environment.text("COLONIES_COLONY_NAME"),
        environment.text("COLONIES_COLONY_PRVKEY"),
        environment.text("COLONIES_EXECUTOR_NAME"),
        environment.text("COLONIES_PRVKEY"),
    )


publish(__name__)
