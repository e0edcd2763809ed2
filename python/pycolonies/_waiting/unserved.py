"""Whether a colony has an executor for a function spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pycolonies._models import Conditions

#: States of an executor that waits for approval, and of one that may run processes. Others were rejected, or
#: have left.
PENDING, APPROVED = 0, 1


def unserved(conditions: Conditions, executors: Sequence[Mapping[str, Any]]) -> str:
    """Return why none of a colony's executors can run a process; "" if one can.

    Args:
        conditions: Which executors may run it.
        executors: All executors of the colony.
    """
    kind, names = conditions.executortype, conditions.executornames or []
    colony = f"colony {conditions.colonyname!r}"
    executors = [one for one in executors if one["state"] in (PENDING, APPROVED)]
    able = [one for one in executors if one["executortype"] == kind or not kind]
    if names:
        able = [one for one in able if one["executorname"] in names]
    if any(one["state"] == APPROVED for one in able):
        return ""
    if able:
        pending = ", ".join(sorted(one["executorname"] for one in able))
        return f"no executor of type {kind!r} is approved in {colony} (waiting for approval: {pending})"
    if names:
        wanted = " or ".join(repr(name) for name in names)
        known = sorted(one["executorname"] for one in executors if one["executortype"] == kind)
        of_kind = f" of type {kind!r}" if kind else ""
        return f"no executor named {wanted}{of_kind} is registered in {colony} ({_listed(known)})"
    known = sorted({one["executortype"] for one in executors})
    return f"no executor of type {kind!r} is registered in {colony} ({_listed(known)})"


def _listed(known: Sequence[str]) -> str:
    return f"there are: {', '.join(known)}" if known else "there are none"
