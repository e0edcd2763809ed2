"""The subjects of waits, and whether they have ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pycolonies._models import Process, ProcessGraph
from pycolonies._shown import shown

#: States that a process does not leave: successful, failed, cancelled.
ENDED = (2, 3, 4)
SUCCESSFUL, FAILED = 2, 3
#: Seconds within which a server stores the errors of a process that it shows as failed.
ERRORS_WITHIN = 0.5

#: Seconds within which a server stores the end of a graph whose nodes have ended.
GRAPH_WITHIN = 30.0

Seen = TypeVar("Seen", Process, ProcessGraph)


def id_of(process: Process) -> str:
    """Return the id of a process.

    Raises:
        TypeError: It is not a process.
    """
    try:
        return str(process["processid"])
    except (TypeError, IndexError):
        raise TypeError(
            f"process must be a process, as submit_func_spec returns it, got {shown(process)}"
        ) from None


@dataclass(frozen=True)
class Subject(Generic[Seen]):
    """A process or a process graph that a program waits for.

    Attributes:
        what: Its kind, for exceptions.
        name: Its id.
        msgtype: Type of the message that fetches it.
        fields: Content of that message.
        model: The class that it is read as.
        is_over: Returns whether it has ended.
        version: Returns an object that differs after a change that is to be yielded.
    """

    what: str
    name: str
    msgtype: str
    fields: Mapping[str, Any]
    model: type[Seen]
    is_over: Callable[[Seen], bool]
    version: Callable[[Seen], object]


class Ending:
    """Whether a process has ended with all that belongs to it. One object for each process.

    A server stores the state of a failed process first and its errors a moment later. A process that failed
    together with its workflow gets neither errors nor an end time.
    """

    def __init__(self) -> None:
        self._failed_at: float | None = None

    def reached(self, process: Process) -> bool:
        """Return whether nothing about a process changes after this."""
        if process.state != FAILED or process.errors or process.endtime.year <= 1:
            return process.state in ENDED
        now = time.monotonic()
        if self._failed_at is None:
            self._failed_at = now
        return now - self._failed_at >= ERRORS_WITHIN


def end_of(graph: ProcessGraph) -> int:
    """Return the state of a process graph, or the one in which it ends according to its nodes.

    A graph fails with the first node that fails, and is successful once all nodes are.
    """
    states = {box.state for box in graph.picture().boxes}
    if graph.state in ENDED or not states:
        return graph.state
    if FAILED in states:
        return FAILED
    return SUCCESSFUL if states == {SUCCESSFUL} else graph.state


class GraphEnding:
    """Whether a process graph has ended. One object for each graph.

    A server stores the end of a node first and that of the graph up to 150 ms later. One that is killed in
    between never stores the latter, so a graph has also ended some time after its nodes have.
    """

    def __init__(self) -> None:
        self._nodes_ended_at: float | None = None

    def reached(self, graph: ProcessGraph) -> bool:
        """Return whether a graph has ended, now that the server shows it so."""
        if graph.state in ENDED:
            return True
        if end_of(graph) not in ENDED:
            self._nodes_ended_at = None
            return False
        now = time.monotonic()
        if self._nodes_ended_at is None:
            self._nodes_ended_at = now
        return now - self._nodes_ended_at >= GRAPH_WITHIN
