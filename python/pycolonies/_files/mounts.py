"""Mounts the files that a process's ``fs`` names, and stores them when it has ended.

The runtime of an executor uses it as::

    with mounted(client, process, root) as mounts:
        mounts.path("/src/main.py")     # where a file of the spec's directory /src lies here
        ...                             # the function runs

    mounted(client, process, root=None, *, colonyname=OWN, prvkey=OWN, on_progress=None)
        -> context manager that yields Mounts(root, directories)

or, without a block, ``mounts = before(client, process, root)`` and ``after(client, process,
mounts)``. Whatever `before` raises is a reason to fail the process; it leaves nothing behind then.

It does the same as the executors of Colonies:

- Nothing, where ``fs.mount`` is empty. Else ``mount`` is a path that the function's arguments may begin with:
  `Mounts.path` takes ``/cfs/src/main.py`` and ``/src/main.py``.
- ``{processid}`` in a label or directory stands for the id of the process.
- Before: each snapshot with a ``snapshotid`` is downloaded to its ``dir``, then each of ``dirs`` is
  synchronised with its label; ``onconflicts.onstart.keeplocal`` decides about conflicts.
- After, also where the function has failed: each of ``dirs`` is synchronised again, by
  ``onconflicts.onclose.keeplocal``. Then directories without ``keepfiles`` and snapshots without
  ``keepsnapshot`` are removed. A directory that could not be synchronised stays: nothing is lost.

A directory of the spec is one below `root`, whatever it says. Processes that run at the same time may share
one: the last of them removes it.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import gettempdir

from pycolonies import _core
from pycolonies._client import Colonies
from pycolonies._files import names
from pycolonies._files.progress import Tell
from pycolonies._loggers import logger
from pycolonies._models import Fs, Process, SnapshotMount, SyncDirMount
from pycolonies._platform import is_own, user_id
from pycolonies._rpc.defaults import OWN
from pycolonies._rpc.keys import Key
from pycolonies.errors import ColoniesError, UnsafeNameError

_log = logger("pycolonies.files")

#: Environment variable with the directory in which executors mount files.
ROOT_VARIABLE = "EXECUTOR_FS_DIR"


@dataclass(frozen=True)
class Mounts:
    """The mounted directories of a process.

    Attributes:
        root: The directory that stands for the spec's ``mount``.
        directories: The directories of the spec, each with where it is here.
    """

    root: Path
    mount: str = ""
    directories: dict[str, Path] = field(default_factory=dict)

    def path(self, path: str) -> Path:
        """Return where a file or directory of the spec is here.

        Args:
            path: Its path, as the spec has it, with or without ``mount`` in front.

        Raises:
            UnsafeNameError: It would lead out of `root`.
        """
        mount = self.mount.rstrip("/")
        if mount and (path == mount or path.startswith(f"{mount}/")):
            path = path[len(mount) :]
        return self.root.joinpath(*_parts(path))


def default_root() -> Path:
    """Return the default directory of mounts: EXECUTOR_FS_DIR, or a temporary directory."""
    said = os.getenv(ROOT_VARIABLE)
    return Path(said) if said else Path(gettempdir()) / f"pycolonies-fs-{_user()}"


@contextmanager
def mounted(
    client: Colonies,
    process: Process,
    root: Path | None = None,
    *,
    colonyname: str = OWN,
    prvkey: Key = OWN,
    on_progress: Tell | None = None,
) -> Iterator[Mounts]:
    """Mount files on entry, and unmount them on exit.

    Args:
        client: A client of the server.
        process: The process.
        root: Directory to mount them in; None for `default_root`.
        colonyname: The colony.
        prvkey: Private key of a member: the executor.
        on_progress: Called with each `Progress`. What it raises ends the transfer, and the block.

    Raises:
        UnsafeNameError: A directory of the spec leads out of `root`.
        TransferError: Files could not be transferred.
        ColoniesError: Anything else failed, as in `Colonies.sync`. What fails after an exception in the
            block is logged, and the block's exception raised.
    """
    mounts = before(client, process, root, colonyname=colonyname, prvkey=prvkey, on_progress=on_progress)
    try:
        yield mounts
    except BaseException:
        try:
            after(client, process, mounts, colonyname=colonyname, prvkey=prvkey, on_progress=on_progress)
        except (ColoniesError, OSError) as fault:
            _log.warning("files of process %s were not all taken back: %s", process.processid, fault)
        raise
    after(client, process, mounts, colonyname=colonyname, prvkey=prvkey, on_progress=on_progress)


def before(
    client: Colonies,
    process: Process,
    root: Path | None = None,
    *,
    colonyname: str = OWN,
    prvkey: Key = OWN,
    on_progress: Tell | None = None,
) -> Mounts:
    """Mount the files of a process; see `mounted`."""
    fs = _fs(process)
    root = (root or default_root()).absolute()
    mounts = Mounts(root, fs.mount, {mount.dir: _place(root, process, mount.dir) for mount in _all(fs)})
    if not fs.mount:
        return mounts
    _secure(root)
    places = set(mounts.directories.values())
    found = {place for place in places if os.path.lexists(place)}
    _SHARED.take(places)
    try:
        for snapshot in _snapshots(fs):
            place = mounts.directories[snapshot.dir]
            _core.make_directory(root, place.relative_to(root))
            client.download_snapshot(
                colonyname, prvkey, place, snapshotid=snapshot.snapshotid, on_progress=on_progress
            )
        for mount in _dirs(fs):
            place = mounts.directories[mount.dir]
            _core.make_directory(root, place.relative_to(root))
            keeplocal = mount.onconflicts.onstart.keeplocal
            client.sync(place, _label(process, mount), keeplocal, colonyname, prvkey, on_progress=on_progress)
    except BaseException:
        _remove(places, found)  # files of others there are not ours
        raise
    return mounts


def after(
    client: Colonies,
    process: Process,
    mounts: Mounts,
    *,
    colonyname: str = OWN,
    prvkey: Key = OWN,
    on_progress: Tell | None = None,
) -> None:
    """Unmount the files of a process; see `mounted`."""
    fs = _fs(process)
    if not fs.mount:
        return
    kept = {mounts.directories[mount.dir] for mount in _all(fs) if mount.keepfiles}
    faults: list[Exception] = []
    for mount in _dirs(fs):
        place = mounts.directories[mount.dir]
        keeplocal = mount.onconflicts.onclose.keeplocal
        try:
            client.sync(place, _label(process, mount), keeplocal, colonyname, prvkey, on_progress=on_progress)
        except (ColoniesError, OSError) as fault:
            faults.append(fault)
            kept.add(place)
    _remove(set(mounts.directories.values()), kept)
    for snapshot in _snapshots(fs):
        if not snapshot.keepsnapshot:
            try:
                client.remove_snapshot_by_id(colonyname, snapshot.snapshotid, prvkey)
            except ColoniesError as fault:
                faults.append(fault)
    if faults:
        raise faults[0]


def discard(process: Process, mounts: Mounts) -> None:
    """Unmount the directories of a process without uploading: its result is discarded."""
    kept = {mounts.directories[mount.dir] for mount in _all(_fs(process)) if mount.keepfiles}
    _remove(set(mounts.directories.values()), kept)


class _Shared:
    """Which directories are in use, and how often."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users: Counter[Path] = Counter()

    def take(self, places: set[Path]) -> None:
        with self._lock:
            self._users.update(places)

    def give_back(self, places: set[Path]) -> set[Path]:
        """Return the directories that are no longer in use, and contain no directory in use."""
        with self._lock:
            self._users.subtract(places)
            self._users = +self._users
            return {place for place in places if not any(_is_in(user, place) for user in self._users)}


