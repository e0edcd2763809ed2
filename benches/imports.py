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
{statements}
seconds = perf_counter() - began
with open("/proc/self/status") as status:
    kilobytes = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
print(seconds, kilobytes * 1024)
"""

IMPORT = "import pycolonies"
IMPORT_PYDANTIC = "import pydantic"
#: What every program goes on to do. Importing may put off work, as both packages do: here it is due.
FIRST_USE = """
from pycolonies import Colonies, func_spec
Colonies("localhost", 50080)
func_spec("echo", ["helloworld"], "dev", "echo-executor")
"""
FIRST_USE_OF_PYDANTIC = """
from pydantic import BaseModel
class Spec(BaseModel):
    funcname: str
Spec(funcname="echo")
"""


class Import(NamedTuple):
    """One import: seconds, and bytes in memory afterwards, the interpreter's own included."""

    seconds: float
    resident: int


def measure_import(python: Path, statements: str) -> Import:
    """Run import statements in a fresh interpreter (``-I``: only what is installed there is seen)."""
    done = subprocess.run(
        [python, "-I", "-c", SOURCE.format(statements=statements)],
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment(),
    )
    seconds, resident = done.stdout.split()
    return Import(float(seconds), int(resident))
