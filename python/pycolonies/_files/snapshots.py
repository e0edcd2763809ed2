"""Downloads the files of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from pycolonies import _core
from pycolonies._files import names
from pycolonies._files.apply import Transfer, size_there
from pycolonies._files.parallel import side_by_side
from pycolonies._files.plan import RemoteFile, SyncFile, gather
from pycolonies._files.progress import Tell, meter
from pycolonies._files.records import Records, object_of
from pycolonies._files.settings import S3Settings, storage
from pycolonies._files.walk import look
from pycolonies._records import FileVersion, Snapshot
from pycolonies.errors import TransferFailure


def lay_out(
    records: Records,
    settings: S3Settings | None,
    snapshot: Snapshot,
    directory: Path,
    *,
    on_progress: Tell | None = None,
    progress: bool = False,
) -> None:
    """Download the files of a snapshot into a directory."""
    settings = settings or S3Settings.from_env()
    storage(settings)
    failures: list[TransferFailure] = []
    files: list[RemoteFile] = []
    for fileid, found in side_by_side(_finder(records), snapshot["fileids"] or []):
        if isinstance(found, Exception):
            failures.append(TransferFailure("download", f"version {names.shown(fileid)}", found))
        else:
            files.append(_as_remote(found))
    root = snapshot["label"]
    wanted = gather(root, (), files, failures)
    failures += _foreign(root, files)
    names.make_directory(directory)
    missing = list(_missing(directory, wanted))
    action = f"Downloading {names.shown(snapshot['name'])}"
    size = sum(map(size_there, missing))
    with meter(len(missing), size, on_progress=on_progress, progress=progress, action=action) as counted:
        transfer = Transfer(directory, records, settings, counted, failures)
        transfer.download(missing, label_files=False)
        transfer.finish()


def _finder(records: Records) -> Callable[[str], FileVersion]:
    def find(fileid: str) -> FileVersion:
        return records.versions(fileid=fileid)[0]

    return find


def _as_remote(version: FileVersion) -> RemoteFile:
    return RemoteFile(
        version.get("label") or "",
        version.get("name") or "",
        version.get("size") or 0,
        version.get("checksum") or "",
        object_of(version),
    )


def _foreign(root: str, files: Iterable[RemoteFile]) -> Iterable[TransferFailure]:
    """Refuse files whose label is not below the snapshot's. No server creates such a snapshot."""
    for file in files:
        if file.label != root and not file.label.startswith(f"{root}/"):
            fault = ValueError(f"its label {names.shown(file.label)!r} is not below that of the snapshot")
            yield TransferFailure("download", names.shown(file.name), fault)


def _missing(directory: Path, wanted: dict[str, RemoteFile]) -> Iterable[SyncFile]:
    """Yield files that are missing or have different content."""
    there = []
    for path, file in wanted.items():
        try:
            local = look(directory / path)
        except OSError:
            local = None
        if local is None or local.size != file.size:
            yield SyncFile(path, file.label, file.name, local, file)
        else:
            there.append((path, file, local))
    sums = _core.sha256_files([directory / path for path, _, _ in there])
    for (path, file, local), found in zip(there, sums, strict=True):
        if isinstance(found, Exception) or found.sha256 != file.checksum.lower():
            yield SyncFile(path, file.label, file.name, local, file)
