"""What commands show: tables, fields and lines, independent of where they are written."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from pycolonies._printable import one_line
from pycolonies._rpc import deep
from pycolonies._rpc.values import record_fields
from pycolonies.cli._times import NOTHING, age, moment, since


class Id(str):
    """An id. A terminal shows its first characters, as many as tell it from the others in its column."""

    __slots__ = ()


class Styled(NamedTuple):
    """A text with a colour, which only terminals show.

    Attributes:
        text: The text.
        style: A style of rich, as ``bold red``.
        order: Sorts the cell where the text does not.
    """

    text: str
    style: str = ""
    order: float | None = None


Cell = str | Styled
Of = str | Callable[[Any], "Cell | int | float | bool | None"]


@dataclass(frozen=True)
class Column:
    """A column of a table, or the name of a field.

    Attributes:
        name: Its name; capitals in tables.
        of: Name of the record's field, or a function of the record.
        rank: A narrow terminal drops columns with the highest rank first; 0 stays.
        cut: The width, in characters, down to which a narrow terminal may cut it; 0 never cuts.
        wide: Only `--wide` and pipes show it.
        optional: A field without a value is left out.
    """

    name: str
    of: Of
    rank: int = 0
    cut: int = 0
    wide: bool = False
    optional: bool = False

    def cell(self, record: Any) -> Cell:
        """Return the cell of a record."""
        value = self.of(record) if callable(self.of) else _field(record, self.of)
        return value if isinstance(value, str | Styled) else "" if value is None else str(value)


@dataclass(frozen=True)
class Table:
    """Rows below a line of column names.

    Attributes:
        columns: The columns.
        rows: A cell for each column.
        title: The line above, without the colon.
        keys: For each row the id of the record that it shows; empty where rows can't be opened.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    title: str = ""
    keys: Sequence[str] = ()


@dataclass(frozen=True)
class Fields:
    """Names and values of one record.

    Attributes:
        rows: A name and its value each.
        title: The line above, without the colon.
    """

    rows: Sequence[tuple[str, Cell]]
    title: str = ""


@dataclass(frozen=True)
class Lines:
    """Lines of text, each of cells side by side.

    Attributes:
        lines: The lines.
        title: The line above, without the colon.
        cropped: A terminal cuts lines at its edge instead of folding them.
    """

    lines: Sequence[Sequence[Cell]]
    title: str = ""
    cropped: bool = False


Block = Table | Fields | Lines


class View:
    """What a command shows.

    Args:
        data: What `--json` prints: records of the protocol, in lists or alone.
        blocks: What is printed otherwise, one below the other.
        empty: The message on stderr if there are no blocks.
    """

    def __init__(self, data: object, *blocks: Block, empty: str = "") -> None:
        self.data = data
        self.blocks = blocks
        self.empty = empty


def table(found: Iterable[Any], columns: Sequence[Column], title: str = "", *, key: str = "") -> Table:
    """Return records as a table.

    Args:
        found: The records.
        columns: The columns.
        title: The line above.
        key: Name of the field with the record's id, if rows can be opened.
    """
    records = list(found)
    rows = [[column.cell(record) for column in columns] for record in records]
    return Table(columns, rows, title, [str(_field(record, key)) for record in records] if key else ())


def listing(found: Sequence[Any], columns: Sequence[Column], *, empty: str, key: str = "") -> View:
    """Return a list of records.

    Args:
        found: The records.
        columns: The columns.
        empty: The message if there are none.
        key: Name of the field with the record's id, if rows can be opened.
    """
    return View(found, *([table(found, columns, key=key)] if found else []), empty=empty)


def fields(record: Any, columns: Sequence[Column], title: str = "") -> Fields:
    """Return a record as names and values."""
    rows = [(column.name, column.cell(record), column.optional) for column in columns]
    return Fields([(name, cell) for name, cell, optional in rows if not (optional and is_empty(cell))], title)


def identity(field: str) -> Callable[[Any], Id]:
    """Return what makes an `Id` of a record's field."""
    return lambda record: Id(_field(record, field) or "")


def time_of(field: str) -> Callable[[Any], str]:
    """Return what makes a time in the local zone of a record's field."""
    return lambda record: moment(_field(record, field))


def age_of(field: str, *, ago: bool = False) -> Callable[[Any], Styled]:
    """Return what makes an age of a record's field: ``4m``, or ``4m ago``."""

    def of(record: Any) -> Styled:
        time = _field(record, field)
        text = age(time)
        return Styled(f"{text} ago" if ago and text != NOTHING else text, order=since(time))

    return of


def colored(field: str, style: str) -> Callable[[Any], Styled]:
    """Return what makes a colored text of a record's field."""
    return lambda record: Styled(str(_field(record, field) or ""), style)


#: The states of processes and process graphs, each with its colour.
STATES = (
    Styled("Waiting", "blue"),
    Styled("Running", "cyan"),
    Styled("Successful", "green"),
    Styled("Failed", "red"),
    Styled("Cancelled", "yellow"),
)


def state(number: int) -> Cell:
    """Return the name of the state of a process or a process graph."""
    return STATES[number] if 0 <= number < len(STATES) else str(number)


def words(values: Sequence[object] | None) -> str:
    """Return JSON values side by side: texts as they are, all others as JSON."""
    return " ".join(word(value) for value in values or [])


def named(values: Mapping[str, object] | None) -> str:
    """Return JSON values with their names, as ``name:value name:value``."""
    return " ".join(f"{name}:{word(value)}" for name, value in (values or {}).items())


def counted(number: int, noun: str) -> str:
    """Return a number with a noun, as ``1 row`` or ``2 rows``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def word(value: object) -> str:
    """Return a JSON value: a text as it is, all others as JSON."""
    return value if isinstance(value, str) else json_of(value)


def json_of(value: object, *, indent: int | None = None) -> str:
    """Return plain values as JSON text; all on one line if they are nested deeper than `json` writes."""
    try:
        return json.dumps(value, indent=indent, ensure_ascii=False)
    except RecursionError:
        return deep.text(value)


def raw(cell: Cell) -> str:
    """Return a cell's text as it came."""
    return cell.text if isinstance(cell, Styled) else cell


def text_of(cell: Cell) -> str:
    """Return a cell's text on one line, safe to print; an empty one is `NOTHING`."""
    return one_line(raw(cell)).strip() or NOTHING


def is_empty(cell: Cell) -> bool:
    """Return whether there is nothing to show."""
    return raw(cell) in ("", NOTHING)


def plain_json(value: Any) -> Any:
    """Return what `json_of` can write, with the protocol's names. The value itself is left unchanged."""
    root = [value]
    pending: list[Any] = [root]
    while pending:
        items = pending.pop()
        for key, item in items.items() if type(items) is dict else enumerate(items):
            items[key] = made = _plain(item)
            if type(made) in (list, dict):
                pending.append(made)
    return root[0]


def _plain(value: Any) -> Any:
    """Return a value as one of JSON, a record as a dictionary. The items of containers stay as they are."""
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "model_fields_set"):
        return record_fields(value)
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.value if isinstance(value, Enum) else value


def _field(record: Any, field: str) -> Any:
    if isinstance(record, Mapping):
        return record.get(field)
    return getattr(record, field, None)
