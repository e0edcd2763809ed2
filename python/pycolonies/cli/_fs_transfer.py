"""The commands of ``pycolonies fs`` that copy or remove files."""

from __future__ import annotations

import sys
from collections.abc import Sized
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pycolonies.cli._commands import Command, with_session
from pycolonies.cli._fs_options import file_options, label_option, named, without_secrets
from pycolonies.cli._fs_views import local_list, plan_data, plan_view
from pycolonies.cli._session import Session

if TYPE_CHECKING:
    from pycolonies import SyncPlan

_dir_option = click.option(
    "-d",
    "--dir",
    "directory",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Local directory.",
)
_yes_option = click.option("--yes", is_flag=True, help="Don't ask.")
_quiet_option = click.option("--quiet", "--quite", is_flag=True, help="Show no progress.")
_dry_option = click.option("--dry", is_flag=True, help="Show the plan, and change nothing.")


@click.command(
    "sync",
    cls=Command,
    examples=("fs sync --label /data --dir data", "fs sync -l /data -d data --dry --syncplans"),
)
@label_option()
@_dir_option
@click.option(
    "--keeplocal/--keepremote",
    default=True,
    show_default=False,
    help="Side that wins if a file differs; local by default.",
)
@click.option("--syncplans", is_flag=True, help="List the files.")
@click.option("--driver", default="s3", type=click.Choice(["s3"]), hidden=True, help="Only s3.")
@_dry_option
@_yes_option
@_quiet_option
@with_session
def sync(
    session: Session,
    label: str,
    directory: str,
    keeplocal: bool,
    syncplans: bool,
    driver: str,
    dry: bool,
    yes: bool,
    quiet: bool,
) -> None:
    """Synchronise a directory with a label.

    Missing files are copied in both directions; nothing is deleted. You are asked before anything is
    overwritten: files that differ.
    """
    if not dry:
        Path(directory).mkdir(parents=True, exist_ok=True)
    plan = session.client.plan_sync(directory, label, keeplocal)
    asks = bool(plan.conflicts) and not (dry or yes or session.json)
    if not session.json and (asks or not quiet):
        session.info(
            "Sync plans completed",
            ConflictResolution="replace-remote" if keeplocal else "replace-local",
            Download=len(plan.downloads),
            Upload=len(plan.uploads),
            Conflicts=len(plan.conflicts),
        )
    if syncplans and not session.json and plan:
        session.show(lambda: plan_view(plan))
    if not plan and not session.json:
        session.info("Synchronizing, nothing to do, already synchronized", Label=label, SyncDir=directory)
    if asks:
        session.ask(_overwriting(plan))
    if not dry:
        session.client.apply_sync(plan, progress=not (quiet or session.json))
    if session.json:
        session.print_json(plan_data(plan))


@click.command("clean", cls=Command)
@label_option()
@_dir_option
@click.option("--cleanplans", is_flag=True, help="List the files.")
@_dry_option
@_yes_option
@_quiet_option
@with_session
def clean(
    session: Session, label: str, directory: str, cleanplans: bool, dry: bool, yes: bool, quiet: bool
) -> None:
    """Remove local files that the label does not have."""
    plan = session.client.plan_sync(directory, label, keeplocal=True)
    paths = [file.path for file in plan.uploads]
    if not session.json and not quiet:
        session.info("Clean plans completed", FilesToRemove=len(paths))
    if cleanplans and paths and not session.json:
        session.show(lambda: local_list(paths))
    if not dry and paths:
        session.confirm(f"Remove {_count(paths)} in {directory}", yes=yes)
        for path in paths:
            (plan.directory / path).unlink()
    if session.json:
        session.print_json({"label": label, "files": paths})


@click.command("upload", cls=Command)
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, allow_dash=True))
@label_option()
@click.option("-n", "--name", help="Name of the file -, which is stdin.")
@_quiet_option
@with_session
def upload(session: Session, files: tuple[str, ...], label: str, name: str | None, quiet: bool) -> None:
    """Upload files to a label; existing ones get new versions."""
    if ("-" in files) != (name is not None):
        raise click.UsageError("--name names the file -, which is stdin")
    added = []
    for file in files:
        if file == "-":
            data = sys.stdin.buffer.read()
            version = session.client.upload_data(filename=name, data=data, label=label)
        else:
            progress = not (quiet or session.json)
            version = session.client.upload_file(filepath=file, label=label, progress=progress)
        added.append(version)
        if not session.json:
            session.info("Uploaded file", Label=label, Name=version["name"], FileID=version["fileid"])
    if session.json:
        session.print_json(without_secrets(added))


@click.command("get", cls=Command)
@file_options
@_dir_option
@_quiet_option
@with_session
def get(
    session: Session, label: str | None, name: str | None, fileid: str | None, directory: str, quiet: bool
) -> None:
    """Download a file into a directory."""
    path = session.client.download_file(
        dst=directory, progress=not (quiet or session.json), **named(label, name, fileid)
    )
    session.done("Downloaded file", {"path": path}, Path=path)


@click.command("cat", cls=Command)
@file_options
@with_session
def cat(session: Session, label: str | None, name: str | None, fileid: str | None) -> None:
    """Write the content of a file to stdout."""
    sys.stdout.buffer.write(session.client.download_data(**named(label, name, fileid)))
    sys.stdout.buffer.flush()


@click.command("remove", cls=Command)
@file_options
@click.option("-d", "--dir", "_", hidden=True, help="Ignored: local files stay.")
@with_session
def remove(session: Session, label: str | None, name: str | None, fileid: str | None, _: str | None) -> None:
    """Remove a file, or one version of it; local files stay."""
    meant = named(label, name, fileid)
    session.client.delete_file(**meant)
    said = {"FileID": fileid} if fileid is not None else {"Label": label, "Name": name}
    session.done("Removed file (local file is not removed)", **said)


@click.command("remove", cls=Command)
@label_option()
@_yes_option
@with_session
def label_remove(session: Session, label: str, yes: bool) -> None:
    """Remove all files of a label; labels below it stay."""
    found = session.client.get_files(label)
    session.confirm(f"Remove {_count(found)} with label {label}", yes=yes)
    for each in found:
        session.client.delete_file(label=label, filename=each["name"])
    session.done("Label removed", Label=label)


def _overwriting(plan: SyncPlan) -> str:
    files = _count(plan.conflicts)
    if plan.keeplocal:
        new = "a new version" if len(plan.conflicts) == 1 else "new versions"
        return f"{files} of {plan.label} will get {new} from {plan.directory}; the old ones are kept."
    return f"{files} in {plan.directory} will be overwritten. This cannot be undone!"


def _count(files: Sized) -> str:
    return f"{len(files)} file{'' if len(files) == 1 else 's'}"


COMMANDS = (cat, clean, get, remove, sync, upload)
