"""What a child and the processes that it has started use, read from /proc: Linux only."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path

from pycolonies._executor.children.call import ChildCall
from pycolonies.errors import ResourceLimitError


def check(task: ChildCall, pid: int) -> None:
    """Raise where a child, with all that it has started, uses more than a call may.

    Raises:
        ResourceLimitError: It holds more memory, or is more processes.
    """
    limits = task.limits
    if limits.memory is None and limits.processes is None:
        return
    tree = [pid, *descendants(pid)]
    if limits.processes is not None and len(tree) > limits.processes:
        raise ResourceLimitError(task.funcname, "processes", limits.processes)
    if limits.memory is not None and _held(tree, limits.memory) > limits.memory:
        raise ResourceLimitError(task.funcname, "memory", limits.memory)


def _held(tree: list[int], limit: int) -> int:
    """Return the bytes that processes hold. Pages that they share are counted once, if that matters."""
    held = sum(map(resident, tree))
    return held if held <= limit or len(tree) == 1 else sum(map(proportional, tree))


def proportional(pid: int) -> int:
    """Return the bytes that a process holds, its share of what it has in common with others."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        sizes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines[1:])}
        return (sizes["Pss_Anon"] + sizes["Pss_Shmem"]) * 1024
    except (OSError, ValueError, KeyError, IndexError):
        return resident(pid)


def resident(pid: int) -> int:
    """Return how many bytes a process holds, mapped files aside; 0 where the system hides it."""
    try:
        _, held, shared, *_ = map(int, Path(f"/proc/{pid}/statm").read_text().split())
        return (held - shared) * _PAGE + _shared_memory(pid)
    except (OSError, ValueError):
        return 0


def descendants(pid: int) -> Iterator[int]:
    """Yield the process ids of a process's children, and of theirs."""
    for child in children_of(pid):
        yield child
        yield from descendants(child)


def children_of(pid: int) -> list[int]:
    """Return the process ids of a process's children; an empty list where the system does not list them."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 (names only)
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    except OSError:
        pass
    return found


def _shared_memory(pid: int) -> int:
    """Return the bytes of shared memory that a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssShmem:"):
            return int(line.split()[1]) * 1024
    return 0


_PAGE = mmap.PAGESIZE
