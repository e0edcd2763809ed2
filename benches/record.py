"""The results as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from expectations import expectations
from figures import Results


def write(results: Results, path: Path) -> None:
    """Write medians and spreads, the figure of every round, the gains, and what was expected."""
    content = {
        "machine": results.machine,
        "versions": results.versions,
        "settings": results.settings,
        "rows": [
            {
                "name": row.name,
                "unit": row.unit,
                "gain": row.gain(),
                "candidates": {
                    candidate: {**asdict(row.spread(candidate)), "rounds": figures}
                    for candidate, figures in row.figures.items()
                },
            }
            for row in results.rows
        ],
        "expected": [{**asdict(expected), "reached": expected.reached} for expected in expectations(results)],
    }
    path.write_text(json.dumps(shorten(content), indent=2, ensure_ascii=False) + "\n")


def shorten(value: object) -> object:
    """Round to five digits that count: the clocks tell no more."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {name: shorten(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shorten(item) for item in value]
    return value
