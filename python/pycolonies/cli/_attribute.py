"""``pycolonies attribute``: what executors note on processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import running_process_ids
from pycolonies.cli._views import Fields, View

if TYPE_CHECKING:
    from pycolonies.cli._session import Session


@click.group(cls=Group)
def attribute() -> None:
    """Note values on a process that runs, and look at them."""


@attribute.command("add")
@click.option(
    "-p",
    "--processid",
    required=True,
    metavar="ID",
    shell_complete=running_process_ids,
    help="Id of the process, which the signer is running.",
)
@click.option("--key", required=True, help="Name of the attribute.")
@click.option("--value", required=True, help="Its value.")
@with_session
def add(session: Session, processid: str, key: str, value: str) -> None:
    """Add an attribute to a process, as the executor that runs it."""
    added = session.client.add_attribute(processid, key, value)
    session.done("Attribute added", added, AttributeID=added.attributeid)


@attribute.command("get")
@click.option("--attributeid", required=True, metavar="ID", help="Id of the attribute; see process get.")
@with_session
def get(session: Session, attributeid: str) -> None:
    """Show an attribute."""

    def look() -> View:
        found = session.client.get_attribute(attributeid)
        rows = [
            ("ID", found.attributeid),
            ("TargetID", found.targetid),
            ("Key", found.key),
            ("Value", found.value),
        ]
        return View(found, Fields(rows, "Attribute"))

    session.show(look)
