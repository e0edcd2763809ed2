"""The well-known keys of a development server. They are public: never use them where it matters."""

from pycolonies._core import (
    COLONY_ID,
    COLONY_NAME,
    COLONY_PRVKEY,
    EXECUTOR_ID,
    EXECUTOR_NAME,
    EXECUTOR_PRVKEY,
    EXECUTOR_TYPE,
    SERVER_PRVKEY,
    generate_prvkey,
    identity,
)

__all__ = [
    "COLONY_ID",
    "COLONY_NAME",
    "COLONY_PRVKEY",
    "EXECUTOR_ID",
    "EXECUTOR_NAME",
    "EXECUTOR_PRVKEY",
    "EXECUTOR_TYPE",
    "SERVER_ID",
    "SERVER_PRVKEY",
    "environment",
    "generate_prvkey",
    "identity",
]

SERVER_ID = identity(SERVER_PRVKEY)


def environment(host: str, port: int, *, tls: bool = False) -> dict[str, str]:
    """Return the variables that point a client at a development server, with its well-known keys.

    Args:
        host: Name or address that the server is reached at.
        port: Its port.
        tls: Whether it speaks HTTPS.
    """
    return {
        "COLONIES_SERVER_HOST": host,
        "COLONIES_SERVER_PORT": str(port),
        "COLONIES_SERVER_TLS": "true" if tls else "false",
        "COLONIES_TLS": "true" if tls else "false",  # what other clients of Colonies ask for
        "COLONIES_SERVER_ID": SERVER_ID,
        "COLONIES_SERVER_PRVKEY": SERVER_PRVKEY,
        "COLONIES_COLONY_NAME": COLONY_NAME,
        "COLONIES_COLONY_ID": COLONY_ID,
        "COLONIES_COLONY_PRVKEY": COLONY_PRVKEY,
        "COLONIES_EXECUTOR_NAME": EXECUTOR_NAME,
        "COLONIES_EXECUTOR_TYPE": EXECUTOR_TYPE,
        "COLONIES_EXECUTOR_ID": EXECUTOR_ID,
        "COLONIES_ID": EXECUTOR_ID,
        "COLONIES_PRVKEY": EXECUTOR_PRVKEY,
    }
