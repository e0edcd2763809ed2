"""Calls that have ended are freed at once: they leave nothing for the garbage collector.

Objects that refer to each other live on until a collection, and long-lived ones until a full one, whose cost
grows with everything that is alive: an executor with a thousand functions in flight spent a third of its time
in it.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from executor_bench import Bench
from polling import until
from pycolonies import AsyncColonies, AsyncContext, Context, Executor, NotFoundError

CALLS, ROUNDS = 60, 5
MISSING = "0" * 64


def _rounds() -> Iterator[None]:
    """Yield until a round, which makes so many calls, leaves fewer objects than calls to the collector.

    Threads of earlier tests leave objects, too, so the best of some rounds counts.
    """
    for attempt in range(ROUNDS):
        gc.collect()
        gc.disable()
        try:
            yield
            left = gc.collect()
        finally:
            gc.enable()
        if left < CALLS:
            return
        assert attempt < ROUNDS - 1, f"{left} objects"


@pytest.mark.parametrize("processid", ["found", MISSING])
def test_blocking_calls_leave_no_garbage(bench: Bench, processid: str) -> None:
    if processid != MISSING:
        processid = bench.submit("nothing").processid
    with suppress(NotFoundError):
        bench.client.get_process(processid, bench.user.prvkey)
    for _ in _rounds():
        for _ in range(CALLS):
            with suppress(NotFoundError):
                bench.client.get_process(processid, bench.user.prvkey)


async def _cancelled(client: AsyncColonies) -> None:
    waiting = asyncio.create_task(client.get_process(MISSING))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])


async def _refused(client: AsyncColonies) -> None:
    with suppress(NotFoundError):
        await client.get_process(MISSING)


async def _timed_out(client: AsyncColonies) -> None:
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(client.get_process(MISSING), 0)


@pytest.mark.parametrize("call", [AsyncColonies.get_colony, _refused, _cancelled, _timed_out])
def test_awaitable_calls_leave_no_garbage(
    bench: Bench, call: Callable[[AsyncColonies], Awaitable[Any]]
) -> None:
    async def main() -> None:
        async with AsyncColonies(
            bench.server.host, bench.server.port, prvkey=bench.user.prvkey, colonyname=bench.colony.name
        ) as client:
            await call(client)
            for _ in _rounds():
                for _ in range(CALLS):
                    await call(client)

    asyncio.run(main())


def _plain(executor: Executor) -> None:
    @executor.function
    def work(ctx: Context) -> str:
        ctx.log("working")
        return "done"


def _generator(executor: Executor) -> None:
    @executor.function
    def work() -> Iterator[str]:
        yield "done"


def _coroutine(executor: Executor) -> None:
    @executor.function
    async def work() -> str:
        await asyncio.sleep(0)
        return "done"


def _coroutine_with_calls(executor: Executor) -> None:
    @executor.function
    async def work(ctx: AsyncContext) -> str:
        await ctx.log("working")
        return "done"


def _failing(executor: Executor) -> None:
    @executor.function
    def work() -> None:
        raise ValueError("failed")


def _failing_coroutine(executor: Executor) -> None:
    @executor.function
    async def work() -> None:
        raise ValueError("failed")


def _surrounded(executor: Executor) -> None:
    @executor.middleware
    def around(call: Any) -> Iterator[None]:
        yield

    _coroutine(executor)


@pytest.mark.parametrize(
    "offer",
    [_plain, _generator, _coroutine, _coroutine_with_calls, _surrounded, _failing, _failing_coroutine],
)
def test_functions_leave_no_garbage(bench: Bench, offer: Callable[[Executor], None]) -> None:
    executor = bench.executor(check_every=30)
    offer(executor)

    def ended() -> int:
        total = executor.stats().total
        return total.successful + total.failed

    def run(calls: int) -> None:
        wanted = ended() + calls
        for _ in range(calls):
            bench.submit("work")
        until(lambda: ended() == wanted and not executor.stats().total.running)

    with executor.start(concurrency=8):
        run(5)
        for _ in _rounds():
            run(CALLS)
