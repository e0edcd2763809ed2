"""How files, labels and snapshots are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pycolonies._units import size
from pycolonies.cli._views import (
    Cell,
    Column,
    Styled,
    Table,
    View,
    fields,
    identity,
    listing,
    table,
    time_of,
)

if TYPE_CHECKING:
    from pycolonies import FileLabel, FileSummary, FileVersion, Snapshot, SyncPlan


def _stored(version: FileVersion) -> Any:
    return (version.get("ref") or {}).get("s3object") or {}


_SIZE = Column("SIZE", lambda each: Styled(size(each.get("size")), order=each.get("size") or 0))
_ADDED = Column("ADDED", time_of("added"), rank=2)
_LABELS = [Column("LABEL", "name", cut=20), Column("FILES", "files")]
_FILES = [
    Column("FILENAME", "name", cut=16),
    _SIZE,
    Column("LATEST ID", identity("fileid"), rank=1),
    _ADDED,
    Column("REVISIONS", "revisions", rank=3),
]
_VERSION = [
    Column("Filename", "name"),
    Column("FileID", identity("fileid")),
    Column("Added", time_of("added")),
    Column("SequenceNumber", "sequencenr"),
    Column("Label", "label"),
    Column("ColonyName", "colonyname"),
    Column("Size", _SIZE.of),
    Column("Checksum", "checksum"),
    Column("ChecksumAlg", "checksumalg"),
    Column("Protocol", lambda each: (each.get("ref") or {}).get("protocol")),
    Column("S3Endpoint", lambda each: f"{_stored(each).get('server', '')}:{_stored(each).get('port', '')}"),
    Column("S3TLS", lambda each: _stored(each).get("tls", False)),
    Column("S3Region", lambda each: _stored(each).get("region")),
    Column("S3Bucket", lambda each: _stored(each).get("bucket")),
    Column("S3Object", lambda each: _stored(each).get("object")),
]
_SNAPSHOTS = [
    Column("NAME", "name", cut=12),
    Column("SNAPSHOTID", identity("snapshotid")),
    Column("LABEL", "label", rank=1, cut=10),
    Column("FILES", lambda each: len(each["fileids"]), rank=3),
    _ADDED,
]
_SNAPSHOT = [
    Column("SnapshotID", identity("snapshotid")),
    Column("Name", "name"),
    Column("Label", "label"),
    Column("ColonyName", "colonyname"),
    Column("Added", time_of("added")),
]
_SNAPSHOT_FILES = [
    Column("FILENAME", "name", cut=16),
    Column("LABEL", "label", rank=3, cut=10),
    _SIZE,
    Column("FILEID", identity("fileid"), rank=1),
    _ADDED,
]
_PLAN = [
    Column("ACTION", "action"),
    Column("FILE", "file", cut=16),
    Column("LOCAL", "local"),
    Column("REMOTE", "remote"),
]


def label_list(found: Sequence[FileLabel]) -> View:
    """Return a list of labels."""
    return listing(found, _LABELS, empty="No labels found")


def file_list(found: Sequence[FileSummary], versions: Sequence[Sequence[FileVersion]], *, empty: str) -> View:
    """Return a list of files.

    Args:
        found: The files.
        versions: All versions of each, newest first.
        empty: The message if there are none.
    """
    files = [
        {**of[0], "size": each["size"], "revisions": len(of)}
        for each, of in zip(found, versions, strict=False)
        if of
    ]
    return View(found, *([table(files, _FILES)] if files else []), empty=empty)


def file_view(versions: Sequence[FileVersion]) -> View:
    """Return the records of versions of a file."""
    return View(versions, *(fields(each, _VERSION, "File") for each in versions))


def snapshot_list(found: Sequence[Snapshot]) -> View:
    """Return a list of snapshots."""
    return listing(found, _SNAPSHOTS, empty="No snapshots found")


def snapshot_view(found: Snapshot, files: Sequence[FileVersion]) -> View:
    """Return a snapshot and its files."""
    listed = [table(files, _SNAPSHOT_FILES, "Files")] if files else []
    return View(found, fields(found, _SNAPSHOT, "Snapshot"), *listed)


def plan_view(plan: SyncPlan) -> View:
    """Return the actions of a synchronisation, file by file."""
    winner = "conflict: upload" if plan.keeplocal else "conflict: download"
    rows: list[list[Cell]] = [
        [
            Styled(action, style),
            file.path,
            size(file.local.size) if file.local else "",
            size(file.remote.size) if file.remote else "",
        ]
        for action, style, files in (
            ("upload", "green", plan.uploads),
            ("download", "cyan", plan.downloads),
            (winner, "yellow", plan.conflicts),
        )
        for file in files
    ]
    return View(plan_data(plan), Table(_PLAN, rows))


def plan_data(plan: SyncPlan) -> dict[str, Any]:
    """Return a plan as JSON values."""
    return {
        "label": plan.label,
        "dir": str(plan.directory),
        "keeplocal": plan.keeplocal,
        "uploads": [file.path for file in plan.uploads],
        "downloads": [file.path for file in plan.downloads],
        "conflicts": [file.path for file in plan.conflicts],
        "unchanged": plan.unchanged,
    }


def local_list(paths: Sequence[str]) -> View:
    """Return paths of local files."""
    return View(list(paths), table(paths, [Column("FILE", str, cut=20)]))
