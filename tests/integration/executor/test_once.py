"""Each attempt at a process is run once and reported once; nothing of it counts for another attempt."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from executor_bench import KIND, Bench, Recorder
from polling import until
from proxy import wire_to
from pycolonies import (
    Colonies,
    ConfigurationError,
    Context,
    Observer,
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


class _Slow(Observer):
    """Takes its time before the first function begins."""

    def __init__(self) -> None:
        self.go_on, self._first = threading.Event(), True

    def began(self, process: Process) -> None:
        if self._first:
            self._first = False
            assert self.go_on.wait(60)


@pytest.mark.parametrize("where", ["claim", "observer"])
def test_a_function_does_not_begin_after_its_attempt_was_settled(own_bench: Bench, where: str) -> None:
    """Between the assignment and the start, the executor makes calls that may take long."""
    bench = own_bench
    recorder, slow, runs = Recorder(), _Slow(), []
    executor = bench.executor(observers=[recorder, *[slow] * (where == "observer")])

    @executor.function
    def work(number: int) -> int:
        runs.append(number)
        return number

    if where == "claim":
        bench.server.faults.delay(3, "createsnapshotmsg", times=1)
    spec = bench.spec("work", 1, maxexectime=1).model_copy(update={"maxretries": 0})
    if where == "claim":
        spec = spec.model_copy(update={"label": "key:once"})
    with executor:
        late = bench.client.submit_func_spec(spec, bench.user.prvkey)
        recorder.until(late, "reported", Outcome.LATE)
        slow.go_on.set()
        assert bench.outcome("work", 2).output == [2]  # it has the slot of the first one
        assert bench.wait(late).state == ProcessState.FAILED
    assert runs == [2]


@pytest.mark.parametrize(
    "attributes",
    [
        {"pycolonies.retry.1": '{"error": "", "due": 1' + "0" * 400 + "}"},
        {"pycolonies.retry.1": "[" * 100_000},
        {"pycolonies.retry." + "1" * 5000: "x"},
    ],
    ids=["huge", "deep", "long"],
)
def test_odd_notes_of_failures_hold_no_process(bench: Bench, attributes: dict[str, str]) -> None:
    executor = bench.executor()
    executor.function(retries=2)(_done)
    with executor:
        spec = bench.spec("_done").model_copy(update={"env": attributes})
        process = bench.client.submit_func_spec(spec, bench.user.prvkey)
        assert bench.wait(process).output == ["done"]


def _done() -> str:
    return "done"


@pytest.mark.parametrize("kind", ["plain", "coroutine"])
@pytest.mark.parametrize("where", ["delay_of", "success"])
def test_a_fault_of_the_runtime_fails_the_process(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, kind: str, where: str
) -> None:
    def fails(*_: object) -> Any:
        raise LookupError("not foreseen")

    async def awaited() -> None: ...

    def plain() -> None: ...

    executor = bench.executor()
    executor.function(awaited if kind == "coroutine" else plain, name="work")
    with executor:
        monkeypatch.setattr(f"pycolonies._executor.runs.{where}", fails)
        failed = bench.outcome("work")
        assert failed.state == ProcessState.FAILED
        assert "LookupError: not foreseen" in failed.errors[0]
        monkeypatch.undo()
        assert bench.outcome("work").state == ProcessState.SUCCESSFUL


def test_a_result_that_is_kept_is_dropped_once_another_executor_has_the_process(own_bench: Bench) -> None:
    bench = own_bench
    recorder = Recorder()
    executor = bench.executor(observers=[recorder])
    executor.function(_done)
    bench.server.faults.error(503, "busy", "closesuccessfulmsg", times=1_000)
    executor.start()
    process = bench.submit("_done")
    recorder.until(process, "ended", Outcome.SUCCESSFUL)
    runtime: Any = executor._runtime
    runtime.stop_asking()  # so that another one gets the process
    bench.client.remove_executor(bench.colony.name, executor.executorname, bench.colony.prvkey)
    until(lambda: [attempt.phase.value for attempt in runtime._all()] == ["kept"], "the result to be kept")
    bench.server.faults.clear()
    other = bench.colony.executor(KIND)
    taken = bench.client.assign(bench.colony.name, 10, other.prvkey)
    assert taken.processid == process.processid
    bench.client.close(process.processid, ["theirs"], other.prvkey)
    recorder.until(process, "reported", Outcome.LOST)
    assert runtime._all() == []


def test_what_a_lost_answer_has_assigned_is_requeued_by_an_executor_that_stays_registered(
    own_bench: Bench,
) -> None:
    bench = own_bench
    executor = bench.executor(unregister=False, check_every=60)
    began, go_on = threading.Event(), threading.Event()

    @executor.function
    def work() -> None:
        began.set()
        assert go_on.wait(60)

    with executor:
        bench.submit("work")
        assert began.wait(60)
        bench.server.faults.drop_next("assignprocessmsg", after=True)
        process = bench.submit("work")
        go_on.set()
        runtime: Any = executor._runtime
        until(lambda: runtime._poller.missed() is not None, "the loss of the answer")
        bench.until_running(process)
    assert bench.get(process).state == ProcessState.WAITING
    found = bench.client.get_executor_by_id(executor.executorid, bench.user.prvkey)
    assert found["state"] == 1
