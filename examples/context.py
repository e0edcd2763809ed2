"""What a function can do while it runs: log, progress, interim output, cancellation.

python3 examples/context.py
"""

from collections.abc import Iterator

from pycolonies import Context, Executor, ProcessCancelledError
from pycolonies.testing import COLONY_NAME, COLONY_PRVKEY, EXECUTOR_PRVKEY, DevServer

server = DevServer()
executor = Executor(
    "worker",
    client=server.client(),
    colonyname=COLONY_NAME,
    colony_prvkey=COLONY_PRVKEY,
    check_every=0.5,  # how soon a cancellation is noticed
)


@executor.function
def count(to: int, ctx: Context) -> Iterator[int]:
    """What a generator yields is the output so far."""
    for number in range(to):
        ctx.progress(number / to, f"at {number}")
        yield number
    ctx.log("counted")


@executor.function
def wait_for_ever(ctx: Context) -> None:
    while not ctx.wait(1):  # a sleep that ends early if the result is no longer wanted
        ctx.log("still here")


with server, executor.start(concurrency=2):
    client = server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)

    counting = client.submit(count, args=[3], maxexectime=60)
    print("counted", counting.result(timeout=60))
    for line in client.get_process_log(COLONY_NAME, counting.processid, 100, 0, EXECUTOR_PRVKEY):
        print("log:", line["message"])

    waiting = client.submit(wait_for_ever, maxexectime=60)
    waiting.cancel()
    try:
        waiting.result(timeout=60)
    except ProcessCancelledError as cancelled:
        print(cancelled.funcname, "was cancelled")
