"""The event loop in which a call is awaited."""

from __future__ import annotations

import asyncio
import sys
from typing import Any


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the running event loop.

    Raises:
        RuntimeError: There is none, or it is trio's. The message says what to do.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        trio: Any = sys.modules.get("trio")
        if trio is None or not trio.lowlevel.in_trio_run():
            raise RuntimeError(
                "awaitable calls need a running asyncio event loop; start one: asyncio.run(main())"
            ) from None
    raise RuntimeError(
        "awaitable calls need asyncio, and trio is running; call the blocking client in a thread, "
        "await trio.to_thread.run_sync(colonies.get_process, processid), or use trio-asyncio"
    )
