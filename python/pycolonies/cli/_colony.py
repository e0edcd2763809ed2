"""``pycolonies colony``: colonies, and what goes on in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._session import Session, Signer
from pycolonies.cli._views import Fields, Table, View

if TYPE_CHECKING:
    from pycolonies import Statistics


@click.group(cls=Group)
def colony() -> None:
    """Add and remove colonies, count what is in them, and pause their assignments."""


@colony.command("add", signer=Signer.SERVER_OWNER)
@click.option("--name", required=True, help="Name of the colony.")
@click.option("--colonyid", required=True, metavar="ID", help="Identity of its owner; see security generate.")
@with_session
def add(session: Session, name: str, colonyid: str) -> None:
    """Add a colony."""
    added = session.client.add_colony({"name": name, "colonyid": colonyid})
    session.done("Colony added", added, ColonyName=name, ColonyID=colonyid)


@colony.command("remove", signer=Signer.SERVER_OWNER)
@click.option("--name", required=True, help="Name of the colony.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@with_session
def remove(session: Session, name: str, yes: bool) -> None:
    """Remove a colony, with its executors, users and processes."""
    session.confirm(f"The colony {name} and all that is in it will be removed", yes=yes)
    session.client.del_colony(name)
    session.done("Colony removed", ColonyName=name)


@colony.command("ls", signer=Signer.SERVER_OWNER, watch=True)
@with_session
def ls(session: Session) -> None:
    """List the colonies of a server."""

    def look() -> View:
        found = session.client.list_colonies()
        rows = [(each["name"], each["colonyid"]) for each in found]
        return View(found, *([Table(("NAME", "COLONYID"), rows)] if rows else []), empty="No colonies found")

    session.show(look)


@colony.command("get")
@with_session
def get(session: Session) -> None:
    """Show the colony: its name, and the identity of its owner."""

    def look() -> View:
        found = session.client.get_colony()
        return View(found, Fields([("Name", found["name"]), ("ColonyID", found["colonyid"])], "Colony"))

    session.show(look)


@colony.command("check", signer=Signer.SERVER_OWNER)
@click.option("--name", required=True, help="Name of the colony.")
@with_session
def check(session: Session, name: str) -> None:
    """Tell whether a colony exists: the exit code is 0 if it does, else 5."""
    from pycolonies.cli._errors import MISSING, Fault

    found = next((each for each in session.client.list_colonies() if each["name"] == name), None)
    if found is None:
        raise Fault(f"there is no colony {name!r} at {session.address}", MISSING)
    session.done("Colony exists", found, ColonyName=name)


@colony.command("chid", signer=Signer.COLONY_OWNER)
@click.option("--colonyid", required=True, metavar="ID", help="Identity of the new key.")
@with_session
def chid(session: Session, colonyid: str) -> None:
    """Give the colony to another owner: from now on, a new key counts."""
    session.client.change_colony_id(colonyid=colonyid)
    session.done("Changed colony Id", ColonyName=session.colonyname, ColonyID=colonyid)


@colony.command("stats", watch=True)
@with_session
def stats(session: Session) -> None:
    """Count executors, processes and workflows."""

    def look() -> View:
        found = session.client.stats()
        return View(found, Fields(counts(found), "Statistics"))

    session.show(look)


@colony.command("pause", signer=Signer.COLONY_OWNER)
@with_session
def pause(session: Session) -> None:
    """Let no executor get processes until `colony resume`; what runs goes on."""
    session.client.pause_assignments()
    session.done("Assignments paused", ColonyName=session.colonyname)


@colony.command("resume", signer=Signer.COLONY_OWNER)
@with_session
def resume(session: Session) -> None:
    """Let executors get processes again."""
    session.client.resume_assignments()
    session.done("Assignments resumed", ColonyName=session.colonyname)


@colony.command("paused")
@with_session
def paused(session: Session) -> None:
    """Tell whether assignments are paused."""

    def look() -> View:
        found = session.client.assignments_are_paused()
        return View({"ispaused": found}, Fields([("Paused", str(found))]))

    session.show(look)


#: Names for people of what is counted, in the order in which it is shown.
_COUNTED = {
    "colonies": "Colonies",
    "executors": "Executors",
    "activeexecutors": "Active executors",
    "unregisteredexecutors": "Unregistered executors",
    "waitingprocesses": "Waiting processes",
    "runningprocesses": "Running processes",
    "successfulprocesses": "Successful processes",
    "failedprocesses": "Failed processes",
    "cancelledprocesses": "Cancelled processes",
    "waitingworkflows": "Waiting workflows",
    "runningworkflows": "Running workflows",
    "successfulworkflows": "Successful workflows",
    "failedworkflows": "Failed workflows",
    "cancelledworkflows": "Cancelled workflows",
}


def counts(found: Statistics) -> list[tuple[str, str]]:
    """Return statistics as rows; what this version does not know yet has the protocol's name."""
    known = [(label, str(found[name])) for name, label in _COUNTED.items() if name in found]
    return known + [(name, str(value)) for name, value in found.items() if name not in _COUNTED]
