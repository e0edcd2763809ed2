"""Sends the source code of a Python function to an executor, which runs it with two numbers.

python3 examples/python_executor.py    in another terminal
python3 examples/func_spec_example1.py
"""

from connection import colonies, colonyname, executor_prvkey

from pycolonies import func_spec


def sum_nums(n1: int, n2: int, ctx: object = None) -> int:
    return n1 + n2


spec = func_spec(
    sum_nums,
    [1, 2],
    colonyname,
    "python_executor",
    priority=200,
    maxexectime=100,
    maxretries=3,
    maxwaittime=100,
)
process = colonies.submit_func_spec(spec, executor_prvkey)
print("Process", process.processid, "submitted")

process = colonies.wait(process, 100, executor_prvkey)
if process.state != colonies.SUCCESSFUL:
    raise SystemExit(f"Process {process.processid} failed: {process.errors}")
print((process.output or [None])[0])
