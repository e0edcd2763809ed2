"""How workflows are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pycolonies.cli._process_views import arguments, processing_time
from pycolonies.cli._times import duration, moment
from pycolonies.cli._views import STATES, Cell, Fields, Lines, Styled, Table, View, state

if TYPE_CHECKING:
    from pycolonies import Process, ProcessGraph

_STATE_IN_TREE = re.compile(r"^(.*) \[(\w+)\](.*)$")
_STYLES = {known.text.lower(): known.style for known in STATES}


def graph_list(found: Sequence[ProcessGraph], *, empty: str) -> View:
    """Return a list of process graphs.

    Args:
        found: The process graphs.
        empty: What is said where there are none.
    """
    rows = [
        (
            graph.processgraphid,
            state(graph.state),
            moment(graph.submissiontime),
            moment(graph.starttime),
            moment(graph.endtime),
            graph.initiatorname,
        )
        for graph in found
    ]
    columns = ("WORKFLOWID", "STATE", "SUBMISSION TIME", "START TIME", "END TIME", "INITIATOR")
    return View(found, *([Table(columns, rows)] if rows else []), empty=empty)


def graph_view(graph: ProcessGraph, processes: Sequence[Process]) -> View:
    """Return all that there is to say about a process graph.

    Args:
        graph: The process graph.
        processes: Its processes.
    """
    fields: list[tuple[str, Cell]] = [
        ("WorkflowID", graph.processgraphid),
        ("InitiatorID", graph.initiatorid),
        ("InitiatorName", graph.initiatorname),
        ("State", state(graph.state)),
        ("SubmissionTime", moment(graph.submissiontime)),
        ("StartTime", moment(graph.starttime)),
        ("EndTime", moment(graph.endtime)),
    ]
    rows = [
        (
            process.spec.nodename,
            process.processid,
            Styled(process.spec.funcname, "magenta"),
            arguments(process.spec),
            state(process.state),
            duration(processing_time(process)),
            Styled(process.spec.conditions.executortype, "yellow"),
            " ".join(process.spec.conditions.dependencies),
        )
        for process in processes
    ]
    columns = ("NODE", "ID", "FUNC", "ARGS", "STATE", "RUNNING FOR", "EXECUTOR TYPE", "DEPENDENCIES")
    return View(
        graph,
        Fields(fields, "Workflow"),
        Lines(tree_lines(graph), "Nodes"),
        *([Table(columns, rows, "Processes")] if rows else []),
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
