"""Many calls of a function: `map` and the executor of the standard library, over the real wire."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import itertools
import os
import shlex
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from badserver import bad_server, silence
from conftest import Colony, Member
from polling import until
from pycolonies import (
    AsyncColonies,
    Colonies,
    ColoniesPoolExecutor,
    ConnectionLostError,
    ProcessCancelledError,
    ProcessFailedError,
    WaitTimeoutError,
)
from pycolonies.testing import DevServer
from workers import run_one, workers

if TYPE_CHECKING:
    from programs import Programs

pytestmark = pytest.mark.both_modes


def add(a: int, b: int = 0) -> int:
    return a + b


def double(number: int) -> int:
    return 2 * number


@pytest.fixture
def bound(colony: Colony, executor: Member) -> Colonies:
    return Colonies(colony.client.host, colony.client.port, prvkey=executor.prvkey, colonyname=colony.name)


OPTIONS: Any = {"executortype": "echo", "maxexectime": 60}


def states(bound: Colonies) -> dict[str, int]:
    """How many processes are in which state."""
    counts = bound.stats()
    return {"waiting": counts["waitingprocesses"], "running": counts["runningprocesses"]}


def test_results_are_in_order(bound: Colonies, colony: Colony) -> None:
    with workers(colony):
        assert list(bound.map(double, range(50), window=10, **OPTIONS)) == [2 * n for n in range(50)]
        assert list(bound.map("add", [1, 2, 3], [10, 20], **OPTIONS)) == [11, 22]
        assert list(bound.map(add, [1, 2], kwargs={"b": 5}, timeout=60, **OPTIONS)) == [6, 7]
        assert sorted(bound.map(double, range(20), ordered=False, **OPTIONS)) == [2 * n for n in range(20)]
        assert list(bound.map(double, [], **OPTIONS)) == []


def test_results_come_as_they_are_ready(bound: Colonies, colony: Colony, executor: Member) -> None:
    with bound.map("echo", ["first", "second"], ordered=False, **OPTIONS) as results:
        until(lambda: states(bound)["waiting"] == 2)
        first = bound.assign(timeout=60)
        second = run_one(colony, executor.prvkey)
        assert [next(results)] == second.spec.args
        bound.close(first.processid, first.spec.args)
        assert [next(results)] == first.spec.args
        with pytest.raises(StopIteration):
            next(results)


def test_an_endless_iterable_is_taken_as_results_are_taken(bound: Colonies, colony: Colony) -> None:
    taken = itertools.count()
    with bound.map(double, taken, window=5, **OPTIONS) as results:
        assert next(taken) == 5
        with workers(colony):
            assert [next(results) for _ in range(8)] == [2 * n for n in (0, 1, 2, 3, 4, 6, 7, 8)]
        assert next(taken) == 14  # five beyond the eight, and one that was taken here
    until(lambda: states(bound)["waiting"] == 0)
    with pytest.raises(StopIteration):
        next(results)


def test_a_failure_ends_it_and_cancels_the_rest(bound: Colonies, colony: Colony, executor: Member) -> None:
    results = bound.map("divide", [1] * 10, [1, 0, *[1] * 8], window=2, **OPTIONS)
    for _ in range(2):
        until(lambda: states(bound)["waiting"])
        run_one(colony, executor.prvkey)
    with pytest.raises(ProcessFailedError, match=r"divide failed as process [0-9a-f]{64}: ZeroDivisionError"):
        list(results)
    assert states(bound)["waiting"] == 0
    assert list(results) == []


def test_failures_among_the_results(bound: Colonies, colony: Colony) -> None:
    with workers(colony):
        found = list(bound.map("divide", [1, 1, 1], [1, 0, 1], return_exceptions=True, **OPTIONS))
    assert found[0] == 1
    assert found[2] == 1
    assert type(found[1]) is ProcessFailedError


def test_cancelled_by_somebody_else(bound: Colonies) -> None:
    results = bound.map("echo", [1, 2], **OPTIONS)
    until(lambda: states(bound)["waiting"] == 2)
    for process in bound.list_processes(state=Colonies.WAITING):
        bound.cancel_process(process.processid)
    with pytest.raises(ProcessCancelledError):
        next(results)


@pytest.mark.parametrize("ordered", [True, False])
def test_the_time_of_all_is_limited(bound: Colonies, ordered: bool) -> None:
    with pytest.raises(WaitTimeoutError, match=r"did not end within 0.2 seconds"):
        list(bound.map("echo", range(3), ordered=ordered, timeout=0.2, **OPTIONS))
    assert states(bound)["waiting"] == 0


@pytest.mark.parametrize("ordered", [True, False])
def test_dropped_results_cancel_what_is_left(bound: Colonies, colony: Colony, ordered: bool) -> None:
    with workers(colony, 1, {"echo": lambda number: [number]}):
        for _ in bound.map("echo", range(3), ordered=ordered, window=2, **OPTIONS):
            break
    gc.collect()
    until(lambda: states(bound)["waiting"] == 0)


def test_what_cannot_be_mapped(bound: Colonies) -> None:
    with pytest.raises(TypeError, match="map requires at least one iterable"):
        bound.map("echo", **OPTIONS)
    with pytest.raises(ValueError, match="window must be at least 1, got 0"):
        bound.map("echo", [1], window=0, **OPTIONS)
    with pytest.raises(ValueError, match="executortype is missing for echo"):
        bound.map("echo", [1])
    with pytest.raises(TypeError, match=r"args\[0\]: an object of type object has no JSON form"):
        bound.map(double, [1, 2, object()], **OPTIONS)
    until(lambda: states(bound)["waiting"] == 0)


def test_a_failing_iterable_cancels_what_was_submitted(bound: Colonies, colony: Colony) -> None:
    def numbers() -> Iterator[int]:
        yield from range(3)
        raise OSError("the file is damaged")

    with workers(colony), pytest.raises(OSError, match="damaged"):
        list(bound.map("echo", numbers(), window=2, **OPTIONS))
    until(lambda: states(bound)["waiting"] == 0)


def test_a_submission_that_is_lost_is_told() -> None:
    with DevServer() as server:
        from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY

        client = server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)
        server.faults.drop_next("submitfuncspecmsg")
        with pytest.raises(ConnectionLostError):
            next(client.map("echo", [1], **OPTIONS))
        assert client.stats()["waitingprocesses"] == 0


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    "waits", ['list(client.map("echo", range(5), executortype="t"))', "submitted.result()"]
)
def test_ctrl_c_ends_the_waiting(colony: Colony, executor: Member, waits: str, programs: Programs) -> None:
    script = f"""
        from pycolonies import Colonies
        client = Colonies({colony.client.host!r}, {colony.client.port}, prvkey={executor.prvkey!r},
                          colonyname={colony.name!r})
        submitted = client.submit("echo", executortype="u")
        try:
            print("waits", flush=True)
            {waits}
        except KeyboardInterrupt:
            print("interrupted")
        """
    child = programs(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "waits\n"
    listed = 6 if "map" in waits else 1
    until(lambda: colony.client.stats(colony.name, executor.prvkey)["waitingprocesses"] == listed)
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=60) == ("interrupted\n", "")
    # What the map submitted is cancelled, a handle that is dropped changes nothing.
    assert colony.client.stats(colony.name, executor.prvkey)["waitingprocesses"] == 1


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    "waits",
    [
        'list(client.map("echo", range(500), executortype="t"))',
        'pool = ColoniesPoolExecutor(client, executortype="t")\n    with pool: pool.submit("echo").result()',
        'asyncio.run(drain(AsyncColonies(**settings).map("echo", range(500), executortype="t")))',
    ],
)
def test_ctrl_c_ends_a_program_whose_server_does_not_answer(waits: str, programs: Programs) -> None:
    script = f"""
