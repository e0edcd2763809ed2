"""The results as a picture."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib as mpl  # type: ignore[import-not-found]  # in the environment of benches
from matplotlib.figure import Figure  # type: ignore[import-not-found]  # in the environment of benches

from figures import COINCURVE, NEW, OLD, PYDANTIC, Results, client_cpu, in_threads
from rounds import CELLS, SIGNING, THREADS
from table import number

COLOURS = {OLD: "#b0b4bb", NEW: "#1f6feb", COINCURVE: "#e3a008", PYDANTIC: "#6aa84f"}
#: Part of the room of a row that its bars fill.
FILLED = 0.8


def write(results: Results, path: Path) -> None:
    """Draw four panels: rates, the client's CPU time, crypto, importing and memory."""
    names = [in_threads(cell, threads) for cell in CELLS for threads in THREADS]
    costs = ["import", "import and first use"]
    costs += [f"memory after {name}" for name in (*costs, "all calls")]
    with mpl.rc_context({"svg.hashsalt": "benches", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(12, 8.5), layout="constrained")
        (rates, cpu), (crypto, memory) = figure.subplots(2, 2)
        panel(rates, "Calls or cycles per second: more is better", results, names)
        panel(cpu, "Client CPU, µs a call or cycle: less is better", results, map(client_cpu, names))
        panel(crypto, "Crypto, µs: less is better", results, SIGNING)
        panel(memory, "Import in ms, memory in MiB: less is better", results, costs)
        label = {OLD: f"pycolonies {OLD}", NEW: f"pycolonies {results.versions['pycolonies']}"}
        handles = [mpl.patches.Patch(color=colour) for colour in COLOURS.values()]
        labels = [label.get(candidate, candidate) for candidate in COLOURS]
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def panel(axes: Any, title: str, results: Results, names: Iterable[str]) -> None:
    """Draw medians as bars, and the lowest and highest figures as whiskers, on a scale from zero."""
    listed = [results.row(name) for name in names]
    for place, row in enumerate(listed):
        thickness = FILLED / len(row.figures)
        for lane, candidate in enumerate(name for name in COLOURS if name in row.figures):
            found = row.spread(candidate)
            at = place - FILLED / 2 + (lane + 0.5) * thickness
            whisker = [[found.median - found.low], [found.high - found.median]]
            axes.barh(at, found.median, thickness * 0.9, color=COLOURS[candidate])
            axes.errorbar(found.median, at, xerr=whisker, color="#333333", linewidth=0.8, capsize=1.5)
            axes.annotate(
                number(found.median), (found.high, at), xytext=(4, 0), textcoords="offset points", va="center"
            )
    axes.set_title(title, loc="left", fontsize=10)
    axes.margins(x=0.12)
    axes.set_yticks(range(len(listed)), [row.name.removesuffix(": client CPU") for row in listed])
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
