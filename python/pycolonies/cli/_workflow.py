"""``pycolonies workflow``: submit workflows, watch and draw them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import graph_ids, process_ids
from pycolonies.cli._process_actions import chosen_state, state_flags
from pycolonies.cli._process_views import process_view
from pycolonies.cli._session import Session, Signer
from pycolonies.cli._views import STATES, View
from pycolonies.cli._workflow_views import graph_list, graph_view

#: The lists of one state each, under the names that they have in the Colonies CLI.
_LISTS = {"psw": 0, "ps": 1, "pss": 2, "psf": 3, "psc": 4}


@click.group(cls=Group)
def workflow() -> None:
    """Submit workflows, watch and draw them."""


def _workflowid_option(*, required: bool = True) -> Callable[[Any], Any]:
    return click.option(
        "--workflowid",
        required=required,
        metavar="ID",
        shell_complete=graph_ids,
        help="Id of the workflow, which is that of its process graph.",
    )


def _spec_option(*, required: bool = True, of: str = "workflow") -> Callable[[Any], Any]:
    return click.option(
        "--spec",
        required=required,
        type=click.Path(exists=True, dir_okay=False, allow_dash=True),
        help=f"JSON file with the {of}; - is stdin.",
    )


_timeout_option = click.option(
    "--wait-timeout", type=click.FloatRange(min=0), help="Seconds to wait at the most."
)


@workflow.command("submit")
@_spec_option()
@click.option("--wait", is_flag=True, help="Wait for its end, and show how it goes on.")
@click.option("--out", is_flag=True, help="Wait for its end, and print the output of its last nodes.")
@_timeout_option
@with_session
def submit(session: Session, spec: str, wait: bool, out: bool, wait_timeout: float | None) -> None:
    """Submit a workflow; if it is waited for, the exit code tells how it ended."""
    from pycolonies.cli._specs import read_workflow
    from pycolonies.cli._workflow_progress import finish

    graph = session.client.submit_workflow(read_workflow(session, spec))
    waits = wait or out
    if not session.json:
        session.info("Workflow submitted", WorkflowID=graph.processgraphid, ColonyName=session.colonyname)
    elif not waits:
        session.print_json(graph)
    if waits:
        finish(session, graph.processgraphid, wait_timeout, out=out)


@workflow.command("watch")
@_workflowid_option()
@_timeout_option
@with_session
def watch(session: Session, workflowid: str, wait_timeout: float | None) -> None:
    """Show how a workflow goes on, as a tree, until it has ended; the exit code tells how."""
    from pycolonies.cli._workflow_progress import finish

    finish(session, workflowid, wait_timeout)


@workflow.command("get", watch=True)
@_workflowid_option()
@with_session
def get(session: Session, workflowid: str) -> None:
    """Show a workflow: its state and times, its nodes as a tree, and their processes."""

    def look() -> View:
        graph = session.client.get_processgraph(workflowid)
        processes = [] if session.json else session.client.get_processes_for_workflow(workflowid)
        return graph_view(graph, processes)

    session.show(look)


@workflow.command("node", watch=True)
@_workflowid_option()
@click.option("--name", required=True, help="Name of the node.")
@with_session
def node(session: Session, workflowid: str, name: str) -> None:
    """Show the process of a node."""
    from pycolonies.cli._errors import MISSING, Fault

    def look() -> View:
        graph = session.client.get_processgraph(workflowid)
        found = session.client.find_process(name, graph.processids)
        if found is None:
            raise Fault(f"workflow {workflowid} has no node {name}", MISSING)
        return process_view(found)

    session.show(look)


@workflow.command("graph")
@_workflowid_option(required=False)
@_spec_option(required=False)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["mermaid", "dot", "svg", "tree"]),
    default="mermaid",
    show_default=True,
    help="What to draw it as.",
)
@click.option(
    "--direction",
    type=click.Choice(["TD", "LR", "BT", "RL"]),
    default="TD",
    show_default=True,
    help="Where the arrows of mermaid and dot lead.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="File to write; else stdout.")
@with_session
def graph(
    session: Session, workflowid: str | None, spec: str | None, kind: str, direction: str, output: str | None
) -> None:
    """Draw a workflow that was submitted, with the states of its nodes, or one in a file."""
    from pycolonies.cli._specs import read_workflow

    if (workflowid is None) == (spec is None):
        raise click.UsageError("give --workflowid or --spec")
    drawn = (
        read_workflow(session, spec)
        if spec is not None
        else session.client.get_processgraph(workflowid or "")
    )
    options = {"direction": direction} if kind in ("mermaid", "dot") else {}
    picture: str = getattr(drawn, kind)(**options)
    if session.json:
        session.print_json({"format": kind, "picture": picture})
    else:
        with click.open_file(output or "-", "w", encoding="utf-8") as file:
            file.write(picture.rstrip("\n") + "\n")


@workflow.command("addchild")
@_workflowid_option()
@click.option(
    "--parent", required=True, metavar="ID", shell_complete=process_ids, help="Process that it waits for."
)
@click.option(
    "--child", default="", metavar="ID", shell_complete=process_ids, help="Process that waits for it."
)
@click.option("--nodename", required=True, help="Name of the new node.")
@click.option("--insert", is_flag=True, help="Put it between the parent and all children of that.")
@_spec_option(of="function spec")
@with_session
def addchild(
    session: Session, workflowid: str, parent: str, child: str, nodename: str, insert: bool, spec: str
) -> None:
    """Add a node to a workflow, as the executor that runs the parent and whose key signs."""
    from pycolonies.cli._specs import read_func_spec

    added = session.client.add_child(
        workflowid, parent, child, read_func_spec(session, spec), nodename, insert
    )
    session.done("Node added", added, ProcessID=added.processid, WorkflowID=workflowid)


@workflow.command("cancel")
@_workflowid_option()
@with_session
def cancel(session: Session, workflowid: str) -> None:
    """Cancel a workflow, with all its processes that wait or run."""
    session.client.cancel_processgraph(workflowid)
    session.done("Workflow cancelled", WorkflowID=workflowid)


@workflow.command("remove")
@_workflowid_option()
@with_session
def remove(session: Session, workflowid: str) -> None:
    """Remove a workflow that does not run, with its processes."""
    session.client.remove_processgraph(workflowid)
    session.done("Workflow removed", WorkflowID=workflowid)


@workflow.command("removeall", signer=Signer.COLONY_OWNER)
@state_flags("workflows")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_session
def removeall(session: Session, /, yes: bool, **flags: bool) -> None:
    """Remove all workflows of the colony, with their processes."""
    name, state = chosen_state(flags)
    session.confirm(f"Remove {name} workflows in colony {session.colonyname}", yes=yes)
    session.client.remove_all_processgraphs(state=state)
    session.done(f"Removed {name} workflows", ColonyName=session.colonyname)


def _add_list(name: str, state: int) -> None:
    adjective = STATES[state].text.lower()

    @workflow.command(name, watch=True, help=f"List the {adjective} workflows.")
    @click.option("--count", default=20, show_default=True, help="How many at the most, up to 100.")
    @with_session
    def ps(session: Session, count: int) -> None:
        session.show(
            lambda: graph_list(
                session.client.get_processgraphs(count=count, state=state),
                empty=f"No {adjective} workflows found",
            )
        )


for _name, _state in _LISTS.items():
    _add_list(_name, _state)


@workflow.command("ls", watch=True)
@click.option("--count", default=20, show_default=True, help="How many of each state at the most.")
@with_session
def ls(session: Session, count: int) -> None:
    """List the workflows of all states, the newest first."""

    def look() -> View:
        found = [
            each
            for state in range(len(STATES))
            for each in session.client.get_processgraphs(count=count, state=state)
        ]
        found.sort(key=lambda each: each.submissiontime, reverse=True)
        return graph_list(found, empty="No workflows found")

    session.show(look)
