"""The client for asyncio."""

from __future__ import annotations

from pycolonies._aio.caller import AsyncCaller
from pycolonies._aio.futures import AsyncSubmitting
from pycolonies._home import publish
from pycolonies._rpc.keys import seal_methods

__all__ = ["AsyncColonies"]


@seal_methods
class AsyncColonies(AsyncSubmitting):
    __doc__ = AsyncCaller.__doc__

    #: States of a process.
    WAITING = 0
    RUNNING = 1
    SUCCESSFUL = 2
    FAILED = 3
    CANCELLED = 4


publish(__name__)