_SHARED = _Shared()


def _remove(places: set[Path], kept: set[Path]) -> None:
    for place in _SHARED.give_back(places):
        if not any(_is_in(path, place) or _is_in(place, path) for path in kept):
            shutil.rmtree(place, ignore_errors=True)


def _is_in(path: Path, place: Path) -> bool:
    return path == place or place in path.parents


def _fs(process: Process) -> Fs:
    return process.spec.fs or Fs()


def _dirs(fs: Fs) -> list[SyncDirMount]:
    """Return the mounts to synchronise: those with a label and a directory."""
    return [mount for mount in fs.dirs or [] if mount.label and mount.dir]


def _snapshots(fs: Fs) -> list[SnapshotMount]:
    """Return the snapshots to download: those that were created."""
    return [mount for mount in fs.snapshots or [] if mount.snapshotid]


def _all(fs: Fs) -> list[SyncDirMount | SnapshotMount]:
    return [*_dirs(fs), *_snapshots(fs)] if fs.mount else []


def _label(process: Process, mount: SyncDirMount) -> str:
    return mount.label.replace("{processid}", process.processid)


def _place(root: Path, process: Process, directory: str) -> Path:
    parts = _parts(directory.replace("{processid}", process.processid))
    if not parts:
        raise UnsafeNameError(names.shown(directory), "it must be a directory below the mount")
    return root.joinpath(*parts)


def _parts(path: str) -> list[str]:
    return [names.check_name(part) for part in PurePosixPath(path).parts if part not in {"/", "//"}]


def _secure(root: Path) -> None:
    """Make the root. A temporary one must belong to this user, since all users can write beside it."""
    own = not os.getenv(ROOT_VARIABLE) and root == default_root()
    root.mkdir(mode=0o700 if own else 0o755, parents=True, exist_ok=True)
    if own and (root.is_symlink() or not is_own(root)):
        raise PermissionError(f"{root} must belong to this user; set {ROOT_VARIABLE} to your own directory")


def _user() -> str:
    user = user_id()
    return "own" if user is None else str(user)
