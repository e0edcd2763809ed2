"""Explains why a process has not begun. Written by ``tools/write_async_calls.py``; do not edit."""

from __future__ import annotations

import time
from itertools import islice

from pycolonies._aio.endpoint import AsyncEndpoint
from pycolonies._models import Process, ProcessGraph
from pycolonies._models.state import ProcessState
from pycolonies._records import ExecutorRecord
from pycolonies._waiting.explanation import LONGEST, NODES, SHORTEST
from pycolonies._waiting.unserved import unserved
from pycolonies.errors import ColoniesError


async def explain(endpoint: AsyncEndpoint, seen: Process | ProcessGraph, timeout: float | None) -> str:
    """Return why a process or graph has not begun; "" if executors can run it, or nothing is known."""
    if timeout is None or timeout < SHORTEST or seen.state > ProcessState.RUNNING:
        return ""
    ends_at = time.monotonic() + LONGEST
    try:
        for processid in islice(_ids(seen), NODES):
            left = ends_at - time.monotonic()
            if left <= 0:
                return ""
            reply = await endpoint.call_within(left, "getprocessmsg", processid=processid)
            found = reply.to(Process)
            if found.state != ProcessState.WAITING or found.waitforparents:
                continue
            left = max(ends_at - time.monotonic(), 0.01)
            colony = found.spec.conditions.colonyname
            reply = await endpoint.call_within(left, "getexecutorsmsg", colonyname=colony)
            if reason := unserved(found.spec.conditions, reply.list_of(ExecutorRecord)):
                return reason
    except ColoniesError:
        return ""
    return ""


def _ids(seen: Process | ProcessGraph) -> list[str]:
    if isinstance(seen, ProcessGraph):
        return seen.processids
    return [seen.processid] if seen.processid and seen.state == ProcessState.WAITING else []
