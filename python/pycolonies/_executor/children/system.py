"""What children need of the operating system, each system in its way."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress

if sys.platform != "win32":
    import signal

if sys.platform.startswith("linux"):
    import fcntl


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Return whether a child has ended. On Linux this does not reap it, so that its number stays its own."""
    if process.returncode is not None:
        return True
    if sys.platform.startswith("linux"):
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


def die_with(lifeline: int) -> None:
    """Let the kernel kill this process and its group as soon as the parent is gone.

    The parent holds the other end of the pipe. When that is closed, the kernel sends a signal that nothing
    can ignore, even where native code holds the interpreter's lock. Elsewhere than on Linux the thread that
    listens to the parent notices it, a little later.
    """
    if sys.platform.startswith("linux"):
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


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
