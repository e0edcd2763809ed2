"""``pycolonies server``: check a server, and change its owner."""

from __future__ import annotations

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._errors import USAGE, CommandError
from pycolonies.cli._session import Session
from pycolonies.cli._views import Column, Fields, View, table

_BACKENDS = [
    Column("TYPE", "type"),
    Column("HOST", "host", cut=12),
    Column("PORT", "port"),
    Column("TLS", lambda each: each.get("tls", False)),
]
_NODES = [
    Column("NAME", "name", cut=10),
    Column("HOST", "host", cut=12),
    Column("API PORT", "apiport", rank=1),
    Column("PEER PORT", lambda each: each.get("peerport", each.get("etcdpeerport", "")), rank=3),
    Column("RELAY PORT", "relayport", rank=2),
]


@click.group(cls=Group)
def server() -> None:
    """Check a server, and change its owner."""


@server.command("alive", sends="versionmsg")
@with_session
def alive(session: Session) -> None:
    """Check whether a server answers.

    The exit code is 0 if it does, else 3.
    """
    version = session.client.get_version()
    session.done("Server is alive", version, Server=session.address, BuildVersion=version["buildversion"])


@server.command("info", sends="getserverinfomsg", watch=True)
@with_session
def info(session: Session) -> None:
    """Show the version of a server, and its backends."""

    def look() -> View:
        found = session.client.get_server_info()
        rows = [("BuildVersion", found["buildversion"]), ("BuildTime", found["buildtime"])]
        backends = found.get("backends") or []
        listed = [table(backends, _BACKENDS, "Backends")] if backends else []
        return View(found, Fields(rows, "Server"), *listed)

    session.show(look)


@server.command("stats", sends="getstatisticsmsg", watch=True)
@with_session
def stats(session: Session) -> None:
    """Count colonies, executors, processes and workflows."""
    from pycolonies.cli._colony import counts

    def look() -> View:
        found = session.client.get_statistics()
        return View(found, Fields(counts(found), "Statistics"))

    session.show(look)


@server.command("cluster", sends="getclustermsg", watch=True)
@with_session
def cluster(session: Session) -> None:
    """Show the servers of a cluster."""

    def look() -> View:
        found = session.client.get_cluster()
        leader = found["leader"]["name"]
        leads = Column("LEADER", lambda each: each["name"] == leader)
        return View(found, table(found["nodes"], [*_NODES, leads]))

    session.show(look)


@server.command("status", sends="getclustermsg", watch=True)
@with_session
def status(session: Session) -> None:
    """Show the address, version and cluster of a server."""

    def look() -> View:
        version, found = session.client.get_version(), session.client.get_cluster()
        rows = [
            ("Server", session.address),
            ("BuildVersion", version["buildversion"]),
            ("BuildTime", version["buildtime"]),
            ("Nodes", str(len(found["nodes"]))),
            ("Leader", found["leader"]["name"]),
        ]
        return View({**version, "cluster": found}, Fields(rows, "Server"))

    session.show(look)


@server.command("chid", sends="changeserveridmsg")
@click.option("--serverid", required=True, metavar="ID", help="Id of the new key.")
@with_session
def chid(session: Session, serverid: str) -> None:
    """Change the owner of the server."""
    session.client.change_server_id(serverid)
    session.done("Changed server Id", ServerID=serverid)


@server.command("start", sends="", context_settings={"ignore_unknown_options": True}, add_help_option=True)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def start(options: tuple[str, ...]) -> None:
    """Explain how to start a server."""
    raise CommandError(
        "the colonies command of the Colonies release starts production servers; "
        "for a development server run: pycolonies dev",
        USAGE,
    )
