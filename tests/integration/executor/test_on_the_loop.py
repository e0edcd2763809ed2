"""Executors of coroutine functions ask for work and report in their event loop, without threads."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest

from executor_bench import KIND, Bench, Recorder
from polling import until
from pycolonies import AsyncColonies, Outcome, Process, func_spec
from pycolonies._executor import heartbeat

pytestmark = pytest.mark.both_modes

#: More than the requests for work that wait at a time, and more than the threads of any part.
MANY = 200


@contextmanager
def _no_more_threads() -> Iterator[None]:
    """Check that the body starts no more than the few threads that any executor has."""
    before = set(threading.enumerate())
    most = 0
    over = threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(0.005):
            most = max(most, len(set(threading.enumerate()) - before))

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield
    over.set()
    watcher.join()
    # Its loop, its timer, its supervisor, and the watcher of this test; one starts it, or stops it.
    assert most <= 6, [thread.name for thread in threading.enumerate()]


async def _submitted(bench: Bench, count: int) -> list[Process]:
    spec = func_spec("hold", [], bench.colony.name, KIND, maxexectime=600)
    async with AsyncColonies(bench.server.host, bench.server.port, prvkey=bench.user.prvkey) as client:
        return await asyncio.gather(*(client.submit_func_spec(spec) for _ in range(count)))


def test_functions_that_wait_take_no_threads(bench: Bench) -> None:
    executor = bench.executor()
    waiting: list[asyncio.Event] = []

    @executor.function
    async def hold() -> str:
        waiting.append(asyncio.Event())
        if len(waiting) == MANY:
            for event in waiting:
                event.set()
        await waiting[-1].wait()
        return "held"

    with _no_more_threads():
        executor.start(concurrency=MANY)
        processes = asyncio.run(_submitted(bench, MANY))
        until(lambda: executor.stats().total.successful == MANY)
    executor.stop()
    assert all(bench.get(process).output == ["held"] for process in processes)


def test_no_more_functions_run_than_there_are_slots(bench: Bench) -> None:
    executor = bench.executor()
    running = most = 0

    @executor.function
    async def hold() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 7:
            full.set()
        await full.wait()
        await asyncio.sleep(0.001)
        running -= 1

    full = asyncio.Event()
    asyncio.run(_submitted(bench, MANY))
    executor.start(concurrency=7)
    until(lambda: executor.stats().total.successful == MANY)
    executor.stop()
    assert most == 7


def test_plain_functions_run_in_threads_beside_them(bench: Bench) -> None:
    executor = bench.executor()
    loops: list[int] = []
    barrier = threading.Barrier(3)

    @executor.function
    async def awaits() -> str:
        loops.append(threading.get_ident())
        return await asyncio.to_thread(lambda: "met" if barrier.wait(60) >= 0 else "")

    @executor.function
    def blocks() -> str:
        assert threading.get_ident() not in loops
        return "met" if barrier.wait(60) >= 0 else ""

    executor.start(concurrency=3)
    processes = [bench.submit(name) for name in ("awaits", "blocks", "blocks")]
    assert [bench.wait(process).output for process in processes] == [["met"]] * 3


def test_a_coroutine_function_that_comes_later_runs_too(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function
    def early() -> str:
        return "early"

    executor.start(concurrency=2)

    @executor.function
    async def late() -> str:
        return "late"

    assert [bench.outcome(name).output for name in ("late", "early", "late")] == [
        ["late"],
        ["early"],
        ["late"],
    ]


def test_each_function_has_context_variables_of_its_own(bench: Bench) -> None:
    variable = contextvars.ContextVar("variable", default="none")
    executor = bench.executor()

    @executor.function
    async def work() -> str:
        found = variable.get()
        variable.set("set")
        return found

    asked = [bench.submit("work") for _ in range(30)]
    executor.start(concurrency=3)
    assert all(bench.wait(process).output == ["none"] for process in asked)


def test_a_process_whose_assignment_was_lost_on_the_way_is_done(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function
    async def work() -> str:
        return "done"

    process = bench.submit("work")
    bench.server.faults.drop_next("assignprocessmsg", after=True)
    with executor:
        assert bench.wait(process).output == ["done"]


def test_an_executor_that_was_removed_registers_again_and_reports(bench: Bench) -> None:
    recorder = Recorder()
    executor = bench.executor(observers=[recorder])
    go_on = threading.Event()

    @executor.function
    async def work() -> str:
        await asyncio.to_thread(go_on.wait, 60)
        return "done"

    executor.start()
    process = bench.submit("work")
    recorder.until(process, "began")
    bench.client.remove_executor(bench.colony.name, executor.executorname, bench.colony.prvkey)
    go_on.set()
    assert bench.wait(process).output == ["done"]


def test_a_report_under_way_arrives_where_the_program_cancels_all_tasks(bench: Bench) -> None:
    recorder = Recorder()
    executor = bench.executor(observers=[recorder])
    ended = threading.Event()

    @executor.function
    async def work() -> str:
        ended.set()
        return "done"

    bench.server.faults.delay(0.5, "closesuccessfulmsg", times=1)

    async def main() -> Process:
        running = asyncio.create_task(executor.run_async())
        process = await asyncio.to_thread(bench.submit, "work")
        await asyncio.to_thread(ended.wait, 60)
        await asyncio.to_thread(recorder.until, process, "ended", Outcome.SUCCESSFUL)
        await asyncio.sleep(0.1)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.wait([running])
        return process

    process = asyncio.run(main())
    recorder.until(process, "reported", Outcome.SUCCESSFUL)
    assert bench.get(process).output == ["done"]


def test_one_that_waits_for_work_stops_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "HOLD", 1000)
    executor = bench.executor(heartbeat=2000)

    @executor.function
    async def work() -> str:
        return "done"

    executor.start(concurrency=50)
    assert bench.outcome("work").output == ["done"]
    began = time.monotonic()
    executor.stop()
    assert time.monotonic() - began < 60  # a request for work lasts longer


def _is_safe(bench: Bench, process: Process) -> bool:
    return bench.get(process).state in (bench.client.WAITING, bench.client.SUCCESSFUL)


def test_what_is_assigned_while_it_stops_is_done_or_waits_again(bench: Bench) -> None:
    for number in range(40):
        executor = bench.executor()

        @executor.function
        async def work() -> str:
            return "done"

        executor.start(concurrency=8)
        with ThreadPoolExecutor(1) as pool:
            submitting = pool.submit(lambda: [bench.submit("work") for _ in range(6)])
            time.sleep(0.0005 * (number % 10))
            executor.stop()
        for process in submitting.result():
            until(partial(_is_safe, bench, process), "its end, or its return to the queue")


def test_requests_that_are_lost_together_are_sent_again(bench: Bench) -> None:
    recorder = Recorder()
    executor = bench.executor(observers=[recorder])

    @executor.function
    async def work() -> str:
        return "done"

    executor.start(concurrency=MANY)
    processes = [bench.submit("work") for _ in range(MANY)]
    until(lambda: executor.stats().total.successful == MANY)
    bench.server.faults.drop_next("assignprocessmsg", times=5)
    processes += [bench.submit("work") for _ in range(MANY)]
    assert {bench.wait(process).state for process in processes} == {bench.client.SUCCESSFUL}
    assert recorder.has("reconnected")
