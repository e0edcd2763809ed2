"""An executor that runs Python functions whose source code comes with the process.

It runs whatever members of the colony send, with all rights of the user who started it: give its colony
to nobody whom you would not give your terminal.

python3 examples/python_executor.py
"""

import __future__

import base64
import signal
import sys
import traceback
import uuid
from typing import Any

from connection import colonies, colony_prvkey, colonyname

from pycolonies import Crypto, NoProcessAvailable, Process

crypto = Crypto()
executor_prvkey = crypto.prvkey()
executorid = crypto.id(executor_prvkey)
executorname = f"python_executor-{uuid.uuid4().hex[:8]}"
registered_functions: set[str] = set()


def register() -> None:
    colonies.add_executor(
        {
            "executorname": executorname,
            "executorid": executorid,
            "colonyname": colonyname,
            "executortype": "python_executor",
        },
        colony_prvkey,
    )
    colonies.approve_executor(colonyname, executorname, colony_prvkey)
    print("Executor", executorid, "registered", flush=True)


def offer(process: Process) -> None:
    """Registers the function, so that its calls are counted."""
    name = process.spec.funcname
    if name not in registered_functions:
        args = [arg for arg in process.spec.env.get("args_spec", "").split(",") if arg]
        colonies.add_function(
            colonyname,
            executorname,
            name,
            executor_prvkey,
            args=[{"name": arg} for arg in args],
            description="Python function",
        )
        registered_functions.add(name)


def call(process: Process) -> list[Any]:
    """Injects the function and calls it, with the output of the parent processes where there is one."""
    code = base64.b64decode(process.spec.env["code"]).decode()
    names: dict[str, Any] = {}
    # Annotations are not evaluated: the names in them may be known to the sender only.
    exec(compile(code, process.spec.funcname, "exec", flags=__future__.annotations.compiler_flag), names)
    context = {"process": process, "colonyname": colonyname, "executorid": executorid, "colonies": colonies}
    result = names[process.spec.funcname](*(process.input or process.spec.args), ctx=context)
    if result is None:
        return []
    return list(result) if isinstance(result, tuple) else [result]


def execute(process: Process) -> None:
    print("\nProcess", process.processid, "is assigned to Executor", flush=True)
    offer(process)
    print("Executing:", process.spec.funcname, flush=True)
    try:
        output = call(process)
    except Exception:  # noqa: BLE001 (whatever the function raises is the process's failure, not ours)
        colonies.fail(process.processid, [traceback.format_exc()], executor_prvkey)
    else:
        colonies.close(process.processid, output, executor_prvkey)


def work() -> None:
    while True:
        try:
            process = colonies.assign(colonyname, 10, executor_prvkey)
        except NoProcessAvailable:
            continue
        execute(process)


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
register()
try:
    work()
except KeyboardInterrupt:
    pass
finally:
    colonies.remove_executor(colonyname, executorname, colony_prvkey)
    print("Executor", executorid, "unregistered", flush=True)
