"""Results that are not wanted are dropped; those that are wanted arrive, once, whatever the network does."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from executor_bench import KIND, Bench, Recorder
from polling import until
from ports import reserved_port
from pycolonies import AsyncContext, ClientCall, Colonies, Context, Outcome, ProcessCancelledError, Workflow
from pycolonies.testing import DevServer

pytestmark = pytest.mark.both_modes


def test_a_cancelled_process_ends_its_function(bench: Bench) -> None:
    recorder = Recorder()
    executor = bench.executor(observers=[recorder])
    ended: list[str] = []

    @executor.function
    def work(ctx: Context) -> str:
        while True:
            if ctx.wait(0.01):
                try:
                    ctx.check()
                except ProcessCancelledError:
                    ended.append("plain")
                return "too late"

    @executor.function
    async def work_later(ctx: AsyncContext) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("coroutine" if ctx.cancelled else "?")
            raise
        return "too late"

    executor.start(concurrency=2)
    for name in ("work", "work_later"):
        process = bench.submit(name)
        recorder.until(process, "began")
        bench.client.cancel_process(process.processid, bench.user.prvkey)
        recorder.until(process, "reported", Outcome.CANCELLED)
        assert bench.get(process).state == bench.client.CANCELLED
    until(lambda: ended == ["plain", "coroutine"])


def test_a_process_that_is_cancelled_with_its_graph_ends_its_function(bench: Bench) -> None:
    recorder = Recorder()
    executor = bench.executor(observers=[recorder])
    executor.function(lambda ctx: ctx.wait(20), name="work")
    spec = bench.spec("work")
    spec.nodename = "work"
    executor.start()
    graph = bench.client.submit_workflow(
        Workflow(colonyname=bench.colony.name, functionspecs=[spec]), bench.user.prvkey
    )
    process = bench.client.get_process(graph.processids[0], bench.user.prvkey)
    recorder.until(process, "began")
    bench.client.cancel_processgraph(graph.processgraphid, bench.user.prvkey)
    recorder.until(process, "reported", Outcome.CANCELLED)


def test_a_generator_is_ended_between_two_yields(bench: Bench) -> None:
    executor = bench.executor()
    closed = threading.Event()

    @executor.function
    def count(ctx: Context) -> Iterator[int]:
        try:
            while True:
                yield 1
                ctx.wait(0.01)
        finally:
            closed.set()

    with executor:
        process = bench.submit("count")
        until(lambda: bench.get(process).output)
        bench.client.cancel_process(process.processid, bench.user.prvkey)
        assert closed.wait(60)


def test_a_late_result_is_dropped_and_the_process_is_tried_again(bench: Bench) -> None:
    recorder = Recorder()
    executor = bench.executor(observers=[recorder])
    tried: list[int] = []

    @executor.function
    def work(ctx: Context) -> int:
        tried.append(ctx.attempt)
        if ctx.attempt == 1:
            assert ctx.wait(60)  # past its maxexectime
        return ctx.attempt

    executor.start(concurrency=2)
    process = bench.submit("work", maxexectime=3)
    assert bench.wait(process).output == [2]
    assert tried == [1, 2]
    recorder.until(process, "reported", Outcome.SUCCESSFUL)
    assert ("reported", Outcome.LATE) in recorder.of(process)


def test_a_result_that_is_late_by_the_servers_clock_is_not_reported_as_success(own_bench: Bench) -> None:
    bench = own_bench
    recorder = Recorder()
    executor = bench.executor(check_every=1000.0, observers=[recorder])
    began, go_on = threading.Event(), threading.Event()

    @executor.function
    def work() -> str:
        began.set()
        assert go_on.wait(60)
        return "done"

    executor.start()
    spec = bench.spec("work", maxexectime=100)
    spec.maxretries = 0
    process = bench.client.submit_func_spec(spec, bench.user.prvkey)
    assert began.wait(60)
    bench.server.advance(200)
    go_on.set()
    recorder.until(process, "reported", Outcome.LATE)
    assert bench.get(process).state == bench.client.FAILED


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("coroutine", [False, True])
def test_a_result_whose_report_is_lost_arrives_once(
    bench: Bench, after: bool, fails: bool, coroutine: bool
) -> None:
    recorder = Recorder()
    executor = bench.executor(observers=[recorder])

    def work() -> str:
        if fails:
            raise ValueError("no")
        return "done"

    async def work_on_the_loop() -> str:
        return work()

    executor.function(work_on_the_loop if coroutine else work, name="work")

    msgtype = "closefailedmsg" if fails else "closesuccessfulmsg"
    outcome = Outcome.FAILED if fails else Outcome.SUCCESSFUL
    bench.server.faults.drop_next(msgtype, times=3 if not after else 1, after=after)
    with executor:
        process = bench.submit("work")
        until(lambda: recorder.of(process)[-1:] == [("reported", outcome)])
        ended = bench.get(process)
        assert ended.state == (bench.client.FAILED if fails else bench.client.SUCCESSFUL)
        (function,) = bench.client.get_functions_by_executor(
            bench.colony.name, executor.executorname, bench.user.prvkey
        )
        assert function["counter"] == (0 if fails else 1)  # a report that came twice would count twice
        assert recorder.has("reconnected")


def test_a_result_that_a_slow_server_took_is_not_reported_twice(bench: Bench) -> None:
    recorder = Recorder()
    client = Colonies(bench.server.host, bench.server.port, timeout=2)
    executor = bench.executor(client=client, observers=[recorder])
    executor.function(lambda: "done", name="work")
    bench.server.faults.delay(2.5, "closesuccessfulmsg", times=1)
    with executor:
        process = bench.submit("work")
        recorder.until(process, "reported", Outcome.SUCCESSFUL)
        assert bench.get(process).output == ["done"]
        (function,) = bench.client.get_functions_by_executor(
            bench.colony.name, executor.executorname, bench.user.prvkey
        )
        assert function["counter"] == 1
    assert ("disconnected", "CallTimeoutError") in recorder.events


def test_a_result_that_the_server_does_not_take_fails_the_process(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(lambda: "done", name="work")
    bench.server.faults.error(400, "too odd", "closesuccessfulmsg", times=5)
    with executor:
        ended = bench.outcome("work")
    assert ended.errors == ["the server did not take the result: too odd"]


def test_a_server_that_has_trouble_for_a_moment_gets_the_result(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(lambda: "done", name="work")
    bench.server.faults.error(503, "busy", "closesuccessfulmsg", times=2)
    bench.server.faults.error(500, "broken", "assignprocessmsg", times=2)
    with executor:
        assert bench.outcome("work").output == ["done"]


def test_a_process_whose_assignment_was_lost_on_the_way_is_done(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(lambda: "done", name="work")
    process = bench.submit("work")
    bench.server.faults.drop_next("assignprocessmsg", after=True)
    with executor:
        assert bench.wait(process).output == ["done"]


def test_a_node_whose_assignment_was_lost_gets_the_outputs_of_its_parents(bench: Bench) -> None:
    """A server that is killed during an assignment never stores the input that the answer contained."""

    def forget_the_input(call: ClientCall) -> Iterator[None]:
        yield
        if call.msgtype == "getprocesshistmsg":
            call.value = [{**process, "in": []} for process in call.value or []]
        elif call.msgtype == "getprocessmsg":
            call.value = {**call.value, "in": []}

    executor = bench.executor(
        client=Colonies(bench.server.host, bench.server.port, middleware=[forget_the_input])
    )
    executor.function(lambda *given: list(given), name="work")
    workflow = Workflow(colonyname=bench.colony.name, executortype=KIND, maxexectime=600)
    parents = [workflow.add("parent", args=[number]) for number in range(3)]
    workflow.add("work", "child", after=parents)
    *_, child = bench.client.submit_workflow(workflow, bench.user.prvkey).processids
    member = bench.colony.executor(KIND)
    for number in range(3):
        process = bench.client.assign(bench.colony.name, 10, member.prvkey)
        bench.client.close(process.processid, [number], member.prvkey)
    bench.server.faults.drop_next("assignprocessmsg", after=True)
    with executor:
        assert bench.wait(bench.client.get_process(child, bench.user.prvkey)).output == [[0, 1, 2]]


def test_a_process_that_was_removed_is_nobodys(bench: Bench) -> None:
    recorder = Recorder()
    executor = bench.executor(observers=[recorder])
    executor.function(lambda ctx: ctx.wait(20), name="work")
    executor.start()
    process = bench.submit("work")
    recorder.until(process, "began")
    bench.client.remove_all_processes(bench.colony.name, bench.colony.prvkey)
    recorder.until(process, "reported", Outcome.LOST)


@pytest.fixture
def port() -> Iterator[int]:
    with reserved_port() as port:
        yield port


def test_results_wait_for_a_server_that_is_restarted(tmp_path: Path, port: int) -> None:
    recorder = Recorder()
    server = DevServer(data_dir=tmp_path, port=port)
    bench = Bench(server)
    executor = bench.executor(observers=[recorder])
    began, go_on = threading.Event(), threading.Event()

    @executor.function
    def work(number: int) -> int:
        if number == 1:
            began.set()
            assert go_on.wait(60)
        return number

    try:
        executor.start(concurrency=2)
        first, second = bench.submit("work", 1), bench.submit("work", 2)
        assert bench.wait(second).output == [2]
        assert began.wait(60)
        server.stop()
        go_on.set()
        until(lambda: recorder.has("disconnected"))
        until(lambda: ("ended", Outcome.SUCCESSFUL) in recorder.of(first))
        server = DevServer(data_dir=tmp_path, port=port)
        ended = bench.wait(first)
        assert ended.state == bench.client.SUCCESSFUL
        assert ended.output == [1]
        assert bench.outcome("work", 3).output == [3]
        assert recorder.has("reconnected")
    finally:
        bench.close()
        server.stop()


def test_paused_assignments_are_no_error(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    executor = bench.executor()
    executor.function(lambda: "done", name="work")
    bench.client.pause_assignments(bench.colony.name, bench.colony.prvkey)
    with executor:
        process = bench.submit("work")
        time.sleep(0.05)  # long enough for a request to meet the pause
        bench.client.resume_assignments(bench.colony.name, bench.colony.prvkey)
        assert bench.wait(process).output == ["done"]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
