"""``pycolonies colony``: colonies and their statistics."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pycolonies.cli import _process_actions
from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._ids import positional
from pycolonies.cli._session import Session
from pycolonies.cli._views import Column, Fields, View, fields, identity, listing

if TYPE_CHECKING:
    from pycolonies import Statistics

_LIST = [Column("NAME", "name", cut=12), Column("COLONYID", identity("colonyid"))]
_COLONY = [Column("Name", "name"), Column("ColonyID", identity("colonyid"))]


@click.group(cls=Group)
def colony() -> None:
    """Manage colonies, and pause their assignments."""


@colony.command("add", sends="addcolonymsg")
@click.option("--name", required=True, help="Name of the colony.")
@click.option("--colonyid", required=True, metavar="ID", help="Id of the owner's key; see security generate.")
@with_session
def add(session: Session, name: str, colonyid: str) -> None:
    """Add a colony."""
    added = session.client.add_colony({"name": name, "colonyid": colonyid})
    session.done("Colony added", added, ColonyName=name, ColonyID=colonyid)


@colony.command("remove", sends="removecolonymsg")
@positional("--name", noun="name of the colony", metavar="NAME")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@with_session
def remove(session: Session, name: str, yes: bool) -> None:
    """Remove a colony with everything in it. Asks on a terminal only."""
    yes = yes or not sys.stdin.isatty()
    session.confirm(f"The colony {name} and everything in it will be removed", yes=yes)
    session.client.del_colony(name)
    session.done("Colony removed", ColonyName=name)


@colony.command("ls", sends="getcoloniesmsg", watch=True)
@with_session
def ls(session: Session) -> None:
    """List the colonies of a server."""

    def look() -> View:
        return listing(session.client.list_colonies(), _LIST, empty="No colonies found")

    session.show(look)


@colony.command("get", watch=True)
@with_session
def get(session: Session) -> None:
    """Show the colony: its name and id."""

    def look() -> View:
        found = session.client.get_colony()
        return View(found, fields(found, _COLONY, "Colony"))

    session.show(look)


@colony.command("check")
@positional("--name", noun="name of the colony", metavar="NAME")
@with_session
def check(session: Session, name: str) -> None:
    """Check whether a colony exists.

    The exit code is 0 if it does, else 5.
    """
    from pycolonies import NotFoundError, PermissionDeniedError
    from pycolonies._records import Colony
    from pycolonies.cli._errors import MISSING, CommandError

    try:
        found = session.client.get_colony(name)
    except (NotFoundError, PermissionDeniedError) as refused:
        if "not a member" not in refused.message:
            raise CommandError(f"no colony {name!r} at {session.address}", MISSING) from None
        found = Colony(name=name)  # the server refuses only because it is there
    session.done("Colony exists", found, ColonyName=name)


@colony.command("chid", sends="changecolonyidmsg")
@click.option("--colonyid", required=True, metavar="ID", help="Id of the new key.")
@with_session
def chid(session: Session, colonyid: str) -> None:
    """Change the owner of the colony."""
    session.client.change_colony_id(colonyid=colonyid)
    session.done("Changed colony Id", ColonyName=session.colonyname, ColonyID=colonyid)


@colony.command("stats", watch=True)
@with_session
def stats(session: Session) -> None:
    """Count executors, processes and workflows."""

    def look() -> View:
        found = session.client.stats()
        return View(found, Fields([("Colony", session.colonyname), *counts(found)], "Statistics"))

    session.show(look)


# The same commands as in `process`, whose names are those of the Colonies CLI.
colony.add_command(_process_actions.pause)
colony.add_command(_process_actions.resume)
colony.add_command(_process_actions.status, "paused")


#: The counts, in the order in which they are shown.
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
    """Return statistics as rows; unknown ones have the protocol's names."""
    known = [(label, str(found[name])) for name, label in _COUNTED.items() if name in found]
    return known + [(name, str(value)) for name, value in found.items() if name not in _COUNTED]