import asyncio
from pycolonies import AsyncColonies, Colonies, ColoniesPoolExecutor
from pycolonies._aio import futures
from pycolonies._futures import map, pool

async def drain(results):
    return [result async for result in results]

for module in (futures, map, pool):
    module.CANCELLING = 600.0  # the test would not wait for so long
settings = dict(host="127.0.0.1", port=PORT, prvkey="1" * 64, colonyname="dev", timeout=600)
client = Colonies(**settings)
try:
    {waits}
except KeyboardInterrupt:
    print("interrupted")
"""
    with bad_server(silence) as (port, requests):
        child = programs(
            [sys.executable, "-c", script.replace("PORT", str(port))],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: requests)
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=60) == ("interrupted\n", "")


def test_a_bar_is_shown_on_a_terminal(
    bound: Colonies, colony: Colony, executor: Member, tmp_path: Path
) -> None:
    script = tmp_path / "bar.py"
    script.write_text(
        f"""
from pycolonies import Colonies
client = Colonies({bound.host!r}, {bound.port}, prvkey={executor.prvkey!r}, colonyname={colony.name!r})
print(sum(client.map("double", range(7), executortype="echo", progress=True)))
"""
    )
    with workers(colony):
        output, status = pexpect.run(
            shlex.join([sys.executable, str(script)]), withexitstatus=True, timeout=100
        )
        quiet = subprocess.run(
            [sys.executable, script], capture_output=True, text=True, check=True, timeout=60
        )
    assert status == 0, output
    assert b"7/7" in output
    assert b"42" in output
    assert quiet.stdout == "42\n"
    assert quiet.stderr == ""


def test_the_executor_of_the_standard_library(bound: Colonies, colony: Colony) -> None:
    with workers(colony), ColoniesPoolExecutor(bound, window=3, **OPTIONS) as pool:
        assert isinstance(pool, concurrent.futures.Executor)
        futures = [pool.submit(double, number) for number in range(20)]
        assert all(isinstance(future, concurrent.futures.Future) for future in futures)
        ended = {future.result(0) for future in concurrent.futures.as_completed(futures, 60)}
        assert ended == {2 * number for number in range(20)}
        assert list(pool.map(add, [1, 2], [3, 4], timeout=60)) == [4, 6]
        assert pool.submit("add", 1, b=2).result(60) == 3
        assert isinstance(pool.submit("divide", 1, 0).exception(60), ProcessFailedError)
        with pytest.raises(TypeError, match="missing"):
            pool.submit(double)  # type: ignore[call-overload]
        last = pool.submit(double, 1)
    assert last.result(0) == 2
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(double, 1)
    with pytest.raises(ValueError, match="window must be at least 1"):
        ColoniesPoolExecutor(bound, window=0)


def test_no_more_than_the_window_is_submitted(bound: Colonies, colony: Colony, executor: Member) -> None:
    pool = ColoniesPoolExecutor(bound, window=2, **OPTIONS)
    futures = [pool.submit(double, number) for number in range(5)]
    until(lambda: states(bound)["waiting"] == 2)
    assert futures[4].cancel()
    assert futures[0].cancel()  # it waits in the colony, and is cancelled there
    until(lambda: futures[2].processid)  # type: ignore[attr-defined]
    assert not futures[3].processid  # type: ignore[attr-defined]
    until(lambda: len(bound.list_processes(state=Colonies.CANCELLED)) == 1)
    until(lambda: states(bound)["waiting"] == 2)
    for _ in range(3):
        run_one(colony, executor.prvkey)
    assert {future.result(60) for future in futures[1:4]} == {2, 4, 6}
    assert [future.cancelled() for future in futures] == [True, False, False, False, True]
    assert concurrent.futures.wait(futures, 0).not_done == set()
    pool.shutdown()


def test_a_shutdown_may_cancel(bound: Colonies) -> None:
    pool = ColoniesPoolExecutor(bound, window=2, **OPTIONS)
    futures = [pool.submit(double, number) for number in range(4)]
    pool.shutdown(cancel_futures=True)
    assert all(future.cancelled() for future in futures)
    assert states(bound)["waiting"] == 0


def test_a_call_that_was_cancelled_while_it_was_submitted() -> None:
    with DevServer() as server:
        from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY

        client = server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)
        server.faults.delay(0.3, "submitfuncspecmsg")
        pool = ColoniesPoolExecutor(client, **OPTIONS)
        future = pool.submit("f")
        assert future.cancel()
        pool.shutdown()
        cancelled = client.list_processes(state=Colonies.CANCELLED)
        assert len(cancelled) <= 1  # none where it was cancelled before the thread began
        assert client.stats()["waitingprocesses"] == 0


def test_an_event_loop_runs_calls_in_the_colony(bound: Colonies, colony: Colony) -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        with ColoniesPoolExecutor(bound, **OPTIONS) as pool:
            calls = [loop.run_in_executor(pool, double, number) for number in range(5)]
            assert await asyncio.gather(*calls) == [0, 2, 4, 6, 8]
            with pytest.raises(ProcessFailedError):
                await asyncio.wrap_future(pool.submit("divide", 1, 0))

    with workers(colony):
        asyncio.run(test())


def test_async_map_and_handles(bound: Colonies, colony: Colony) -> None:
    async def numbers() -> AsyncIterator[int]:
        for number in range(30):
            yield number

    async def test() -> None:
        async with AsyncColonies(
            bound.host, bound.port, prvkey=bound.endpoint.prvkey, colonyname=colony.name
        ) as colonies:
            found = [result async for result in colonies.map(double, numbers(), window=7, **OPTIONS)]
            assert found == [2 * number for number in range(30)]
            unordered = colonies.map("add", range(5), [1] * 5, ordered=False, **OPTIONS)
            assert sorted([result async for result in unordered]) == [1, 2, 3, 4, 5]
            with pytest.raises(ProcessFailedError):
                async for _ in colonies.map("divide", [1], [0], **OPTIONS):
                    pass
            mixed = colonies.map("divide", [1, 2], [0, 1], return_exceptions=True, **OPTIONS)
            assert [type(result) async for result in mixed] == [ProcessFailedError, int]
            with pytest.raises(TypeError, match="must be the only iterable"):
                await anext(colonies.map("add", numbers(), numbers(), **OPTIONS))

            handle = await colonies.submit(double, args=[4], **OPTIONS)
            called = asyncio.Event()
            handle.add_done_callback(lambda ended: called.set() if ended is handle else None)
            assert await handle == 8
            assert await handle.result(60) == 8
            assert await handle.exception(60) is None
            await asyncio.wait_for(called.wait(), 60)
            assert handle.done()
            assert handle.state == 2
            assert handle["out"] == [8]
            assert "out" in handle
            assert repr(handle).startswith("<AsyncProcessHandle 'double' as ")
            again = await colonies.get_handle(handle.processid)
            assert (await again.refresh()).output == [8]
            failing = await colonies.submit("divide", args=[1, 0], **OPTIONS)
            assert isinstance(await failing.exception(60), ProcessFailedError)

    with workers(colony):
        asyncio.run(test())


def test_async_waiting_ends_and_cancels(bound: Colonies, colony: Colony) -> None:
    async def test() -> None:
        async with AsyncColonies(
            bound.host, bound.port, prvkey=bound.endpoint.prvkey, colonyname=colony.name
        ) as colonies:
            for ordered in (True, False):
                results = colonies.map("echo", range(5), ordered=ordered, timeout=0.2, **OPTIONS)
                with pytest.raises(WaitTimeoutError):
                    await anext(results)
                assert states(bound)["waiting"] == 0
            results = colonies.map("echo", itertools.count(), window=3, **OPTIONS)
            waiting = asyncio.ensure_future(anext(results))
            await asyncio.to_thread(until, lambda: states(bound)["waiting"] == 3)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert states(bound)["waiting"] == 0
            handle = await colonies.submit("echo", **OPTIONS)
            with pytest.raises(WaitTimeoutError):
                await handle.result(0.05)
            assert await handle.cancel()
            with pytest.raises(ProcessCancelledError):
                await handle

    asyncio.run(test())


def test_a_pool_from_the_environment(server: DevServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    with ColoniesPoolExecutor(executortype="no-executor") as pool:
        future = pool.submit("f")
        ended = threading.Event()
        future.add_done_callback(lambda _: ended.set())
        assert future.cancel()
        assert ended.is_set()
