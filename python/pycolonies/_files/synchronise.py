"""Plans synchronisations, and carries them out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from pycolonies import _core
from pycolonies._files import names
from pycolonies._files.apply import Transfer, apply, size_here, size_there
from pycolonies._files.plan import RemoteFile, SyncPlan, compare, gather, in_question
from pycolonies._files.progress import Tell, meter
from pycolonies._files.records import Records
from pycolonies._files.settings import S3Settings, storage
from pycolonies._files.walk import LocalTree, walk
from pycolonies.errors import FileChangedError, TransferFailure


def plan(
    records: Records, settings: S3Settings | None, directory: Path, label: str, keeplocal: bool
) -> SyncPlan:
    """Compare a directory and a label."""
    settings = settings or S3Settings.from_env()
    storage(settings)  # refuses malformed settings, without a request
    root = names.root_label(label)
    if not directory.is_dir():
        raise NotADirectoryError(f"{directory} is not a directory; create it first, or name another one")
    local = walk(directory)
    failures: list[TransferFailure] = []
    remote = gather(root, local.directories, records.below(root), failures)
    _add_checksums(directory, local, remote)
    made = compare(directory, root, bool(keeplocal), local, remote, failures)
    return replace(made, _apply=partial(carry_out, records, settings))


def carry_out(
    records: Records,
    settings: S3Settings | None,
    plan: SyncPlan,
    *,
    on_progress: Tell | None = None,
    progress: bool = False,
) -> None:
    """Carry out a plan."""
    settings = settings or S3Settings.from_env()
    files = len(plan.outgoing) + len(plan.incoming)
    size = sum(map(size_here, plan.outgoing)) + sum(map(size_there, plan.incoming))
    action = f"Synchronising {names.shown(plan.label)}"
    with meter(files, size, on_progress=on_progress, progress=progress, action=action) as counted:
        apply(plan, Transfer(plan.directory, records, settings, counted))


def _add_checksums(directory: Path, local: LocalTree, remote: dict[str, RemoteFile]) -> None:
    """Compute the checksums that decide. Files that can't be read are skipped with the reason."""
    paths = list(in_question(local.files, remote))
    sums = _core.sha256_files([directory / path for path in paths])
    for path, found in zip(paths, sums, strict=True):
        known = local.files[path]
        if isinstance(found, Exception):
            fault: Exception = found
        elif found.size != known.size:
            fault = FileChangedError(f"{directory / path} changes while it is read; synchronise again")
        else:
            local.files[path] = replace(known, checksum=found.sha256)
            continue
        local.leave_out(path, fault)
