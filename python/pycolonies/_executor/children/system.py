"""Operating system calls for children, for each platform."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

if sys.platform != "win32":
    import signal

if sys.platform == "linux":
    import fcntl


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Return whether a child has ended. On Linux this does not reap it, so that its number stays its own."""
    if process.returncode is not None:
        return True
    if sys.platform == "linux":
        with suppress(ChildProcessError):
            return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
    return process.poll() is not None


def signal_group(process: subprocess.Popen[bytes], *, kill: bool) -> None:
    """Send SIGTERM or SIGKILL to a child and its process group. Windows has neither: the child is ended."""
    if process.returncode is not None:
        return
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL if kill else signal.SIGTERM)


def keep(handle: int) -> None:
    """Keep a socket or pipe from the programs that this process starts. Windows keeps them already."""
    if sys.platform != "win32":
        os.set_inheritable(handle, False)


def terminate_main_thread() -> None:
    """Send SIGTERM to the main thread. On Windows nothing can interrupt it: the parent ends the process."""
    if sys.platform != "win32":
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def reap(process: int) -> bool:
    """Reap a child if it has ended; return whether it has. Windows has no zombies.

    Raises:
        ChildProcessError: It is not a child of this process.
    """
    if sys.platform == "win32":
        return False
    return os.waitpid(process, os.WNOHANG)[0] != 0


def die_with(lifeline: int) -> None:
    """Let the kernel kill this process and its group as soon as the parent is gone.

    The parent holds the other end of the pipe. When that is closed, the kernel sends a signal that nothing
    can ignore, even where native code holds the interpreter's lock. Elsewhere than on Linux the thread that
    listens to the parent notices it, a little later.
    """
    if sys.platform == "linux":
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def contain(handle: int, lifeline: int) -> bool:
    """Drop privileges, and adopt orphaned descendants (`guard.contain`).

    Returns whether the system can do that: only Linux lets a process adopt what its children have started.
    """
    if sys.platform != "linux":
        return False
    from pycolonies._executor.children import guard

    guard.contain(handle, lifeline)
    return True


def hide_memory() -> None:
    """Hide this process's memory from other processes of this user (`guard.hide_memory`). Linux only."""
    if sys.platform == "linux":
        from pycolonies._executor.children import guard

        guard.hide_memory()


def end_group() -> None:
    """Kill this process's group if it leads one, else end this process."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def exit_signal(code: int | None) -> str | None:
    """Return the name of the signal that ended a child, from its exit code; None for another end."""
    if sys.platform != "win32" and code is not None and code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return None
