"""Functions of all kinds run, get their arguments as they want them, and their outcome is reported."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass
from datetime import date

import pytest

from executor_bench import KIND, Bench, Recorder
from polling import until
from pycolonies import (
    AsyncContext,
    Context,
    Executor,
    Outcome,
    Process,
    Workflow,
    current_context,
    func_spec,
)
from pycolonies._executor import context as context_module

pytestmark = pytest.mark.both_modes


@dataclass
class Size:
    width: int
    height: int


def test_a_function_gets_its_arguments_and_its_value_is_the_output(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function
    def add(a: int, b: int = 10) -> int:
        return a + b

    assert add(1) == 11  # it stays what it is
    with executor:
        assert bench.outcome("add", 1, 2).output == [3]
        assert bench.outcome("add", 1).output == [11]
        assert bench.outcome("add", b=1, a=5).output == [6]
        assert bench.outcome("add", "7").output == [17]  # converted as the hint says


def test_arguments_are_converted_to_what_the_hints_say(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function
    def describe(size: Size, day: date, *rest: float, **more: str) -> list[object]:
        return [type(size).__name__, size.width, day.year, rest, more]

    with executor:
        ended = bench.outcome("describe", {"width": 1, "height": 2}, "2026-01-02", 1, "2.5", key="b")
        assert ended.output == [["Size", 1, 2026, [1, 2.5], {"key": "b"}]]


@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        ((), {}, "argument a: is missing"),
        (
            ("x",),
            {},
            "argument 1 (a): must be a valid integer, unable to parse string as an integer, got 'x'",
        ),
        ((1, 2, 3), {}, "argument 3: there is no such parameter, got 3"),
        ((1,), {"c": 1}, "argument c: there is no such parameter, got 1"),
    ],
)
def test_arguments_that_do_not_fit_fail_the_process(
    bench: Bench, args: tuple[object, ...], kwargs: dict[str, object], said: str
) -> None:
    executor = bench.executor()

    @executor.function
    def add(a: int, b: int = 10) -> int:
        raise AssertionError(f"it must not be called, with {a} and {b}")

    with executor:
        ended = bench.outcome("add", *args, **kwargs)
    assert ended.state == bench.client.FAILED
    assert ended.errors == [f"the arguments do not fit add: {said}"]


@pytest.mark.parametrize(
    ("value", "output"),
    [
        (None, []),
        ("text", ["text"]),
        ((1, "two"), [1, "two"]),
        ([1, 2], [[1, 2]]),
        ({"a": None}, [{"a": None}]),
        (Size(1, 2), [{"width": 1, "height": 2}]),
        (date(2026, 1, 2), ["2026-01-02"]),
    ],
)
def test_values_become_output(bench: Bench, value: object, output: list[object]) -> None:
    executor = bench.executor()
    executor.function(lambda: value, name="give")
    with executor:
        ended = bench.outcome("give")
    assert ended.state == bench.client.SUCCESSFUL
    assert ended.output == output


@pytest.mark.parametrize(
    ("value", "kind"), [(object(), "object"), (float("nan"), "float"), ({1, object()}, "set")]
)
def test_a_value_that_is_not_json_fails_the_process(bench: Bench, value: object, kind: str) -> None:
    executor = bench.executor()
    executor.function(lambda: value, name="give")
    with executor:
        ended = bench.outcome("give")
    assert ended.state == bench.client.FAILED
    assert f"the result of give ({kind}) can't be sent: output[0]: " in ended.errors[0]


def test_an_exception_fails_the_process_with_its_traceback(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function
    def divide(a: int) -> float:
        return a / 0

    @executor.function
    def leave() -> None:
        raise SystemExit("enough")

    with executor:
        ended = bench.outcome("divide", 1)
        assert ended.state == bench.client.FAILED
        assert ended.errors[0] == "ZeroDivisionError: division by zero"
        assert "return a / 0" in ended.errors[1]
        assert "/_executor/" not in ended.errors[1]
        assert bench.outcome("leave").errors[0] == "SystemExit: enough"
        assert bench.outcome("divide", "x").state == bench.client.FAILED  # the executor lives


def test_a_function_that_is_not_offered_fails_the_process(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(lambda: 1, name="one")
    with executor:
        ended = bench.outcome("two")
    assert ended.errors == ["the executor has no function 'two'; it has: one"]


def test_the_output_of_parents_is_the_argument_of_children(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function
    def numbers() -> tuple[int, int]:
        return 2, 3

    @executor.function
    def multiply(a: int, b: int) -> int:
        return a * b

    first, second = bench.spec("numbers"), bench.spec("multiply", 100, 100)
    first.nodename, second.nodename = "first", "second"
    second.conditions.dependencies = ["first"]
    workflow = Workflow(colonyname=bench.colony.name, functionspecs=[first, second])
    with executor:
        graph = bench.client.submit_workflow(workflow, bench.user.prvkey)
        last = bench.client.get_process(graph.processids[1], bench.user.prvkey)
        assert bench.wait(last).output == [6]


def test_coroutine_functions_run_together_on_one_loop(bench: Bench) -> None:
    executor = bench.executor()
    together: list[asyncio.Event] = []

    @executor.function
    async def meet(number: int, ctx: AsyncContext) -> int:
        together.append(asyncio.Event())
        if len(together) == 8:
            for event in together:
                event.set()
        await together[-1].wait()
        await ctx.log("met")
        assert current_context() is ctx
        return number

    executor.start(concurrency=8)
    processes = [bench.submit("meet", number) for number in range(8)]
    assert [bench.wait(process).output for process in processes] == [[number] for number in range(8)]
    assert bench.log(processes[0]) == ["met"]


def test_generators_stream_what_they_yield(bench: Bench) -> None:
    executor = bench.executor()
    go_on = threading.Event()

    @executor.function
    def count(to: int) -> Generator[int, None, str]:
        yield from range(to)
        assert go_on.wait(60)
        yield to
        return "done"

    with executor:
        process = bench.submit("count", 2)
        until(lambda: bench.get(process).output == [0, 1])
        assert bench.get(process).state == bench.client.RUNNING
        go_on.set()
        assert bench.wait(process).output == [0, 1, 2, "done"]


def test_asynchronous_generators_stream_what_they_yield(bench: Bench) -> None:
    executor = bench.executor()
    going: list[asyncio.Event] = []

    @executor.function
    async def count(to: int) -> AsyncIterator[int]:
        going.append(asyncio.Event())
        yield 1
        await going[0].wait()
        yield to

    with executor:
        process = bench.submit("count", 2)
        until(lambda: bench.get(process).output == [1])
        assert executor._runtime is not None
        loop = executor._runtime._loop._loop
        assert loop is not None
        loop.call_soon_threadsafe(going[0].set)
        assert bench.wait(process).output == [1, 2]


def test_what_a_context_does(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context_module, "PROGRESS_EVERY", 60)
    executor = bench.executor()
    seen: dict[str, object] = {}

    @executor.function
    def work(*, context: Context) -> None:
        seen["deadline"] = context.deadline
        seen["remaining"] = context.remaining
        seen["attempt"] = context.attempt
        seen["attributes"] = dict(context.attributes)
        seen["current"] = current_context() is context
        context.log("line")
        context.progress(0.5, "halfway")
        context.progress(0.6)  # too soon
        context.progress(1)
        context.set_output("interim")
        context.add_attribute("size", 5)
        context.check()
        assert context.wait(0) is False
        context.submit(bench.spec("other", "from the function"))

    @executor.function
    def other(text: str) -> str:
        return text

    with executor:
        spec = bench.spec("work")
        spec.env = {"COLOUR": "red"}
        process = bench.client.submit_func_spec(spec, bench.user.prvkey)
        ended = bench.wait(process)
        assert ended.state == bench.client.SUCCESSFUL
        assert ended.errors == []
        assert ended.output == ["interim"]
        assert bench.log(process) == ["line", "progress 50% halfway", "progress 100%"]
        assert {a.key: a.value for a in ended.attributes or []} == {"COLOUR": "red", "size": "5"}
        submitted = until(
            lambda: bench.client.list_processes(
                bench.colony.name, 10, bench.client.SUCCESSFUL, bench.user.prvkey
            )[1:]
        )
        assert {p.spec.funcname for p in submitted} <= {"work", "other"}
    assert 500 < seen.pop("remaining") <= 600  # type: ignore[operator]
    assert seen.pop("deadline") is not None
    assert seen == {"attempt": 1, "attributes": {"COLOUR": "red"}, "current": True}


def test_a_function_talks_over_channels(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function
    def answer(ctx: Context) -> str:
        channel = ctx.channel("talk")
        channel.send("ready")
        for entry in channel.follow(timeout=20):
            channel.send(entry["payload"].upper(), in_reply_to=entry["sequence"], type="end")
            return "done"
        return "unanswered"

    spec = bench.spec("answer")
    spec.channels = ["talk"]
    with executor:
        process = bench.client.submit_func_spec(spec, bench.user.prvkey)
        got: list[bytes] = []
        for entry in bench.client.follow_channel(process.processid, "talk", bench.user.prvkey, timeout=20):
            got.append(entry["payload"])
            if entry["payload"] == b"ready":
                bench.client.channel_append(process.processid, "talk", 1, "hello", bench.user.prvkey)
            if entry.get("type") == "end":
                break
        assert bench.wait(process).output == ["done"]
        assert b"HELLO" in got


def test_children_are_added_while_a_workflow_runs(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function
    def split(count: int, ctx: Context) -> int:
        for number in range(count):
            ctx.add_child(bench.spec("part"), f"part-{number}")
        return count

    @executor.function
    def part(total: int) -> int:
        return total

    first = bench.spec("split", 3)
    first.nodename = "split"
    with executor:
        graph = bench.client.submit_workflow(
            Workflow(colonyname=bench.colony.name, functionspecs=[first]), bench.user.prvkey
        )

        def done() -> bool:
            found = bench.client.get_processgraph(graph.processgraphid, bench.user.prvkey)
            return found.state == bench.client.SUCCESSFUL and len(found.processids) == 4

        until(done)


def test_observers_are_told_and_cannot_break_anything(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Recorder):
        def began(self, process: Process) -> None:
            raise RuntimeError(f"broken observer of {process.processid}")

    recorder = Recorder()
    executor = bench.executor(observers=[Broken(), recorder])
    executor.function(lambda: 1 / 0, name="fail")
    executor.function(lambda: 1, name="succeed")
    with executor:
        good, bad = bench.submit("succeed"), bench.submit("fail")
        bench.wait(good)
        bench.wait(bad)
        until(lambda: len(recorder.of(bad)) == 4)
    for process, outcome in ((good, Outcome.SUCCESSFUL), (bad, Outcome.FAILED)):
        assert recorder.of(process) == [("assigned",), ("began",), ("ended", outcome), ("reported", outcome)]
    about = recorder.events[0][1]
    assert about.executortype == KIND
    assert about.functions == ("fail", "succeed")
    assert about.concurrency == 1
    assert recorder.events[-1] == ("stopped",)
    assert "broken observer" in caplog.text


def test_no_more_run_at_a_time_than_there_are_slots(bench: Bench) -> None:
    executor = bench.executor()
    lock, now, most = threading.Lock(), 0, 0
    full, go_on = threading.Event(), threading.Event()

    @executor.function
    def work() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
            if now == 4:
                full.set()
        assert go_on.wait(60)
        with lock:
            now -= 1

    executor.start(concurrency=4)
    processes = [bench.submit("work") for _ in range(12)]
    assert full.wait(60)
    running = bench.client.list_processes(bench.colony.name, 100, bench.client.RUNNING, bench.user.prvkey)
    assert len(running) == 4
    go_on.set()
    for process in processes:
        assert bench.wait(process).state == bench.client.SUCCESSFUL
    assert most == 4


@pytest.mark.parametrize("process", [False, True])
def test_a_function_needs_a_name_and_hints_that_can_be_read(process: bool) -> None:
    executor = Executor(KIND)
    with pytest.raises(TypeError, match="must have a name"):
        executor.function(process=process)(lambda: 1)

    def hinted(a: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821, UP037 (the missing name is tested)

    with pytest.raises(TypeError, match="hints of hinted cannot be evaluated: name 'Nowhere'"):
        executor.function(hinted)

    def hinted_well(a: int) -> None: ...

    executor.function(func_spec, process=process)
    with pytest.raises(ValueError, match="function 'func_spec' is already registered"):
        executor.function(name="func_spec")(hinted_well)


def test_a_function_spec_without_maxexectime_is_warned_of_once(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    executor = bench.executor()
    executor.function(lambda: 1, name="one")
    executor.function(lambda: 2, name="two")
    with executor:
        for name in ("one", "one", "two", "one"):
            bench.outcome(name, maxexectime=-1)
    said = [record.getMessage() for record in caplog.records if "without maxexectime" in record.getMessage()]
    assert [line.split()[0] for line in said] == ["one", "two"]
