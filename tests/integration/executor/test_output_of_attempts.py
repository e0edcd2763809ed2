"""Output that a run stores counts for that run only, however late the server carries the call out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from executor_bench import Bench
from polling import until
from pycolonies import (
    Backoff,
    ColoniesConnectionError,
    Context,
    Executor,
    ProcessCancelledError,
    ProcessState,
)

pytestmark = pytest.mark.both_modes

#: Seconds for which the server waits before it stores the output of the first attempt.
LATE = 1.5


def _plain(executor: Executor, gets: Callable[[], object], result: object) -> None:
    @executor.function
    def work(ctx: Context) -> object:
        if ctx.attempt > 1:
            gets()
            return result
        ctx.set_output("half")
        raise AssertionError("a call that was given up has an answer")


def _generator(executor: Executor, gets: Callable[[], object], result: object) -> None:
    @executor.function
    def work(ctx: Context) -> Iterator[object]:
        if ctx.attempt == 1:
            yield "half"
        gets()
        if result is not None:
            yield result


def _runs(executor: Executor) -> list[Any]:
    runtime: Any = executor._runtime
    return [attempt.run for attempt in runtime._all() if attempt.run is not None]


@pytest.mark.parametrize("result", [None, "whole"])
@pytest.mark.parametrize("offer", [_plain, _generator])
def test_output_that_is_stored_after_the_next_attempt_began_is_no_result(
    own_bench: Bench, offer: Callable[[Executor, Callable[[], object], object], None], result: str | None
) -> None:
    bench = own_bench

    def is_stored() -> bool:
        return bench.get(process).output == ["half"]

    executor = bench.executor()
    offer(executor, lambda: until(is_stored, "the late output"), result)
    bench.server.faults.delay(LATE, "setoutputmsg", times=1)
    process = bench.submit("work", maxexectime=20)
    executor.start(2)
    until(lambda: any(run.backend.unsure for run in _runs(executor)), "the call")
    bench.server.advance(21)
    ended = bench.wait(process)
    assert ended.state == ProcessState.SUCCESSFUL
    assert ended.retries >= 1
    assert ended.output == [result]


def test_output_that_was_stored_by_a_call_without_an_answer_is_no_result_of_the_next_run(
    bench: Bench,
) -> None:
    executor = bench.executor()
    runs = 0

    @executor.function(retries=1, backoff=Backoff(initial=0.01))
    def work(ctx: Context) -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            ctx.set_output("half")

    bench.server.faults.drop_next("setoutputmsg", after=True)
    with executor:
        ended = bench.outcome("work")
    assert runs == 2
    assert ended.output == [None]


@pytest.mark.parametrize("after", [False, True], ids=["lost", "answer lost"])
def test_output_is_that_of_the_last_call_that_did_not_fail(bench: Bench, after: bool) -> None:
    executor = bench.executor()

    @executor.function
    def work(ctx: Context) -> None:
        values = ["first"]
        ctx.set_output(values)
        values.append("changed later")
        bench.server.faults.drop_next("setoutputmsg", after=after)
        with pytest.raises(ColoniesConnectionError):
            ctx.set_output("second")

    with executor:
        assert bench.outcome("work").output == [["first"]]


def test_calls_of_a_run_that_was_given_up_do_not_reach_the_server(own_bench: Bench) -> None:
    bench = own_bench
    executor = bench.executor()
    refused: list[BaseException] = []
    given_up = threading.Event()

    @executor.function
    def work(ctx: Context) -> str:
        if ctx.attempt > 1:
            given_up.wait(30)
            return "second"
        until(lambda: ctx.cancelled, "the next attempt")
        try:
            ctx.set_output("first")
        except ProcessCancelledError as error:
            refused.append(error)
        given_up.set()
        return "first"

    with executor:
        process = bench.submit("work", maxexectime=20)
        bench.until_running(process)
        bench.server.advance(21)
        assert bench.wait(process).output == ["second"]
    assert len(refused) == 1
