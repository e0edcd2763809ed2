"""The client for asyncio."""

from __future__ import annotations

from pycolonies._aio._caller import AsyncCaller
from pycolonies._aio._calls import AsyncCalls
from pycolonies._aio._submitting import AsyncSubmitting

__all__ = ["AsyncColonies"]


class AsyncColonies(AsyncSubmitting, AsyncCalls):
    __doc__ = AsyncCaller.__doc__

    #: States of a process.
    WAITING = 0
    RUNNING = 1
    SUCCESSFUL = 2
    FAILED = 3
    CANCELLED = 4
