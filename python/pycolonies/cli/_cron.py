"""``pycolonies cron``: workflows that are submitted again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import names
from pycolonies.cli._schedule_views import seconds, workflow_table
from pycolonies.cli._specs import file_option, read_workflow
from pycolonies.cli._times import moment
from pycolonies.cli._views import Fields, Table, View

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pycolonies import Cron
    from pycolonies.cli._session import Session

_cron_ids = names(lambda colonies: (found["cronid"] for found in colonies.get_crons()))


@click.group(cls=Group)
def cron() -> None:
    """Submit workflows again and again, by a cron expression or every so many seconds."""


def _cronid(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--cronid", required=True, metavar="ID", shell_complete=_cron_ids, help="Id of the cron."
    )(command)


@cron.command("add")
@click.option("--name", required=True, help="Name of the cron.")
@file_option("--spec", "the workflow")
@click.option(
    "--cron",
    "expression",
    default="",
    metavar="EXPRESSION",
    help='When, with the second first: "0 * * * * *" is every minute.',
)
@click.option("--interval", type=int, default=-1, help="Seconds between two runs, in place of an expression.")
@click.option("--random", is_flag=True, help="At a random time within each interval.")
@click.option("--waitprevious", is_flag=True, help="Wait until the workflow of the last run has ended.")
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
@click.option("--count", default=20, show_default=True, help="How many at the most.")
@with_session
def ls(session: Session, count: int) -> None:
    """List the crons of the colony."""

    def look() -> View:
        found = session.client.get_crons(count=count)
        rows = [
            (each["cronid"], each["name"], _when(each), moment(each["nextrun"]), each["initiatorname"])
            for each in found
        ]
        table = Table(("CRONID", "NAME", "WHEN", "NEXT RUN", "INITIATOR NAME"), rows)
        return View(found, *([table] if rows else []), empty="No crons found")

    session.show(look)


@cron.command("get", watch=True)
@_cronid
@with_session
def get(session: Session, cronid: str) -> None:
    """Show a cron, and the workflow that it submits."""

    def look() -> View:
        found = session.client.get_cron(cronid)
        rows = [
            ("ID", found["cronid"]),
            ("Name", found["name"]),
            ("ColonyName", found["colonyname"]),
            ("InitiatorName", found["initiatorname"]),
            ("Cron Expression", found["cronexpression"]),
            ("Interval", seconds(found["interval"])),
            ("Random", str(found["random"])),
            ("NextRun", moment(found["nextrun"])),
            ("LastRun", moment(found["lastrun"])),
            ("PrevProcessGraphID", found["prevprocessgraphid"]),
            ("WaitForPrevProcessGraph", str(found["waitforprevprocessgraph"])),
        ]
        return View(found, Fields(rows, "Cron"), *workflow_table(found["workflowspec"]))

    session.show(look)


@cron.command("run")
@_cronid
@with_session
def run(session: Session, cronid: str) -> None:
    """Submit the workflow of a cron now."""
    run = session.client.run_cron(cronid)
    session.done("Running cron", run, CronID=cronid)


@cron.command("remove")
@_cronid
@with_session
def remove(session: Session, cronid: str) -> None:
    """Remove a cron; workflows that it has submitted go on."""
    session.client.del_cron(cronid)
    session.done("Cron removed", CronID=cronid)


def _when(found: Cron) -> str:
    if found["cronexpression"]:
        return found.cronexpression
    return f"{'once ' if found['random'] else ''}every {seconds(found['interval'])}"
