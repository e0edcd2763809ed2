"""Transfers of single files."""

from __future__ import annotations

from pathlib import Path

from pycolonies._files import names
from pycolonies._files.parallel import side_by_side
from pycolonies._files.progress import Tell, meter
from pycolonies._files.records import Records, expected, new_key, object_of
from pycolonies._files.settings import S3Settings, check, for_record, storage
from pycolonies._records import FileVersion
from pycolonies._rpc.keys import BOTH_GIVEN
from pycolonies.errors import NotFoundError, StorageError


def upload_file(
    records: Records,
    settings: S3Settings | None,
    path: Path,
    label: str,
    on_progress: Tell | None,
    progress: bool,
) -> FileVersion:
    """Store a file and record it."""
    settings = settings or S3Settings.from_env()
    label, name = _rooted(label), names.check_local(path.name)
    size, key = path.stat().st_size, new_key()
    with meter(1, size, on_progress=on_progress, progress=progress, action="Uploading") as counted:
        stored = storage(settings).put_file(path, key, lambda moved: counted.moving(moved, name))
        counted.done(stored.size, name)
    return records.add(settings, label, name, stored.size, stored.sha256, key)


def upload_data(
    records: Records, settings: S3Settings | None, name: str, data: bytes, label: str
) -> FileVersion:
    """Store bytes and record them as a file."""
    settings = settings or S3Settings.from_env()
    label, name, key = _rooted(label), names.check_local(names.check_name(name, windows=False)), new_key()
    stored = storage(settings).put_bytes(data, key)
    return records.add(settings, label, name, stored.size, stored.sha256, key)


def find(
    settings: S3Settings | None,
    records: Records,
    label: str | None,
    fileid: str | None,
    name: str | None,
    *,
    latest: bool,
) -> FileVersion:
    """Return the version of a file that the arguments name."""
    if fileid is not None and name is not None:
        raise ValueError(BOTH_GIVEN)
    check(settings)
    found = records.versions(fileid=fileid, label=label, name=name, latest=latest)
    if not found:
        raise NotFoundError("the file does not exist", 404, "getfilemsg")
    return found[0]


def download_file(
    settings: S3Settings | None,
    directory: Path,
    version: FileVersion,
    on_progress: Tell | None,
    progress: bool,
) -> Path:
    """Download a file into a directory, under its recorded name."""
    name = names.check_name(version["name"])
    settings = for_record(settings, version.get("ref") or {})
    size, checksum = _expected(settings, version)
    store = storage(settings)
    names.make_directory(directory)
    path = directory / name
    with meter(1, size or 0, on_progress=on_progress, progress=progress, action="Downloading") as counted:
        fetched = store.get_file(
            object_of(version), path, size, checksum, lambda moved: counted.moving(moved, name)
        )
        counted.done(fetched.size, name)
    return path


def download_data(settings: S3Settings | None, version: FileVersion) -> bytes:
    """Download the content of a file."""
    settings = for_record(settings, version.get("ref") or {})
    size, checksum = _expected(settings, version)
    store = storage(settings)
    return store.get_bytes(object_of(version), size, checksum)


def delete(
    settings: S3Settings | None, records: Records, label: str | None, fileid: str | None, name: str | None
) -> None:
    """Remove the record of a file, then its content."""
    if fileid is not None and name is not None:
        raise ValueError(BOTH_GIVEN)
    check(settings)
    versions = records.versions(fileid=fileid, label=label, name=name, latest=False)
    # Version by version: a version that is added meanwhile stays complete.
    _all(side_by_side(lambda version: _delete(settings, records, version), versions))


def _delete(settings: S3Settings | None, records: Records, version: FileVersion) -> None:
    store = storage(for_record(settings, version.get("ref") or {}))
    records.remove(version)
    if not (key := object_of(version)):
        return
    try:
        store.delete(key)
    except StorageError as fault:
        name = names.shown(version["name"])
        raise type(fault)(
            f"{name} is forgotten, but object {key}, its content, is still in the store: {fault}",
            fault.code,
            fault.status,
        ) from fault


def _all(results: list[tuple[FileVersion, Exception | None]]) -> None:
    faults = [result for _, result in results if result is not None]
    if faults:
        raise faults[0]


def _expected(settings: S3Settings, version: FileVersion) -> tuple[int | None, str | None]:
    size, checksum = version.get("size") or 0, version.get("checksum") or ""
    return expected(size, checksum, version.get("checksumalg") or "", verify=settings.verify)


def _rooted(label: str) -> str:
    """Return a label as 1.x records it: with one slash in front, and none at the end."""
    return names.root_label(names.uploaded(label))
