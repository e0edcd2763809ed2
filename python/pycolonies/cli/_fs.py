"""``pycolonies fs``: files of the colony, which lie in its S3 store."""

from __future__ import annotations

import click

from pycolonies.cli import _fs_transfer
from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._fs_options import file_options, label_option, named, without_secrets
from pycolonies.cli._fs_snapshot import snapshot
from pycolonies.cli._fs_views import file_list, file_view, label_list
from pycolonies.cli._session import Session
from pycolonies.cli._views import View


@click.group(cls=Group)
def fs() -> None:
    """Copy and synchronise files of the colony."""


fs.add_command(snapshot)
for _command in _fs_transfer.COMMANDS:
    fs.add_command(_command)


@fs.command("ls", watch=True)
@label_option(required=False)
@with_session
def ls(session: Session, label: str | None) -> None:
    """List the files with a label; without one, all labels."""

    def look() -> View:
        client = session.client
        if label is None:
            return label_list(client.get_file_labels())
        found = client.get_files(label)
        versions = (
            []
            if session.json
            else [client.get_file(label=label, filename=each["name"], latest=False) for each in found]
        )
        return file_list(found, versions, empty=f"No files found with label {label}")

    session.show(look)


@fs.command("info")
@file_options
@click.option("--all", "every", is_flag=True, help="Show all versions, the newest first.")
@with_session
def info(session: Session, label: str | None, name: str | None, fileid: str | None, every: bool) -> None:
    """Show what is recorded of a file; keys are masked."""
    meant = named(label, name, fileid)

    def look() -> View:
        return file_view(without_secrets(session.client.get_file(latest=not every, **meant)))

    session.show(look)


@fs.group("label")
def label_group() -> None:
    """List and remove labels."""


@label_group.command("ls", watch=True)
@click.option("--name", default="", help="Only those that begin with this.")
@click.option("--exact", is_flag=True, help="Only just this one and those below it.")
@with_session
def label_ls(session: Session, name: str, exact: bool) -> None:
    """List all labels, and how many versions of files they have."""
    session.show(lambda: label_list(session.client.get_file_labels(name=name, exact=exact)))


label_group.add_command(_fs_transfer.label_remove)
