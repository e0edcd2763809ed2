"""Where running development servers of this user are: a file for each, in a directory of this user alone."""

from __future__ import annotations

import json
import os
import secrets
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import gettempdir

import click

from pycolonies._platform import is_windows, lock_file, user_id

#: Ports of a server that is started without options.
DEFAULT_PORT, DEFAULT_S3_PORT = 50080, 9000
#: Seconds to wait for a connection, where files can't be locked.
_CONNECT = 1.0


@dataclass(frozen=True)
class DevState:
    """A running development server.

    Attributes:
        host: IP address that it listens on.
        port: Its port.
        tls: Whether it serves HTTPS.
        s3_port: Port of its S3 endpoint; None without one.
        data_dir: Its data directory, absolute; None if it keeps its data in memory.
        keys: Its random keys; None for the well-known keys, and for keys in the data directory.
    """

    host: str
    port: int
    tls: bool = False
    s3_port: int | None = None
    data_dir: str | None = None
    keys: dict[str, str] | None = None


@contextmanager
def announced(state: DevState) -> Iterator[bool]:
    """Let other programs of this user find a server while it runs. Yields whether they can.

    The file is locked while the server runs, so that a file that a killed server left is recognised.

    Raises:
        click.ClickException: The file can't be written, and it has the only copy of the keys.
    """
    try:
        directory = _directory()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = directory / f"{state.port}.json"
        descriptor = _write(file, json.dumps(asdict(state)))
    except (OSError, click.ClickException) as fault:
        if state.keys is not None:
            raise click.ClickException(f"cannot keep the keys of the server: {fault}") from None
        yield False
        return
    try:
        yield True
    finally:
        file.unlink(missing_ok=True)
        if descriptor is not None:
            os.close(descriptor)


def running() -> list[DevState]:
    """Return the running servers of this user, by port.

    Raises:
        click.ClickException: Other users can write to the directory of these files.
    """
    found = [_read(file) for file in _directory().glob("*.json")]
    return sorted((state for state in found if state is not None), key=lambda state: state.port)


def _directory() -> Path:
    runtime = os.getenv("XDG_RUNTIME_DIR")
    user = user_id() or 0
    directory = Path(runtime) / "pycolonies" if runtime else Path(gettempdir()) / f"pycolonies-dev-{user}"
    if os.path.lexists(directory) and not is_windows():
        found = directory.lstat()
        if found.st_uid != user or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077:
            raise click.ClickException(f"{directory} must be a directory that only you can use; remove it")
    return directory


def _write(file: Path, text: str) -> int | None:
    """Write a file that only its owner can read. Returns the descriptor that holds its lock."""
    part = file.with_name(f".{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, text.encode())
        # Locked before it has its name: no reader takes it for one that a killed server left.
        locked = lock_file(descriptor)
        if not locked:
            os.close(descriptor)
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return descriptor if locked else None


def _read(file: Path) -> DevState | None:
    """Return the server of a file; None if it no longer runs."""
    try:
        with file.open(encoding="utf-8") as opened:
            state = DevState(**json.load(opened))
            locked = lock_file(opened.fileno(), shared=True)
            runs = _accepts_connections(state) if locked is None else not locked
    except (OSError, ValueError, TypeError):  # it ended meanwhile, or the file is of another version
        return None
    return state if runs else None


def _accepts_connections(state: DevState) -> bool:
    try:
        socket.create_connection((state.host, state.port), timeout=_CONNECT).close()
    except OSError:
        return False
    return True
