"""Tables of plans."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from pycolonies._files.names import shown
from pycolonies._units import size

if TYPE_CHECKING:
    from pycolonies._files.plan import SyncFile, SyncPlan


def table(plan: SyncPlan) -> Group:
    """Return the plan as a table of rich."""
    title = f"{shown(str(plan.directory))} and {shown(plan.label)}"
    made = Table(title=Text(title), box=box.SIMPLE_HEAD, title_justify="left")
    made.add_column("Action")
    made.add_column("File")
    made.add_column("Here", justify="right")
    made.add_column("There", justify="right")
    for action, style, files in (
        ("upload", "green", plan.uploads),
        ("download", "cyan", plan.downloads),
        (_winner(plan.keeplocal), "yellow", plan.conflicts),
    ):
        for file in files:
            made.add_row(Text(action, style), Text(shown(file.path)), *_sizes(file))
    for failure in plan.failures:
        text = Text(f"{shown(failure.path)}: {shown(str(failure.error))}")
        made.add_row(Text("left out", "red"), text, "", "")
    return Group(made, Text(summary(plan))) if made.row_count else Group(Text(f"{title}: {summary(plan)}"))


def summary(plan: SyncPlan) -> str:
    """Return the number of files of each kind."""
    return (
        f"{len(plan.uploads)} to upload, {len(plan.downloads)} to download, "
        f"{len(plan.conflicts)} in conflict, {plan.unchanged} the same"
    )


def text(plan: SyncPlan) -> str:
    """Return the plan as a table of plain text."""
    target = io.StringIO()
    Console(file=target, width=200, color_system=None, highlight=False, force_terminal=False).print(
        table(plan)
    )
    return "\n".join(line.rstrip() for line in target.getvalue().splitlines()).strip("\n")


def _winner(keeplocal: bool) -> str:
    return "conflict: upload" if keeplocal else "conflict: download"


def _sizes(file: SyncFile) -> tuple[str, str]:
    return (
        size(file.local.size) if file.local else "-",
        size(file.remote.size) if file.remote else "-",
    )
