"""``pycolonies fs``: files of the colony, whose content is in its S3 store."""

from __future__ import annotations

import click

from pycolonies.cli import _fs_transfer
from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import labels
from pycolonies.cli._fs_options import file_options, named, without_secrets
from pycolonies.cli._fs_snapshot import snapshot
from pycolonies.cli._fs_views import file_list, file_view, label_list
from pycolonies.cli._ids import positional
from pycolonies.cli._session import Session
from pycolonies.cli._views import View


@click.group(cls=Group, examples=("fs sync --label /data --dir data", "fs ls /data"))
def fs() -> None:
    """Copy and synchronise the colony's files."""


fs.add_command(snapshot)
for _command in _fs_transfer.COMMANDS:
    fs.add_command(_command)


@fs.command("ls", watch=True)
@positional(
    "-l", "--label", noun="label", metavar="LABEL", required=False, shell_complete=labels,
    help="Label: a path such as /data/images.",
)  # fmt: skip
@with_session
def ls(session: Session, label: str | None) -> None:
    """List the files of a label, or all labels."""

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


@fs.command("info", watch=True)
@file_options
@click.option("--all", "every", is_flag=True, help="Show all versions, newest first.")
@with_session
def info(session: Session, label: str | None, name: str | None, fileid: str | None, every: bool) -> None:
    """Show the record of a file; keys are masked."""
    meant = named(label, name, fileid)

    def look() -> View:
        return file_view(without_secrets(session.client.get_file(latest=not every, **meant)))

    session.show(look)


@fs.group("label")
def label_group() -> None:
    """List and remove labels."""


@label_group.command("ls", watch=True)
@click.option("--name", default="", help="Only labels that begin with this.")
@click.option("--exact", is_flag=True, help="Only this label and those below it.")
@with_session
def label_ls(session: Session, name: str, exact: bool) -> None:
    """List all labels and their number of versions."""
    session.show(lambda: label_list(session.client.get_file_labels(name=name, exact=exact)))


label_group.add_command(_fs_transfer.label_remove)
