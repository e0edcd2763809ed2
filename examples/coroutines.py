"""Coroutine functions: many at a time, in one thread.

python3 examples/coroutines.py
"""

import asyncio

from pycolonies import AsyncColonies, AsyncContext, Executor
from pycolonies.testing import COLONY_NAME, COLONY_PRVKEY, EXECUTOR_PRVKEY, DevServer

server = DevServer()
executor = Executor("worker", client=server.client(), colonyname=COLONY_NAME, colony_prvkey=COLONY_PRVKEY)
TOGETHER = 50
waiting: list[asyncio.Event] = []


@executor.function
async def fetch(number: int, ctx: AsyncContext) -> int:
    """Waits until all have come this far, as one that waits for many answers would."""
    if number == 0:
        await ctx.log("the first one")
    waiting.append(asyncio.Event())
    if len(waiting) == TOGETHER:
        for event in waiting:
            event.set()
    await waiting[-1].wait()
    return number * number


async def main() -> None:
    working = asyncio.create_task(executor.run_async(concurrency=1000))  # on this event loop
    async with AsyncColonies(
        server.host, server.port, prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME
    ) as colonies:
        handles = [await colonies.submit(fetch, args=[number], maxexectime=60) for number in range(TOGETHER)]
        print("the sum is", sum(await asyncio.gather(*handles)))
    await asyncio.to_thread(executor.stop)
    await working


with server:
    asyncio.run(main())
