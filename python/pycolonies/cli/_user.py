"""``pycolonies user``: the people in a colony."""

from __future__ import annotations

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import names
from pycolonies.cli._session import Session, Signer
from pycolonies.cli._views import Fields, Table, View

_user_names = names(lambda colonies: (found["name"] for found in colonies.get_users()))


@click.group(cls=Group)
def user() -> None:
    """Add people to a colony, and look them up."""


@user.command("add", signer=Signer.COLONY_OWNER)
@click.option("--name", required=True, help="Name of the user.")
@click.option("--userid", required=True, metavar="ID", help="Identity of the user; see security generate.")
@click.option("--email", default="", help="Mail address.")
@click.option("--phone", default="", help="Telephone number.")
@with_session
def add(session: Session, name: str, userid: str, email: str, phone: str) -> None:
    """Add a user to the colony."""
    from pycolonies import User

    record = User(colonyname=session.colonyname, name=name, userid=userid, email=email, phone=phone)
    added = session.client.add_user(record)
    session.done("User added", added, ColonyName=session.colonyname, UserID=userid, Username=name)


@user.command("ls", watch=True)
@with_session
def ls(session: Session) -> None:
    """List the users of the colony."""

    def look() -> View:
        found = session.client.get_users()
        rows = [
            (each["name"], each.get("email", ""), each.get("phone", ""), each["userid"]) for each in found
        ]
        table = Table(("USERNAME", "EMAIL", "PHONE", "USERID"), rows)
        return View(found, *([table] if rows else []), empty="No users found")

    session.show(look)


@user.command("get")
@click.option("--name", help="Name of the user.", shell_complete=_user_names)
@click.option("--userid", metavar="ID", help="Identity of the user, in place of the name.")
@with_session
def get(session: Session, name: str | None, userid: str | None) -> None:
    """Show a user, found by name or identity."""
    if (name is None) == (userid is None):
        raise click.UsageError("give --name or --userid")

    def look() -> View:
        client = session.client
        found = client.get_user(name=name) if name is not None else client.get_user_by_id(userid=userid or "")
        rows = [
            ("Username", found["name"]),
            ("UserID", found["userid"]),
            ("ColonyName", found["colonyname"]),
            ("Email", found.get("email", "")),
            ("Phone", found.get("phone", "")),
        ]
        return View(found, Fields(rows, "User"))

    session.show(look)


@user.command("remove", signer=Signer.COLONY_OWNER)
@click.option("--name", required=True, help="Name of the user.")
@with_session
def remove(session: Session, name: str) -> None:
    """Remove a user from the colony."""
    session.client.remove_user(name=name)
    session.done("User removed", ColonyName=session.colonyname, Username=name)


@user.command("chid")
@click.option("--userid", required=True, metavar="ID", help="Identity of the new key.")
@with_session
def chid(session: Session, userid: str) -> None:
    """Change your own identity: from now on, a new key counts."""
    session.client.change_user_id(userid=userid)
    session.done("Changed user Id", ColonyName=session.colonyname, UserID=userid)
