"""Views drawn for a terminal: in boxes, no wider than the terminal."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleRenderable, Group
from rich.table import Table as Box
from rich.text import Text

from pycolonies._printable import printable
from pycolonies.cli._layout import SHORT, fit, shortened
from pycolonies.cli._times import NOTHING
from pycolonies.cli._views import Cell, Fields, Id, Lines, Styled, Table, View, raw, text_of

#: Width of the frame around names and values.
_FRAME = 7
_ENDLESS = 100_000
_SELECTED = "reverse"


def drawn(view: View, width: int, *, ids: bool = False, wide: bool = False) -> Group:
    """Return a view as rich prints it.

    Args:
        view: The view.
        width: Width of the terminal.
        ids: Show ids in full.
        wide: Show all columns in full; a table that doesn't fit has no box.
    """
    parts: list[ConsoleRenderable] = []
    for block in view.blocks:
        if block.title:
            parts += [Text("")] * bool(parts) + [_line([Styled(f"{block.title}:", "bold")])]
        if isinstance(block, Lines):
            parts += [_line(cells, cropped=block.cropped) for cells in block.lines]
        elif isinstance(block, Fields):
            parts.append(_fields(block, width, ids=ids))
        else:
            parts.append(_wide_table(block, width) if wide else table(block, width, ids=ids))
    return Group(*parts)


def console(*, endless: bool = False) -> Console:
    """Return a console for stdout, as wide as its terminal or as lines need."""
    return Console(highlight=False, markup=False, emoji=False, width=_ENDLESS if endless else None)


def table(block: Table, width: int, *, ids: bool = False, selected: int | None = None) -> Box:
    """Return a table that fits.

    Args:
        block: The table.
        width: Width of the terminal.
        ids: Show ids in full.
        selected: Number of the row that is marked.
    """
    numbers = [number for number, column in enumerate(block.columns) if not column.wide]
    columns = [block.columns[number] for number in numbers]
    cells = [shortened([_id_or_text(row[number]) for row in block.rows], full=ids) for number in numbers]
    natural = [
        max(map(cell_len, [column.name, *texts])) for column, texts in zip(columns, cells, strict=True)
    ]
    empty = {number for number, texts in enumerate(cells) if set(texts) <= {NOTHING}}
    widths = fit(columns, natural, width, empty)
    made = Box(box=_frame(), header_style="bold")
    for number, size in widths.items():
        made.add_column(columns[number].name, width=size, no_wrap=True, overflow="ellipsis")
    for place, row in enumerate(block.rows):
        marked = place == selected  # in one colour: reversed, each cell would have another background
        styled = [
            Text(cells[number][place], "" if marked else _style(row[numbers[number]])) for number in widths
        ]
        made.add_row(*styled, style=_SELECTED if marked else None)
    return made


def _wide_table(block: Table, width: int) -> Box:
    texts = [[text_of(cell) for cell in row] for row in block.rows]
    heads = [column.name for column in block.columns]
    natural = [max(cell_len(row[number]) for row in [heads, *texts]) for number in range(len(heads))]
    fits = sum(natural) + 3 * len(natural) + 1 <= width
    made = Box(box=_frame() if fits else None, header_style="bold", pad_edge=fits)
    for head, size in zip(heads, natural, strict=True):
        made.add_column(head, width=size, no_wrap=True)
    for row, cells in zip(texts, block.rows, strict=True):
        made.add_row(*(Text(text, _style(cell)) for text, cell in zip(row, cells, strict=True)))
    return made


def _fields(block: Fields, width: int, *, ids: bool) -> Box:
    names = max((cell_len(name) for name, _ in block.rows), default=0)
    room = max(width - names - _FRAME, SHORT)
    made = Box(box=_frame(), show_header=False)
    made.add_column(style="bold", no_wrap=True, max_width=max(width - _FRAME - SHORT, SHORT))
    made.add_column(overflow="fold", max_width=room)
    for name, cell in block.rows:
        text = printable(raw(cell)).expandtabs(4).strip("\n")
        if isinstance(cell, Id) and not ids and len(text) > room:
            text = text[:SHORT]
        made.add_row(Text(printable(name)), Text(text, _style(cell)))
    return made


def _line(cells: Sequence[Cell], *, cropped: bool = False) -> Text:
    text = Text(" ").join(Text(printable(raw(cell)).expandtabs(4), _style(cell)) for cell in cells)
    text.no_wrap = cropped
    text.overflow = "ellipsis" if cropped else "fold"
    return text


def _id_or_text(cell: Cell) -> str:
    return Id(text_of(cell)) if isinstance(cell, Id) and cell else text_of(cell)


def _style(cell: Cell) -> str:
    return cell.style if isinstance(cell, Styled) else ""


def _frame() -> box.Box:
    return box.ASCII2 if os.getenv("COLONIES_CLI_ASCII") == "true" else box.ROUNDED
