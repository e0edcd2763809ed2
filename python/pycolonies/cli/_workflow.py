"""``pycolonies workflow``: submit workflows, watch and draw them."""

from __future__ import annotations

from pathlib import Path

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._ids import PROCESS, workflow_id
from pycolonies.cli._process_actions import chosen_state, state_flags
from pycolonies.cli._process_views import process_view
from pycolonies.cli._session import Session
from pycolonies.cli._specs import file_option, read_func_spec, read_workflow
from pycolonies.cli._submission import wait_timeout_option, warn_if_unserved
from pycolonies.cli._views import STATES, View
from pycolonies.cli._workflow_views import graph_list, graph_view

#: The lists of one state each, with the names that they have in the Colonies CLI.
_LISTS = {"psw": 0, "ps": 1, "pss": 2, "psf": 3, "psc": 4}


@click.group(cls=Group)
def workflow() -> None:
    """Submit, watch and draw workflows."""


@workflow.command(
    "submit", examples=("workflow submit --spec workflow.json --wait", "workflow submit --spec - --out")
)
@file_option("--spec", "the workflow")
@click.option("--wait", is_flag=True, help="Wait until it ends, and show its progress.")
@click.option("--out", is_flag=True, help="Wait until it ends, and print the output of its last nodes.")
@wait_timeout_option
@with_session
def submit(session: Session, spec: str, wait: bool, out: bool, wait_timeout: float | None) -> None:
    """Submit a workflow.

    With --wait or --out the exit code is 0 if it succeeded, else 1.
    """
    from pycolonies.cli._workflow_progress import finish

    read = read_workflow(session, spec)
    graph = session.client.submit_workflow(read)
    waits = wait or out
    if not session.json:
        session.info("Workflow submitted", WorkflowID=graph.processgraphid, ColonyName=session.colonyname)
    elif not waits:
        session.print_json(graph)
    warn_if_unserved(session, *read.functionspecs, of_workflow=True)
    if waits:
        finish(session, graph.processgraphid, wait_timeout, out=out)


@workflow.command("watch")
@workflow_id()
@wait_timeout_option
@with_session
def watch(session: Session, workflowid: str, wait_timeout: float | None) -> None:
    """Show the progress of a workflow until it ends.

    The exit code is 0 if it succeeded, else 1.
    """
    from pycolonies.cli._workflow_progress import finish

    finish(session, workflowid, wait_timeout)


@workflow.command("get", watch=True, examples=("workflow get 91ab --watch",))
@workflow_id()
@with_session
def get(session: Session, workflowid: str) -> None:
    """Show a workflow and its nodes."""

    def look() -> View:
        graph = session.client.get_processgraph(workflowid)
        processes = [] if session.json else session.client.get_processes_for_workflow(workflowid)
        return graph_view(graph, processes)

    session.show(look)


@workflow.command("node", watch=True)
@workflow_id()
@click.option("--name", required=True, help="Name of the node.")
@with_session
def node(session: Session, workflowid: str, name: str) -> None:
    """Show the process of a node."""
    from pycolonies.cli._errors import MISSING, CommandError

    def look() -> View:
        graph = session.client.get_processgraph(workflowid)
        found = session.client.find_process(name, graph.processids)
        if found is None:
            raise CommandError(f"workflow {workflowid} has no node {name}", MISSING)
        return process_view(found)

    session.show(look)


@workflow.command("graph", examples=("workflow graph 91ab --format svg --output graph.svg",))
@workflow_id(required=False)
@file_option("--spec", "the workflow", required=False)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["mermaid", "dot", "svg", "tree"]),
    default="mermaid",
    show_default=True,
    metavar="FORMAT",
    help="One of mermaid, dot, svg and tree.",
)
@click.option(
    "--direction",
    type=click.Choice(["TD", "LR", "BT", "RL"]),
    default="TD",
    show_default=True,
    metavar="TD|LR|BT|RL",
    help="Direction of mermaid and dot: top-down, left-right, ...",
)
@click.option("--all", "every", is_flag=True, help="Draw each of many equal nodes.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="File to write instead of stdout."
)
@with_session
def graph(
    session: Session,
    workflowid: str | None,
    spec: str | None,
    kind: str,
    direction: str,
    every: bool,
    output: str | None,
) -> None:
    """Draw a workflow as text or a picture.

    A submitted workflow is drawn with the states of its nodes, one of a file without.
    """
    if (workflowid is None) == (spec is None):
        raise click.UsageError("give --workflowid or --spec")
    drawn = (
        read_workflow(session, spec)
        if spec is not None
        else session.client.get_processgraph(workflowid or "")
    )
    options = {"direction": direction} if kind in ("mermaid", "dot") else {}
    picture: str = getattr(drawn, kind)(fold=not every, **options)
    if session.json:
        session.print_json({"format": kind, "picture": picture})
    else:
        _write_picture(session, picture.rstrip("\n"), output)


