"""Submits a call of the function echo, and waits for what an executor makes of it.

python3 examples/echo_executor.py    in another terminal
python3 examples/echo.py
"""

from connection import colonies, colonyname, executor_prvkey

from pycolonies import func_spec

spec = func_spec(
    "echo",
    ["helloworld"],
    colonyname,
    "echo_executor",
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
for value in process.output or []:
    print(value)
