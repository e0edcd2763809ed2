"""What depends on the operating system. Child processes have their own module, `_executor.children.system`.

mypy checks the package for Windows, macOS and Linux: it reads comparisons of `sys.platform`.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


if sys.platform == "win32":
    from subprocess import CREATE_NEW_PROCESS_GROUP as _NEW_PROCESS_GROUP

    #: What interrupts a program that was started with `own_group`.
    INTERRUPT = signal.CTRL_BREAK_EVENT
else:
    INTERRUPT = signal.SIGINT


def is_windows() -> bool:
    """Return whether this is Windows."""
    return sys.platform == "win32"


def is_linux() -> bool:
    """Return whether this is Linux."""
    return sys.platform == "linux"


def user_id() -> int | None:
    """Return this user's id; None on Windows, where users have none."""
    if sys.platform == "win32":
        return None
    return os.getuid()


def is_own(path: Path) -> bool:
    """Return whether this user owns a file, without following a link. Always True on Windows."""
    return is_windows() or path.lstat().st_uid == user_id()


def after_fork_in_child(work: Callable[[], None]) -> None:
    """Call a function in every forked copy of this process. Windows does not fork."""
    if sys.platform != "win32":
        os.register_at_fork(after_in_child=work)


def stop_signals() -> list[signal.Signals]:
    """Return the signals that ask a program to stop: SIGHUP only where it is not ignored (``nohup``)."""
    found = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        found.append(signal.SIGBREAK)
    elif signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        found.append(signal.SIGHUP)
    return found


class GroupOptions(TypedDict, total=False):
    """The options of `subprocess.Popen` that `own_group` returns."""

    creationflags: int
    start_new_session: bool


def own_group() -> GroupOptions:
    """Return the options of `subprocess.Popen` that keep the terminal's Ctrl-C from a program."""
    if sys.platform == "win32":
        return {"creationflags": _NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def lock_file(descriptor: int, *, shared: bool = False) -> bool | None:
    """Lock an open file until it is closed, without waiting.

    Args:
        descriptor: Of the open file.
        shared: Let others have shared locks too.

    Returns:
        False if another process has locked it; None on Windows, where a locked file can't be read.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def send_datagram(address: str, content: bytes) -> None:
    """Send a datagram to a Unix socket. A leading @ in the address is an abstract one (unix(7)).

    Raises:
        OSError: It could not be sent. On Windows, always.
    """
    if sys.platform == "win32":
        raise OSError("Windows has no datagrams of Unix sockets")
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(target)
        sender.send(content)
