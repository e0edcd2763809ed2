"""What commands show: tables, fields and lines, whatever they are written to in the end."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pycolonies.cli._times import NOTHING


class Styled(NamedTuple):
    """A text with a colour, which only terminals show: a style of rich, as ``bold red``."""

    text: str
    style: str


Cell = str | Styled


@dataclass(frozen=True)
class Table:
    """Rows below a line of column names; ids are never shortened.

    Attributes:
        columns: Names, in capitals.
        rows: A cell for each column.
        title: What stands above, without the colon.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    title: str = ""


@dataclass(frozen=True)
class Fields:
    """Names and values of one thing.

    Attributes:
        rows: A name and its value each.
        title: What stands above, without the colon.
    """

    rows: Sequence[tuple[str, Cell]]
    title: str = ""


@dataclass(frozen=True)
class Lines:
    """Lines of text, each of cells that stand side by side.

    Attributes:
        lines: The lines.
        title: What stands above, without the colon.
    """

    lines: Sequence[Sequence[Cell]]
    title: str = ""


Block = Table | Fields | Lines


class View:
    """What a command shows.

    Args:
        data: What ``--json`` prints: records of the protocol, in lists or alone.
        blocks: What is printed else, one below the other.
        empty: What is said on stderr where there are no blocks.
    """

    def __init__(self, data: object, *blocks: Block, empty: str = "") -> None:
        self.data = data
        self.blocks = blocks
        self.empty = empty


#: The names of the states that processes and process graphs are in, each with its colour.
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
    """Return JSON values side by side: texts as they are, all else as JSON."""
    return " ".join(word(value) for value in values or [])


def named(values: Mapping[str, object] | None) -> str:
    """Return JSON values with their names, as ``name:value name:value``."""
    return " ".join(f"{name}:{word(value)}" for name, value in (values or {}).items())


def word(value: object) -> str:
    """Return a JSON value: a text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def text_of(cell: Cell) -> str:
    """Return a cell's text on one line; an empty one is `NOTHING`."""
    text = cell.text if isinstance(cell, Styled) else cell
    return " ".join(text.splitlines()) or NOTHING


def plain_json(value: Any) -> Any:
    """Return what ``json`` can write, with the protocol's names."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, Mapping):
        return {name: plain_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item) for item in value]
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode("ascii")
    return value
