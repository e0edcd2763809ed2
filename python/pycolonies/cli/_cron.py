"""``pycolonies cron``: workflows that are submitted on a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._ids import CRON, by_id
from pycolonies.cli._schedule_views import seconds, workflow_table
from pycolonies.cli._specs import file_option, read_workflow
from pycolonies.cli._views import Column, View, fields, identity, listing, time_of

if TYPE_CHECKING:
    from pycolonies import Cron
    from pycolonies.cli._session import Session


def _when(found: Cron) -> str:
    if found["cronexpression"]:
        return found.cronexpression
    return f"{'once ' if found['random'] else ''}every {seconds(found['interval'])}"


_LIST = [
    Column("CRONID", identity("cronid")),
    Column("NAME", "name", cut=12),
    Column("WHEN", _when, rank=1, cut=12),
    Column("NEXT RUN", time_of("nextrun"), rank=2),
    Column("INITIATOR NAME", "initiatorname", rank=3, cut=14),
]
_CRON = [
    Column("ID", identity("cronid")),
    Column("Name", "name"),
    Column("ColonyName", "colonyname"),
    Column("InitiatorName", "initiatorname"),
    Column("Cron Expression", "cronexpression"),
    Column("Interval", lambda found: seconds(found["interval"])),
    Column("Random", "random"),
    Column("NextRun", time_of("nextrun")),
    Column("LastRun", time_of("lastrun")),
    Column("PrevProcessGraphID", identity("prevprocessgraphid")),
    Column("WaitForPrevProcessGraph", "waitforprevprocessgraph"),
]
_cron_id = by_id(CRON, "--cronid")


@click.group(cls=Group)
def cron() -> None:
    """Submit workflows on a schedule."""


@cron.command(
    "add",
    examples=(
        'cron add --name nightly --spec workflow.json --cron "0 0 2 * * *"',
        "cron add --name poll --spec workflow.json --interval 60",
    ),
)
@click.option("--name", required=True, help="Name of the cron.")
@file_option("--spec", "the workflow")
@click.option(
    "--cron",
    "expression",
    default="",
    metavar="EXPRESSION",
    help='Six fields, seconds first: "0 * * * * *" is every minute.',
)
@click.option(
    "--interval", type=int, default=-1, metavar="SECONDS", help="Time between runs, instead of an expression."
)
@click.option("--random", is_flag=True, help="Run at a random time within each interval.")
@click.option("--waitprevious", is_flag=True, help="Run only after the previous workflow has ended.")
@with_session
def add(
    session: Session, name: str, spec: str, expression: str, interval: int, random: bool, waitprevious: bool
) -> None:
    """Add a cron."""
    if not expression and interval <= 0:
        raise click.UsageError("give --cron or --interval")
    if random and interval <= 0:
        raise click.UsageError("--random needs --interval")
    workflow = read_workflow(session, spec)
    added = session.client.add_cron(
        name, expression, waitprevious, workflow, interval=interval, random=random
    )
    session.done("Cron added", added, CronID=added["cronid"])


@cron.command("ls", watch=True)
@click.option("--count", default=20, show_default=True, metavar="N", help="Show at most N.")
@with_session
def ls(session: Session, count: int) -> None:
    """List the crons of the colony."""
    session.show(lambda: listing(session.client.get_crons(count=count), _LIST, empty="No crons found"))


@cron.command("get", watch=True)
@_cron_id
@with_session
def get(session: Session, cronid: str) -> None:
    """Show a cron and its workflow."""

    def look() -> View:
        found = session.client.get_cron(cronid)
        return View(found, fields(found, _CRON, "Cron"), *workflow_table(found["workflowspec"]))

    session.show(look)


@cron.command("run")
@_cron_id
@with_session
def run(session: Session, cronid: str) -> None:
    """Submit the workflow of a cron now."""
    run = session.client.run_cron(cronid)
    session.done("Running cron", run, CronID=cronid)


@cron.command("remove")
@_cron_id
@with_session
def remove(session: Session, cronid: str) -> None:
    """Remove a cron; its running workflows continue."""
    session.client.del_cron(cronid)
    session.done("Cron removed", CronID=cronid)
