"""How crons and generators are shown: what they submit, and when."""

from __future__ import annotations

import json

from pycolonies.cli._views import Cell, Table, words


def workflow_table(workflowspec: str) -> list[Table]:
    """Return the function specs of a workflow, which a server keeps as JSON; nothing for what is none."""
    try:
        specs = json.loads(workflowspec).get("functionspecs") or []
    except (ValueError, AttributeError):
        return []
    rows: list[list[Cell]] = [
        [
            str(spec.get("nodename", "")),
            str(spec.get("funcname", "")),
            words(spec.get("args")),
            str((spec.get("conditions") or {}).get("executortype", "")),
            words((spec.get("conditions") or {}).get("dependencies")),
        ]
        for spec in specs
        if isinstance(spec, dict)
    ]
    return [Table(("NODE", "FUNC", "ARGS", "EXECUTOR TYPE", "WAITS FOR"), rows, "Workflow")] if rows else []


def seconds(number: int) -> str:
    """Return seconds; the protocol's -1 is none."""
    return f"{number}s" if number > 0 else "None"
