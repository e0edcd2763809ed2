"""Start times and idempotency keys in function specs: pure functions.

Both are in fields that a server stores together with the process, as `env` may be missing when a process
is assigned: the key in the label, the start in the name of the node, which a process by itself does not need.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from pycolonies._shown import shown
from pycolonies._specs.again import KEY
from pycolonies.errors import IdempotencyKeyError

if TYPE_CHECKING:
    from pycolonies._models import FuncSpec, Process

#: States in which a process with a key counts, in the order in which they are listed: twice, as a process
#: may go on to the next one in between. One that failed or was cancelled does not count.
STATES = (0, 1, 2, 0, 1)
#: Characters of a key.
LONGEST_KEY = 500
#: Longest delay in seconds: an executor holds the process meanwhile.
LONGEST_DELAY = 3600.0
#: Start of the label of processes that a one-shot cron submits; its name follows.
ONCE = "pycolonies.once:"
#: How soon and how far ahead a one-shot cron may be, in seconds: a cron's date comes back every year.
SOONEST, FURTHEST = 10.0, 360 * 86_400.0
#: Seconds ahead within which it is checked that the server was in time.
NEAR = 900.0
_DELAY = r".*@(?:\+(?P<seconds>\d+(?:\.\d+)?)s|(?P<at>\d{4}-\d\d-\d\dT[\d:.]+\+00:00))"


def with_key(spec: FuncSpec, key: str) -> FuncSpec:
    """Return a function spec with an idempotency key.

    Raises:
        TypeError: The key is not a string.
        ValueError: The key is empty or too long, or the spec has a label.
    """
    if not isinstance(key, str):
        raise TypeError(f"idempotency_key must be text, got {shown(key)}")
    if not 0 < len(key) <= LONGEST_KEY:
        raise ValueError(f"idempotency_key must have 1 to {LONGEST_KEY} characters, got {len(key)}")
    if spec.label:
        raise ValueError(
            f"idempotency_key is sent as the label, so the label {spec.label!r} can't be given, too"
        )
    return spec.model_copy(update={"label": KEY + key})


def key_of(process: Process) -> str:
    """Return the idempotency key of a process, "" if it has none."""
    label = process.spec.label
    return label.removeprefix(KEY) if label.startswith(KEY) else ""


def check_same_call(found: Process, spec: FuncSpec, *, arguments: bool) -> None:
    """Check that a process with a key is the same call as the submitted one.

    Args:
        found: The process.
        spec: The submitted function spec.
        arguments: Whether arguments are compared; a codec may write the same ones differently.

    Raises:
        IdempotencyKeyError: It is another call.
    """
    there = found.spec
    if there.funcname != spec.funcname:
        what = f"a call of {there.funcname!r}, now of {spec.funcname!r}"
    elif arguments and (there.args, there.kwargs) != (spec.args, spec.kwargs):
        what = f"a call of {there.funcname!r} with other arguments"
    else:
        return
    raise IdempotencyKeyError(spec.label.removeprefix(KEY), found.processid, what)


def delayed(spec: FuncSpec, eta: datetime | None, countdown: float | None) -> FuncSpec:
    """Return a function spec that starts later.

    Args:
        spec: The function spec.
        eta: When it starts, with a time zone.
        countdown: In how many seconds after the submission it starts.

    Raises:
        TypeError: Both are given, or one has the wrong type.
        ValueError: The time is too far ahead, or has no time zone.
    """
    if eta is None and countdown is None:
        return spec
    seconds = _seconds(eta, countdown)
    if seconds > LONGEST_DELAY:
        raise ValueError(
            f"a process can be delayed by {LONGEST_DELAY:g} s at most, got {seconds:.0f} s, as an executor "
            "holds it meanwhile; use client.schedule for times further ahead"
        )
    if eta is None:
        when = f"+{seconds:.3f}s"
    else:
        when = eta.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    changes: dict[str, Any] = {"nodename": f"{spec.nodename or spec.funcname}@{when}"}
    if spec.maxexectime > 0:  # it counts from the assignment
        changes["maxexectime"] = spec.maxexectime + math.ceil(max(seconds, 0))
    return spec.model_copy(update=changes)


def _seconds(eta: datetime | None, countdown: float | None) -> float:
    if eta is not None and countdown is not None:
        raise TypeError("either eta or countdown can be given, not both")
    if countdown is not None:
        if isinstance(countdown, bool) or not isinstance(countdown, int | float):
            raise TypeError(f"countdown must be a number of seconds, got {shown(countdown)}")
        if not 0 <= countdown < math.inf:
            raise ValueError(f"countdown must be a number of seconds, at least 0, got {shown(countdown)}")
        return float(countdown)
    if not isinstance(eta, datetime):
        raise TypeError(f"eta must be a datetime, got {shown(eta)}")
    if eta.tzinfo is None:
        raise ValueError(
            "eta must have a time zone, such as datetime.now(timezone.utc) + timedelta(minutes=5)"
        )
    return (eta - datetime.now(timezone.utc)).total_seconds()


def delay_of(process: Process, now: float) -> float:
    """Return how many seconds after its assignment a process is to start; 0 for at once.

    Args:
        process: The process, as it was assigned.
        now: Seconds since the epoch.
    """
    found = None if process.processgraphid else re.fullmatch(_DELAY, process.spec.nodename, re.DOTALL)
    if found is None:
        return 0.0
    if found["at"] is not None:
        try:
            due = datetime.fromisoformat(found["at"]).timestamp() - now
        except ValueError:
            return 0.0
    else:  # by the server's clock alone
        due = float(found["seconds"]) - (process.starttime - process.submissiontime).total_seconds()
    return min(max(due, 0.0), LONGEST_DELAY)


def due_time(eta: datetime | None, countdown: float | None) -> datetime:
    """Return when a scheduled call is due, in whole seconds of UTC, rounded up.

    Raises:
        TypeError: Both or neither are given, or one has the wrong type.
        ValueError: It is too soon, too far ahead, or has no time zone.
    """
    if eta is None and countdown is None:
        raise TypeError("schedule needs either eta or countdown")
    seconds = _seconds(eta, countdown)
    if not SOONEST <= seconds <= FURTHEST:
        raise ValueError(
            f"a call can be scheduled from {SOONEST:g} s to {FURTHEST / 86_400:g} days ahead, got "
            f"{seconds:.0f} s; for a sooner start use submit(..., countdown=)"
        )
    due = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return due.replace(microsecond=0) + timedelta(seconds=1 if due.microsecond else 0)


def once_expression(due: datetime) -> str:
    """Return the cron expression of a time in UTC. It comes true once a year."""
    return f"CRON_TZ=UTC {due.second} {due.minute} {due.hour} {due.day} {due.month} *"


def was_missed(nextrun: str, due: datetime) -> bool:
    """Whether a server plans a one-shot cron for the next year, as its time had passed when it first looked.

    Args:
        nextrun: The cron's next run, as the server says it; the year 1 before it has looked.
        due: When it was to run.
    """
    try:
        planned = datetime.fromisoformat(nextrun[:10])
    except ValueError:
        return False
    return planned.date() > due.date() + timedelta(days=2)


def once_of(process: Process) -> str:
    """Return the name of the one-shot cron that submitted a process; "" if none did."""
    label = process.spec.label
    return label.removeprefix(ONCE) if label.startswith(ONCE) else ""


def of_keys(processes: Sequence[Process]) -> Process | None:
    """Return the process that counts among those with one key: the first one submitted."""
    return min(processes, key=lambda process: process.submissiontime, default=None)
