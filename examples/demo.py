"""The main road in one command: a server, two executors, two function calls, their results.

make demo
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pycolonies import Colonies, FuncSpec, Process, func_spec
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, DevServer

HERE = Path(__file__).parent
STATES = ("waiting", "running", "successful", "failed", "cancelled")


def sum_nums(n1: int, n2: int, ctx: object = None) -> int:
    return n1 + n2


@contextmanager
def executor(script: str, server: DevServer) -> Iterator[None]:
    """Runs one of the example executors in its own process, and stops it as Ctrl-C would."""
    process = subprocess.Popen([sys.executable, HERE / script], env={**os.environ, **server.environment})
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def show(colonies: Colonies, spec: FuncSpec) -> None:
    """Submits a function spec, shows what becomes of its process, and prints the output."""
    process = colonies.submit_func_spec(spec, EXECUTOR_PRVKEY)
    call = f"{spec.funcname}({', '.join(map(repr, spec.args))})"
    print(f"\n{call}: process {process.processid}", flush=True)
    tell(process)
    ended = colonies.wait(process, 60, EXECUTOR_PRVKEY)
    print(f"  {ended.starttime:%H:%M:%S.%f}  running on executor {ended.assignedexecutorid[:16]}…")
    tell(ended)
    if ended.state != colonies.SUCCESSFUL:
        raise SystemExit(f"the process failed: {ended.errors}")
    for value in ended.output or []:
        print(value)


def tell(process: Process) -> None:
    time = process.endtime if process.state in (2, 3, 4) else process.submissiontime
    print(f"  {time:%H:%M:%S.%f}  {STATES[process.state]}")


def main() -> None:
    with DevServer() as server:
        print(f"Colonies development server at {server.host}:{server.port}", flush=True)
        colonies = server.client()
        with executor("echo_executor.py", server), executor("python_executor.py", server):
            show(colonies, func_spec("echo", ["helloworld"], COLONY_NAME, "echo_executor", maxexectime=10))
            show(colonies, func_spec(sum_nums, [1, 2], COLONY_NAME, "python_executor", maxexectime=10))
            print()


if __name__ == "__main__":
    main()
