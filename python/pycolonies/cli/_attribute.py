"""``pycolonies attribute``: values that executors store with processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._ids import ATTRIBUTE, RUNNING_PROCESS, by_id, process_id
from pycolonies.cli._views import Column, View, fields, identity

if TYPE_CHECKING:
    from pycolonies.cli._session import Session

_ATTRIBUTE = [
    Column("ID", identity("attributeid")),
    Column("TargetID", identity("targetid")),
    Column("Key", "key"),
    Column("Value", "value"),
]


@click.group(cls=Group)
def attribute() -> None:
    """Store values with a running process, and read them."""


@attribute.command("add", sends="addattributemsg")
@process_id(RUNNING_PROCESS)
@click.option("--key", required=True, metavar="NAME", help="Name of the attribute.")
@click.option("--value", required=True, metavar="TEXT", help="Its value.")
@with_session
def add(session: Session, processid: str, key: str, value: str) -> None:
    """Add an attribute to a process of your executor."""
    added = session.client.add_attribute(processid, key, value)
    session.done("Attribute added", added, AttributeID=added.attributeid)


@attribute.command("get", watch=True)
@by_id(ATTRIBUTE, "--attributeid")
@with_session
def get(session: Session, attributeid: str) -> None:
    """Show an attribute."""

    def look() -> View:
        found = session.client.get_attribute(attributeid)
        return View(found, fields(found, _ATTRIBUTE, "Attribute"))

    session.show(look)
