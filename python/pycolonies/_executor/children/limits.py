"""Resource limits of the operating system, set in a child during a call."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager

if sys.platform == "win32":

    @contextmanager
    def applied(memory: int | None, processor: float | None) -> Iterator[None]:
        """Do nothing: Windows has no such limits, and `Limits` refuses them."""
        yield

else:
    import resource

    @contextmanager
    def applied(memory: int | None, processor: float | None) -> Iterator[None]:
        """Set the limits of this process, and lift them afterwards.

        Memory is that of RLIMIT_DATA: private and writable, whether touched or not. RLIMIT_AS would also
        count what is mapped but never used, as the libraries of numerical packages do by the gigabyte.
        """
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
