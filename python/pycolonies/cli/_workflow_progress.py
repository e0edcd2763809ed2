"""The progress of a workflow until it ends: a tree on a terminal, lines in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pycolonies.cli._errors import LATE, CommandError
from pycolonies.cli._views import STATES, Lines, View, words
from pycolonies.cli._workflow_views import tree_lines

if TYPE_CHECKING:
    from rich.console import Console, Group

    from pycolonies import ProcessGraph
    from pycolonies.cli._session import Session

_SUCCESSFUL, _FAILED = 2, 3


def finish(session: Session, graphid: str, timeout: float | None, *, out: bool = False) -> None:
    """Show the progress of a process graph until it ends.

    Args:
        session: The session.
        graphid: Id of the process graph.
        timeout: Longest time to wait, in seconds; None is no limit.
        out: Print the output of the nodes without children.

    Raises:
        CommandError: It failed, was cancelled, or did not end in time.
    """
    from pycolonies._waiting.endings import end_of

    graph = _ended(session, graphid, timeout)
    if session.json:
        session.print_json(graph)
    if end_of(graph) != _SUCCESSFUL:
        raise CommandError(_what_failed(session, graph))
    if session.json:
        return
    session.info("Workflow finished successfully", WorkflowID=graphid)
    if out:
        for process in session.client.get_processes_for_workflow(graphid):
            if not process.children:
                session.text(words(process.output))


def _ended(session: Session, graphid: str, timeout: float | None) -> ProcessGraph:
    """Show a process graph whenever it has changed; return it once it has ended."""
    from pycolonies import WaitTimeoutError

    steps = session.client._workflow_steps(graphid, timeout, session.key())  # noqa: SLF001 (the steps of wait_workflow)
    newest: ProcessGraph | None = None
    try:
        with _progress(session) as show:
            for found in steps:
                newest = found or newest
                if found is not None:
                    show(found)
    except WaitTimeoutError:
        newest = None
    if newest is None:
        raise CommandError(
            f"workflow {graphid} did not end within {timeout or 0:g} seconds; it continues", LATE
        )
    return newest


def _what_failed(session: Session, graph: ProcessGraph) -> str:
    from pycolonies._waiting.endings import end_of

    states = {name: state for name, state in _states(graph).items() if state == _FAILED}
    errors = session.client._errors_of_nodes(graph, session.key()) if states else {}  # noqa: SLF001 (the steps of wait_workflow)
    failed = [f"node {name}: {'; '.join(errors.get(name, [])) or 'failed'}" for name in states]
    state = end_of(graph)
    verb = "failed" if state == _FAILED else f"was {STATES[state].text.lower()}"
    return f"workflow {graph.processgraphid} {verb}{': ' if failed else ''}{', '.join(failed)}"


@contextmanager
def _progress(session: Session) -> Iterator[Callable[[ProcessGraph], None]]:
    """Yield a function that shows all nodes: a tree on a terminal, else a line for each change."""
    if session.json:
        yield lambda _: None
    elif sys.stderr.isatty() and not session.verbose:
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True)
        with Live(console=console, auto_refresh=False, vertical_overflow="ellipsis") as live:
            yield lambda graph: live.update(_drawn(graph, console), refresh=True)
    else:
        yield _Changes(session).show


def _drawn(graph: ProcessGraph, console: Console) -> Group:
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    from pycolonies.cli._draw import drawn

    done = sum(state >= _SUCCESSFUL for state in _states(graph).values())
    bar = Table.grid(padding=(0, 1))
    bar.add_row(
        ProgressBar(total=max(len(graph.processids), 1), completed=done, width=40),
        f"{done} of {len(graph.processids)} nodes",
    )
    return Group(drawn(View(None, Lines(tree_lines(graph), cropped=True)), console.width), bar)


def _states(graph: ProcessGraph) -> dict[str, int]:
    """Return the state of each node, by its name."""
    return {box.label: box.state or 0 for box in graph.picture().boxes}


class _Changes:
    """Writes a line whenever a node enters another state."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seen: dict[str, int] = {}

    def show(self, graph: ProcessGraph) -> None:
        for name, state in _states(graph).items():
            if self._seen.get(name, 0) != state:
                self._session.info(f"Node {STATES[state].text.lower()}", NodeName=name)
        self._seen = _states(graph)
