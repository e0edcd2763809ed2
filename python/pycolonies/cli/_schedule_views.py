"""How the workflows of crons and generators are shown."""

from __future__ import annotations

from typing import Any

from pycolonies._rpc import deep
from pycolonies.cli._views import Column, Table, table, words


def workflow_table(workflowspec: str) -> list[Table]:
    """Return the function specs of a workflow, which a server keeps as JSON; empty for anything else."""
    try:
        specs = deep.loads(workflowspec).get("functionspecs") or []
    except (ValueError, AttributeError):
        return []
    found = [spec for spec in specs if isinstance(spec, dict)]
    return [table(found, _COLUMNS, "Workflow")] if found else []


def seconds(number: int) -> str:
    """Return seconds; the protocol's -1 is none."""
    return f"{number}s" if number > 0 else "None"


def _conditions(spec: dict[str, Any]) -> dict[str, Any]:
    return spec.get("conditions") or {}


_COLUMNS = [
    Column("NODE", "nodename", cut=8),
    Column("FUNC", "funcname", cut=8),
    Column("ARGS", lambda spec: words(spec.get("args")), rank=1, cut=8),
    Column("EXECUTOR TYPE", lambda spec: _conditions(spec).get("executortype", ""), rank=3, cut=13),
    Column("WAITS FOR", lambda spec: words(_conditions(spec).get("dependencies")), rank=2, cut=9),
]
