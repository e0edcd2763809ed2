"""Starting a child process of the same interpreter."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

#: Where this package lies.
ROOT = str(Path(__file__).parents[3])
_LIBRARY = os.path.dirname(os.__file__)  # noqa: PTH120 (text, as in sys.path)
# The package is imported from where the parent has it, after the standard library and before other packages.
# "-c" puts the working directory first, which may hold anything: it is taken out before the first import.
_BOOT = (
    "import sys; path = [part for part in sys.path if part]; "
    "at = 1 + max([i for i, part in enumerate(path) if part.startswith({library!r})"
    " and 'site-packages' not in part] or [-1]); "
    "sys.path[:] = path[:at] + [{root!r}] + path[at:]; "
    "from pycolonies._executor.children.main import main; "
    "main({handle}, {codec!r}, {lifeline}, contained={contained})"
)


class Spawned(NamedTuple):
    """A child that was started.

    Attributes:
        socket: The parent's end of the connection.
        process: The child.
        lifeline: The parent's end of a pipe that the child ends with; None on Windows.
    """

    socket: socket.socket
    process: subprocess.Popen[bytes]
    lifeline: int | None


def spawn(
    codec: str,
    environment: Mapping[str, str] | None,
    *,
    contained: bool = False,
    prefix: Sequence[str] = (),
) -> Spawned:
    """Start a child.

    Args:
        codec: How it writes messages.
        environment: Its environment; None for the parent's.
        contained: Whether it drops privileges, and adopts orphaned descendants.
        prefix: A command that runs the child, with its arguments.
    """
    ours, theirs = socket.socketpair()
    startupinfo: Any = None
    passed: tuple[int, ...] = ()
    lifeline: tuple[int, int] | None = None
    if sys.platform == "win32":
        theirs.set_inheritable(True)
        startupinfo = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [theirs.fileno()]})
    else:
        lifeline = os.pipe()
        passed = (theirs.fileno(), lifeline[0])
    boot = _BOOT.format(
        library=_LIBRARY,
        root=ROOT,
        handle=theirs.fileno(),
        codec=codec,
        lifeline=lifeline[0] if lifeline else None,
        contained=contained,
    )
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # as multiprocessing  # noqa: SLF001 (likewise)
    try:
        process = subprocess.Popen(  # noqa: S603 (this interpreter)
            [*prefix, sys.executable, *flags, "-c", boot],
            stdin=subprocess.DEVNULL,
            env=None if environment is None else dict(environment),
            startupinfo=startupinfo,
            pass_fds=passed,
            # Its own session: Ctrl-C does not reach it, and it is ended with its process group.
            start_new_session=lifeline is not None,
        )
    except BaseException:
        ours.close()
        if lifeline:
            os.close(lifeline[1])
        raise
    finally:
        theirs.close()
        if lifeline:
            os.close(lifeline[0])
    return Spawned(ours, process, lifeline[1] if lifeline else None)
