"""Events of an executor, and their observers: statistics, metrics, traces, displays."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from pycolonies._home import publish

if TYPE_CHECKING:
    from pycolonies._models import Process


class Outcome(Enum):
    """What became of a process that was assigned to an executor."""

    #: The function returned.
    SUCCESSFUL = "successful"
    #: It raised, its arguments did not fit, or what it returned is not JSON.
    FAILED = "failed"
    #: The process was cancelled, alone or with its process graph; its result is dropped.
    CANCELLED = "cancelled"
    #: The function exceeded its ``maxexectime``; its result is dropped.
    LATE = "late"
    #: The server has requeued or removed the process, for example after missing heartbeats; its result is
    #: dropped.
    LOST = "lost"
    #: The executor stopped before the function was done: the process goes back to the queue.
    HANDED_BACK = "handed back"


@dataclass(frozen=True)
class ExecutorInfo:
    """The identity and settings of an executor, for observers."""

    colonyname: str
    executorname: str
    executorid: str
    executortype: str
    #: Names of the functions that it offers.
    functions: tuple[str, ...]
    #: How many processes it runs at the same time.
    concurrency: int
    #: Host and port of the server.
    server: str = ""


def attempt_key(process: Process) -> tuple[str, int]:
    """Return a key that distinguishes attempts at processes, for observers that keep state for each.

    An executor can hold two attempts at one process: the earlier one while its report is under way, and a
    later one that the server has assigned meanwhile.
    """
    return process.processid, process.retries


class Observer:
    """Receives the events of an executor. Subclasses override the methods they need.

    The events of a process are ``assigned``, ``began``, ``ended``, ``reported``, in this order; the last two
    have the same outcome unless the server refused the report. ``began`` and ``ended`` are omitted for a
    process that is refused before its function runs, or requeued while it waits for its turn.

    The methods are called on the executor's threads, several at the same time, and on the event loop of its
    coroutine functions: they must be quick, and
    they must not call the executor. What they raise is logged and changes nothing.
    """

    #: Whether it reads the ``env`` of a process in `began`: the executor then makes sure that it is complete.
    reads_env: bool = False

    def started(self, about: ExecutorInfo) -> None:
        """The executor is registered, and asks for processes from now on."""

    def assigned(self, process: Process) -> None:
        """The server has assigned a process to the executor."""

    def began(self, process: Process) -> None:
        """The function of a process begins to run."""

    def progressed(self, process: Process, fraction: float, message: str) -> None:
        """A function reports its progress, between 0 and 1, with a message."""

    def logged(self, process: Process, message: str) -> None:
        """A function adds a line to the log of its process."""

    def failed(self, process: Process, error: BaseException) -> None:
        """A process fails: its function raised, its result cannot be stored, or it never ran.

        ``ended`` follows if the function ran, ``reported`` always. An exception that was not raised, such as
        the `UnknownFunctionError` of a function that the executor lacks, has no traceback.
        """

    def ended(self, process: Process, outcome: Outcome, seconds: float) -> None:
        """A function has ended after so many seconds, or its result is no longer wanted."""

    def retrying(self, process: Process, error: BaseException, failure: int, seconds: float) -> None:
        """A function has raised, and runs again in so many seconds. `failure` counts from 1.

        ``began`` follows when it runs again, ``ended`` when the process is dropped meanwhile.
        """

    def limited(self, process: Process, limits: str) -> None:
        """A process waits without a slot, because limits of its function are reached. ``began`` follows.

        `limits` names them, as ``"max_concurrent=2, rate=10/1s"``, or says why else it waits: it was
        submitted to start later, or another process has its idempotency key.
        """

    def reported(self, process: Process, outcome: Outcome, seconds: float) -> None:
        """The executor is done with a process.

        Reporting took this many seconds; 0 if nothing was reported.
        """

    def disconnected(self, error: Exception) -> None:
        """The server cannot be reached; the executor tries again by itself."""

    def still_disconnected(self, error: Exception, seconds: float, attempts: int) -> None:
        """The server has been unreachable for so many seconds and attempts: after 10, 20, 40 s and so on."""

    def awaiting_approval(self, about: ExecutorInfo, seconds: float) -> None:
        """The executor may not work until the colony's owner approves it; it has waited for so many seconds.

        Called when it begins to wait, and again after 10, 20, 40 s and so on.
        """

    def warned(self, message: str) -> None:
        """Something about the executor or its processes is probably wrong. Each warning is given once."""

    def reconnected(self) -> None:
        """The server answers again."""

    def stopping(self, running: int, grace: float) -> None:
        """The executor is stopping, and requests no more processes.

        So many functions still run; they have so many seconds to finish.
        """

    def stopped(self) -> None:
        """The executor has stopped."""


publish(__name__)
