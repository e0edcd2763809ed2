"""Each attempt at a process is run once and reported once; nothing of it counts for another attempt."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from executor_bench import Bench, Recorder
from polling import until
from proxy import wire_to
from pycolonies import (
    Colonies,
    ConfigurationError,
    Context,
    Outcome,
    Process,
    ProcessCancelledError,
    ProcessState,
)

pytestmark = pytest.mark.both_modes


def _attempts(recorder: Recorder, process: Process) -> Counter[tuple[object, ...]]:
    return Counter(event for event in recorder.of(process) if event[0] == "reported")


def test_what_ends_while_a_listing_is_under_way_does_not_run_again(own_bench: Bench) -> None:
    bench = own_bench
    runs: Counter[int] = Counter()
    executor = bench.executor(check_every=0.2)

    @executor.function
    def work(number: int) -> int:
        runs[number] += 1
        time.sleep(0.1)
        return number

    bench.server.faults.drop_next("assignprocessmsg", after=True)  # so that listings are taken for orphans
    bench.server.faults.delay(0.5, "getprocesshistmsg")
    with executor:
        processes = [bench.submit("work", number) for number in range(20)]
        ended = [bench.wait(process) for process in processes]
        assert [process.retries for process in ended] == [0] * 20
    assert runs == Counter(dict.fromkeys(range(20), 1))


def test_a_result_that_could_not_be_delivered_in_time_closes_no_later_attempt(own_bench: Bench) -> None:
    bench = own_bench
    recorder = Recorder()
    executor = bench.executor(observers=[recorder])
    go_on = threading.Event()
    lose = bench.server.faults.drop_next

    @executor.function
    def work(ctx: Context) -> str:
        if ctx.attempt == 1:
            lose("closesuccessfulmsg", times=1000)
        else:
            bench.server.faults.clear()
            assert go_on.wait(60)
        return f"attempt {ctx.attempt}"

    executor.start(concurrency=4)
    spec = bench.spec("work", maxexectime=1)
    spec.maxretries = 100  # as many as a busy machine may need
    process = bench.client.submit_func_spec(spec, bench.user.prvkey)
    until(lambda: bench.get(process).retries >= 1 and bench.get(process).state == bench.client.RUNNING)
    recorder.until(process, "reported", Outcome.LATE)
    assert bench.get(process).output == []
    spec_of_second = bench.get(process)
    go_on.set()
    ended = bench.wait(process)
    assert ended.output == [f"attempt {ended.retries + 1}"]
    assert spec_of_second.retries <= ended.retries
    recorder.until(process, "reported", Outcome.SUCCESSFUL)
    assert _attempts(recorder, process)["reported", Outcome.SUCCESSFUL] == 1


def test_deadlines_hold_while_a_call_of_the_executor_hangs(own_bench: Bench) -> None:
    bench = own_bench
    recorder = Recorder()
    executor = bench.executor(check_every=0.1, observers=[recorder])
    told = threading.Event()

    @executor.function
    def work(ctx: Context) -> str:
        if ctx.attempt == 1 and ctx.wait(60):
            told.set()
        return f"attempt {ctx.attempt}"

    bench.server.faults.delay(60, "getprocesshistmsg")
    executor.start(concurrency=2)
    process = bench.submit("work", maxexectime=3)
    assert bench.wait(process).output == ["attempt 2"]
    assert told.is_set()
    recorder.until(process, "reported", Outcome.SUCCESSFUL)
    assert _attempts(recorder, process) == {
        ("reported", Outcome.LATE): 1,
        ("reported", Outcome.SUCCESSFUL): 1,
    }


def test_output_of_an_earlier_attempt_is_no_result(own_bench: Bench) -> None:
    bench = own_bench
    executor = bench.executor()

    @executor.function
    def stores(ctx: Context) -> None:
        if ctx.attempt == 1:
            ctx.set_output("half")
            ctx.wait(60)

    @executor.function
    def yields(ctx: Context) -> Iterator[str]:
        if ctx.attempt == 1:
            yield "half"
            ctx.wait(60)

    executor.start(concurrency=4)
    for name in ("stores", "yields"):
        ended = bench.outcome(name, maxexectime=3)
        assert ended.retries == 1, name
        assert ended.output == [None], name


def test_output_of_the_same_attempt_is_kept(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(lambda ctx: ctx.set_output("kept"), name="stores")
    executor.function(lambda: None, name="nothing")
    with executor:
        assert bench.outcome("stores").output == ["kept"]
        assert bench.outcome("nothing").output == []


def test_a_run_that_was_given_up_changes_nothing_of_a_later_attempt(own_bench: Bench) -> None:
    bench = own_bench
    executor = bench.executor()
    second, tried = threading.Event(), threading.Event()
    refusals: list[type[BaseException]] = []

    @executor.function
    def work(ctx: Context) -> str:
        if ctx.attempt > 1:
            second.set()
            assert tried.wait(60)
            return "second"
        assert second.wait(60)
        changes: list[Callable[[], None]] = [
            lambda: ctx.set_output("first"),
            lambda: ctx.add_attribute("first", 1),
            lambda: ctx.log("first"),
        ]
        for change in changes:
            with pytest.raises(ProcessCancelledError) as refusal:
                change()
            refusals.append(refusal.type)
        tried.set()
        return "first"

    executor.start(concurrency=2)
    process = bench.submit("work", maxexectime=1)
    ended = bench.wait(process)
    assert ended.output == ["second"] or ended.retries > 1
    assert refusals == [ProcessCancelledError] * 3
    assert "first" not in {attribute.key for attribute in ended.attributes or []}
    assert bench.log(process) == []


class _Endless:
    """A backoff without a second attempt."""

    def pause(self) -> float:
        return 3600.0


@pytest.mark.parametrize("coroutine", [False, True], ids=["thread", "event loop"])
@pytest.mark.parametrize("slots", [1, 3])
def test_results_are_delivered_once_the_server_answers_whatever_their_pauses_are(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, slots: int, coroutine: bool
) -> None:
    monkeypatch.setattr("pycolonies._executor.reporter.Backoff", _Endless)
    began, go_on = threading.Semaphore(0), threading.Event()
    with wire_to(bench.server.host, bench.server.port) as wire:
        executor = bench.executor(client=Colonies("127.0.0.1", wire.port), check_every=60)

        def work() -> None:
            began.release()
            assert go_on.wait(30)

        async def awaited() -> None:
            began.release()
            assert await asyncio.to_thread(go_on.wait, 30)

        executor.function(awaited if coroutine else work)
        executor.start(slots)
        processes = [bench.submit(*executor.functions) for _ in range(slots)]
        for _ in range(slots):
            assert began.acquire(timeout=30)
        wire.cut(refuse=True)
        go_on.set()
        runtime: Any = executor._runtime
        until(lambda: sum(attempt.look_first for attempt in runtime._all()) == slots, "failed reports")
        time.sleep(0.6)  # a shorter outage ends no pauses
        wire.mend()
        for process in processes:
            assert bench.wait(process).state == ProcessState.SUCCESSFUL
        executor.stop()


def test_a_busy_server_is_no_refusal_of_a_result(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(lambda: "done", name="work")
    bench.server.faults.error(503, "busy", "closesuccessfulmsg", times=6)
    with executor:
        assert bench.outcome("work").output == ["done"]


def test_two_executors_with_one_name_do_not_alternate(own_bench: Bench) -> None:
    bench = own_bench
    runs: Counter[str] = Counter()
    faults: list[Exception] = []
    executors = [bench.executor(executorname="replica") for _ in range(2)]
    for executor in executors:

        @executor.function
        def work(number: str) -> str:
            runs[number] += 1
            return number

    def run(index: int) -> None:
        try:
            executors[index].run(concurrency=2)
        except ConfigurationError as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=[index]) for index in range(2)]
    threads[0].start()
    assert bench.outcome("work", "first").output == ["first"]
    threads[1].start()
    until(lambda: faults, "the end of one of them")
    assert "another executor has registered as 'replica'" in str(faults[0])
    assert "executorname" in str(faults[0])
    assert bench.outcome("work", "second").output == ["second"]
    assert len(faults) == 1
    for executor in executors:
        executor.stop(0)
    for thread in threads:
        thread.join(60)


@pytest.mark.parametrize("stops", ["stopped", "gives up"])
def test_an_executor_that_has_lost_its_name_does_not_unregister_the_one_that_has_it(
    own_bench: Bench, stops: str
) -> None:
    bench = own_bench
    first, second = (bench.executor(executorname="replica") for _ in range(2))
    go_on = threading.Event()
    runs: list[int] = []
    first.function(lambda: None, name="other")

    @second.function
    def work() -> str:
        runs.append(1)
        assert go_on.wait(30)
        return "done"

    if stops == "stopped":
        bench.server.faults.delay(3600, "assignprocessmsg", times=1)  # it does not notice
    first.start()
    second.start()
    process = bench.submit("work")
    until(lambda: runs, "the start")
    if stops == "gives up":
        runtime: Any = first._runtime
        until(runtime._stopping.is_set, "the end of the first")
    first.stop()
    assert bench.get(process).state == ProcessState.RUNNING
    go_on.set()
    assert bench.wait(process).output == ["done"]
    assert runs == [1]
    [left] = bench.client.list_executors(bench.colony.name, bench.user.prvkey)
    assert left["executorid"] == second.executorid


def test_an_executor_that_was_refused_does_not_unregister_the_one_that_has_its_name(
    own_bench: Bench,
) -> None:
    bench = own_bench
    first, second = (bench.executor(executorname="replica") for _ in range(2))
    for executor in (first, second):
        executor.function(lambda: "done", name="work")
    first.start()
    bench.server.faults.error(400, "an executor with this name exists", "addexecutormsg")
    with pytest.raises(ConfigurationError, match="cannot be added"):
        second.start()
    [left] = bench.client.list_executors(bench.colony.name, bench.user.prvkey)
    assert left["executorid"] == first.executorid
    assert bench.outcome("work").output == ["done"]


def test_the_colony_of_the_client_is_the_executors(bench: Bench) -> None:
    from pycolonies import Executor

    client = bench.client.bind(colonyname=bench.colony.name)
    executor = Executor("worker", client=client, colony_prvkey=bench.colony.prvkey)
    assert executor.identity.colonyname == bench.colony.name
    elsewhere = Executor("worker", client=client, colonyname="other", colony_prvkey=bench.colony.prvkey)
    assert elsewhere.identity.colonyname == "other"
