"""What type checkers infer. This file is checked, not run.

``make check`` runs mypy and pyright on it, both strict. An expected error has a ``type: ignore`` comment:
both report those that suppress nothing.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from typing_extensions import assert_type

from pycolonies import (
    AsyncColonies,
    ClientCall,
    Codec,
    Colonies,
    ColoniesPoolExecutor,
    Colony,
    Context,
    Cron,
    Executor,
    FuncSpec,
    FunctionCall,
    Log,
    Process,
    ProcessGraph,
    ProcessHandle,
    ProcessState,
    ProgressReport,
    State,
    Statistics,
    TypeCodec,
    Workflow,
)
from pycolonies._aio.futures import AsyncProcessHandle
from pycolonies._futures.map import Results


@dataclass
class Point:
    x: int
    y: int


def add(a: int, b: int = 0) -> int:
    return a + b


async def locate(name: str) -> Point:
    return Point(len(name), 0)


def resize(ctx: Context, path: str, *, width: int = 100) -> datetime:
    raise NotImplementedError


def blocking(client: Colonies, spec: FuncSpec) -> None:
    assert_type(client.submit(add, args=[1, 2]), ProcessHandle[int])
    assert_type(client.submit(add, args=[1, 2], executortype="t", maxexectime=60).result(1), int)
    assert_type(client.submit(locate, args=["a"]).result(), Point)
    assert_type(client.map(add, [1, 2], window=8), Results[int])
    assert_type(list(client.map(locate, ["a"])), list[Point])
    assert_type(client.call(add, 1, b=2).result(), int)
    assert_type(client.call(locate, "a").result(), Point)
    assert_type(client.call(resize, "cat.png", width=10).result(), datetime)
    assert_type(client.with_options(executortype="t"), Colonies)
    handle = client.submit(spec)
    assert_type(handle, ProcessHandle[object] | ProcessHandle[int])  # type: ignore[assert-type] # it is Any

    client.call(add, "1")  # type: ignore[call-overload]
    client.call(add, 1, c=2)  # type: ignore[type-var, call-arg, arg-type]
    client.call(resize, 1)  # type: ignore[call-overload]
    client.submit(add, args=[1], maxexectimes=60)  # type: ignore[call-overload]
    client.submit(add, args=[1], maxexectime="60")  # type: ignore[call-overload]
    Colonies("localhost", 1, timout=3)  # type: ignore[call-arg]


async def awaiting(client: AsyncColonies) -> None:
    handle = await client.submit(add, args=[1])
    assert_type(handle, AsyncProcessHandle[int])
    assert_type(await handle, int)
    assert_type(await handle.result(1), int)
    assert_type(await (await client.call(locate, "a")), Point)
    assert_type(client.map(locate, ["a"]), AsyncIterator[Point])
    async for point in client.map(locate, ["a"]):
        assert_type(point, Point)
    await client.call(add, "1")  # type: ignore[call-overload]


async def in_a_loop(handle: ProcessHandle[int]) -> None:
    assert_type(await handle, int)


def pool(executor: ColoniesPoolExecutor) -> None:
    assert_type(executor.submit(add, 1).result(), int)
    assert_type(executor.submit(locate, "a"), Future[Point])
    assert_type(executor.submit(resize, "cat.png", width=10).result(), datetime)
    executor.submit(add, "1")  # type: ignore[call-overload]
    executor.submit(resize, 1)  # type: ignore[call-overload]


def workflow(client: Colonies) -> None:
    flow = Workflow(colonyname="dev", executortype="t", maxretries=3)
    first = flow.add(add, args=[1])
    second = flow.add(locate, after=[first])
    result = client.wait_workflow(client.submit_workflow(flow))
    assert_type(result[first], int)
    assert_type(result[second], Point)
    Workflow(colonyname="dev", maxretries="3")  # type: ignore[arg-type]


def records(client: Colonies, process: Process) -> None:
    assert_type(process.state, ProcessState)
    assert_type(client.list_processes(state=Colonies.FAILED), list[Process])
    assert_type(client.stats(), Statistics)
    assert_type(client.stats().waitingprocesses, int)
    client.add_colony(Colony(name="dev", colonyid="1" * 64))
    client.add_colony({"name": "dev", "colonyid": "1" * 64})
    Colony(nam="dev")  # type: ignore[call-arg]


def limited(executor: Executor) -> None:
    @executor.function(max_concurrent=2, rate="10/s")
    def double(number: int) -> int:
        return 2 * number

    assert_type(double(1), int)
    executor.function(rate=10)  # type: ignore[call-overload]


async def extended(executor: Executor) -> None:
    @executor.on_start
    async def connect(state: State) -> int:
        state.pool = 1
        return 1

    @executor.on_stop(children=False)
    def disconnect(state: State) -> None:
        state.pool.close()

    @executor.middleware
    def timed(call: FunctionCall) -> Iterator[None]:
        call.result = call.args
        yield

    assert_type(await connect(State()), int)
    assert_type(timed(FunctionCall("f", (), {}, Context.__new__(Context))), Iterator[None])
    executor.on_start(children=1)  # type: ignore[call-overload]


def surrounded(codec: TypeCodec, other: Codec) -> None:
    def traced(call: ClientCall) -> Iterator[None]:
        call.fields = {**call.fields, "count": 1}
        yield

    assert_type(Colonies("localhost", 1, middleware=[traced], codec=codec), Colonies)
    assert_type(AsyncColonies("localhost", 1, middleware=[traced], codec=other), AsyncColonies)
    codec.register(complex, "complex", encode=lambda z: [z.real, z.imag], decode=lambda pair: complex(*pair))
    codec.register(complex, "complex", encode=lambda z: z.upper(), decode=complex)  # type: ignore[attr-defined]
    Executor("worker", codec=3)  # type: ignore[arg-type]


def scheduled(executor: Executor) -> None:
    @executor.cron("@daily", args=[1], maxexectime=60)
    @executor.function
    def double(number: int) -> int:
        return 2 * number

    assert_type(double(1), int)
    executor.cron("@daily", maxexectime="60")  # type: ignore[arg-type]


async def again(client: Colonies, other: AsyncColonies) -> None:
    assert_type(client.failed(since=60, funcname="add"), list[Process])
    assert_type(client.resubmit("1", args=[1]), ProcessHandle[Any])
    assert_type(await other.resubmit("1"), AsyncProcessHandle[Any])
    assert_type(client.resubmit_workflow("1"), ProcessGraph)
    assert_type(await other.resubmit_workflow("1", only_failed=False), ProcessGraph)
    client.failed(since="today")  # type: ignore[arg-type]


async def once(client: Colonies, other: AsyncColonies, at: datetime) -> None:
    handle = client.submit(add, args=[1], idempotency_key="k", countdown=1.5)
    assert_type(handle, ProcessHandle[int])
    assert_type(handle.existing, bool)
    assert_type(await other.submit(add, args=[1], idempotency_key="k", eta=at), AsyncProcessHandle[int])
    client.submit(add, eta="now")  # type: ignore[call-overload]


async def followed(handle: ProcessHandle[int], other: AsyncProcessHandle[int]) -> None:
    assert_type([report.fraction for report in handle.progress(timeout=1)], list[float])
    assert_type(list(handle.logs()), list[Log])
    assert_type([report async for report in other.progress()], list[ProgressReport])
    assert_type([line async for line in other.logs()], list[Log])


async def scheduled_once(client: Colonies, other: AsyncColonies, at: datetime) -> None:
    assert_type(client.schedule(add, args=[1], eta=at, executortype="t"), Cron)
    assert_type(await other.schedule("add", countdown=60, name="n"), Cron)
    client.schedule(add, countdown="soon")  # type: ignore[arg-type]
