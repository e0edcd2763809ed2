"""The progress of a workflow until it ends: a tree on a terminal, lines in a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pycolonies.cli._errors import LATE, Fault
from pycolonies.cli._views import STATES, Lines, View, words
from pycolonies.cli._workflow_views import tree_lines

if TYPE_CHECKING:
    from rich.console import Console, Group

    from pycolonies import Process, ProcessGraph
    from pycolonies.cli._session import Session

#: Seconds between two calls for a process graph.
_LOOK_EVERY = 0.5
_SUCCESSFUL, _FAILED = 2, 3


def finish(session: Session, graphid: str, timeout: float | None, *, out: bool = False) -> None:
    """Show the progress of a process graph until it ends.

    Args:
        session: The session.
        graphid: Id of the process graph.
        timeout: Longest time to wait, in seconds; None is no limit.
        out: Print the output of the nodes without children.

    Raises:
        Fault: It failed, was cancelled, or did not end in time.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    with _progress(session) as show:
        while True:
            graph = session.client.get_processgraph(graphid)
            show(graph)
            if graph.state >= _SUCCESSFUL:
                break
            if deadline is not None and time.monotonic() >= deadline:
                raise Fault(f"workflow {graphid} did not end within {timeout:g} seconds; it continues", LATE)
            time.sleep(_LOOK_EVERY)
    if session.json:
        session.print_json(graph)
    processes = session.client.get_processes_for_workflow(graphid)
    if graph.state != _SUCCESSFUL:
        raise Fault(_what_failed(graph, processes))
    if session.json:
        return
    session.info("Workflow finished successfully", WorkflowID=graphid)
    if out:
        for process in processes:
            if not process.children:
                session.text(words(process.output))


def _what_failed(graph: ProcessGraph, processes: list[Process]) -> str:
    failed = [
        f"node {process.spec.nodename}: {'; '.join(process.errors) or 'failed'}"
        for process in processes
        if process.state == _FAILED
    ]
    verb = "failed" if graph.state == _FAILED else f"was {STATES[graph.state].text.lower()}"
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
