"""Completes processes that were assigned before the server had stored all of them.

A real server stores a process first, and its ``env``, which are attributes, some moments later: an executor
that waits for work may get the process in between. The embedded server does so in its realistic mode only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import TYPE_CHECKING

from pycolonies._models import Process
from pycolonies._rpc import green
from pycolonies.errors import ColoniesError

if TYPE_CHECKING:
    from pycolonies._rpc.endpoint import Endpoint

#: Type of the attributes that are a process's ``env``.
ENV = 3
#: A process that waited in the queue for longer than this was stored completely.
YOUNG = timedelta(seconds=1)
#: Seconds to wait for parts that are known to be missing, for parts that may be missing, and for those of a
#: function that has had none so far.
CERTAIN, PERHAPS, UNLIKELY = 2.0, 0.2, 0.1
#: Seconds between the first two polls; the pause doubles.
FIRST = 0.02
#: After this many waits in vain for a function, one poll must do.
FRUITLESS = 3
#: How many functions are remembered.
REMEMBERED = 1000

#: Yields the pause before each request for the process, is sent what that brings (the process that is known
#: if it fails), and returns the process: completed, or as it was assigned.
Looks = Generator[float, Process, Process]


def incomplete(process: Process) -> bool:
    """Whether parts of a process are certainly missing: its ``env`` and its attributes differ."""
    attributes = {attribute.key for attribute in process.attributes or () if attribute.attributetype == ENV}
    return attributes != set(process.spec.env)


def perhaps_incomplete(process: Process) -> bool:
    """Whether parts of a process may be missing: it was assigned at once, and has no ``env``."""
    young = process.starttime - process.submissiontime < YOUNG
    return young and not process.spec.env and not process.attributes


def looks(process: Process, until: float) -> Looks:
    """Look at a process until its parts are there.

    Args:
        process: The process, as it was assigned.
        until: When to give up, on the monotonic clock, unless parts are seen to be missing. There is one
            look at least.
    """
    pause, best, certain = 0.0, process, False
    while True:
        found = yield pause
        if found.spec.env or found.attributes:
            best = _with(process, found)
        if is_completion(found):
            return best
        if incomplete(found) and not certain:
            until, certain = max(until, time.monotonic() + CERTAIN), True
        pause = min(2 * pause, 1.0) or FIRST
        if time.monotonic() + pause > until:
            return best


def is_completion(found: Process) -> bool:
    """Whether a process has parts, and all of them."""
    return bool(found.spec.env or found.attributes) and not incomplete(found)


def carry_out(steps: Looks, process: Process, get: Callable[[str], Process]) -> Process:
    """Carry looks out in this thread, and return the process.

    Args:
        steps: The looks.
        process: The process, as it was assigned.
        get: Returns a process as the server has it now.
    """
    try:
        pause = next(steps)
        while True:
            if pause:
                green.pause(pause)
            pause = steps.send(_look(process, get))
    except StopIteration as done:
        completed: Process = done.value
        return completed


def fetch(endpoint: Endpoint, processid: str) -> Process:
    """Return an assigned process as the server has it now."""
    return endpoint.call_within(CERTAIN, "getprocessmsg", processid=processid).to(Process)


def _look(process: Process, get: Callable[[str], Process]) -> Process:
    try:
        return get(process.processid)
    except ColoniesError as fault:
        from pycolonies._loggers import logger  # most programs need no logging

        logger("pycolonies").debug("cannot complete process %s: %s", process.processid, fault)
        return process


class FunctionsWithEnv:
    """Remembers which functions get an ``env``."""

    def __init__(self) -> None:
        #: How many processes of a function were looked at in vain; -1 if some have an ``env``.
        self._vain: dict[str, int] = {}

    def is_likely(self, process: Process) -> bool:
        """Whether some processes of the function have an ``env``."""
        return self._vain.get(process.spec.funcname, 0) < 0

    def is_unlikely(self, process: Process) -> bool:
        """Whether the function's processes have repeatedly had none."""
        return self._vain.get(process.spec.funcname, 0) >= FRUITLESS

    def note(self, process: Process) -> None:
        """Note what a process turned out to have."""
        name = process.spec.funcname
        if len(self._vain) >= REMEMBERED:
            self._vain.clear()
        if process.spec.env:
            self._vain[name] = -1
        elif (vain := self._vain.get(name, 0)) >= 0:
            self._vain[name] = vain + 1


class Completion:
    """Fetches processes again until they are complete, for a program that needs the parts.

    Args:
        get: Returns a process as the server has it now.
    """

    def __init__(self, get: Callable[[str], Process]) -> None:
        self._get = get
        self._functions = FunctionsWithEnv()

    def __call__(self, process: Process, since: float, *, seconds: float = PERHAPS) -> Process:
        """Return a process with its ``env`` and attributes, if they come in time.

        Args:
            process: The process, as it was assigned.
            since: When it was assigned, on the monotonic clock.
            seconds: How long to wait after that if they may be missing.
        """
        if process.spec.env:
            self._functions.note(process)
        certain = incomplete(process)
        if not certain and not perhaps_incomplete(process):
            return process
        wait = CERTAIN if certain else 0 if self._functions.is_unlikely(process) else seconds
        completed = carry_out(looks(process, since + wait), process, self._get)
        if completed.spec.env or (seconds > 0 and not certain):
            self._functions.note(completed)
        return completed


class Assignments:
    """Chooses the looks for a program that may read any part of the processes that it is assigned.

    One that may be incomplete costs further calls only where its function has had an ``env``, or is new.
    """

    def __init__(self) -> None:
        self._functions = FunctionsWithEnv()

    def looks(self, process: Process) -> Looks | None:
        """Return the looks that an assigned process needs; None if it is complete."""
        now = time.monotonic()
        if process.spec.env:
            self._functions.note(process)
        if incomplete(process):
            return looks(process, now + CERTAIN)
        if not perhaps_incomplete(process) or self._functions.is_unlikely(process):
            return None
        return self._noted(
            looks(process, now + (PERHAPS if self._functions.is_likely(process) else UNLIKELY))
        )

    def _noted(self, steps: Looks) -> Looks:
        completed = yield from steps
        self._functions.note(completed)
        return completed


def _with(process: Process, found: Process) -> Process:
    """Return the process as it was assigned, with the parts that were stored later."""
    spec = process.spec.model_copy(update={"env": found.spec.env})
    return process.model_copy(update={"spec": spec, "attributes": found.attributes})
