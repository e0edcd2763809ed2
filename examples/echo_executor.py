"""An executor that offers one function, echo: it returns what it is given.

It adds itself to the colony with the colony owner's key, works until Ctrl-C, and then unregisters.

python3 examples/echo_executor.py
"""

import signal
import sys
import uuid

from connection import colonies, colony_prvkey, colonyname

from pycolonies import Crypto, NoProcessAvailable, Process

crypto = Crypto()
executor_prvkey = crypto.prvkey()
executorname = f"echo_executor-{uuid.uuid4().hex[:8]}"


def register() -> None:
    colonies.add_executor(
        {
            "executorname": executorname,
            "executorid": crypto.id(executor_prvkey),
            "colonyname": colonyname,
            "executortype": "echo_executor",
        },
        colony_prvkey,
    )
    colonies.approve_executor(colonyname, executorname, colony_prvkey)
    colonies.add_function(
        colonyname,
        executorname,
        "echo",
        executor_prvkey,
        args=[{"name": "arg"}],
        description="Returns its arguments",
    )
    print("Executor", executorname, "registered", flush=True)


def execute(process: Process) -> None:
    print("Process", process.processid, "is assigned to", executorname, flush=True)
    if process.spec.funcname == "echo":
        colonies.close(process.processid, process.spec.args, executor_prvkey)
    else:
        colonies.fail(process.processid, [f"there is no function {process.spec.funcname}"], executor_prvkey)


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
    print("Executor", executorname, "unregistered", flush=True)
