"""``pycolonies location``: the locations of executors."""

from __future__ import annotations

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import names
from pycolonies.cli._ids import positional
from pycolonies.cli._numbers import Finite
from pycolonies.cli._session import Session
from pycolonies.cli._views import Column, View, fields, identity, listing

_location_names = names(lambda colonies: (found["name"] for found in colonies.get_locations()))

_LIST = [
    Column("NAME", "name", cut=12),
    Column("DESCRIPTION", "description", rank=1, cut=12),
    Column("LONGITUDE", "long", rank=2),
    Column("LATITUDE", "lat", rank=3),
]
_LOCATION = [
    Column("Name", "name"),
    Column("LocationID", identity("locationid")),
    Column("ColonyName", "colonyname"),
    Column("Description", "description"),
    Column("Longitude", "long"),
    Column("Latitude", "lat"),
]


@click.group(cls=Group)
def location() -> None:
    """Manage the locations of executors."""


@location.command("add", sends="addlocationmsg")
@click.option("--name", required=True, help="Name of the location.")
@click.option("--desc", default="", metavar="TEXT", help="Description.")
@click.option("--long", type=Finite(-180, 180), default=0.0, metavar="DEGREES", help="Longitude in degrees.")
@click.option("--lat", type=Finite(-90, 90), default=0.0, metavar="DEGREES", help="Latitude in degrees.")
@with_session
def add(session: Session, name: str, desc: str, long: float, lat: float) -> None:
    """Add a location to the colony."""
    added = session.client.add_location(
        {"colonyname": session.colonyname, "name": name, "description": desc, "long": long, "lat": lat}
    )
    session.done("Location added", added, ColonyName=session.colonyname, Name=name)


@location.command("ls", sends="getlocationsmsg", watch=True)
@with_session
def ls(session: Session) -> None:
    """List the locations of the colony."""
    session.show(lambda: listing(session.client.get_locations(), _LIST, empty="No locations found"))


@location.command("get", sends="getlocationmsg", watch=True)
@positional("--name", noun="name of the location", metavar="NAME", shell_complete=_location_names)
@with_session
def get(session: Session, name: str) -> None:
    """Show a location."""

    def look() -> View:
        found = session.client.get_location(name=name)
        return View(found, fields(found, _LOCATION, "Location"))

    session.show(look)


@location.command("remove", sends="removelocationmsg")
@positional("--name", noun="name of the location", metavar="NAME")
@with_session
def remove(session: Session, name: str) -> None:
    """Remove a location from the colony."""
    session.client.remove_location(name=name)
    session.done("Location removed", ColonyName=session.colonyname, Name=name)
