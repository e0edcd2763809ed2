"""``pycolonies location``: the places where executors are."""

from __future__ import annotations

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import names
from pycolonies.cli._session import Session, Signer
from pycolonies.cli._views import Fields, Table, View

_location_names = names(lambda colonies: (found["name"] for found in colonies.get_locations()))


@click.group(cls=Group)
def location() -> None:
    """Add the places where executors are, and look them up."""


@location.command("add", signer=Signer.COLONY_OWNER)
@click.option("--name", required=True, help="Name of the location.")
@click.option("--desc", default="", help="What there is to say about it.")
@click.option("--long", type=click.FloatRange(-180, 180), default=0.0, help="Longitude in degrees.")
@click.option("--lat", type=click.FloatRange(-90, 90), default=0.0, help="Latitude in degrees.")
@with_session
def add(session: Session, name: str, desc: str, long: float, lat: float) -> None:
    """Add a location to the colony."""
    added = session.client.add_location(
        {"colonyname": session.colonyname, "name": name, "description": desc, "long": long, "lat": lat}
    )
    session.done("Location added", added, ColonyName=session.colonyname, Name=name)


@location.command("ls", watch=True)
@with_session
def ls(session: Session) -> None:
    """List the locations of the colony."""

    def look() -> View:
        found = session.client.get_locations()
        rows = [(each["name"], each["description"], str(each["long"]), str(each["lat"])) for each in found]
        table = Table(("NAME", "DESCRIPTION", "LONGITUDE", "LATITUDE"), rows)
        return View(found, *([table] if rows else []), empty="No locations found")

    session.show(look)


@location.command("get")
@click.option("--name", required=True, help="Name of the location.", shell_complete=_location_names)
@with_session
def get(session: Session, name: str) -> None:
    """Show a location."""

    def look() -> View:
        found = session.client.get_location(name=name)
        rows = [
            ("Name", found["name"]),
            ("LocationID", found["locationid"]),
            ("ColonyName", found["colonyname"]),
            ("Description", found["description"]),
            ("Longitude", str(found["long"])),
            ("Latitude", str(found["lat"])),
        ]
        return View(found, Fields(rows, "Location"))

    session.show(look)


@location.command("remove", signer=Signer.COLONY_OWNER)
@click.option("--name", required=True, help="Name of the location.")
@with_session
def remove(session: Session, name: str) -> None:
    """Remove a location from the colony."""
    session.client.remove_location(name=name)
    session.done("Location removed", ColonyName=session.colonyname, Name=name)
