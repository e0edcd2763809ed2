"""Idempotency keys and delayed starts: submitted once, done once, and not before their time."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from executor_bench import Bench
from polling import until
from pycolonies import AsyncColonies, Backoff, Context, FuncSpec, IdempotencyKeyError, func_spec
from pycolonies._executor.claims import claim_name

if TYPE_CHECKING:
    from pycolonies import Colonies, Executor, Process, ProcessHandle

PATIENCE = 60


def _client(bench: Bench) -> Colonies:
    return bench.client.bind(prvkey=bench.user.prvkey, colonyname=bench.colony.name).with_options(
        executortype="worker", maxexectime=60
    )


def _keyed(bench: Bench, key: str, *args: Any, funcname: str = "work") -> Process:
    """Submits a call with a key as one does who has not seen the others."""
    spec = bench.spec(funcname, *args)
    spec.label = f"key:{key}"
    return bench.client.submit_func_spec(spec, bench.user.prvkey)


def _same_as(process: Process) -> str:
    return next((one.value for one in process.attributes or [] if one.key == "pycolonies.same_as"), "")


def test_a_call_is_submitted_once_whatever_became_of_it(bench: Bench) -> None:
    client = _client(bench)
    executor = bench.executor()
    go_on = threading.Event()

    @executor.function
    def work(number: int) -> int:
        go_on.wait(60)
        return number

    def submit() -> ProcessHandle[int]:
        return client.submit(work, args=[1], idempotency_key="o-17")

    first = submit()
    waiting = submit()
    with executor:
        bench.until_running(first.process)
        running = submit()
        go_on.set()
        assert first.result(PATIENCE) == 1
        ended = submit()
        for handle in (waiting, running, ended):
            assert handle.processid == first.processid
            assert handle.existing
            assert handle.result(PATIENCE) == 1
        assert not first.existing
        assert first.process.spec.label == "key:o-17"
        other = client.submit(work, args=[1], idempotency_key="o-18")
        assert other.processid != first.processid


def test_a_call_that_failed_or_was_cancelled_is_submitted_again(bench: Bench) -> None:
    client = _client(bench)
    first = client.submit("work", idempotency_key="k")
    first.cancel()
    executor = bench.executor()
    fails = [True]

    @executor.function
    def work() -> str:
        if fails.pop() if fails else False:
            raise ValueError
        return "done"

    with executor:
        second = client.submit("work", idempotency_key="k")
        assert isinstance(second.exception(PATIENCE), Exception)
        third = client.submit("work", idempotency_key="k")
        assert third.result(PATIENCE) == "done"
    assert len({handle.processid for handle in (first, second, third)}) == 3
    assert not any(handle.existing for handle in (first, second, third))


def test_a_key_of_another_call_is_refused(bench: Bench) -> None:
    client = _client(bench)
    first = client.submit("work", args=[1], idempotency_key="k")
    with pytest.raises(
        IdempotencyKeyError, match=rf"'k' is that of process {first.processid}, a call of 'work', now"
    ):
        client.submit("other", args=[1], idempotency_key="k")
    with pytest.raises(
        IdempotencyKeyError, match="a call of 'work' with other arguments; use one key for one call"
    ):
        client.submit("work", args=[2], idempotency_key="k")
    assert client.submit("work", args=[1.0], idempotency_key="k").existing


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"idempotency_key": ""}, ValueError, "must have 1 to 500 characters, got 0"),
        ({"idempotency_key": "k" * 501}, ValueError, "must have 1 to 500 characters, got 501"),
        ({"idempotency_key": 17}, TypeError, "must be text, got 17"),
        ({"idempotency_key": "k", "label": "mine"}, ValueError, "the label 'mine' can't be given, too"),
        ({"eta": datetime(2030, 1, 1)}, ValueError, "eta must have a time zone"),  # noqa: DTZ001 (without a time zone)
        ({"eta": "now"}, TypeError, "eta must be a datetime, got 'now'"),
        ({"eta": datetime.now(timezone.utc), "countdown": 1}, TypeError, "either eta or countdown"),
        ({"countdown": -1}, ValueError, "at least 0, got -1"),
        ({"countdown": float("nan")}, ValueError, "at least 0, got nan"),
        ({"countdown": True}, TypeError, "must be a number of seconds, got True"),
        ({"countdown": 3601}, ValueError, "by 3600 s at most, got 3601 s"),
    ],
)
def test_what_is_no_key_or_time_is_refused_before_anything_is_sent(
    bench: Bench, options: dict[str, Any], error: type[Exception], text: str
) -> None:
    client = _client(bench)
    with pytest.raises(error, match=text):
        client.submit("work", **options)
    assert client.list_processes(state=client.WAITING) == []


def test_it_works_awaited(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function
    def work() -> str:
        return "done"

    async def program() -> None:
        async with AsyncColonies(
            "127.0.0.1", bench.server.port, prvkey=bench.user.prvkey, colonyname=bench.colony.name
        ) as client:
            handles = [
                await client.submit("work", executortype="worker", idempotency_key="k", countdown=0.1)
                for _ in range(2)
            ]
            assert [await handle for handle in handles] == ["done"] * 2
            assert [handle.existing for handle in handles] == [False, True]
            assert handles[0].processid == handles[1].processid

    with executor:
        asyncio.run(program())


def test_of_calls_submitted_at_the_same_moment_one_is_done(bench: Bench) -> None:
    first, second = bench.executor(), bench.executor()
    runs: list[int] = []
    lock = threading.Lock()
    for executor in (first, second):

        @executor.function
        def work(number: int) -> int:
            with lock:
                runs.append(number)
            time.sleep(0.05)
            return number

    keys = [number for number in range(8) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        processes = list(pool.map(lambda number: _keyed(bench, f"k{number}", number), keys))
    with first.start(4), second.start(4):
        ended = [bench.wait(process) for process in processes]
    assert sorted(runs) == list(range(8))
    assert [process.output for process in ended] == [[number] for number in keys]
    assert sum(_same_as(bench.get(process)) == "" for process in ended) == 8
    winners = {process.processid for process in ended if not _same_as(bench.get(process))}
    assert {_same_as(bench.get(process)) for process in ended} - {""} <= winners


def test_a_copy_is_done_if_the_first_one_fails(bench: Bench) -> None:
    executor = bench.executor()
    began = threading.Event()
    go_on = threading.Event()

    @executor.function
    def work() -> str:
        if not began.is_set():
            began.set()
            go_on.wait(60)
            raise ValueError("no luck")
        return "done"

    first, second = _keyed(bench, "k"), _keyed(bench, "k")
    with executor.start(2):
        assert began.wait(60)
        until(lambda: executor.stats().parked == 1)
        go_on.set()
        states = sorted(bench.wait(process).state for process in (first, second))
        assert states == [bench.client.SUCCESSFUL, bench.client.FAILED]


def test_a_claim_survives_retries_and_the_executor(bench: Bench) -> None:
    first, second = bench.executor(), bench.executor()
    runs: list[str] = []

    for name, executor in (("first", first), ("second", second)):

        @executor.function(retries=3, backoff=Backoff(0.01, 1, 0.01))
        def work(ctx: Context, name: str = name) -> str:
            runs.append(name)
            if name == "first" and ctx.failures == 1:
                ctx.wait(20)
            if ctx.failures == 0:
                raise OSError
            return "done"

    process = _keyed(bench, "k")
    first.start()
    until(lambda: len(runs) == 2)
    first.stop(0)
    with second.start():
        assert bench.wait(process).output == ["done"]
    assert runs == ["first", "first", "second"]


def test_a_claim_of_a_process_that_is_gone_is_taken_over(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(lambda: "done", name="work")
    name = claim_name(bench.colony.name, "k")
    bench.client.create_snapshot(bench.colony.name, "/pycolonies/key/" + "0" * 64, name, bench.user.prvkey)
    with executor:
        process = bench.wait(_keyed(bench, "k"))
    assert process.output == ["done"]
    found = bench.client.get_snapshot_by_name(bench.colony.name, name, bench.user.prvkey)
    assert found["label"].endswith(process.processid)


def test_a_process_does_not_start_before_its_time(bench: Bench) -> None:
    client = _client(bench)
    executor = bench.executor()
    started: dict[str, float] = {}

    @executor.function
    def work(name: str, ctx: Context) -> float | None:
        started[name] = time.time()
        return ctx.remaining

    with executor.start(1):
        submitted = time.time()
        at = datetime.now(timezone.utc) + timedelta(seconds=1.2)
        delayed = [
            client.submit(work, args=["countdown"], countdown=1.1),
            client.submit(work, args=["eta"], eta=at),
        ]
        past = client.submit(work, args=["past"], eta=datetime.now(timezone.utc) - timedelta(days=400))
        assert past.result(PATIENCE) is not None
        assert client.submit(work, args=["now"]).result(PATIENCE) is not None
        assert {"past", "now"} <= started.keys()
        left = [handle.result(PATIENCE) for handle in delayed]
    assert started["countdown"] >= submitted + 1.1 - 0.005
    assert started["eta"] >= at.timestamp() - 0.005
    assert all(seconds is not None and 20 < seconds <= 62 for seconds in left), "the delay counts for nothing"
    assert delayed[0].process.spec.maxexectime == 62


def _holds_one(executor: Executor) -> bool:
    return executor.stats().parked == 1


@pytest.mark.both_modes
def test_processes_of_an_executor_that_stops_at_once_go_to_the_next_one(bench: Bench) -> None:
    """Its request for work may be given a process while, and after, it is unregistered."""
    client = _client(bench)
    for _ in range(12):
        first, second = bench.executor(), bench.executor()
        for executor in (first, second):
            executor.function(lambda: 1, name="work")
        with first:
            handle = client.submit("work", countdown=600)
            until(partial(_holds_one, first))
            first.stop(0)
        with second:
            until(partial(_holds_one, second))
            assert handle.cancel()


@pytest.mark.both_modes
def test_a_delay_is_kept_when_the_executor_stops(bench: Bench) -> None:
    client = _client(bench)
    first, second = bench.executor(), bench.executor()
    for executor in (first, second):
        executor.function(lambda: time.time(), name="work")  # noqa: PLW0108 (builtins have no signature)
    first.start()
    submitted = time.time()
    handle = client.submit("work", countdown=1.5)
    until(lambda: first.stats().parked == 1)
    first.stop(0)
    with second:
        assert handle.result(PATIENCE) >= submitted + 1.5 - 0.005


def test_a_delayed_process_can_be_cancelled(bench: Bench) -> None:
    client = _client(bench)
    executor = bench.executor()
    ran: list[int] = []
    executor.function(lambda: ran.append(1), name="work")
    with executor:
        handle = client.submit("work", countdown=600)
        until(lambda: executor.stats().parked == 1)
        assert handle.cancel()
        until(lambda: executor.stats().held == 0)
    assert ran == []


def test_a_spec_may_have_a_key_and_a_delay_too(bench: Bench) -> None:
    client = _client(bench)
    spec: FuncSpec = func_spec("work", [1], bench.colony.name, "worker")
    handle = client.submit(spec, idempotency_key="k", countdown=5)
    assert handle.process.spec.label == "key:k"
    assert handle.process.spec.nodename == "work@+5.000s"
    assert client.submit(spec, idempotency_key="k").existing
    assert spec.label == ""
