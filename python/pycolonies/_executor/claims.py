"""Decides which of several processes with the same idempotency key runs."""

from __future__ import annotations

import hashlib
import logging
from enum import Enum
from typing import TYPE_CHECKING

from pycolonies._models import Process, ProcessState
from pycolonies._specs.submission import key_of
from pycolonies.errors import ColoniesError, NotFoundError, ServerError

if TYPE_CHECKING:
    from pycolonies._client import Colonies

log = logging.getLogger("pycolonies.executor")

#: Start of the label of a snapshot that stands for a claim; the id of the process follows.
CLAIM = "/pycolonies/key/"
#: Attribute of a process that did not run because another one with its key did.
SAME_AS = "pycolonies.same_as"
#: How often a claim is tried before it waits: other executors may take and release it meanwhile.
ATTEMPTS = 5
#: Seconds between two attempts: the first pause, and the longest.
FIRST, LONGEST = 0.2, 5.0


class Verdict(Enum):
    """What to do with a process that has a key."""

    #: It has the claim, or none is needed.
    RUN = "run"
    #: Another process has the claim and has not ended, or the server did not answer.
    WAIT = "wait"


def claim_name(colonyname: str, key: str) -> str:
    """Return the name of the snapshot that stands for the claim of a key. Names are unique on a server."""
    return f"key-{hashlib.sha256(f'{colonyname}/{key}'.encode()).hexdigest()}"


def pause(waits: int) -> float:
    """Return the seconds until a process that has waited this often retries its claim."""
    return min(FIRST * 2.0 ** min(waits, 10), LONGEST)


class Claims:
    """Takes claims: names that one process of a colony can have.

    A snapshot's name is unique, which the server's database enforces, so it decides between any number of
    executors. Its label holds the process. A claim belongs to a process, not to a run of it, so an executor
    that dies leaves no claim behind that blocks others.

    Args:
        client: A client that signs with the executor's key and calls its colony.
    """

    def __init__(self, client: Colonies) -> None:
        self._client = client

    def decide(self, process: Process) -> Verdict | Process:
        """Take the claim of a process, and return what to do with it.

        Returns:
            What to do, or the successful process with the same key, whose output is that of this one.
        """
        key = key_of(process)
        if not key:
            return Verdict.RUN
        try:
            return self._decide(process, claim_name(process.spec.conditions.colonyname, key))
        except ColoniesError as fault:
            log.debug("the claim of process %s is not known: %s", process.processid, fault)
            return Verdict.WAIT

    def _decide(self, process: Process, name: str) -> Verdict | Process:
        client = self._client
        for _ in range(ATTEMPTS):
            try:
                client.create_snapshot(label=CLAIM + process.processid, name=name)
            except ServerError as taken:
                log.debug("the name %s cannot be taken: %s", name, taken)
            else:
                return Verdict.RUN
            found = client.get_snapshot_by_name(name=name)
            holder = found["label"].removeprefix(CLAIM)
            if holder == process.processid:
                return Verdict.RUN
            other = self._process(holder)
            if other is not None and other.state == ProcessState.SUCCESSFUL:
                return other
            if other is not None and other.state in (ProcessState.WAITING, ProcessState.RUNNING):
                return Verdict.WAIT
            # By its id, so that a claim that another executor takes meanwhile stays.
            client.remove_snapshot_by_id(snapshotid=found["snapshotid"])
        return Verdict.WAIT

    def _process(self, processid: str) -> Process | None:
        try:
            return self._client.get_process(processid)
        except NotFoundError:
            return None
