"""Plans of synchronisations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycolonies._files import names
from pycolonies._files.walk import LocalFile, LocalTree
from pycolonies._home import publish
from pycolonies.errors import TransferFailure, UnsafeNameError

if TYPE_CHECKING:
    from rich.console import Group

    from pycolonies._files.progress import Tell


@dataclass(frozen=True)
class RemoteFile:
    """The newest version of a file, as the server has recorded it.

    Attributes:
        label: Its label.
        name: Its name.
        size: In bytes.
        checksum: SHA-256 of the content as hexadecimal digits.
        object: Key of the object in S3 that is its content.
    """

    label: str
    name: str
    size: int
    checksum: str
    object: str = field(default="", repr=False)


@dataclass(frozen=True)
class SyncFile:
    """A file that differs between a directory and a label.

    Attributes:
        path: Its path in the directory, with slashes.
        label: Its label.
        name: Its name under that label.
        local: The local file; None if it does not exist.
        remote: The recorded file; None if it does not exist.
    """

    path: str
    label: str
    name: str
    local: LocalFile | None = None
    remote: RemoteFile | None = None


@dataclass(frozen=True)
class SyncPlan:
    """The plan of a synchronisation of a directory with a label. Truthy if there is anything to do.

    ``print(plan)`` shows a table. `apply` and `Colonies.apply_sync` carry it out. `dataclasses.replace` makes
    a smaller plan: ``replace(plan, conflicts=())``.

    Attributes:
        directory: The local directory.
        label: The label; directories below have labels below it.
        keeplocal: Which side of a conflict stays: True uploads it, False downloads it.
        uploads: Files that exist locally only.
        downloads: Files that are recorded only.
        conflicts: Files on both sides with different content.
        unchanged: How many files are the same on both sides.
        failures: Files that can't be read or named on the other side; they are skipped.
    """

    directory: Path
    label: str
    keeplocal: bool
    uploads: tuple[SyncFile, ...] = ()
    downloads: tuple[SyncFile, ...] = ()
    conflicts: tuple[SyncFile, ...] = ()
    unchanged: int = 0
    failures: tuple[TransferFailure, ...] = ()
    _apply: Callable[..., None] | None = field(default=None, repr=False, compare=False)

    @property
    def outgoing(self) -> tuple[SyncFile, ...]:
        """Files to upload: those that exist locally only, and conflicts if the local side stays."""
        return self.uploads + (self.conflicts if self.keeplocal else ())

    @property
    def incoming(self) -> tuple[SyncFile, ...]:
        """Files to download: those that are recorded only, and conflicts if the recorded side stays."""
        return self.downloads + (() if self.keeplocal else self.conflicts)

    def apply(self, *, on_progress: Tell | None = None, progress: bool = False) -> None:
        """Carry the plan out with the client that made it; see `Colonies.apply_sync`."""
        if self._apply is None:
            raise TypeError("a plan must be made by a client to be applied; pass it to Colonies.apply_sync")
        self._apply(self, on_progress=on_progress, progress=progress)

    def __bool__(self) -> bool:
        return bool(self.uploads or self.downloads or self.conflicts)

    def __str__(self) -> str:
        from pycolonies._files.table import text

        return text(self)

    def __rich__(self) -> Group:
        from pycolonies._files.table import table

        return table(self)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_apply": None}  # a plan may go to another process, its client may not


def gather(
    root: str,
    directories: Iterable[str],
    remote: Iterable[RemoteFile],
    failures: list[TransferFailure],
) -> dict[str, RemoteFile]:
    """Return where the files of a label, and of labels below it, belong in a directory.

    Labels that differ in doubled slashes only are one directory, as they are to all tools; the files of the
    one that `names.label_of` writes win.

    Args:
        root: The label of the directory.
        directories: The directories in it, by their paths.
        remote: The files.
        failures: Receives files that have no place there.

    Returns:
        The files by their paths.
    """
    by_path: dict[str, list[RemoteFile]] = {}
    for label, files in _by_label(remote).items():
        try:
            path = names.path_of(root, label)
        except UnsafeNameError as fault:
            failures.append(TransferFailure("download", names.shown(label), fault))
            continue
        if path is not None:
            first = label == names.label_of(root, path)
            known = by_path.setdefault(path, [])
            by_path[path] = [*files, *known] if first else [*known, *files]
    here = names.paired(set(directories) | {""}, by_path)
    found: dict[str, RemoteFile] = {}
    for path, files in by_path.items():
        for file in files:
            if names.is_ours(file.name):
                continue
            place = here.get(path, path)
            try:
                inner = f"{place}/{names.check_name(file.name)}" if place else names.check_name(file.name)
            except UnsafeNameError as fault:
                failures.append(TransferFailure("download", names.shown(f"{file.label}/{file.name}"), fault))
            else:
                found.setdefault(inner, file)
    return found


def same_files(local: Mapping[str, LocalFile], remote: Mapping[str, RemoteFile]) -> dict[str, str]:
    """Match recorded files to local files: local paths by recorded paths."""
    pairs: dict[str, str] = {}
    folders: dict[str, tuple[list[str], list[str]]] = {}
    for side, paths in enumerate((local, remote)):
        for path in paths:
            folders.setdefault(path.rpartition("/")[0], ([], []))[side].append(path)
    for here, there in folders.values():
        pairs.update(names.paired(set(here), there))
    return pairs


def in_question(local: Mapping[str, LocalFile], remote: Mapping[str, RemoteFile]) -> Iterator[str]:
    """Yield the local paths of files whose checksum must be compared."""
    for there, here in same_files(local, remote).items():
        if local[here].size == remote[there].size:
            yield here


def compare(
    directory: Path,
    root: str,
    keeplocal: bool,
    local: LocalTree,
    remote: Mapping[str, RemoteFile],
    failures: Iterable[TransferFailure] = (),
) -> SyncPlan:
    """Plan the synchronisation of a directory and a label.

    Args:
        directory: The directory, for the plan to name.
        root: Its label.
        keeplocal: Which side of a conflict stays.
        local: The files in the directory, with checksums for those `in_question`.
        remote: The recorded files, by the paths that `gather` returns.
        failures: Files that were skipped before.
    """
    problems = [*failures, *local.failures]
    same = same_files(local.files, remote)
    uploads, downloads, conflicts, unchanged = [], [], [], 0
    paired = set(same.values())
    labels = {path.rpartition("/")[0]: file.label for path, file in remote.items()}
    for path in sorted(local.files.keys() - paired - local.unreadable):
        folder, _, name = path.rpartition("/")
        label = labels.get(folder) or names.label_of(root, folder)
        uploads.append(SyncFile(path, label, name, local=local.files[path]))
    for there in sorted(remote):
        file = remote[there]
        here = same.get(there)
        if _is_unknown(here or there, local):
            continue  # there is a failure for it already
        if here is None:
            if why := _in_the_way(there, local, remote):
                problems.append(TransferFailure("download", names.shown(there), FileExistsError(why)))
            else:
                downloads.append(SyncFile(there, file.label, file.name, remote=file))
            continue
        found = local.files[here]
        if found.size == file.size and found.checksum == file.checksum.lower():
            unchanged += 1
        else:
            conflicts.append(SyncFile(here, file.label, file.name, local=found, remote=file))
    return SyncPlan(
        directory,
        root,
        keeplocal,
        tuple(uploads),
        tuple(downloads),
        tuple(conflicts),
        unchanged,
        tuple(problems),
    )


def _is_unknown(path: str, local: LocalTree) -> bool:
    while path:
        if path in local.unreadable:
            return True
        path = path.rpartition("/")[0]
    return False


def _in_the_way(path: str, local: LocalTree, remote: Mapping[str, RemoteFile]) -> str:
    """Return why a file can't be stored at a path: a path is either a file or a directory."""
    if path in local.directories:
        return "there is a directory of that name"
    folder = path.rpartition("/")[0]
    while folder:
        if folder in local.files or folder in remote:
            return f"{names.shown(folder)} is a file, but must also be a directory"
        folder = folder.rpartition("/")[0]
    return ""


def _by_label(files: Iterable[RemoteFile]) -> dict[str, list[RemoteFile]]:
    found: dict[str, list[RemoteFile]] = {}
    for file in files:
        found.setdefault(file.label, []).append(file)
    return found


publish(__name__)
