"""How executors are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pycolonies.cli._process_views import processing_time
from pycolonies.cli._times import duration, moment
from pycolonies.cli._views import Cell, Fields, Styled, Table, View

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
        empty: What is said where there are none.
    """
    rows = [
        (
            one["executorid"],
            one["executorname"],
            Styled(one["executortype"], "yellow"),
            one.get("locationname") or "",
            _state(one),
            moment(one.get("lastheardfromtime")),
        )
        for one in found
    ]
    columns = ("ID", "NAME", "TYPE", "LOCATION", "STATE", "LAST HEARD FROM")
    return View(found, *([Table(columns, rows)] if rows else []), empty=empty)


def executor_view(one: ExecutorRecord, functions: Sequence[Function]) -> View:
    """Return all that there is to say about an executor.

    Args:
        one: The executor.
        functions: The functions that it offers.
    """
    rows: list[tuple[str, Cell]] = [
        ("Name", one["executorname"]),
        ("ID", one["executorid"]),
        ("Type", one["executortype"]),
        ("ColonyName", one["colonyname"]),
        ("State", _state(one)),
        ("RequireFuncRegistration", str(one.get("requirefuncreg", False))),
        ("CommissionTime", moment(one.get("commissiontime"))),
        ("LastHeardFrom", moment(one.get("lastheardfromtime"))),
        ("Location", one.get("locationname") or ""),
    ]
    blocks: list[Fields | Table] = [Fields(rows, "Executor")]
    capabilities = one.get("capabilities") or {}
    for number, hardware in enumerate(capabilities.get("hardware") or []):
        blocks.append(Fields(_told(hardware), _numbered("Hardware", number)))
    for number, software in enumerate(capabilities.get("software") or []):
        blocks.append(Fields(_told(software), _numbered("Software", number)))
    if functions:
        described = [
            (
                each["functionid"],
                each["funcname"],
                ",".join(argument["name"] for argument in each.get("args") or []),
                str(each["counter"]),
                each.get("description") or "",
            )
            for each in functions
        ]
        blocks.append(Table(("ID", "FUNC", "ARGS", "CALLS", "DESCRIPTION"), described, "Functions"))
    projects = (one.get("allocations") or {}).get("projects") or {}
    for name, project in projects.items():
        blocks.append(Fields(_told(project), f"Project {name}"))
    return View(one, *blocks)


def executor_overview(
    found: Sequence[ExecutorRecord], running: Sequence[Process], functions: Sequence[Function]
) -> View:
    """Return what each executor is doing.

    Args:
        found: The executors.
        running: The running processes of their colony.
        functions: What they offer.
    """
    calls: Counter[str] = Counter()
    for each in functions:
        calls[each["executorname"]] += each["counter"]
    rows = []
    for one in found:
        own = [process for process in running if process.assignedexecutorid == one["executorid"]]
        longest = max(map(processing_time, own), default=0.0)
        rows.append(
            (
                one["executorname"],
                Styled(one["executortype"], "yellow"),
                _state(one),
                str(len(own)),
                " ".join(sorted({process.spec.funcname for process in own})),
                duration(longest) if own else "",
                str(calls[one["executorname"]]),
                moment(one.get("lastheardfromtime")),
            )
        )
    columns = ("NAME", "TYPE", "STATE", "RUNNING", "FUNC", "FOR", "CALLS", "LAST HEARD FROM")
    table = [Table(columns, rows)] if rows else []
    return View({"executors": found, "processes": running}, *table, empty="No executors found")


def _state(one: ExecutorRecord) -> Cell:
    number = one["state"]
    return _STATES[number] if 0 <= number < len(_STATES) else str(number)


def _numbered(title: str, number: int) -> str:
    return title if number == 0 else f"{title} {number + 1}"


def _told(values: object) -> list[tuple[str, Cell]]:
    """Return what a record says, without what it leaves empty."""
    assert isinstance(values, dict)
    return [
        (
            name,
            ", ".join(f"{key} {item}" for key, item in value.items() if item)
            if isinstance(value, dict)
            else str(value),
        )
        for name, value in values.items()
        if value
    ]
