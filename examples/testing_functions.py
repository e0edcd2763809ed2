"""Functions of an executor in tests, without a server: arguments and values go through JSON and type hints.

python3 examples/testing_functions.py
"""

from pycolonies import ArgumentsError, Context, Executor
from pycolonies.testing import Rehearsal

executor = Executor("image-executor")


@executor.function
def resize(path: str, width: int = 100, *, ctx: Context) -> dict[str, int]:
    ctx.log(f"resizing {path}")
    return {"width": width}


rehearsal = Rehearsal()
assert executor.call("resize", "a.png", width="50", rehearsal=rehearsal) == {"width": 50}
assert rehearsal.logs == ["resizing a.png"]
try:
    executor.call("resize", "a.png", width="wide")
except ArgumentsError as misfit:
    print(misfit)
