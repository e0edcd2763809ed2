"""The states of one process until its end. Written by ``tools/write_async_calls.py``; do not edit."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from pycolonies._aio.endpoint import AsyncEndpoint
from pycolonies._aio.listener import EndListener
from pycolonies._aio.polling import poll
from pycolonies._models import Process
from pycolonies._waiting.endings import Ending, Subject
from pycolonies.errors import TransportError


async def process_steps(
    endpoint: AsyncEndpoint,
    processid: str,
    timeout: float | None,
    *,
    longest: float,
    age: float = 0,
    noted: Callable[[TransportError | None], object] | None = None,
) -> AsyncGenerator[Process | None, None]:
    """Yield a process whenever its state has changed until it has ended, and None in between."""
    subject = Subject(
        "process",
        processid,
        "getprocessmsg",
        {"processid": processid},
        Process,
        Ending().reached,
        lambda found: (found.state, found.retries),
    )
    async with aclosing(
        poll(endpoint, subject, timeout, listener=EndListener(endpoint, longest, age), noted=noted)
    ) as inner:
        async for value in inner:
            yield value
