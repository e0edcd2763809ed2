"""Limits of functions on one executor: processes wait without a slot, and none is lost."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from executor_bench import Bench, Recorder
from polling import until
from pycolonies import Backoff, Context, Outcome, Process, Retry

pytestmark = pytest.mark.both_modes


class Limited(Recorder):
    def __init__(self) -> None:
        super().__init__()
        self.met = threading.Event()  # a run had to wait

    def limited(self, process: Process, limits: str) -> None:
        self._keep("limited", process.processid, limits)
        self.met.set()


class Counter:
    """Counts how many runs there are at a time."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.now -= 1


@pytest.mark.parametrize("kind", ["plain", "coroutine"])
def test_no_more_run_at_a_time_than_allowed_and_all_are_done(bench: Bench, kind: str) -> None:
    recorder = Limited()
    executor = bench.executor(observers=[recorder])
    counter = Counter()

    if kind == "plain":

        @executor.function(max_concurrent=2)
        def work(number: int) -> int:
            with counter:
                recorder.met.wait(60)
                time.sleep(0.1)
            return number

    else:

        @executor.function(name="work", max_concurrent=2)
        async def awaited(number: int) -> int:
            with counter:
                await asyncio.to_thread(recorder.met.wait, 60)
                await asyncio.sleep(0.1)
            return number

    processes = [bench.submit("work", number) for number in range(20)]
    with executor.start(6):
        ended = [bench.wait(process) for process in processes]
        assert [process.output for process in ended] == [[number] for number in range(20)]
        assert [process.retries for process in ended] == [0] * 20
        recorder.until(ended[-1], "reported", Outcome.SUCCESSFUL)
        until(lambda: executor.stats().held == 0)
        stats = executor.stats()
    assert counter.most == 2
    assert stats.functions["work"].limited == sum(event[0] == "limited" for event in recorder.events) > 0
    assert stats.parked == 0
    assert stats.total.running == 0
    for process in ended:
        events = [event[0] for event in recorder.of(process) if event[0] != "limited"]
        assert events == ["assigned", "began", "ended", "reported"]


def test_other_functions_use_the_slots_meanwhile(bench: Bench) -> None:
    executor = bench.executor()
    go_on = threading.Event()

    @executor.function(max_concurrent=1)
    def slow() -> None:
        go_on.wait(60)

    @executor.function
    def quick() -> str:
        return "done"

    with executor.start(2):
        waiting = [bench.submit("slow") for _ in range(5)]
        try:
            assert [bench.outcome("quick").output for _ in range(5)] == [["done"]] * 5
            assert sum(bench.get(process).state == bench.client.RUNNING for process in waiting) == 5
            until(lambda: executor.stats().parked == 4)
        finally:
            go_on.set()
        assert all(bench.wait(process).state == bench.client.SUCCESSFUL for process in waiting)


def test_a_rate_holds_over_every_period_and_retries_count(bench: Bench) -> None:
    executor = bench.executor()
    starts: list[float] = []

    @executor.function(rate="4/300ms", retries=1, backoff=Backoff(0, 1, 0))
    def work(ctx: Context) -> str:
        starts.append(time.monotonic())
        if not ctx.last_attempt:
            raise Retry("once more", after=0)
        return "done"

    with executor.start(4):
        processes = [bench.submit("work") for _ in range(6)]
        assert all(bench.wait(process).output == ["done"] for process in processes)
    assert len(starts) == 12
    starts.sort()
    # A start is noted after it was admitted: two notes may lie closer than the starts by a scheduling delay.
    assert starts[8] - starts[0] >= 0.5


def test_a_process_that_is_cancelled_while_it_waits_never_runs(bench: Bench) -> None:
    executor = bench.executor()
    go_on = threading.Event()
    ran: list[int] = []

    @executor.function(max_concurrent=1)
    def work(number: int) -> None:
        ran.append(number)
        go_on.wait(60)

    with executor.start(3):
        first = bench.submit("work", 0)
        until(lambda: ran)
        second, third = bench.submit("work", 1), bench.submit("work", 2)
        until(lambda: executor.stats().parked == 2)
        bench.client.cancel_process(second.processid, bench.user.prvkey)
        until(lambda: executor.stats().parked == 1)
        go_on.set()
        assert bench.wait(first).state == bench.wait(third).state == bench.client.SUCCESSFUL
    assert ran == [0, 2]


def test_processes_that_wait_when_the_executor_stops_go_back_to_the_queue(bench: Bench) -> None:
    go_on = threading.Event()
    first, second = bench.executor(), bench.executor()
    for executor in (first, second):

        @executor.function(max_concurrent=1)
        def work() -> str:
            go_on.wait(60)
            return "done"

    first.start(3)
    processes = [bench.submit("work") for _ in range(4)]
    until(lambda: first.stats().parked == 3)
    first.stop(0)
    go_on.set()
    with second.start(3):
        ended = [bench.wait(process) for process in processes]
    assert [process.output for process in ended] == [["done"]] * 4
    assert [process.retries for process in ended] == [0] * 4


def test_an_executor_takes_no_more_than_it_can_start_within_maxexectime(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function(rate="1/200ms")
    def work() -> str:
        return "done"

    processes = [bench.submit("work", maxexectime=2) for _ in range(20)]
    with executor.start(1):
        ended = [bench.wait(process) for process in processes]
    assert [process.output for process in ended] == [["done"]] * 20
    assert [process.retries for process in ended] == [0] * 20


def test_a_limit_does_not_fail_a_process_that_exceeds_its_maxexectime(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Limited()
    executor = bench.executor(observers=[recorder])
    go_on = threading.Event()

    @executor.function(max_concurrent=1)
    def work(first: bool) -> str:
        if first:
            go_on.wait(60)
        return "done"

    with executor.start(2):
        holds = bench.submit("work", True)
        bench.until_running(holds)
        late = bench.submit("work", False, maxexectime=1)
        recorder.until(late, "reported", Outcome.LATE)
        assert "ended" not in [event[0] for event in recorder.of(late)][:3]
        assert "a process of work waited for max_concurrent=1 until its maxexectime was over" in caplog.text
        go_on.set()
        assert bench.wait(late).output == ["done"]
        assert bench.wait(holds).output == ["done"]


def test_malformed_limits_are_refused_when_the_function_is_decorated(bench: Bench) -> None:
    executor = bench.executor()
    with pytest.raises(ValueError, match="max_concurrent must be at least 1, got 0"):
        executor.function(print, max_concurrent=0)
    with pytest.raises(ValueError, match="rate must be COUNT/PERIOD"):
        executor.function(print, rate="fast")
