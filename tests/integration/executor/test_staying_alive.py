"""An executor stays one: while it is full, when it was forgotten, and when it must be approved."""

from __future__ import annotations

import threading

import pytest

from conftest import Member
from executor_bench import KIND, Bench, Recorder
from polling import until
from pycolonies import ConfigurationError, Context, Crypto, Outcome

pytestmark = pytest.mark.both_modes

HOURS = 3600


def _advance(bench: Bench, name: str, seconds: int) -> None:
    """Advances the server's clock, and waits for a heartbeat."""

    def heard() -> str:
        return bench.client.get_executor(bench.colony.name, name, bench.user.prvkey).lastheardfromtime

    before = heard()
    bench.server.advance(seconds, silent=True)
    until(lambda: heard() != before, "a heartbeat")


def _pass_time(bench: Bench, name: str, seconds: int) -> None:
    """Advances the server's clock by five minutes at a time, and waits for a heartbeat after each."""
    for _ in range(0, seconds, 300):
        _advance(bench, name, 300)


def test_a_full_executor_ends_a_function_of_two_hours_with_its_result_accepted(own_bench: Bench) -> None:
    bench = own_bench
    executor = bench.executor(heartbeat=0.05)
    go_on = threading.Event()

    @executor.function
    def work(ctx: Context) -> str:
        assert go_on.wait(60)
        return "cancelled" if ctx.cancelled else "done"

    executor.start(concurrency=2)
    running = [bench.submit("work", maxexectime=3 * HOURS) for _ in range(2)]
    waiting = bench.submit("work", maxexectime=3 * HOURS)  # signs of life must not take it
    until(lambda: all(bench.get(process).state == bench.client.RUNNING for process in running))
    _pass_time(bench, executor.executorname, 2 * HOURS)
    assert bench.get(waiting).state == bench.client.WAITING
    go_on.set()
    for process in running:
        ended = bench.wait(process)
        assert ended.state == bench.client.SUCCESSFUL
        assert ended.output == ["done"]
        assert ended.retries == 0
        assert (ended.endtime - ended.starttime).total_seconds() > 2 * HOURS
    assert bench.wait(waiting).output == ["done"]


def test_a_silent_executor_registers_again_and_its_functions_go_on(own_bench: Bench) -> None:
    bench = own_bench
    recorder = Recorder()
    executor = bench.executor(heartbeat=0.05, observers=[recorder])
    go_on = [threading.Event(), threading.Event()]
    calls: list[int] = []

    @executor.function
    def work(number: int, ctx: Context) -> str:
        calls.append(number)
        assert go_on[number].wait(60)
        return "cancelled" if ctx.cancelled else "done"

    executor.start(concurrency=2)
    processes = [bench.submit("work", number, maxexectime=3 * HOURS) for number in range(2)]
    for process in processes:
        recorder.until(process, "began")
    bench.server.advance(700, silent=True)  # it is unregistered, and its processes wait again
    until(
        lambda: bench.client.get_functions_by_executor(
            bench.colony.name, executor.executorname, bench.user.prvkey
        ),
        "another registration",
    )
    go_on[1].set()  # now there is room for both processes to be assigned once more
    assert bench.wait(processes[1]).output == ["done"]
    until(lambda: recorder.of(processes[0]).count(("assigned",)) == 2, "another assignment")
    go_on[0].set()
    assert bench.wait(processes[0]).output == ["done"]
    assert sorted(calls) == [0, 1]  # each ran once
    recorder.until(processes[0], "reported", Outcome.SUCCESSFUL)


