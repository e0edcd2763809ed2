"""A Colonies server in the process, for tests and for development."""

from pycolonies.testing._keys import (
    COLONY_ID,
    COLONY_NAME,
    COLONY_PRVKEY,
    EXECUTOR_ID,
    EXECUTOR_NAME,
    EXECUTOR_PRVKEY,
    EXECUTOR_TYPE,
    SERVER_ID,
    SERVER_PRVKEY,
)
from pycolonies.testing._server import DevServer

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
    "DevServer",
]
