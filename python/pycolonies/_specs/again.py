"""Function specs and workflows of processes that are resubmitted: pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from types import NoneType
from typing import Any, NamedTuple

from pycolonies import _checks as checks
from pycolonies._models import FuncSpec, Process, ProcessState
from pycolonies._rpc.values import plain
from pycolonies._shown import shown
from pycolonies._specs.workflow import Workflow

#: Variable that names the process of which another one is a copy.
RESUBMITTED = "PYCOLONIES_RESUBMITTED"
#: Start of the label of processes with an idempotency key; the key follows.
KEY = "key:"
#: How far back all processes lie, in seconds: ten years.
EVER = 315_360_000


class Changes(NamedTuple):
    """Changed arguments of a resubmitted process, as they are sent; None for the same arguments."""

    args: list[Any] | None = None
    kwargs: dict[str, Any] | None = None


def changes_of(args: Sequence[Any] | None, kwargs: Mapping[str, Any] | None) -> Changes:
    """Validate and encode changed arguments, before the process is read.

    Args:
        args: Other positional arguments; None for the same.
        kwargs: Other keyword arguments; None for the same.

    Raises:
        TypeError: `args` is not a list, or `kwargs` is not a dictionary.
        SerializationError: An argument has no exact JSON form.
    """
    if args is not None:
        checks.several("args", args, "a list of arguments", object, "a value")
    checks.kind("kwargs", kwargs, (Mapping, NoneType), "a dictionary of arguments")
    return Changes(
        None if args is None else plain(list(args), "args"),
        None if kwargs is None else plain(dict(kwargs), "kwargs"),
    )


#: The same arguments.
_NO_CHANGES = Changes()


def spec_again(process: Process, changes: Changes = _NO_CHANGES) -> FuncSpec:
    """Return the function spec that resubmits a process.

    Args:
        process: The process. The input of a node becomes its arguments.
        changes: Changed arguments.
    """
    spec = process.spec.model_copy(deep=True)
    spec.args = (process.input or spec.args) if changes.args is None else changes.args
    spec.kwargs = spec.kwargs if changes.kwargs is None else changes.kwargs
    spec.env = {**spec.env, RESUBMITTED: process.processid}
    spec.conditions.dependencies = []
    if spec.label.startswith(KEY):  # it would find the process itself
        spec.label = ""
    return spec


def workflow_again(processes: Sequence[Process], *, only_failed: bool) -> Workflow:
    """Return a workflow that runs the nodes of a process graph again.

    Args:
        processes: The processes of the graph.
        only_failed: Leave out nodes that were successful, and pass their output to the others.

    Raises:
        ValueError: Nothing is left to do.
    """
    known = {process.processid: process for process in processes}
    chosen = {id_ for id_, process in known.items() if not (only_failed and _succeeded(process))}
    if not chosen:
        raise ValueError(
            "all nodes of the workflow were successful; only_failed=False does all of them again"
        )
    parents = {id_: [one for one in process.parents if one in known] for id_, process in known.items()}
    _add_mixed_parents(chosen, parents)
    names = _names([process for process in processes if process.processid in chosen])
    specs = [
        _node(known[id_], [known[parent] for parent in parents[id_]], names) for id_ in known if id_ in chosen
    ]
    return Workflow(colonyname=processes[0].spec.conditions.colonyname, functionspecs=specs)


def _succeeded(process: Process) -> bool:
    """Whether a node was successful. Servers show those as failed, too, when a later node has failed."""
    if process.state == ProcessState.SUCCESSFUL:
        return True
    return process.state == ProcessState.FAILED and bool(process.output) and not process.errors


def _add_mixed_parents(chosen: set[str], parents: Mapping[str, Sequence[str]]) -> None:
    """Add successful parents of nodes that wait for others, too: input comes from parents or args."""
    grows = True
    while grows:
        mixed = [waits_for for id_ in chosen if _is_mixed(waits_for := parents[id_], chosen)]
        grows = bool(mixed)
        chosen.update(parent for waits_for in mixed for parent in waits_for)


def _is_mixed(ids: Sequence[str], chosen: set[str]) -> bool:
    return 0 < sum(id_ in chosen for id_ in ids) < len(ids)


def _names(processes: Sequence[Process]) -> dict[str, str]:
    """Return a name for each node, with a number where it is taken."""
    names: dict[str, str] = {}
    for process in processes:
        name = free = process.spec.nodename or process.spec.funcname
        number = 1
        while free in names.values():
            number += 1
            free = f"{name}-{number}"
        names[process.processid] = free
    return names


def _node(process: Process, parents: Sequence[Process], names: Mapping[str, str]) -> FuncSpec:
    waits_for = [names[parent.processid] for parent in parents if parent.processid in names]
    given: list[Any] | None = None
    if parents and not waits_for:
        given = process.input or [value for parent in parents for value in parent.output or []]
    elif waits_for:
        given = []
    spec = spec_again(process, Changes(args=given))
    spec.nodename = names[process.processid]
    spec.conditions.dependencies = waits_for
    return spec


def seconds_since(since: datetime | timedelta | float | None) -> int:
    """Return how many seconds ago a time was, rounded up; `EVER` for None.

    Raises:
        TypeError: It is not a time.
        ValueError: It is in the future.
    """
    if since is None:
        return EVER
    if isinstance(since, datetime):
        if since.tzinfo is None:
            since = since.astimezone()
        ago = (datetime.now(timezone.utc) - since).total_seconds()
    elif isinstance(since, timedelta):
        ago = since.total_seconds()
    elif isinstance(since, int | float) and not isinstance(since, bool):
        ago = float(since)
    else:
        raise TypeError(f"since must be a datetime, a timedelta or seconds, got {shown(since)}")
    if not 0 <= ago < float("inf"):
        raise ValueError(f"since must not lie in the future, got {shown(since)}")
    return min(int(ago) + 1, EVER)
