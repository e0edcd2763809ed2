"""``pycolonies user``: the users of a colony."""

from __future__ import annotations

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import names
from pycolonies.cli._ids import USER, positional
from pycolonies.cli._session import Session
from pycolonies.cli._views import Column, View, fields, identity, listing

_user_names = names(lambda colonies: (found["name"] for found in colonies.get_users()))

_LIST = [
    Column("USERNAME", "name", cut=12),
    Column("EMAIL", "email", rank=2, cut=12),
    Column("PHONE", "phone", rank=3, cut=10),
    Column("USERID", identity("userid"), rank=1),
]
_USER = [
    Column("Username", "name"),
    Column("UserID", identity("userid")),
    Column("ColonyName", "colonyname"),
    Column("Email", "email"),
    Column("Phone", "phone"),
]


@click.group(cls=Group)
def user() -> None:
    """Manage the colony's users."""


@user.command("add", sends="addusermsg")
@click.option("--name", required=True, help="Name of the user.")
@click.option("--userid", required=True, metavar="ID", help="Id of the user's key; see security generate.")
@click.option("--email", default="", help="Email address.")
@click.option("--phone", default="", help="Telephone number.")
@with_session
def add(session: Session, name: str, userid: str, email: str, phone: str) -> None:
    """Add a user to the colony."""
    from pycolonies import User

    record = User(colonyname=session.colonyname, name=name, userid=userid, email=email, phone=phone)
    added = session.client.add_user(record)
    session.done("User added", added, ColonyName=session.colonyname, UserID=userid, Username=name)


@user.command("ls", sends="getusersmsg", watch=True)
@with_session
def ls(session: Session) -> None:
    """List the users of the colony."""
    session.show(lambda: listing(session.client.get_users(), _LIST, empty="No users found"))


@user.command("get", sends="getusermsg", watch=True)
@positional("--name", noun="name of the user", metavar="NAME", required=False, shell_complete=_user_names)
@click.option("--userid", metavar="ID", type=USER, help="Id of the user, instead of the name.")
@with_session
def get(session: Session, name: str | None, userid: str | None) -> None:
    """Show a user."""
    if (name is None) == (userid is None):
        raise click.UsageError("give --name or --userid")

    def look() -> View:
        client = session.client
        found = client.get_user(name=name) if name is not None else client.get_user_by_id(userid=userid or "")
        return View(found, fields(found, _USER, "User"))

    session.show(look)


@user.command("remove", sends="removeusermsg")
@positional("--name", noun="name of the user", metavar="NAME")
@with_session
def remove(session: Session, name: str) -> None:
    """Remove a user from the colony."""
    session.client.remove_user(name=name)
    session.done("User removed", ColonyName=session.colonyname, Username=name)


@user.command("chid", sends="changeuseridmsg")
@click.option("--userid", required=True, metavar="ID", help="Id of the new key.")
@with_session
def chid(session: Session, userid: str) -> None:
    """Change your id to that of a new key."""
    session.client.change_user_id(userid=userid)
    session.done("Changed user Id", ColonyName=session.colonyname, UserID=userid)
