"""An executor as its own program, for tests that send it signals."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from pycolonies import Context, Executor

executor = Executor(os.environ["WORKER_TYPE"], check_every=0.05)


@executor.function
def hold(began: str, go_on: str, ctx: Context) -> str:
    """Says that it has begun, in a file, and waits for another file."""
    with Path(began).open("a") as file:
        file.write(f"{ctx.attempt} {os.getpid()}\n")
    while not Path(go_on).exists() and not ctx.cancelled:
        if ctx.stopping:
            Path(began + ".stopping").touch()
        time.sleep(0.01)
    return "cancelled" if ctx.cancelled else "done"


sys.stdout.write("ready\n")
sys.stdout.flush()
executor.run(concurrency=int(sys.argv[1]), grace=float(sys.argv[2]))
sys.stdout.write("stopped\n")
