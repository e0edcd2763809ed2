"""Explains why a process has not begun."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING

from pycolonies._models import Process, ProcessGraph
from pycolonies._models.state import ProcessState
from pycolonies._records import ExecutorRecord
from pycolonies._waiting.unserved import unserved
from pycolonies.errors import ColoniesError

if TYPE_CHECKING:
    from pycolonies._rpc.endpoint import Endpoint

#: Shorter waits, in seconds, are polls of a program, which are not explained.
SHORTEST = 0.2
#: Seconds that an explanation may take.
LONGEST = 1.0
#: How many processes of a graph are checked.
NODES = 8


def explain(endpoint: Endpoint, seen: Process | ProcessGraph, timeout: float | None) -> str:
    """Return why a process or graph has not begun; "" if executors can run it, or nothing is known.

    Args:
        endpoint: Server, and key of a member.
        seen: The last known state of the process or process graph.
        timeout: Seconds that were waited.
    """
    if timeout is None or timeout < SHORTEST or seen.state > ProcessState.RUNNING:
        return ""
    ends_at = time.monotonic() + LONGEST
    try:
        for processid in islice(_ids(seen), NODES):
            left = ends_at - time.monotonic()
            if left <= 0:
                return ""
            reply = endpoint.call_within(left, "getprocessmsg", processid=processid)
            found = reply.to(Process)
            if found.state != ProcessState.WAITING or found.waitforparents:
                continue
            left = max(ends_at - time.monotonic(), 0.01)
            colony = found.spec.conditions.colonyname
            reply = endpoint.call_within(left, "getexecutorsmsg", colonyname=colony)
            if reason := unserved(found.spec.conditions, reply.list_of(ExecutorRecord)):
                return reason
    except ColoniesError:
        return ""
    return ""


def _ids(seen: Process | ProcessGraph) -> list[str]:
    if isinstance(seen, ProcessGraph):
        return seen.processids
    return [seen.processid] if seen.processid and seen.state == ProcessState.WAITING else []