def test_a_full_executor_that_was_unregistered_calls_at_once_and_more_often(
    own_bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench = own_bench
    executor = bench.executor(heartbeat=1000)
    began, go_on, calls = threading.Event(), threading.Event(), []

    @executor.function
    def work() -> str:
        calls.append(1)
        began.set()
        assert go_on.wait(60)
        return "done"

    executor.start()
    process = bench.submit("work", maxexectime=3 * HOURS)
    assert began.wait(60)
    for _ in range(2):
        _advance(bench, executor.executorname, 700)  # it is unregistered, and would be again before long
    assert "calls every 1.0 s" in caplog.text
    go_on.set()
    assert bench.wait(process).output == ["done"]
    assert calls == [1]


def test_a_result_that_was_ready_while_the_executor_was_unregistered_is_delivered(own_bench: Bench) -> None:
    bench = own_bench
    executor = bench.executor(heartbeat=1000)
    began, go_on, calls = threading.Event(), threading.Event(), []

    @executor.function
    def work() -> str:
        calls.append(1)
        began.set()
        assert go_on.wait(60)
        return "done"

    executor.start()
    process = bench.submit("work", maxexectime=3 * HOURS)
    assert began.wait(60)
    bench.server.advance(700, silent=True)
    assert bench.get(process).state == bench.client.WAITING
    go_on.set()
    assert bench.wait(process).output == ["done"]
    assert calls == [1]


def test_a_process_that_another_executor_has_got_is_dropped(own_bench: Bench) -> None:
    bench = own_bench
    recorder = Recorder()
    executor = bench.executor(heartbeat=1000, observers=[recorder])
    told = threading.Event()

    @executor.function
    def work(ctx: Context) -> str:
        if ctx.wait(20):
            told.set()
        return "too late"

    executor.start()
    process = bench.submit("work", maxexectime=3 * HOURS)
    until(lambda: bench.get(process).state == bench.client.RUNNING)
    bench.server.advance(700, silent=True)
    other = bench.colony.executor(KIND)
    taken = bench.client.assign(bench.colony.name, 10, other.prvkey)
    assert taken.processid == process.processid
    assert told.wait(60)
    bench.client.close(process.processid, ["theirs"], other.prvkey)
    until(lambda: recorder.of(process)[-1] == ("reported", Outcome.LOST))
    executor.stop()
    assert bench.get(process).output == ["theirs"]


def test_an_executor_without_the_colonys_key_waits_to_be_approved(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    prvkey = Crypto().prvkey()
    executor = bench.executor(prvkey=prvkey, colony_prvkey=None, executorname="patient")
    executor.function(lambda: "done", name="work")
    starting = threading.Thread(target=executor.start)
    starting.start()
    until(lambda: "waits until the owner" in caplog.text)
    assert Crypto().id(prvkey) in caplog.text
    assert prvkey not in caplog.text
    bench.client.add_executor(
        {
            "executorname": "patient",
            "executorid": Crypto().id(prvkey),
            "executortype": KIND,
            "colonyname": bench.colony.name,
        },
        bench.colony.prvkey,
    )
    bench.client.approve_executor(bench.colony.name, "patient", bench.colony.prvkey)
    assert bench.outcome("work").output == ["done"]
    starting.join(60)


def test_an_executor_of_another_type_or_name_is_told_so(bench: Bench) -> None:
    member: Member = bench.colony.executor("other")
    executor = bench.executor(prvkey=member.prvkey, colony_prvkey=None)
    with pytest.raises(ConfigurationError, match="of type 'other', the program as"):
        executor.start()
    with pytest.raises(ConfigurationError, match="of type 'other', the program as"):
        executor.run()


def test_a_name_that_is_taken_is_no_loop(own_bench: Bench) -> None:
    bench = own_bench
    bench.server.faults.error(400, "Executor with name <taken> already exists", "addexecutormsg")
    executor = bench.executor(executorname="taken")
    with pytest.raises(ConfigurationError, match="choose another executorname"):
        executor.start()


def test_functions_are_registered_with_their_parameters(bench: Bench) -> None:
    def make() -> tuple[str, list[dict[str, object]]]:
        with bench.executor(prvkey=prvkey, executorname="teller") as executor:
            assert executor.executorname == "teller"
            (found,) = bench.client.get_functions_by_executor(bench.colony.name, "teller", bench.user.prvkey)
            return found["description"], found["args"]

    prvkey = Crypto().prvkey()
    first = bench.executor(prvkey=prvkey, executorname="teller", capabilities={"software": [{"name": "x"}]})

    @first.function
    def resize(path: str, width: int = 100, *, ctx: Context) -> None:
        """Make a picture smaller."""

    with first:
        (found,) = bench.client.get_functions_by_executor(bench.colony.name, "teller", bench.user.prvkey)
        assert found["funcname"] == "resize"
        assert found["description"] == "Make a picture smaller."
        assert [(arg["name"], arg["type"], arg.get("required", False)) for arg in found["args"]] == [
            ("path", "str", True),
            ("width", "int", False),
        ]
        record = bench.client.get_executor(bench.colony.name, "teller", bench.user.prvkey)
        assert record["capabilities"]["software"] == [{"name": "x", "type": "", "version": ""}]
    again = bench.executor(prvkey=prvkey, executorname="teller")
    again.function(lambda size: size, name="resize", description="Otherwise.")
    with again:
        (found,) = bench.client.get_functions_by_executor(bench.colony.name, "teller", bench.user.prvkey)
        assert found["description"] == "Otherwise."
        assert [arg["name"] for arg in found["args"]] == ["size"]


@pytest.mark.parametrize(("settings", "states"), [({}, [3]), ({"unregister": False}, [1])])
def test_an_executor_that_has_added_itself_leaves_when_it_stops(
    bench: Bench, settings: dict[str, bool], states: list[int]
) -> None:
    with bench.executor(**settings):
        pass
    found = bench.client.list_executors(bench.colony.name, bench.user.prvkey)
    assert [executor["state"] for executor in found] == states
