"""Options that name files, and fields of them that are never shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from pycolonies.cli._completion import labels
from pycolonies.cli._ids import FILE

if TYPE_CHECKING:
    from pycolonies import FileVersion


def label_option(*, required: bool = True) -> Callable[[Any], Any]:
    return click.option(
        "-l", "--label", required=required, shell_complete=labels, help="Label: a path such as /data/images."
    )


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a file, by label and name, or by its id."""
    for option in (
        click.option(
            "-i", "--fileid", metavar="ID", type=FILE, help="Id of a version, instead of label and name."
        ),
        click.option("-n", "--name", help="Name of the file."),
        label_option(required=False),
    ):
        command = option(command)
    return command


def named(label: str | None, name: str | None, fileid: str | None) -> dict[str, Any]:
    """Return the client's arguments that name a file."""
    if fileid is not None and name is None:
        return {"fileid": fileid}
    if fileid is None and label is not None and name is not None:
        return {"label": label, "filename": name}
    raise click.UsageError("give --label and --name, or --fileid")


def without_secrets(versions: list[FileVersion]) -> list[FileVersion]:
    """Mask the keys that older clients have left in the records of files."""
    for version in versions:
        stored: Any = (version.get("ref") or {}).get("s3object") or {}
        for field in ("accesskey", "secretkey", "encryptionkey"):
            if stored.get(field):
                stored[field] = "***"
    return versions
