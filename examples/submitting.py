"""Calls functions of an executor, and waits for their results by handles.

eval "$(pycolonies dev --env)"
python3 examples/arithmetic.py     in another terminal
python3 examples/submitting.py
"""

import asyncio
from concurrent.futures import as_completed

from arithmetic import divide, square

from pycolonies import AsyncColonies, Colonies, ProcessFailedError

client = Colonies.from_env()

handle = client.submit(square, args=[3], maxexectime=60)
print("3 squared is", handle.result(timeout=60))

handles = [client.submit(square, args=[number], maxexectime=60) for number in range(5)]
print("some squares, as they came:", sorted(done.result() for done in as_completed(handles, timeout=60)))

try:
    client.submit(divide, args=[1, 0], maxexectime=60).result(timeout=60)
except ProcessFailedError as failed:
    print(failed.funcname, "failed:", failed.errors[0])

squares = client.map(square, range(1000), maxexectime=60, progress=True)
print("the sum of the first thousand squares is", sum(squares))


async def main() -> None:
    async with AsyncColonies.from_env() as colonies:
        handle = await colonies.submit(square, args=[4], maxexectime=60)
        print("4 squared is", await handle)
        async for result in colonies.map(square, range(3), maxexectime=60):
            print("a square:", result)


asyncio.run(main())
