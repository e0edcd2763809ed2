"""What a call may use: set in the child for the time of the call, and watched by the parent."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import resource


@contextmanager
def applied(memory: int | None, processor: float | None) -> Iterator[None]:
    """Set the limits of this process, and lift them afterwards.

    Memory is that of RLIMIT_DATA: private and writable, whether touched or not. RLIMIT_AS would also count
    what is mapped but never used, as the libraries of numerical packages do by the gigabyte.
    """
    if sys.platform == "win32" or (memory is None and processor is None):
        yield
        return
    limits: list[tuple[int, int]] = []
    if memory is not None:
        limits.append((resource.RLIMIT_DATA, memory))
    if processor is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        limits.append((resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime + processor)))
        limits.append((resource.RLIMIT_CORE, 0))  # the signal at the end of the time would dump one
    before = [(kind, resource.getrlimit(kind)) for kind, _ in limits]
    for kind, limit in limits:
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    try:
        yield
    finally:
        for kind, limits_before in before:
            resource.setrlimit(kind, limits_before)


def resident(pid: int) -> int:
    """Return how many bytes of a process are in memory; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
