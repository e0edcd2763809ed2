"""``pycolonies server``: what a server says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._errors import USAGE, Fault
from pycolonies.cli._session import Session, Signer
from pycolonies.cli._views import Fields, Table, View

if TYPE_CHECKING:
    from pycolonies import ClusterNode


@click.group(cls=Group)
def server() -> None:
    """Ask a server how it is, and change its owner."""


@server.command("alive", signer=Signer.ANYBODY)
@with_session
def alive(session: Session) -> None:
    """Tell whether a server answers: the exit code is 0 if it does, else 3."""
    version = session.client.get_version()
    session.done("Server is alive", version, Server=session.address, BuildVersion=version["buildversion"])


@server.command("info", signer=Signer.ANYBODY, watch=True)
@with_session
def info(session: Session) -> None:
    """Show what a server was built from, and the ways to reach it."""

    def look() -> View:
        found = session.client.get_server_info()
        rows = [("BuildVersion", found["buildversion"]), ("BuildTime", found["buildtime"])]
        backends = [
            (each["type"], each["host"], str(each["port"]), str(each.get("tls", False)))
            for each in found.get("backends") or []
        ]
        table = Table(("TYPE", "HOST", "PORT", "TLS"), backends, "Backends")
        return View(found, Fields(rows, "Server"), *([table] if backends else []))

    session.show(look)


@server.command("stats", signer=Signer.SERVER_OWNER, watch=True)
@with_session
def stats(session: Session) -> None:
    """Count the colonies, executors, processes and workflows of a server."""
    from pycolonies.cli._colony import counts

    def look() -> View:
        found = session.client.get_statistics()
        return View(found, Fields(counts(found), "Statistics"))

    session.show(look)


@server.command("cluster", signer=Signer.SERVER_OWNER, watch=True)
@with_session
def cluster(session: Session) -> None:
    """Show the servers of a cluster, and which of them leads."""

    def look() -> View:
        found = session.client.get_cluster()
        leader = found["leader"]["name"]
        rows = [(*_node(each), str(each["name"] == leader)) for each in found["nodes"]]
        return View(found, Table(("NAME", "HOST", "API PORT", "PEER PORT", "RELAY PORT", "LEADER"), rows))

    session.show(look)


@server.command("status", signer=Signer.SERVER_OWNER, watch=True)
@with_session
def status(session: Session) -> None:
    """Show where the server is, its version, and the cluster that it belongs to."""

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


@server.command("chid", signer=Signer.SERVER_OWNER)
@click.option("--serverid", required=True, metavar="ID", help="Identity of the new key.")
@with_session
def chid(session: Session, serverid: str) -> None:
    """Give the server to another owner: from now on, a new key counts."""
    session.client.change_server_id(serverid)
    session.done("Changed server Id", ServerID=serverid)


@server.command(
    "start", signer=Signer.ANYBODY, context_settings={"ignore_unknown_options": True}, add_help_option=True
)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def start(options: tuple[str, ...]) -> None:  # noqa: ARG001
    """Say how to start a server: production servers come with Colonies itself."""
    raise Fault(
        "a production server is started by the colonies command of the Colonies release; "
        "for one on this machine run: pycolonies dev",
        USAGE,
    )


def _node(node: ClusterNode) -> tuple[str, str, str, str, str]:
    return (
        node["name"],
        node["host"],
        str(node["apiport"]),
        str(node.get("peerport", node.get("etcdpeerport", ""))),
        str(node["relayport"]),
    )
