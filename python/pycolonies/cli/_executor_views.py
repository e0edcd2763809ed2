"""How executors are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pycolonies._units import duration
from pycolonies.cli._process_views import processing_time
from pycolonies.cli._views import (
    Cell,
    Column,
    Fields,
    Styled,
    Table,
    View,
    age_of,
    colored,
    fields,
    identity,
    listing,
    table,
    time_of,
)

if TYPE_CHECKING:
    from pycolonies import ExecutorRecord, Function, Process

_STATES = (
    Styled("Pending", "yellow"),
    Styled("Approved", "green"),
    Styled("Rejected", "red"),
    Styled("Removed", "dim"),
)


def executor_list(found: Sequence[ExecutorRecord], *, empty: str) -> View:
    """Return a list of executors.

    Args:
        found: The executors.
        empty: The message if there are none.
    """
    return listing(found, _LIST, empty=empty)


def executor_view(one: ExecutorRecord, functions: Sequence[Function]) -> View:
    """Return all about an executor.

    Args:
        one: The executor.
        functions: Its functions.
    """
    blocks: list[Fields | Table] = [fields(one, _EXECUTOR, "Executor")]
    capabilities = one.get("capabilities") or {}
    for number, hardware in enumerate(capabilities.get("hardware") or []):
        blocks.append(Fields(_set(hardware), _numbered("Hardware", number)))
    for number, software in enumerate(capabilities.get("software") or []):
        blocks.append(Fields(_set(software), _numbered("Software", number)))
    if functions:
        blocks.append(table(functions, _FUNCTION, "Functions"))
    projects = (one.get("allocations") or {}).get("projects") or {}
    for name, project in projects.items():
        blocks.append(Fields(_set(project), f"Project {name}"))
    return View(one, *blocks)


def executor_overview(
    found: Sequence[ExecutorRecord], running: Sequence[Process], functions: Sequence[Function]
) -> View:
    """Return what each executor is doing.

    Args:
        found: The executors.
        running: The running processes of their colony.
        functions: Their functions.
    """
    calls: Counter[str] = Counter()
    for each in functions:
        calls[each["executorname"]] += each["counter"]
    own: dict[str, list[Process]] = {}
    for process in running:
        own.setdefault(process.assignedexecutorid, []).append(process)
    columns = [*_NAMED, *_working(own, calls), _HEARD]
    tables = [table(found, columns, key="executorname")] if found else []
    return View({"executors": found, "processes": running}, *tables, empty="No executors found")


def _working(own: Mapping[str, Sequence[Process]], calls: Mapping[str, int]) -> list[Column]:
    def running(one: ExecutorRecord) -> Sequence[Process]:
        return own.get(one["executorid"], ())

    def longest(one: ExecutorRecord) -> Styled:
        seconds = max(map(processing_time, running(one)), default=None)
        return Styled("" if seconds is None else duration(seconds), order=seconds or 0.0)

    return [
        Column("RUNNING", lambda one: len(running(one))),
        Column(
            "FUNC",
            lambda one: " ".join(sorted({process.spec.funcname for process in running(one)})),
            rank=1,
            cut=8,
        ),
        Column("FOR", longest),
        Column("CALLS", lambda one: calls.get(one["executorname"], 0), rank=2),
    ]


def _state(one: ExecutorRecord) -> Cell:
    number = one["state"]
    return _STATES[number] if 0 <= number < len(_STATES) else str(number)


def _arguments(function: Function) -> str:
    return ",".join(argument["name"] for argument in function.get("args") or [])


_NAMED = [
    Column("NAME", "executorname", cut=12),
    Column("TYPE", colored("executortype", "yellow"), rank=3, cut=8),
    Column("STATE", _state, rank=4),
]
_HEARD = Column("LAST HEARD FROM", age_of("lastheardfromtime", ago=True), rank=1)
_LIST = [
    Column("ID", identity("executorid"), rank=5),
    Column("NAME", "executorname", cut=12),
    Column("TYPE", colored("executortype", "yellow"), cut=8),
    Column("LOCATION", "locationname", rank=6, cut=8),
    Column("STATE", _state),
    _HEARD,
    Column("TIME", time_of("lastheardfromtime"), wide=True),
]
_EXECUTOR = [
    Column("Name", "executorname"),
    Column("ID", identity("executorid")),
    Column("Type", "executortype"),
    Column("ColonyName", "colonyname"),
    Column("State", _state),
    Column("RequireFuncRegistration", lambda one: one.get("requirefuncreg", False)),
    Column("CommissionTime", time_of("commissiontime")),
    Column("LastHeardFrom", time_of("lastheardfromtime")),
    Column("Location", "locationname"),
]
_FUNCTION = [
    Column("ID", identity("functionid"), rank=3),
    Column("FUNC", "funcname", cut=10),
    Column("ARGS", _arguments, cut=8),
    Column("CALLS", "counter", rank=1),
    Column("DESCRIPTION", "description", rank=2, cut=12),
]


def _numbered(title: str, number: int) -> str:
    return title if number == 0 else f"{title} {number + 1}"


def _set(values: Any) -> list[tuple[str, Cell]]:
    """Return the fields of a record that have a value."""
    return [(name, _text(value)) for name, value in values.items() if value]


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items() if item)
    return str(value)