def _write_picture(session: Session, picture: str, output: str | None) -> None:
    if output is None:
        session.text(picture)
    else:
        Path(output).write_text(f"{picture}\n", encoding="utf-8")


@workflow.command("addchild", sends="addchildmsg")
@workflow_id()
@click.option("--parent", required=True, metavar="ID", type=PROCESS, help="Process that it waits for.")
@click.option("--child", default="", metavar="ID", type=PROCESS, help="Process that waits for it.")
@click.option("--nodename", required=True, metavar="NAME", help="Name of the new node.")
@click.option("--insert", is_flag=True, help="Insert it between the parent and its children.")
@file_option("--spec", "the function spec")
@with_session
def addchild(
    session: Session, workflowid: str, parent: str, child: str, nodename: str, insert: bool, spec: str
) -> None:
    """Add a node to a workflow, as the parent's executor."""
    added = session.client.add_child(
        workflowid, parent, child, read_func_spec(session, spec), nodename, insert
    )
    session.done("Node added", added, ProcessID=added.processid, WorkflowID=workflowid)


@workflow.command("cancel")
@workflow_id()
@with_session
def cancel(session: Session, workflowid: str) -> None:
    """Cancel a workflow with its processes."""
    session.client.cancel_processgraph(workflowid)
    session.done("Workflow cancelled", WorkflowID=workflowid)


@workflow.command("resubmit")
@workflow_id()
@click.option("--all", "everything", is_flag=True, help="Run successful processes again, too.")
@with_session
def resubmit(session: Session, workflowid: str, everything: bool) -> None:
    """Submit a workflow again as a new one, without what was successful."""
    try:
        graph = session.client.resubmit_workflow(workflowid, only_failed=not everything)
    except ValueError as complete:
        raise click.ClickException("all processes were successful; --all runs them again") from complete
    session.done("Workflow resubmitted", graph, WorkflowID=graph.processgraphid, Resubmitted=workflowid)


@workflow.command("remove")
@workflow_id()
@with_session
def remove(session: Session, workflowid: str) -> None:
    """Remove a workflow with its processes."""
    session.client.remove_processgraph(workflowid)
    session.done("Workflow removed", WorkflowID=workflowid)


@workflow.command("removeall", sends="removeallprocessgraphsmsg")
@state_flags("workflows")
@click.option("--yes", is_flag=True, help="Don't ask.")
@with_session
def removeall(session: Session, /, yes: bool, **flags: bool) -> None:
    """Remove all workflows with their processes."""
    name, state = chosen_state(flags)
    session.confirm(f"Remove {name} workflows in colony {session.colonyname}", yes=yes)
    session.client.remove_all_processgraphs(state=state)
    session.done(f"Removed {name} workflows", ColonyName=session.colonyname)


def _add_list(name: str, state: int) -> None:
    adjective = STATES[state].text.lower()

    @workflow.command(name, watch=True, help=f"List {adjective} workflows.")
    @click.option("--count", default=20, show_default=True, metavar="N", help="Show at most N, up to 100.")
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
@click.option("--count", default=20, show_default=True, metavar="N", help="Show at most N of each state.")
@with_session
def ls(session: Session, count: int) -> None:
    """List all workflows, newest first."""

    def look() -> View:
        found = [
            each
            for state in range(len(STATES))
            for each in session.client.get_processgraphs(count=count, state=state)
        ]
        found.sort(key=lambda each: each.submissiontime, reverse=True)
        return graph_list(found, empty="No workflows found")

    session.show(look)
