"""Steps of the executor's calls, carried out by threads and by event loops.

A generator yields the next step and receives its result. So a rule is written once, and a thread and
an event loop follow the same one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from enum import Enum
from typing import Any, NamedTuple, TypeAlias, TypeVar

_Result = TypeVar("_Result")


class Call(NamedTuple):
    """Send a message, JSON text. Its result is the payload of the reply."""

    msgtype: str
    message: bytes
    #: Seconds that it may take; None for those of the client.
    timeout: float | None = None
    #: Whether it asks for work, so that it ends when the executor stops.
    polls: bool = False


class Pause(NamedTuple):
    """Wait before another attempt, or until the server returns. Its result is whether the link is closed."""

    seconds: float
    #: Whether it is for a request for work, so that it ends when the executor stops.
    polls: bool = False


class Rejoin(Enum):
    """Register the executor again: the server does not know it."""

    REJOIN = "rejoin"


REJOIN = Rejoin.REJOIN
Step: TypeAlias = Call | Pause | Rejoin
Steps: TypeAlias = Generator[Step, Any, _Result]


def carry_out(steps: Steps[_Result], perform: Callable[[Step], Any]) -> _Result:
    """Carry out steps in a thread, and return their result."""
    try:
        step = next(steps)
        while True:
            try:
                value = perform(step)
            except BaseException as fault:  # noqa: BLE001, PERF203 (the steps decide)
                step = steps.throw(fault)
            else:
                step = steps.send(value)
    except StopIteration as end:
        result: _Result = end.value
        return result


async def carry_out_on_loop(steps: Steps[_Result], perform: Callable[[Step], Awaitable[Any]]) -> _Result:
    """Carry out steps in an event loop, as `carry_out` does in a thread."""
    try:
        step = next(steps)
        while True:
            try:
                value = await perform(step)
            except BaseException as fault:  # noqa: BLE001, PERF203 (the steps decide)
                step = steps.throw(fault)
            else:
                step = steps.send(value)
    except StopIteration as end:
        result: _Result = end.value
        return result
