"""How files, labels and snapshots are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pycolonies.cli._times import moment
from pycolonies.cli._views import Cell, Fields, Styled, Table, View

if TYPE_CHECKING:
    from pycolonies import FileLabel, FileSummary, FileVersion, Snapshot, SyncPlan


def size(count: int | None) -> str:
    """Return a size as people read it: ``512 B``, ``1.5 MiB``."""
    amount, unit = float(count or 0), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:  # noqa: PLR2004 (that is what these units are)
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def label_list(found: Sequence[FileLabel]) -> View:
    """Return a list of labels."""
    rows = [(each["name"], str(each["files"])) for each in found]
    return View(found, *([Table(("LABEL", "FILES"), rows)] if rows else []), empty="No labels found")


def file_list(found: Sequence[FileSummary], versions: Sequence[Sequence[FileVersion]], *, empty: str) -> View:
    """Return a list of files.

    Args:
        found: The files.
        versions: All versions of each, the newest first.
        empty: What is said where there are none.
    """
    rows = [
        (each["name"], size(each["size"]), of[0]["fileid"], moment(of[0].get("added")), str(len(of)))
        for each, of in zip(found, versions, strict=False)
        if of
    ]
    columns = ("FILENAME", "SIZE", "LATEST ID", "ADDED", "REVISIONS")
    return View(found, *([Table(columns, rows)] if rows else []), empty=empty)


def file_view(versions: Sequence[FileVersion]) -> View:
    """Return all that is recorded of versions of a file."""
    return View(versions, *(Fields(_version(each), "File") for each in versions))


def _version(version: FileVersion) -> list[tuple[str, Cell]]:
    stored: Any = (version.get("ref") or {}).get("s3object") or {}
    return [
        ("Filename", version["name"]),
        ("FileID", version["fileid"]),
        ("Added", moment(version.get("added"))),
        ("SequenceNumber", str(version.get("sequencenr", ""))),
        ("Label", version["label"]),
        ("ColonyName", version["colonyname"]),
        ("Size", size(version.get("size"))),
        ("Checksum", version.get("checksum") or ""),
        ("ChecksumAlg", version.get("checksumalg") or ""),
        ("Protocol", (version.get("ref") or {}).get("protocol") or ""),
        ("S3Endpoint", f"{stored.get('server', '')}:{stored.get('port', '')}"),
        ("S3TLS", str(stored.get("tls", False))),
        ("S3Region", stored.get("region", "")),
        ("S3Bucket", stored.get("bucket", "")),
        ("S3Object", stored.get("object", "")),
    ]


def snapshot_list(found: Sequence[Snapshot]) -> View:
    """Return a list of snapshots."""
    rows = [
        (
            each["name"],
            each["snapshotid"],
            each["label"],
            str(len(each["fileids"])),
            moment(each.get("added")),
        )
        for each in found
    ]
    columns = ("NAME", "SNAPSHOTID", "LABEL", "FILES", "ADDED")
    return View(found, *([Table(columns, rows)] if rows else []), empty="No snapshots found")


def snapshot_view(found: Snapshot, files: Sequence[FileVersion]) -> View:
    """Return a snapshot and its files."""
    fields: list[tuple[str, Cell]] = [
        ("SnapshotID", found["snapshotid"]),
        ("Name", found["name"]),
        ("Label", found["label"]),
        ("ColonyName", found["colonyname"]),
        ("Added", moment(found.get("added"))),
    ]
    rows = [
        (each["name"], each["label"], size(each.get("size")), each["fileid"], moment(each.get("added")))
        for each in files
    ]
    table = [Table(("FILENAME", "LABEL", "SIZE", "FILEID", "ADDED"), rows, "Files")] if rows else []
    return View(found, Fields(fields, "Snapshot"), *table)


def plan_view(plan: SyncPlan) -> View:
    """Return what a synchronisation would do, file by file."""
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
    return View(plan_data(plan), Table(("ACTION", "FILE", "HERE", "THERE"), rows))


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
    """Return paths of files that lie here."""
    return View(list(paths), Table(("FILE",), [(path,) for path in paths]))
