"""An executor that offers one function, echo: it returns what it is given.

It adds itself to the colony with the colony owner's key, works until Ctrl-C, and then unregisters.

python3 examples/echo_executor.py
"""

from typing import Any

from connection import colonies, colony_prvkey, colonyname

from pycolonies import Context, Executor, ExecutorInfo, Observer


class Tell(Observer):
    """Prints what happens."""

    def started(self, about: ExecutorInfo) -> None:
        print("Executor", about.executorname, "registered", flush=True)


executor = Executor(
    "echo_executor",
    client=colonies,
    colonyname=colonyname,
    colony_prvkey=colony_prvkey,
    observers=[Tell()],
)


@executor.function
def echo(*args: Any, ctx: Context) -> tuple[Any, ...]:
    """Returns its arguments."""
    print("Process", ctx.processid, "is assigned to", executor.executorname, flush=True)
    return args


executor.run(concurrency=4)
print("Executor", executor.executorname, "unregistered", flush=True)
