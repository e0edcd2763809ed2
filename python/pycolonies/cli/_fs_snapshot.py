"""``pycolonies fs snapshot``: the files of a label at one time."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import snapshot_names
from pycolonies.cli._fs_views import snapshot_list, snapshot_view
from pycolonies.cli._ids import SNAPSHOT
from pycolonies.cli._session import Session
from pycolonies.cli._views import View


@click.group("snapshot", cls=Group)
def snapshot() -> None:
    """Keep the files of a label as they are."""


def _snapshot_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a snapshot; the command gets `name` and `snapshotid`."""
    for option in (
        click.option(
            "-i", "--snapshotid", metavar="ID", type=SNAPSHOT, help="Id of the snapshot, instead of the name."
        ),
        click.option(
            "-n", "--snapshotname", "name", metavar="NAME", shell_complete=snapshot_names, help="Its name."
        ),
    ):
        command = option(command)
    return command


def _check(name: str | None, snapshotid: str | None) -> None:
    if (name is None) == (snapshotid is None):
        raise click.UsageError("give --snapshotname or --snapshotid")


@snapshot.command("create")
@click.option("-l", "--label", required=True, help="Label of the files; includes labels below it.")
@click.option("-n", "--snapshotname", "name", metavar="NAME", help="Its name; random by default.")
@with_session
def create(session: Session, label: str, name: str | None) -> None:
    """Create a snapshot of the newest versions of a label."""
    made = session.client.create_snapshot(label=label, name=name or secrets.token_hex(32))
    session.done(
        "Snapshot created",
        made,
        Label=label,
        SnapshotName=made["name"],
        SnapshotID=made["snapshotid"],
        Files=len(made["fileids"]),
    )


@snapshot.command("download")
@_snapshot_options
@click.option(
    "-d",
    "--dir",
    "directory",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Local directory.",
)
@click.option("--quiet", is_flag=True, help="Show no progress.")
@with_session
def download(session: Session, name: str | None, snapshotid: str | None, directory: str, quiet: bool) -> None:
    """Download the files of a snapshot."""
    _check(name, snapshotid)
    path = session.client.download_snapshot(
        dst=directory, name=name, snapshotid=snapshotid, progress=not (quiet or session.json)
    )
    session.done("Downloaded snapshot", {"path": path}, Path=path)


@snapshot.command("info", watch=True)
@_snapshot_options
@with_session
def info(session: Session, name: str | None, snapshotid: str | None) -> None:
    """Show a snapshot and its files."""
    _check(name, snapshotid)

    def look() -> View:
        client = session.client
        found = (
            client.get_snapshot_by_name(name=name)
            if name is not None
            else client.get_snapshot_by_id(snapshotid=snapshotid or "")
        )
        files = [] if session.json else [client.get_file(fileid=each)[0] for each in found["fileids"]]
        return snapshot_view(found, files)

    session.show(look)


@snapshot.command("ls", watch=True)
@with_session
def ls(session: Session) -> None:
    """List all snapshots, newest first."""
    session.show(lambda: snapshot_list(session.client.get_snapshots()))


@snapshot.command("remove")
@_snapshot_options
@with_session
def remove(session: Session, name: str | None, snapshotid: str | None) -> None:
    """Remove a snapshot; its files stay."""
    _check(name, snapshotid)
    if name is not None:
        session.client.remove_snapshot_by_name(name=name)
        session.done("Snapshot removed", SnapshotName=name)
    else:
        session.client.remove_snapshot_by_id(snapshotid=snapshotid or "")
        session.done("Snapshot removed", SnapshotID=snapshotid)


@snapshot.command("removeall")
@click.option("--yes", is_flag=True, help="Don't ask.")
@with_session
def removeall(session: Session, yes: bool) -> None:
    """Remove all snapshots; their files stay."""
    session.confirm(f"Remove all snapshots in colony {session.colonyname}", yes=yes)
    session.client.remove_all_snapshots()
    session.done("Removed all snapshots", ColonyName=session.colonyname)
