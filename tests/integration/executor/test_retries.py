"""Functions that raise are run again in place, and each failure is known whatever happens to the executor."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter

import pytest

import childwork
from executor_bench import Bench, Recorder
from polling import until
from pycolonies import AsyncContext, Backoff, Context, GiveUp, Outcome, Process, Retry

SOON = Backoff(initial=0.01, maximum=0.05)


class Retries(Recorder):
    """Keeps retries, too."""

    def retrying(self, process: Process, error: BaseException, failure: int, seconds: float) -> None:
        assert seconds >= 0
        self._keep("retrying", process.processid, type(error).__name__, failure)


def _notes(process: Process) -> dict[str, dict[str, object]]:
    return {
        attribute.key: json.loads(attribute.value)
        for attribute in sorted(process.attributes or [], key=lambda each: each.key)  # servers have no order
        if attribute.key.startswith("pycolonies.retry.")
    }


def test_a_function_that_fails_twice_succeeds_the_third_time(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Retries()
    executor = bench.executor(observers=[recorder])
    seen: list[tuple[int, int, bool, str]] = []

    @executor.function(retries=2, backoff=SOON)
    def work(ctx: Context) -> str:
        seen.append((ctx.attempt, ctx.failures, ctx.last_attempt, ctx.key))
        if not ctx.last_attempt:
            raise ConnectionError(f"no {ctx.attempt}")
        return "done"

    with executor:
        ended = bench.outcome("work")
        assert ended.output == ["done"]
        assert ended.retries == 0
        recorder.until(ended, "reported", Outcome.SUCCESSFUL)
        stats = executor.stats()
    key = ended.processid
    assert seen == [(1, 0, False, key), (2, 1, False, key), (3, 2, True, key)]
    assert [event for event in recorder.of(ended) if event[0] != "assigned"] == [
        ("began",),
        ("retrying", "ConnectionError", 1),
        ("began",),
        ("retrying", "ConnectionError", 2),
        ("began",),
        ("ended", Outcome.SUCCESSFUL),
        ("reported", Outcome.SUCCESSFUL),
    ]
    notes = _notes(bench.get(ended))
    assert [note["error"] for note in notes.values()] == ["ConnectionError: no 1", "ConnectionError: no 2"]
    assert [line.partition(",")[2].partition(",")[0] for line in bench.log(ended)] == [
        " attempt 1 of 3",
        " attempt 2 of 3",
    ]
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert sum("again in" in record.getMessage() for record in warnings) == 2
    assert stats.functions["work"].retried == 2
    assert stats.total.running == 0
    assert stats.parked == 0


def test_the_last_error_comes_first_and_the_earlier_ones_follow(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function(retries=2, backoff=SOON)
    def work(ctx: Context) -> None:
        raise ValueError(f"no {ctx.attempt}")

    with executor:
        ended = bench.outcome("work")
    assert ended.errors[0] == "ValueError: no 3"
    assert ended.errors[1].startswith("Traceback")
    assert ended.errors[2:] == ["attempt 1: ValueError: no 1", "attempt 2: ValueError: no 2"]


@pytest.mark.parametrize(
    ("error", "runs"),
    [
        (FileNotFoundError("gone"), 1),
        (ValueError("no"), 1),
        (ConnectionError("busy"), 3),
        (GiveUp("there is none"), 1),
        (Retry("later", after=0), 3),
    ],
)
def test_exceptions_say_whether_to_run_again(bench: Bench, error: Exception, runs: int) -> None:
    executor = bench.executor()
    counted: list[int] = []

    @executor.function(retries=2, backoff=SOON, retry_on=OSError, give_up_on=(FileNotFoundError,))
    def work(ctx: Context) -> None:
        counted.append(ctx.attempt)
        raise error

    with executor:
        ended = bench.outcome("work")
    assert ended.state == bench.client.FAILED
    assert counted == list(range(1, runs + 1))
    if isinstance(error, GiveUp):
        assert ended.errors == ["there is none"]


def test_the_slot_is_free_during_the_pause(bench: Bench) -> None:
    executor = bench.executor()
    go_on = threading.Event()

    @executor.function(retries=1000)
    def flaky() -> str:
        if not go_on.is_set():
            raise Retry(after=1)
        return "done"

    @executor.function
    def other() -> str:
        go_on.set()
        return "other"

    with executor:  # of one slot
        first = bench.submit("flaky")
        until(lambda: _notes(bench.get(first)), "the note")
        until(lambda: executor.stats().parked == 1, "the pause")
        assert bench.outcome("other").output == ["other"]
        assert bench.wait(first).output == ["done"]


@pytest.mark.parametrize("kind", ["coroutine", "child"])
def test_functions_of_all_kinds_are_run_again(bench: Bench, kind: str) -> None:
    import childwork

    executor = bench.executor()
    if kind == "coroutine":

        @executor.function(name="work", retries=1, backoff=SOON)
        async def work(ctx: AsyncContext) -> list[int]:
            if ctx.failures == 0:
                await ctx.set_output("of the first try")
                raise ConnectionError
            return [ctx.attempt, ctx.failures]

    else:
        executor.function(name="work", process=True, retries=1, backoff=SOON)(childwork.fails_once)
    with executor:
        assert bench.outcome("work").output == [[2, 1]]


def test_output_of_a_try_that_failed_is_no_result(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function(retries=1, backoff=SOON)
    def work(ctx: Context) -> None:
        if ctx.failures == 0:
            ctx.set_output("half")
            raise ConnectionError

    with executor:
        assert bench.outcome("work").output == [None]


def test_another_executor_goes_on_with_what_is_left(bench: Bench) -> None:
    seen: list[tuple[str, int]] = []

    def make(name: str) -> object:
        executor = bench.executor()

        @executor.function(retries=2)
        def work(ctx: Context) -> str:
            seen.append((name, ctx.attempt))
            if name == "first":
                raise Retry(after=3 if ctx.failures == 0 else 1000)
            return "done"

        return executor

    with make("first"):  # type: ignore[attr-defined]
        process = bench.submit("work")
        until(lambda: len(_notes(bench.get(process))) == 1, "the note")
    assert bench.get(process).state == bench.client.WAITING  # requeued in the pause, at no cost
    with make("second"):  # type: ignore[attr-defined]
        ended = bench.wait(process)
    assert ended.output == ["done"]
    assert ended.retries == 0
    assert seen == [("first", 1), ("second", 2)]


def test_a_failure_that_was_noted_and_not_reported_is_reported_by_the_next_executor(bench: Bench) -> None:
    process = bench.submit("work")
    member = bench.colony.executor("worker")
    bench.client.assign(bench.colony.name, 10, member.prvkey)
    note = json.dumps({"n": 1, "due": 0, "error": "ValueError: no"})
    bench.client.add_attribute(process.processid, "pycolonies.retry.1", note, member.prvkey)
    bench.client.remove_executor(bench.colony.name, member.name, bench.colony.prvkey)
    executor = bench.executor()
    runs: list[int] = []
    executor.function(lambda: runs.append(1), name="work")
    with executor:
        ended = bench.wait(process)
    assert ended.state == bench.client.FAILED
    assert ended.errors == ["ValueError: no"]
    assert runs == []


def test_there_is_no_pause_beyond_the_deadline(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function(retries=5)
    def work() -> None:
        raise Retry("busy", after=100)

    with executor:
        ended = bench.outcome("work", maxexectime=50)
    assert ended.state == bench.client.FAILED
    assert ended.retries == 0
    assert any("no time for another attempt" in error for error in ended.errors)


def test_a_cancelled_process_is_not_run_again(bench: Bench) -> None:
    recorder = Retries()
    executor = bench.executor(observers=[recorder])
    runs: list[int] = []

    @executor.function(retries=5)
    def work() -> None:
        runs.append(1)
        raise Retry(after=1000)

    with executor:
        process = bench.submit("work", maxexectime=5000)
        recorder.until(process, "retrying", "Retry", 1)
        bench.client.cancel_process(process.processid, bench.user.prvkey)
        recorder.until(process, "reported", Outcome.CANCELLED)
        assert executor.stats().parked == 0
    assert runs == [1]


def test_a_submitter_asks_for_fewer_retries(bench: Bench) -> None:
    executor = bench.executor()
    runs: list[int] = []

    @executor.function(retries=5, backoff=SOON)
    def work() -> None:
        runs.append(1)
        raise ConnectionError

    with executor:
        spec = bench.spec("work")
        spec.env = {"PYCOLONIES_RETRIES": "1"}
        bench.wait(bench.client.submit_func_spec(spec, bench.user.prvkey))
    assert runs == [1, 1]


@pytest.mark.both_modes
def test_a_submitter_is_heard_although_the_server_stores_env_late(bench: Bench) -> None:
    executor = bench.executor()
    runs: Counter[str] = Counter()

    @executor.function(retries=5, backoff=SOON)
    def work(number: str) -> None:
        runs[number] += 1
        raise ConnectionError

    @executor.function(retries=5, backoff=SOON)
    async def work_on_the_loop(number: str) -> None:
        runs[number] += 1
        raise ConnectionError

    with executor:
        for number in range(20):
            processes = []
            for name in ("work", "work_on_the_loop"):
                spec = bench.spec(name, f"{name} {number}")
                spec.env = {"PYCOLONIES_RETRIES": "1"}
                processes.append(bench.client.submit_func_spec(spec, bench.user.prvkey))
            for process in processes:
                bench.wait(process)
    assert set(runs.values()) == {2}
    assert len(runs) == 40


@pytest.mark.both_modes
@pytest.mark.parametrize("process", [False, True])
def test_a_function_knows_its_last_attempt_although_the_server_stores_env_late(
    bench: Bench, *, process: bool
) -> None:
    executor = bench.executor()
    function = executor.function(retries=5, process=process)
    function(childwork.tell_whether_it_is_the_last_attempt)
    with executor:
        for _ in range(20):
            spec = bench.spec("tell_whether_it_is_the_last_attempt")
            spec.env = {"PYCOLONIES_RETRIES": "0"}
            ended = bench.wait(bench.client.submit_func_spec(spec, bench.user.prvkey))
            assert ended.output == [True]
