"""How workflows are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pycolonies._units import duration
from pycolonies.cli._process_views import arguments, processing_time
from pycolonies.cli._views import (
    STATES,
    Cell,
    Column,
    Lines,
    Styled,
    View,
    age_of,
    fields,
    identity,
    listing,
    state,
    table,
    time_of,
)

if TYPE_CHECKING:
    from pycolonies import Process, ProcessGraph

_STATE_IN_TREE = re.compile(r"^(.*) \[(\w+)\](.*)$")
_STYLES = {known.text.lower(): known.style for known in STATES}
_LIST = [
    Column("WORKFLOWID", identity("processgraphid")),
    Column("STATE", lambda graph: state(graph.state)),
    Column("AGE", age_of("submissiontime"), rank=1),
    Column("NODES", lambda graph: len(graph.processids), rank=2),
    Column("SUBMISSION TIME", time_of("submissiontime"), rank=5),
    Column("START TIME", time_of("starttime"), rank=7),
    Column("END TIME", time_of("endtime"), rank=6),
    Column("INITIATOR", "initiatorname", rank=3, cut=12),
]
_WORKFLOW = [
    Column("WorkflowID", identity("processgraphid")),
    Column("InitiatorID", identity("initiatorid")),
    Column("InitiatorName", "initiatorname"),
    Column("State", lambda graph: state(graph.state)),
    Column("SubmissionTime", time_of("submissiontime")),
    Column("StartTime", time_of("starttime")),
    Column("EndTime", time_of("endtime")),
]
_PROCESSES = [
    Column("NODE", lambda process: process.spec.nodename, cut=10),
    Column("ID", identity("processid"), rank=2),
    Column("FUNC", lambda process: Styled(process.spec.funcname, "magenta"), cut=8),
    Column("ARGS", lambda process: arguments(process.spec), rank=3, cut=8),
    Column("STATE", lambda process: state(process.state)),
    Column("RUNNING FOR", lambda process: duration(processing_time(process)), rank=1),
    Column(
        "EXECUTOR TYPE",
        lambda process: Styled(process.spec.conditions.executortype, "yellow"),
        rank=5,
        cut=13,
    ),
    Column("DEPENDENCIES", lambda process: " ".join(process.spec.conditions.dependencies), rank=4, cut=12),
]


def graph_list(found: Sequence[ProcessGraph], *, empty: str) -> View:
    """Return a list of process graphs.

    Args:
        found: The process graphs.
        empty: The message if there are none.
    """
    return listing(found, _LIST, empty=empty)


def graph_view(graph: ProcessGraph, processes: Sequence[Process]) -> View:
    """Return all about a process graph.

    Args:
        graph: The process graph.
        processes: Its processes.
    """
    return View(
        graph,
        fields(graph, _WORKFLOW, "Workflow"),
        Lines(tree_lines(graph), "Nodes", cropped=True),
        *([table(processes, _PROCESSES, "Processes")] if processes else []),
    )


def tree_lines(graph: ProcessGraph) -> list[list[Cell]]:
    """Return a process graph as a tree, with the states of its nodes in colours."""
    lines: list[list[Cell]] = []
    for line in graph.tree().splitlines():
        found = _STATE_IN_TREE.match(line)
        if found is None:
            lines.append([line])
            continue
        head, name, tail = found.groups()
        shown: list[Cell] = [head, Styled(f"[{name}]", _STYLES.get(name.lower(), ""))]
        lines.append([*shown, tail.strip()] if tail.strip() else shown)
    return lines
