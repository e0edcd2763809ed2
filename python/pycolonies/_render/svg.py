"""SVG pictures."""

from __future__ import annotations

from html import escape
from itertools import pairwise

from pycolonies._render.layers import lay_out
from pycolonies._render.picture import COLOURS, STATES, Picture

#: In pixels: the width of a character at most, a box's padding, height and distances, a bend's width.
_CHARACTER, _PADDING, _HEIGHT = 8.5, 12, 34
_ACROSS, _DOWN, _MARGIN, _BEND = 24, 46, 12, 8
#: Longer labels are cut; the whole one is shown when the pointer rests on the box.
_LONGEST = 40
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
    'viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif" font-size="14">'
)
_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>'
)


def svg(picture: Picture) -> str:
    """Return a picture as SVG."""
    layout = lay_out(len(picture.boxes), picture.numbered())
    labels = [_short(_printable(box.label)) for box in picture.boxes]
    widths = [len(label) * _CHARACTER + 2 * _PADDING for label in labels]
    rows = [
        sum(_width(widths, number) for number in layer) + _ACROSS * (len(layer) - 1)
        for layer in layout.layers
    ]
    whole = max(rows, default=0.0)
    places: dict[int, tuple[float, float]] = {}
    for depth, layer in enumerate(layout.layers):
        x = _MARGIN + (whole - rows[depth]) / 2
        for number in layer:
            width = _width(widths, number)
            places[number] = (x + width / 2, _MARGIN + depth * (_HEIGHT + _DOWN) + _HEIGHT / 2)
            x += width + _ACROSS
    height = len(rows) * (_HEIGHT + _DOWN) - _DOWN if rows else 0
    lines = [_HEAD.format(width=whole + 2 * _MARGIN, height=height + 2 * _MARGIN), _TIP]
    lines += [_line(way, places) for way in layout.ways.values()]
    for number, box in enumerate(picture.boxes):
        x, y = places[number]
        colour = "#ffffff" if box.state is None else COLOURS[box.state]
        title = _printable(box.label) + ("" if box.state is None else f": {STATES[box.state]}")
        lines.append(
            f'<g><title>{escape(title)}</title><rect x="{x - widths[number] / 2:.1f}" '
            f'y="{y - _HEIGHT / 2:.1f}" width="{widths[number]:.1f}" height="{_HEIGHT}" rx="6" '
            f'fill="{colour}" stroke="#555"/><text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" '
            f'dominant-baseline="central">{escape(labels[number])}</text></g>'
        )
    return "\n".join([*lines, "</svg>"]) + "\n"


def _width(widths: list[float], number: int) -> float:
    return widths[number] if number < len(widths) else _BEND


def _line(way: list[int], places: dict[int, tuple[float, float]]) -> str:
    """Draw an arrow through the middles of its bends, from the edge of one box to that of another."""
    points = [places[number] for number in way]
    down = 1 if points[0][1] < points[-1][1] else -1
    (x, y), (end_x, end_y) = points[0], points[-1]
    points = [(x, y + down * _HEIGHT / 2), *points[1:-1], (end_x, end_y - down * _HEIGHT / 2)]
    path = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
    for (x, y), (end_x, end_y) in pairwise(points):
        middle = (y + end_y) / 2
        path += f" C{x:.1f},{middle:.1f} {end_x:.1f},{middle:.1f} {end_x:.1f},{end_y:.1f}"
    return f'<path d="{path}" fill="none" stroke="#555" marker-end="url(#tip)"/>'


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"


def _printable(label: str) -> str:
    # XML has no way to write control characters.
    return "".join(character if character.isprintable() else " " for character in label)
