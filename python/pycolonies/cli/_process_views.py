"""How processes are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pycolonies.cli._times import NOTHING, duration, moment
from pycolonies.cli._views import STATES, Cell, Fields, Lines, Styled, Table, View, named, state, words

if TYPE_CHECKING:
    from pycolonies import Attribute, FuncSpec, Process, Statistics

#: The time that says most about a process in each state.
_TELLING = (
    ("SUBMISSION TIME", "submissiontime"),
    ("START TIME", "starttime"),
    ("END TIME", "endtime"),
    ("END TIME", "endtime"),
    ("END TIME", "endtime"),
)
_ATTRIBUTE_TYPES = {0: "In", 1: "Out", 2: "Err", 3: "Env"}


def process_list(
    found: Sequence[Process], number: int, *, empty: str, names: Mapping[str, str] | None = None
) -> View:
    """Return a list of processes that are all in one state.

    Args:
        found: The processes.
        number: Their state.
        empty: What is said where there are none.
        names: Names of executors by their ids; given, executors, initiators and labels are shown, too.
    """
    column, field = _TELLING[number]
    columns = ["ID", "FUNC", "ARGS", column, "EXECUTOR TYPE"]
    if names is not None:
        columns += ["EXECUTOR", "INITIATOR", "LABEL"]
    rows = []
    for process in found:
        row: list[Cell] = [
            process.processid,
            Styled(process.spec.funcname, "magenta"),
            arguments(process.spec),
            Styled(moment(process[field]), STATES[number].style),
            Styled(process.spec.conditions.executortype, "yellow"),
        ]
        if names is not None:
            row += [executor(process, names), process.initiatorname, process.spec.label]
        rows.append(row)
    return View(found, *([Table(columns, rows)] if rows else []), empty=empty)


def executor(process: Process, names: Mapping[str, str]) -> str:
    """Return the name of the executor that has a process, or of those that may have it."""
    assigned = process.assignedexecutorid
    return names.get(assigned, assigned) or words(process.spec.conditions.executornames)


def overview(
    statistics: Statistics,
    running: Sequence[Process],
    waiting: Sequence[Process],
    *,
    names: Mapping[str, str],
) -> View:
    """Return what goes on in a colony: counts, what runs for how long, and what waits.

    Args:
        statistics: The colony's.
        running: Running processes.
        waiting: Waiting processes.
        names: Names of executors by their ids.
    """
    counts = [
        Styled(f"{statistics.get(f'{shown.text.lower()}processes', 0)} {shown.text.lower()}", shown.style)
        for shown in STATES  # not "state": CPython 3.12.1 then loses the function below
    ]
    executors = f"{statistics.get('activeexecutors', 0)} executors"
    rows: list[list[Cell]] = [
        [
            process.processid,
            Styled(process.spec.funcname, "magenta"),
            arguments(process.spec),
            state(process.state),
            duration(processing_time(process) if process.state else waiting_time(process)),
            executor(process, names),
            process.spec.conditions.executortype,
        ]
        for process in (*sorted(running, key=processing_time, reverse=True), *waiting)
    ]
    blocks: list[Table | Lines] = [Lines([[executors, *counts]])]
    if rows:
        columns = ("ID", "FUNC", "ARGS", "STATE", "FOR", "EXECUTOR", "EXECUTOR TYPE")
        blocks.append(Table(columns, rows))
    return View({"statistics": statistics, "processes": [*running, *waiting]}, *blocks)


def arguments(spec: FuncSpec) -> str:
    """Return all arguments of a function spec, those with a name as ``name:value``."""
    return " ".join(filter(None, (words(spec.args), named(spec.kwargs))))


def process_view(process: Process) -> View:
    """Return all that there is to say about a process."""
    return View(
        process,
        Fields(_process(process), "Process"),
        Fields(_func_spec(process.spec), "FunctionSpec"),
        Fields(_conditions(process.spec), "Conditions"),
        _attributes(process.attributes or []),
    )


def waiting_time(process: Process) -> float:
    """Return for how many seconds a process waited, or has been waiting."""
    return _between(process.submissiontime, process.starttime if process.isassigned else process.endtime)


def processing_time(process: Process) -> float:
    """Return for how many seconds a process ran, or has been running; 0 where it never did."""
    return 0.0 if process.starttime.year == 1 else _between(process.starttime, process.endtime)


def _between(begin: datetime, end: datetime) -> float:
    until = datetime.now(timezone.utc) if end.year == 1 else end
    return max((until - begin).total_seconds(), 0.0)


def _process(process: Process) -> list[tuple[str, Cell]]:
    rows: list[tuple[str, Cell]] = [
        ("ID", process.processid),
        ("IsAssigned", str(process.isassigned)),
        ("AssignedExecutorID", process.assignedexecutorid or "None"),
        ("State", state(process.state)),
        ("Priority", str(process.spec.priority)),
        ("SubmissionTime", moment(process.submissiontime)),
        ("StartTime", moment(process.starttime)),
        ("EndTime", moment(process.endtime)),
        ("WaitDeadline", moment(process.waitdeadline)),
        ("ExecDeadline", moment(process.execdeadline)),
        ("WaitingTime", duration(waiting_time(process))),
        ("ProcessingTime", duration(processing_time(process))),
        ("Retries", str(process.retries)),
        ("Errors", Styled("; ".join(process.errors), "red")),
        ("Output", words(process.output)),
    ]
    return rows + _told(
        ("Input", words(process.input)),
        ("Initiator", process.initiatorname),
        ("WorkflowID", process.processgraphid),
    )


def _func_spec(spec: FuncSpec) -> list[tuple[str, Cell]]:
    rows: list[tuple[str, Cell]] = [
        ("Func", spec.funcname or "None"),
        ("Args", words(spec.args) or "None"),
        ("MaxWaitTime", str(spec.maxwaittime)),
        ("MaxExecTime", str(spec.maxexectime)),
        ("MaxRetries", str(spec.maxretries)),
        ("Priority", str(spec.priority)),
    ]
    return rows + _told(
        ("KwArgs", named(spec.kwargs)),
        ("Label", spec.label),
        ("NodeName", spec.nodename),
        ("Channels", words(spec.channels)),
    )


def _conditions(spec: FuncSpec) -> list[tuple[str, Cell]]:
    conditions = spec.conditions
    gpu = conditions.gpu
    rows: list[tuple[str, Cell]] = [
        ("ColonyName", conditions.colonyname),
        ("ExecutorNames", words(conditions.executornames) or "None"),
        ("ExecutorType", conditions.executortype),
        ("Dependencies", words(conditions.dependencies)),
    ]
    return rows + _told(
        ("Location", str(conditions.get("locationname") or "")),
        ("Nodes", _number(conditions.nodes)),
        ("Processes", _number(conditions.processes)),
        ("ProcessesPerNode", _number(conditions.processespernode)),
        ("CPU", _quantity(conditions.cpu)),
        ("Memory", _quantity(conditions.mem)),
        ("Storage", _quantity(conditions.storage)),
        ("Walltime", _number(conditions.walltime)),
        ("GPUs", f"{gpu.count} {gpu.name} {gpu.mem}".strip() if gpu and gpu.count else ""),
    )


def _attributes(attributes: Sequence[Attribute]) -> Table | Lines:
    if not attributes:
        return Lines([["No attributes found"]], "Attributes")
    rows = [
        (
            found.attributeid,
            found.key,
            found.value,
            _ATTRIBUTE_TYPES.get(found.attributetype, str(found.attributetype)),
        )
        for found in attributes
    ]
    return Table(("ID", "KEY", "VALUE", "TYPE"), rows, "Attributes")


def _told(*rows: tuple[str, str]) -> list[tuple[str, Cell]]:
    return [row for row in rows if row[1] not in ("", NOTHING)]


def _number(value: int) -> str:
    return str(value) if value else ""


def _quantity(text: str) -> str:
    return "" if text in ("0m", "0Mi", "0") else text
