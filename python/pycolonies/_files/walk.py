"""Lists the files of a local directory."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from pycolonies._files import names
from pycolonies._home import publish
from pycolonies.errors import FileChangedError, TransferFailure, UnsafeNameError


@dataclass(frozen=True)
class LocalFile:
    """The state of a file when it was scanned.

    Attributes:
        size: In bytes.
        checksum: SHA-256 as hexadecimal digits, where it was needed to compare; else empty.
        state: What changes when the file does: time, inode.
    """

    size: int
    checksum: str = ""
    state: tuple[int, int] = field(default=(0, 0), repr=False)


@dataclass
class LocalTree:
    """The files and directories below a directory, by their path with slashes.

    Attributes:
        files: The files.
        directories: The directories.
        unreadable: Paths that exist and can't be read; they are left unchanged.
        failures: The reasons.
    """

    files: dict[str, LocalFile] = field(default_factory=dict)
    directories: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    failures: list[TransferFailure] = field(default_factory=list)

    def leave_out(self, path: str, why: Exception) -> None:
        """Note a path that can't be read or recorded."""
        self.unreadable.add(path)
        self.failures.append(TransferFailure("read", names.shown(path), why))


def walk(directory: Path) -> LocalTree:
    """List the files in a directory and below.

    A link to a file is that file; links to directories are not followed, and what is neither file nor
    directory is left out. What cannot be read or recorded is its own failure.

    Raises:
        OSError: The directory itself cannot be read.
    """
    tree = LocalTree()
    _list(tree, directory, "")
    pending = sorted(tree.directories)
    while pending:
        path = pending.pop()
        try:
            pending += _list(tree, directory, path)
        except OSError as fault:
            tree.leave_out(path, fault)
    return tree


def look(path: Path) -> LocalFile:
    """Return the present state of a file, without its checksum.

    Raises:
        OSError: It does not exist.
    """
    return _as_file(path.stat())


def check_unchanged(path: Path, planned: LocalFile) -> None:
    """Compare a file with what was planned.

    Raises:
        FileChangedError: It was changed, replaced or removed.
    """
    try:
        found = look(path)
    except OSError as fault:
        raise FileChangedError(f"{path} is gone since the plan was made; synchronise again") from fault
    if (found.size, found.state) != (planned.size, planned.state):
        raise FileChangedError(f"{path} has changed since the plan was made; synchronise again")


def _list(tree: LocalTree, directory: Path, path: str) -> list[str]:
    """Add the entries of a directory. Returns its subdirectories."""
    below = []
    with os.scandir(directory / path) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if names.is_ours(entry.name):
                continue
            inner = f"{path}/{entry.name}" if path else entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    names.check_local(entry.name)
                    tree.directories.add(inner)
                    below.append(inner)
                elif not (entry.is_symlink() and entry.is_dir()):
                    found = Path(entry.path).stat()
                    if stat.S_ISREG(found.st_mode):
                        names.check_local(entry.name)
                        tree.files[inner] = _as_file(found)
            except (OSError, UnsafeNameError) as fault:
                tree.leave_out(inner, fault)
    return below


def _as_file(found: os.stat_result) -> LocalFile:
    return LocalFile(found.st_size, state=(found.st_mtime_ns, found.st_ino))


publish(__name__)
