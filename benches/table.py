"""The results as text: tables in Markdown, aligned for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from expectations import expectations
from figures import BARE, COINCURVE, NEW, OLD, PYDANTIC, Results, Row, Spread


def number(value: float) -> str:
    """Three digits that count, and no more of them in front of the point than there are."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 1 else f"{value:.{1 if value >= 10 else 2}f}"


def spread(found: Spread) -> str:
    if found.low == found.high:
        return number(found.median)
    return f"{number(found.median)} ({number(found.low)}-{number(found.high)})"


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Lay out a table; the first column stands left, the others right."""
    body = list(lines)
    widths = [max(len(cell) for cell in column) for column in zip(head, *body, strict=True)]

    def lay_out(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        return " | ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])

    rule = " | ".join(["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    return "\n".join(f"| {line} |" for line in [lay_out(head), rule, *(lay_out(cells) for cells in body)])


def line(row: Row) -> list[str]:
    gain = row.gain()
    others = [
        f"{number(row.median(name))} {name}" for name in (COINCURVE, PYDANTIC, BARE) if name in row.figures
    ]
    return [
        row.name,
        row.unit,
        *(spread(row.spread(name)) if name in row.figures else "" for name in (OLD, NEW)),
        "" if gain is None else f"{number(gain)}x",
        ", ".join(others),
    ]


def figures_table(results: Results) -> str:
    return table(
        ["median (lowest-highest)", "unit", OLD, results.versions["pycolonies"], "better", "beside it"],
        map(line, results.rows),
    )


def expectations_table(results: Results) -> str:
    return table(
        ["expected", "bound", "measured", ""],
        (
            [
                expected.what,
                f"{'>=' if expected.at_least else '<='} {expected.bound:g}",
                number(expected.measured),
                "reached" if expected.reached else "MISSED",
            ]
            for expected in expectations(results)
        ),
    )


def text(results: Results) -> str:
    """Return all that a run has to tell, as Markdown that reads well in a terminal."""

    def listed(facts: Mapping[str, str | float]) -> str:
        return ", ".join(f"{name} {value}" for name, value in facts.items())

    return (
        f"- Measured on: {listed(results.machine)}\n"
        f"- Versions: {listed(results.versions)}\n"
        f"- Settings: {listed(results.settings)}\n\n"
        f"{figures_table(results)}\n\n{expectations_table(results)}\n"
    )
