"""How processes are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pycolonies._units import duration
from pycolonies.cli import _times
from pycolonies.cli._views import (
    STATES,
    Column,
    Fields,
    Id,
    Lines,
    Styled,
    Table,
    View,
    age_of,
    counted,
    fields,
    identity,
    listing,
    named,
    state,
    table,
    time_of,
    words,
)

if TYPE_CHECKING:
    from pycolonies import FuncSpec, Process, Statistics

_ATTRIBUTE_TYPES = {0: "In", 1: "Out", 2: "Err", 3: "Env"}
_WAITING, _RUNNING = 0, 1


def process_list(found: Sequence[Process], number: int, *, empty: str, names: Mapping[str, str]) -> View:
    """Return a list of processes that are all in one state.

    Args:
        found: The processes.
        number: Their state.
        empty: The message if there are none.
        names: Names of executors by their ids.
    """
    return listing(found, [*_CALL, *_telling(number), *_executors(names), *_WIDE], empty=empty)


def overview(
    statistics: Statistics,
    running: Sequence[Process],
    waiting: Sequence[Process],
    *,
    names: Mapping[str, str],
) -> View:
    """Return the activity of a colony: counts, running processes, and waiting ones.

    Args:
        statistics: The colony's.
        running: Running processes.
        waiting: Waiting processes.
        names: Names of executors by their ids.
    """
    counts = [
        Styled(f"{statistics.get(f'{shown.text.lower()}processes', 0)} {shown.text.lower()}", shown.style)
        for shown in STATES
    ]
    executors = counted(statistics.get("activeexecutors", 0), "executor")
    shown = [*sorted(running, key=processing_time, reverse=True), *waiting]
    columns = [*_CALL, _STATE, _FOR, *_executors(names)]
    blocks: list[Table | Lines] = [Lines([[executors, *counts]])]
    if shown:
        blocks.append(table(shown, columns, key="processid"))
    return View({"statistics": statistics, "processes": [*running, *waiting]}, *blocks)


def arguments(spec: FuncSpec) -> str:
    """Return all arguments of a function spec, those with a name as ``name:value``."""
    return " ".join(filter(None, (words(spec.args), named(spec.kwargs))))


def process_view(process: Process) -> View:
    """Return all about a process."""
    attributes = process.attributes or []
    return View(
        process,
        fields(process, _PROCESS, "Process"),
        fields(process.spec, _SPEC, "FunctionSpec"),
        _conditions(process.spec),
        table(attributes, _ATTRIBUTE, "Attributes")
        if attributes
        else Lines([["No attributes found"]], "Attributes"),
    )


def waiting_time(process: Process) -> float:
    """Return for how many seconds a process waited, or has been waiting."""
    return _between(process.submissiontime, process.starttime if process.isassigned else process.endtime)


def processing_time(process: Process) -> float:
    """Return for how many seconds a process ran, or has been running; 0 if it never did."""
    return 0.0 if process.starttime.year == 1 else _between(process.starttime, process.endtime)


def in_state_for(process: Process) -> Styled:
    """Return how long a process has been waiting or running, or ran."""
    seconds = processing_time(process) if process.state else waiting_time(process)
    return Styled(duration(seconds), order=seconds)


def _between(begin: datetime, end: datetime) -> float:
    return max(((_times.now() if end.year == 1 else end) - begin).total_seconds(), 0.0)


def _executors(names: Mapping[str, str]) -> list[Column]:
    def executor(process: Process) -> str:
        """Return the executor that has a process, or those that may have it."""
        assigned = process.assignedexecutorid
        return names.get(assigned) or Id(assigned) or words(process.spec.conditions.executornames)

    return [
        Column("EXECUTOR", executor, rank=3, cut=12),
        Column(
            "EXECUTOR TYPE",
            lambda process: Styled(process.spec.conditions.executortype, "yellow"),
            rank=4,
            cut=13,
        ),
    ]


def _telling(number: int) -> list[Column]:
    """Return the times that say most about processes in a state."""
    if number == _WAITING:
        return [
            Column("WAITING", age_of("submissiontime"), rank=1),
            Column("SUBMISSION TIME", time_of("submissiontime"), rank=6),
        ]
    if number == _RUNNING:
        return [
            Column("RUNNING", age_of("starttime"), rank=1),
            Column("START TIME", time_of("starttime"), rank=6),
        ]
    return [
        Column("ENDED", age_of("endtime", ago=True), rank=1),
        Column("TOOK", in_state_for, rank=5),
        Column("END TIME", time_of("endtime"), rank=6),
    ]


_CALL = [
    Column("ID", identity("processid")),
    Column("FUNC", lambda process: Styled(process.spec.funcname, "magenta"), cut=8),
    Column("ARGS", lambda process: words(process.spec.args), rank=2, cut=10),
    Column("KWARGS", lambda process: named(process.spec.kwargs), rank=5, cut=8),
]
_STATE = Column("STATE", lambda process: state(process.state))
_FOR = Column("FOR", in_state_for)
_WIDE = [
    Column("INITIATOR", "initiatorname", rank=8, cut=9),
    Column("LABEL", lambda process: process.spec.label, rank=7, cut=5),
]
_PROCESS = [
    Column("ID", identity("processid")),
    Column("IsAssigned", "isassigned"),
    Column("AssignedExecutorID", lambda process: Id(process.assignedexecutorid) or "None"),
    Column("State", lambda process: state(process.state)),
    Column("Priority", lambda process: process.spec.priority),
    Column("SubmissionTime", time_of("submissiontime")),
    Column("StartTime", time_of("starttime")),
    Column("EndTime", time_of("endtime")),
    Column("WaitDeadline", time_of("waitdeadline")),
    Column("ExecDeadline", time_of("execdeadline")),
    Column("WaitingTime", lambda process: duration(waiting_time(process))),
    Column("ProcessingTime", lambda process: duration(processing_time(process))),
    Column("Retries", "retries"),
    Column("Errors", lambda process: Styled("; ".join(process.errors), "red")),
    Column("Output", lambda process: words(process.output)),
    Column("Input", lambda process: words(process.input), optional=True),
    Column("Initiator", "initiatorname", optional=True),
    Column("WorkflowID", identity("processgraphid"), optional=True),
]
_SPEC = [
    Column("Func", lambda spec: spec.funcname or "None"),
    Column("Args", lambda spec: words(spec.args) or "None"),
    Column("MaxWaitTime", "maxwaittime"),
    Column("MaxExecTime", "maxexectime"),
    Column("MaxRetries", "maxretries"),
    Column("Priority", "priority"),
    Column("KwArgs", lambda spec: named(spec.kwargs), optional=True),
    Column("Label", "label", optional=True),
    Column("NodeName", "nodename", optional=True),
    Column("Channels", lambda spec: words(spec.channels), optional=True),
]
_CONDITIONS = [
    Column("ColonyName", "colonyname"),
    Column("ExecutorNames", lambda wanted: words(wanted.executornames) or "None"),
    Column("ExecutorType", "executortype"),
    Column("Dependencies", lambda wanted: words(wanted.dependencies)),
    Column("Location", lambda wanted: str(wanted.get("locationname") or ""), optional=True),
    Column("Nodes", lambda wanted: wanted.nodes or "", optional=True),
    Column("Processes", lambda wanted: wanted.processes or "", optional=True),
    Column("ProcessesPerNode", lambda wanted: wanted.processespernode or "", optional=True),
    Column("CPU", lambda wanted: _quantity(wanted.cpu), optional=True),
    Column("Memory", lambda wanted: _quantity(wanted.mem), optional=True),
    Column("Storage", lambda wanted: _quantity(wanted.storage), optional=True),
    Column("Walltime", lambda wanted: wanted.walltime or "", optional=True),
    Column("GPUs", lambda wanted: _gpus(wanted.gpu), optional=True),
]
_ATTRIBUTE = [
    Column("ID", identity("attributeid"), rank=2),
    Column("KEY", "key", cut=12),
    Column("VALUE", "value", cut=20),
    Column("TYPE", lambda each: _ATTRIBUTE_TYPES.get(each.attributetype, str(each.attributetype)), rank=1),
]


def _conditions(spec: FuncSpec) -> Fields:
    return fields(spec.conditions, _CONDITIONS, "Conditions")


def _gpus(gpu: object) -> str:
    count = getattr(gpu, "count", 0)
    return f"{count} {getattr(gpu, 'name', '')} {getattr(gpu, 'mem', '')}".strip() if count else ""


def _quantity(text: str) -> str:
    return "" if text in ("0m", "0Mi", "0", _times.NOTHING) else text
