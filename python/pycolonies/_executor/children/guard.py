"""The root of a child's process tree: it outlives the child, and ends all processes that it has started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time

from pycolonies._executor.children.usage import children_of

assert sys.platform == "linux", "only Linux lets a process adopt what its children have started"

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522
#: Capabilities of Linux have numbers below this.
_CAPABILITIES = 64
#: Seconds for which the guard keeps killing processes that start others.
_CHASE = 10.0


def hide_memory() -> None:
    """Hide the memory and the environment of this process from others of the same user."""
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def contain(handle: int, lifeline: int) -> None:
    """Fork: this process becomes the guard and never returns, its copy goes on as the child.

    Whatever the child starts becomes the guard's when its own parent ends, also after `setsid`. The guard
    ends all of it when the child has ended, or when the executor has closed the lifeline or is gone.

    Args:
        handle: The connection to the executor, which the guard closes.
        lifeline: The pipe whose other end the executor holds.
    """
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    guard = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(lifeline)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != guard:
            os._exit(1)
        _drop_privileges(libc)
        return
    os.close(handle)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    status = _watch(child, lifeline)
    _end_all()
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(guard, number)
    os._exit(os.WEXITSTATUS(status))


def _watch(child: int, lifeline: int) -> int:
    """Wait until the child has ended, or its executor is gone; return its status."""
    poll = select.poll()
    poll.register(lifeline, select.POLLHUP)
    pause = 50  # milliseconds, where the kernel does not say when the child ends
    with contextlib.suppress(AttributeError, OSError):
        poll.register(os.pidfd_open(child), select.POLLIN)
        pause = 1000
    status = 0
    with contextlib.suppress(ChildProcessError):
        while True:
            for fd, _ in poll.poll(pause):
                if fd == lifeline:
                    os.kill(child, signal.SIGKILL)
                    poll.unregister(lifeline)
            while True:
                ended, status = os.waitpid(-1, os.WNOHANG)
                if ended == child:
                    return status
                if ended == 0:
                    break
    return status


def _end_all() -> None:
    """Kill and reap all processes below this one, until there are no more."""
    until = time.monotonic() + _CHASE
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < until:
            for process in children_of(os.getpid()):
                with contextlib.suppress(OSError):
                    os.kill(process, signal.SIGKILL)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            time.sleep(0.001)


def _drop_privileges(libc: ctypes.CDLL) -> None:
    """Give up capabilities, also those that programs of root or with file capabilities would get."""
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for capability in range(_CAPABILITIES):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    libc.capset(header, (ctypes.c_uint32 * 6)())
