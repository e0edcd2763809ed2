"""The calls that are one message each. Written by ``tools/write_async_calls.py``; do not edit."""

from __future__ import annotations

from pycolonies._aio.caller import AsyncCaller


class AsyncCalls(AsyncCaller):
    """The calls that are one message each; `Colonies` tells what they take, return and raise."""
