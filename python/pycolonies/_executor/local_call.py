"""Calling a function as a process would, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pycolonies._executor import invoke
from pycolonies._executor.invocation import Invocation
from pycolonies._executor.results import output_of, success
from pycolonies._rpc.encoding import dumps, loads
from pycolonies.testing._rehearsal import Rehearsal

if TYPE_CHECKING:
    from pycolonies._executor.functions import RegisteredFunction


def call(
    offered: RegisteredFunction, args: Sequence[Any], kwargs: Mapping[str, Any], rehearsal: Rehearsal | None
) -> Any:
    """Call a function; see `Executor.call`."""
    rehearsal = rehearsal or Rehearsal()
    context = rehearsal.async_context if offered.has_async_context else rehearsal.context
    invocation = Invocation.of(context, offered)
    bound, named = offered.binding(loads(dumps(args, "args")), loads(dumps(kwargs, "kwargs")))
    if offered.awaits:
        value = asyncio.run(invoke.awaited(invocation, bound, named))
    else:
        loop = invoke.Loop()
        try:
            value = invoke.run(invocation, bound, named, loop)
        finally:
            loop.close()
    output: list[Any] = loads(success("", output_of(value), offered.name))["out"]
    if not output:
        return None
    return output[0] if len(output) == 1 else output
