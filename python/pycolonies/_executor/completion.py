"""Completes processes that were assigned before the server had stored all of them.

A real server stores a process first, and its ``env``, which are attributes, some moments later: an executor
that waits for work may get the process in between. The embedded server stores both at once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from pycolonies.errors import ColoniesError

if TYPE_CHECKING:
    from pycolonies._models import Process

log = logging.getLogger("pycolonies.executor")

#: Type of the attributes that are a process's ``env``.
ENV = 3
#: A process that waited in the queue for longer than this was stored completely.
YOUNG = timedelta(seconds=1)
#: Seconds to wait for parts that are known to be missing, and for parts that may be missing.
CERTAIN, PERHAPS = 2.0, 0.2
#: Seconds between the first two polls; the pause doubles.
FIRST = 0.02
#: After this many waits in vain, one poll must do: the server stores everything at once.
FRUITLESS = 3


def incomplete(process: Process) -> bool:
    """Whether parts of a process are certainly missing: its ``env`` and its attributes differ."""
    attributes = {attribute.key for attribute in process.attributes or () if attribute.attributetype == ENV}
    return attributes != set(process.spec.env)


def perhaps_incomplete(process: Process) -> bool:
    """Whether parts of a process may be missing: it was assigned at once, and has no ``env``."""
    young = process.starttime - process.submissiontime < YOUNG
    return young and not process.spec.env and not process.attributes


class Completion:
    """Fetches processes again until they are complete.

    Args:
        get: Returns a process as the server has it now.
    """

    def __init__(self, get: Callable[[str], Process]) -> None:
        self._get = get
        self._fruitless = 0

    def __call__(self, process: Process, since: float, *, seconds: float = PERHAPS) -> Process:
        """Return a process with its ``env`` and attributes, if they come in time.

        Args:
            process: The process, as it was assigned.
            since: When it was assigned, on the monotonic clock.
            seconds: How long to wait after that if they may be missing.
        """
        certain = incomplete(process)
        if not certain and not perhaps_incomplete(process):
            return process
        until = since + (CERTAIN if certain else seconds if self._fruitless < FRUITLESS else 0)
        pause, found = FIRST, process
        while True:
            found = self._look(found)
            if (found.spec.env or found.attributes) and not incomplete(found):
                self._fruitless = 0
                return _with(process, found)
            if time.monotonic() + pause > until:
                self._fruitless += not certain and seconds > 0
                return process
            time.sleep(pause)
            pause *= 2

    def _look(self, process: Process) -> Process:
        try:
            return self._get(process.processid)
        except ColoniesError as fault:
            log.debug("cannot complete process %s: %s", process.processid, fault)
            return process


def _with(process: Process, found: Process) -> Process:
    """Return the process as it was assigned, with the parts that were stored later."""
    spec = process.spec.model_copy(update={"env": found.spec.env})
    return process.model_copy(update={"spec": spec, "attributes": found.attributes})
