"""Calls a function as a process would, without a server, for `Executor.call`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pycolonies._executor import invoke
from pycolonies._executor.invocation import Invocation
from pycolonies._executor.rehearsal import Rehearsal
from pycolonies._executor.results import output_of, success
from pycolonies._rpc.codec import decoded, encoded, encoded_fields
from pycolonies._rpc.encoding import dumps, loads

if TYPE_CHECKING:
    from pycolonies._executor.functions import RegisteredFunction


def call(
    offered: RegisteredFunction, args: Sequence[Any], kwargs: Mapping[str, Any], rehearsal: Rehearsal | None
) -> Any:
    """Call a function; see `Executor.call`."""
    rehearsal = rehearsal or Rehearsal()
    context = rehearsal.async_context if offered.has_async_context else rehearsal.context
    invocation = Invocation.of(context, offered)
    sent = dumps(encoded(offered.codec, args), "args"), dumps(encoded_fields(offered.codec, kwargs), "kwargs")
    bound, named = offered.arguments_of(loads(sent[0]), loads(sent[1]))
    if offered.awaits:
        value = asyncio.run(invoke.awaited(invocation, bound, named))
    else:
        loop = invoke.Loop()
        try:
            value = invoke.run(invocation, bound, named, loop)
        finally:
            loop.close()
    written = success("", offered.written(output_of(value)), offered.name)
    output: list[Any] = decoded(offered.codec, loads(written)["out"])
    if not output:
        return None
    return output[0] if len(output) == 1 else output
