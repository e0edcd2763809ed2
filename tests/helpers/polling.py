"""Waiting for what happens elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

#: Seconds between two checks of a condition.
PAUSE = 0.01


def until(condition: Callable[[], Any], what: object = "the condition", seconds: float = 60) -> Any:
    """Wait until a condition holds, and return its value.

    Raises:
        AssertionError: It does not hold in time.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:g} seconds for {what}"
        time.sleep(PAUSE)
    return value


async def until_async(
    condition: Callable[[], Any], what: object = "the condition", seconds: float = 60
) -> Any:
    """Wait as `until`, while the event loop runs other tasks."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:g} seconds for {what}"
        await asyncio.sleep(PAUSE)
    return value
