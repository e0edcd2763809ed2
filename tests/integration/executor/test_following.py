"""Logs and progress of a process, as handles yield them."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pycolonies import AsyncColonies, ColoniesPoolExecutor, Context, ProcessHandle, ServerError

if TYPE_CHECKING:
    from executor_bench import Bench
    from pycolonies import Colonies

pytestmark = pytest.mark.both_modes


def _client(bench: Bench) -> Colonies:
    return bench.client.bind(prvkey=bench.user.prvkey, colonyname=bench.colony.name).with_options(
        executortype="worker", maxexectime=60
    )


def test_lines_come_while_the_function_runs_and_all_of_them(bench: Bench) -> None:
    executor = bench.executor()
    told = threading.Event()

    @executor.function
    def work(ctx: Context) -> str:
        ctx.log("first")
        told.wait(60)
        for number in range(700):
            ctx.log(f"line {number}")
        return "done"

    with executor:
        handle = _client(bench).submit(work)
        lines = handle.logs()
        assert next(lines)["message"] == "first"
        assert not handle.done(), "it waited for the end"
        told.set()
        assert [line["message"] for line in lines] == [f"line {number}" for number in range(700)]
        assert handle.result(60) == "done"
        assert len(list(handle.logs())) == 701, "an ended process has its log still"


@pytest.mark.both_modes
def test_no_line_is_lost_where_several_threads_write(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function
    def work(ctx: Context) -> None:
        def write(name: str) -> None:
            for number in range(50):
                ctx.log(f"{name} {number}")

        threads = [threading.Thread(target=write, args=(name,)) for name in "abcdef"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with executor:
        lines = [line["message"] for line in _client(bench).submit(work).logs()]
    assert sorted(lines) == sorted(f"{name} {number}" for name in "abcdef" for number in range(50))


def test_progress_comes_as_it_is_reported(bench: Bench) -> None:
    executor = bench.executor()
    seen = threading.Event()

    @executor.function
    def work(ctx: Context) -> None:
        ctx.progress(0.25, "reading")
        ctx.log("a line of another kind")
        seen.wait(60)
        ctx.progress(1, "done")

    with executor:
        handle = _client(bench).submit(work)
        reports = handle.progress()
        first = next(reports)
        assert first.fraction == 0.25
        assert first.message == "reading"
        assert abs(first.time - handle.process.submissiontime) < timedelta(hours=1)
        seen.set()
        assert [(report.fraction, report.message) for report in reports] == [(1.0, "done")]


def test_a_failed_process_ends_the_iterator_and_the_result_says_why(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function
    def work(ctx: Context) -> None:
        ctx.log("about to fail")
        raise ValueError("no luck")

    with executor:
        handle = _client(bench).submit(work)
        assert [line["message"] for line in handle.logs()] == ["about to fail"]
        assert "no luck" in str(handle.exception(60))


def test_a_timeout_ends_the_iterator(bench: Bench) -> None:
    handle = _client(bench).submit("never")
    assert list(handle.logs(timeout=0.2)) == []
    assert list(handle.progress(timeout=0)) == []
    handle.cancel()
    assert list(handle.logs()) == []


def test_handles_of_a_pool_wait_for_their_process_first(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function
    def work(ctx: Context) -> None:
        ctx.log("here")

    with executor, ColoniesPoolExecutor(_client(bench)) as pool:
        handle = pool.submit("work")
        assert isinstance(handle, ProcessHandle)
        assert [line["message"] for line in handle.logs()] == ["here"]


def test_a_process_that_was_removed_is_an_error(bench: Bench) -> None:
    client = _client(bench)
    handle = client.submit("never")
    client.remove_process(handle.processid)
    with pytest.raises(ServerError):
        list(handle.logs(5))


def test_awaited_logs_and_progress(bench: Bench) -> None:
    executor = bench.executor()
    told = threading.Event()

    @executor.function
    def work(ctx: Context) -> str:
        ctx.progress(0.5, "half")
        told.wait(60)
        ctx.log("end")
        return "done"

    async def program() -> None:
        async with AsyncColonies(
            "127.0.0.1", bench.server.port, prvkey=bench.user.prvkey, colonyname=bench.colony.name
        ) as client:
            handle = await client.submit(work, executortype="worker", maxexectime=60)
            async for report in handle.progress():
                assert report.fraction == 0.5
                assert report.message == "half"
                told.set()
            assert [line["message"] async for line in handle.logs()] == ["progress 50% half", "end"]
            assert await handle == "done"
            waiting = await client.submit("never", executortype="worker")
            assert [line async for line in waiting.logs(timeout=0.2)] == []

    with executor:
        asyncio.run(program())
