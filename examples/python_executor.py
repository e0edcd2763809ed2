"""An executor that runs Python functions whose source code comes with the process.

It runs what members of the colony send, in child processes without its keys, but with the rights of the user
who started it: list initiators instead of "*" where you do not trust them all.

python3 examples/python_executor.py
"""

from connection import colonies, colony_prvkey, colonyname

from pycolonies import CodePolicy, Executor, ExecutorInfo, Observer, Process


class Tell(Observer):
    """Prints what happens."""

    def started(self, about: ExecutorInfo) -> None:
        print("Executor", about.executorid, "registered", flush=True)

    def assigned(self, process: Process) -> None:
        print("\nProcess", process.processid, "is assigned to Executor", flush=True)

    def began(self, process: Process) -> None:
        print("Executing:", process.spec.funcname, flush=True)


executor = Executor(
    "python_executor",
    client=colonies,
    colonyname=colonyname,
    colony_prvkey=colony_prvkey,
    code=CodePolicy(["*"]),
    observers=[Tell()],
)
executor.run(concurrency=4)
print("Executor", executor.executorid, "unregistered", flush=True)
