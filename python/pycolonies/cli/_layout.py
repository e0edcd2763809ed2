"""How wide the columns of a table are in a terminal, and which are shown."""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import pairwise, takewhile

from pycolonies.cli._views import Column, Id

#: Characters of an id that a terminal shows, if they tell it from the others.
SHORT = 12
#: Width of what stands around the cells: a frame and a space on both sides of each.
_BETWEEN, _AROUND = 3, 1


def fit(
    columns: Sequence[Column], natural: Sequence[int], width: int, empty: Container[int] = ()
) -> dict[int, int]:
    """Choose the columns that fit into a terminal, and their widths.

    Empty columns, then those with the highest rank, are dropped until the others fit, cut as far as they may
    be. Then the widest ones are cut until all fit.

    Args:
        columns: The columns.
        natural: The width of each, uncut, in terminal cells.
        width: Width of the terminal.
        empty: Numbers of the columns without values.

    Returns:
        The width of each column that is shown, by its number.
    """
    kept = dict(enumerate(natural))
    while _least(columns, kept) > _room(kept, width):
        droppable = [number for number in kept if columns[number].rank]
        if not droppable:
            break
        del kept[max(droppable, key=lambda number: (number in empty, columns[number].rank))]
    room = _room(kept, width)
    widths = {number: min(size, max(room, 1)) for number, size in kept.items()}
    floors = {number: min(size, columns[number].cut or size) for number, size in widths.items()}
    _cut(widths, floors, room)
    _cut(widths, dict.fromkeys(widths, 1), room)  # a terminal too narrow for anything
    return widths


def short_ids(ids: Sequence[str]) -> int:
    """Return how many characters tell ids from each other, at least `SHORT`."""
    different = sorted(set(ids))
    return max([SHORT, *(_alike(*pair) + 1 for pair in pairwise(different))])


def shortened(cells: Sequence[str], *, full: bool) -> list[str]:
    """Return cells of a column, with ids as short as they may be."""
    if full:
        return list(cells)
    length = short_ids([cell for cell in cells if isinstance(cell, Id)])
    return [cell[:length] if isinstance(cell, Id) else cell for cell in cells]


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _room(kept: dict[int, int], width: int) -> int:
    return width - _BETWEEN * len(kept) - _AROUND


def _least(columns: Sequence[Column], kept: dict[int, int]) -> int:
    return sum(min(size, columns[number].cut or size) for number, size in kept.items())


def _cut(widths: dict[int, int], floors: dict[int, int], room: int) -> None:
    """Cut the widest columns, down to their floors, until the sum fits."""
    while sum(widths.values()) > room:
        cuttable = [number for number in widths if widths[number] > floors[number]]
        if not cuttable:
            return
        widths[max(cuttable, key=lambda number: widths[number])] -= 1
