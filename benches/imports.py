"""What importing costs: each figure comes from a fresh interpreter."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

from child import PATIENCE, environment

# Nothing that the module may need is loaded before the clock starts, nothing that it does not need after it.
SOURCE = """
from time import perf_counter
began = perf_counter()
import {module}
seconds = perf_counter() - began
with open("/proc/self/status") as status:
    kilobytes = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
print(seconds, kilobytes * 1024)
"""


class Import(NamedTuple):
    """One import: seconds, and bytes in memory afterwards, the interpreter's own included."""

    seconds: float
    resident: int


def measure_import(python: Path, module: str) -> Import:
    """Import a module in a fresh interpreter (``-I``: only what is installed there is seen)."""
    done = subprocess.run(
        [python, "-I", "-c", SOURCE.format(module=module)],
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment(),
    )
    seconds, resident = done.stdout.split()
    return Import(float(seconds), int(resident))
