"""Checks the nodes of a workflow before it is submitted, and prepares them for drawing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pycolonies._checks import hint
from pycolonies._models import FuncSpec, ProcessEdge, ProcessGraph, ProcessNode
from pycolonies._render import COLOURS, Box, Picture
from pycolonies.errors import InvalidWorkflowError

#: Names that a message lists at most.
_LISTED = 10


def check_nodes(specs: Sequence[FuncSpec]) -> None:
    """Check that each node has a unique name, and that none waits forever.

    Raises:
        InvalidWorkflowError: One has no name or that of another, depends on a node that is not there, or
            waits for itself.
    """
    names: dict[str, int] = {}
    for number, spec in enumerate(specs):
        name = spec.nodename
        if not name:
            raise InvalidWorkflowError(
                f"node {number + 1} of {len(specs)} ({spec.funcname!r}) must have a name; set nodename",
                ("",),
            )
        if name in names:
            raise InvalidWorkflowError(
                f"node names must be unique, got {name!r} for nodes {names[name] + 1} and {number + 1} of "
                f"{len(specs)}",
                (name,),
            )
        names[name] = number
    from graphlib import CycleError, TopologicalSorter

    waits_for = {spec.nodename: spec.conditions.dependencies for spec in specs}
    _refuse_strangers(waits_for)
    try:
        TopologicalSorter(waits_for).prepare()
    except CycleError as circle:
        nodes = tuple(circle.args[1])
        way = " -> ".join(map(repr, nodes))
        raise InvalidWorkflowError(
            f"nodes must not wait for each other, got {way}; remove one of the dependencies",
            nodes[:-1],
        ) from None


def _refuse_strangers(waits_for: Mapping[str, Sequence[str]]) -> None:
    for name, dependencies in waits_for.items():
        for dependency in dependencies:
            if dependency in waits_for:
                continue
            raise InvalidWorkflowError(
                f"node {name!r} depends on {dependency!r}, which is not a node of this workflow; "
                f"{hint(dependency, waits_for, listed(waits_for))}",
                (name, dependency),
            )


def listed(names: Iterable[str]) -> str:
    """Return names for a message, shortened to `MOST`."""
    found = list(names)
    return ", ".join(map(repr, found[:_LISTED])) + (", ..." if len(found) > _LISTED else "")


def picture(specs: Sequence[FuncSpec]) -> Picture:
    """Return nodes for drawing, by name, with arrows from the nodes that they wait for."""
    return Picture(
        [Box(spec.nodename, spec.nodename) for spec in specs],
        [(dependency, spec.nodename) for spec in specs for dependency in spec.conditions.dependencies],
    )


def with_nodes(graph: ProcessGraph, specs: Sequence[FuncSpec]) -> ProcessGraph:
    """Return a process graph that was just submitted with its nodes, which servers leave out of the reply."""
    if graph.nodes or len(graph.processids) != len(specs):
        return graph
    ids = {spec.nodename: processid for spec, processid in zip(specs, graph.processids, strict=True)}
    parents = {dependency for spec in specs for dependency in spec.conditions.dependencies}
    for spec in specs:
        dependencies = dict.fromkeys(spec.conditions.dependencies)
        kind = "input" if not dependencies else "" if spec.nodename in parents else "output"
        graph.nodes.append(
            ProcessNode(
                id=ids[spec.nodename],
                data={"label": spec.nodename},
                type=kind,
                style={"color": "", "background": COLOURS[graph.state]},
            )
        )
        for dependency in dependencies:
            source, target = ids[dependency], ids[spec.nodename]
            graph.edges.append(ProcessEdge(id=f"{source}-{target}", source=source, target=target))
    return graph
