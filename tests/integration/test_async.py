"""The client for asyncio, over the real wire."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import copy
import inspect
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

import pytest
from write_async_calls import BY_HAND, TARGET, calls, write

from badserver import bad_server, silence
from conftest import Colony, Member
from polling import until, until_async
from proxy import wire_to
from pycolonies import (
    AsyncColonies,
    ChannelEntry,
    Colonies,
    ConnectionLostError,
    Crypto,
    FuncSpec,
    NoProcessAvailable,
    PermissionDeniedError,
    Process,
    WaitTimeoutError,
)
from pycolonies._aio import caller
from pycolonies._aio.assign import PendingAssign
from pycolonies._client import channels
from pycolonies._waiting.threads import Job, Threads
from pycolonies.testing import DevServer

pytestmark = pytest.mark.both_modes

PRVKEY = Crypto().prvkey()


@pytest.fixture
def aio(colony: Colony, executor: Member) -> Iterator[AsyncColonies]:
    aio = AsyncColonies(
        colony.client.host, colony.client.port, prvkey=executor.prvkey, colonyname=colony.name
    )
    yield aio
    aio.close_threads()


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


def test_the_written_calls_are_current() -> None:
    assert TARGET.read_text() == write(), "run: python tools/write_async_calls.py"


def test_every_call_is_there_with_its_signature() -> None:
    names = {call.name for call, _ in calls()}
    assert names >= BY_HAND - {"from_env"}
    for name in sorted(names):
        blocking, awaitable = getattr(Colonies, name), getattr(AsyncColonies, name)
        waits = inspect.iscoroutinefunction(awaitable) or inspect.isasyncgenfunction(awaitable)
        assert waits or name == "with_options", name
        expected = inspect.signature(blocking).parameters
        found = inspect.signature(awaitable).parameters
        assert list(found) == list(expected), name
        for parameter in found.values():  # an asynchronous iterable will do, too
            assert parameter == expected[parameter.name] or parameter.name == "iterables", name
        assert awaitable.__doc__, name


def test_the_life_of_a_process(aio: AsyncColonies, colony: Colony) -> None:
    async def test() -> None:
        waiting = asyncio.create_task(aio.assign(timeout=60))
        submitted = await aio.submit_func_spec(colony.spec("x"))
        assigned = await waiting
        assert assigned.processid == submitted.processid
        ended = asyncio.create_task(aio.wait(submitted, 60))
        await aio.close(assigned.processid, ["done"])
        assert (await ended).output == ["done"]
        assert await aio.list_processes(state=aio.WAITING) == []

    run(test)


def test_errors_come_through(aio: AsyncColonies, colony: Colony) -> None:
    async def test() -> None:
        with pytest.raises(PermissionDeniedError):
            await aio.get_colony(prvkey="11" * 32)
        with pytest.raises(NoProcessAvailable):
            await aio.assign(timeout=-1)
        with pytest.raises(NoProcessAvailable):
            await aio.assign(timeout=1)
        with pytest.raises(TypeError, match="timeout is missing"):
            await aio.assign()
        process = await aio.submit_func_spec(colony.spec())
        with pytest.raises(WaitTimeoutError):
            await aio.wait(process, 0.1)

    run(test)


def test_a_cancelled_call_ends_at_once(aio: AsyncColonies) -> None:
    async def test() -> None:
        waiting = asyncio.create_task(aio.assign(timeout=1000))
        await asyncio.sleep(0)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(waiting, 0.1)

    started = time.monotonic()
    run(test)
    assert time.monotonic() - started < 60  # not a thousand seconds


def test_a_cancelled_call_closes_its_connection_and_leaves_its_turn() -> None:
    async def test(port: int) -> None:
        client = AsyncColonies(
            "127.0.0.1", port, prvkey=PRVKEY, colonyname="dev", timeout=1000, max_concurrency=1
        )
        for call in (
            client.stats,
            partial(client.get_process, "x"),
            partial(client.submit_func_spec, FuncSpec()),
        ):
            waiting = asyncio.create_task(call())
            await until_async(lambda: wire.open == 1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await until_async(lambda: wire.open == 0)
        client.close_threads()

    with bad_server(silence) as (silent, _), wire_to("127.0.0.1", silent) as wire:
        asyncio.run(test(wire.port))


def test_a_cancelled_wait_closes_its_subscription(colony: Colony, executor: Member) -> None:
    async def test(port: int) -> None:
        client = AsyncColonies(
            "127.0.0.1", port, prvkey=executor.prvkey, colonyname=colony.name, max_concurrency=1
        )
        process = await client.submit_func_spec(colony.spec())
        waiting = asyncio.create_task(client.wait(process, 1000))
        await until_async(lambda: wire.open == 2)  # its subscription, too
        waiting.cancel()
        # A poll that was under way when it was cancelled takes its connection with it.
        await until_async(lambda: wire.open <= 1)
        assert (await client.get_process(process.processid)).state == client.WAITING
        client.close_threads()

    with wire_to(colony.client.host, colony.client.port) as wire:
        asyncio.run(test(wire.port))


@pytest.mark.parametrize("closed", ["after", "before"])
def test_a_client_that_is_closed_takes_its_assigns_back(
    colony: Colony, executor: Member, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    monkeypatch.setattr(caller, "hold_of", lambda *_: 1000)

    async def test(port: int) -> None:
        client = AsyncColonies("127.0.0.1", port, prvkey=executor.prvkey, colonyname=colony.name)
        waiting = asyncio.create_task(client.assign(timeout=1000))
        await until_async(lambda: wire.open == 1)
        if closed == "before":
            client.close_threads()
        waiting.cancel()
        await asyncio.wait([waiting])
        if closed == "after":
            client.close_threads()
        await until_async(lambda: wire.open == 0)

    with wire_to(colony.client.host, colony.client.port) as wire:
        asyncio.run(test(wire.port))


def test_a_process_of_a_cancelled_assign_is_not_lost(aio: AsyncColonies, colony: Colony) -> None:
    async def test() -> None:
        waiting = asyncio.create_task(aio.assign(timeout=1000))
        # The assign has reached the server once the time of last contact is set.
        members = colony.client.list_executors
        key = colony.user().prvkey
        await until_async(lambda: members(colony.name, key)[0]["lastheardfromtime"][:4] != "0001")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        process = await aio.submit_func_spec(colony.spec())
        assert (await aio.assign(timeout=60)).processid == process.processid

    run(test)


def test_a_process_is_not_lost_that_is_completed_when_its_assign_is_cancelled(
    own_server: DevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    colony = Colony(own_server.client())
    worker = colony.executor()
    monkeypatch.setattr(caller, "CERTAIN", 3600)

    async def test() -> None:
        at = (own_server.host, own_server.port)
        async with AsyncColonies(*at, prvkey=worker.prvkey, colonyname=colony.name) as aio:
            own_server.faults.delay(3600, "getprocessmsg", times=1)
            process = await aio.submit_func_spec(colony.spec())
            waiting = asyncio.create_task(aio.assign(timeout=60))
            running = partial(colony.client.list_processes, colony.name, 1, Colonies.RUNNING, worker.prvkey)
            await until_async(running)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert (await aio.assign(timeout=60)).processid == process.processid

    run(test)


def test_an_abandoned_assign_keeps_nobody_from_asking(aio: AsyncColonies, colony: Colony) -> None:
    async def test() -> None:
        waiting = asyncio.create_task(aio.assign(timeout=1000))
        await asyncio.sleep(0.1)
        waiting.cancel()
        await asyncio.wait([waiting])
        started = time.monotonic()
        with pytest.raises(NoProcessAvailable):
            await aio.assign(timeout=-1)
        with pytest.raises(NoProcessAvailable):
            await aio.assign(timeout=1)
        assert time.monotonic() - started < 60  # not a thousand seconds
        # Who asks for another colony gets nothing of this one.
        another = Colony(colony.client)
        other = another.executor()
        with pytest.raises(NoProcessAvailable):
            await aio.assign(another.name, 1, other.prvkey)

    run(test)


def test_the_failure_of_an_abandoned_assign_is_nobodys(aio: AsyncColonies, colony: Colony) -> None:
    async def assigned() -> Process:
        for _ in range(10):  # a Colonies server does not wake all who wait
            with contextlib.suppress(NoProcessAvailable):
                return await aio.assign(timeout=2)
        return await aio.assign(timeout=2)

    async def test() -> None:
        waiting = asyncio.create_task(aio.assign(timeout=1000))
        await asyncio.sleep(0.1)
        waiting.cancel()
        await asyncio.wait([waiting])
        ((group, _),) = aio._abandoned._waiting.items()

        def another() -> PendingAssign:
            # Of another colony: where the request is sent before it is cut, it takes no process of this one.
            call = aio._ask(("another colony", *group[1:]), 1000, 0)
            call.cut()
            aio._abandoned.keep(group, call)
            return call

        failed, failing = another(), another()
        failed.set_exception(NoProcessAvailable("nothing", 404, "assignprocessmsg"))
        assigning = [asyncio.create_task(assigned()) for _ in range(2)]
        await asyncio.sleep(0)
        failing.set_exception(ConnectionLostError("lost", True))
        processes = {(await aio.submit_func_spec(colony.spec())).processid for _ in assigning}
        assert {process.processid for process in await asyncio.gather(*assigning)} == processes
        assert not any(aio._abandoned._waiting.values())

    run(test)


def test_calls_that_a_server_holds_take_no_turn(colony: Colony, executor: Member) -> None:
    async def test() -> None:
        client = AsyncColonies(
            colony.client.host,
            colony.client.port,
            prvkey=executor.prvkey,
            colonyname=colony.name,
            max_concurrency=1,
        )
        waiting = [asyncio.create_task(client.assign(timeout=1000)) for _ in range(100)]
        await asyncio.sleep(0)
        assert (await client.stats())["executors"] == 1
        processes = {(await client.submit_func_spec(colony.spec())).processid for _ in waiting}
        assert {process.processid for process in await asyncio.gather(*waiting)} == processes
        client.close_threads()

    run(test)


def test_more_waiters_than_turns_do_not_block_each_other(colony: Colony, executor: Member) -> None:
    async def test() -> None:
        host, port = colony.client.host, colony.client.port
        async with AsyncColonies(
            host, port, prvkey=executor.prvkey, colonyname=colony.name, max_concurrency=2
        ) as client:
            processes = [await client.submit_func_spec(colony.spec()) for _ in range(6)]
            ended = [asyncio.create_task(client.wait(process, 60)) for process in processes]
            for _ in processes:
                await client.close((await client.assign(timeout=60)).processid, [])
            assert {process.state for process in await asyncio.gather(*ended)} == {client.SUCCESSFUL}

    run(test)


def test_many_calls_at_once(aio: AsyncColonies) -> None:
    async def test() -> None:
        found = await asyncio.gather(*(aio.stats() for _ in range(100)))
        assert {statistics["executors"] for statistics in found} == {1}

    run(test)


@pytest.fixture
def chat(colony: Colony, executor: Member, monkeypatch: pytest.MonkeyPatch) -> Process:
    monkeypatch.setattr(channels, "LOOK_AFTER", 0.05)
    spec = colony.spec()
    spec.channels = ["chat"]
    colony.client.submit_func_spec(spec, executor.prvkey)
    return colony.client.assign(colony.name, 10, executor.prvkey)


def test_a_channel_is_followed(aio: AsyncColonies, chat: Process) -> None:
    async def test() -> None:
        received = []
        await aio.channel_append(chat.processid, "chat", 1, "one")
        async for entry in aio.follow_channel(chat.processid, "chat", timeout=25):
            received.append(entry["payload"])
            if len(received) == 1:
                await aio.channel_append(chat.processid, "chat", 2, "two")
                await aio.close(chat.processid, [])
        assert received == [b"one", b"two"]

    run(test)


def test_callbacks_may_be_coroutines(aio: AsyncColonies, chat: Process) -> None:
    async def test() -> None:
        received: list[bytes] = []

        async def callback(entries: list[ChannelEntry]) -> bool:
            await asyncio.sleep(0)
            received.extend(entry["payload"] for entry in entries)
            return False

        await aio.channel_append(chat.processid, "chat", 1, "one")
        await aio.subscribe_channel(chat.processid, "chat", timeout=25, callback=callback)
        assert received == [b"one"]
        together = await aio.subscribe_channel(chat.processid, "chat", timeout=3)
        assert together is not None
        assert len(together) == 1

    run(test)


def test_an_iterator_that_is_left_closes_its_connection(
    colony: Colony, executor: Member, chat: Process
) -> None:
    async def test(port: int) -> None:
        client = AsyncColonies("127.0.0.1", port, prvkey=executor.prvkey, colonyname=colony.name)
        following = client.follow_channel(chat.processid, "chat")
        await client.channel_append(chat.processid, "chat", 1, "one")
        assert (await anext(following))["payload"] == b"one"
        next_one = asyncio.ensure_future(anext(following))
        await asyncio.sleep(0.01)
        next_one.cancel()
        with pytest.raises(asyncio.CancelledError):
            await next_one
        await until_async(lambda: wire.open == 1)  # that of the calls

    with wire_to(colony.client.host, colony.client.port) as wire:
        asyncio.run(test(wire.port))


def test_processes_are_followed(aio: AsyncColonies, colony: Colony) -> None:
    async def test() -> None:
        process = await aio.submit_func_spec(colony.spec())
        states = []
        async for found in aio.follow_process(process.processid, timeout=25):
            states.append(found.state)
            if found.state == aio.WAITING:
                await aio.assign(timeout=60)
            elif found.state == aio.RUNNING:
                await aio.close(process.processid, [])
        assert states == [aio.WAITING, aio.RUNNING, aio.SUCCESSFUL]

        async def knock() -> None:
            while True:
                await aio.submit_func_spec(colony.spec("knock"))
                await asyncio.sleep(0.05)

        knocking = asyncio.create_task(knock())
        async for found in aio.follow_processes(executortype="echo", state=aio.WAITING, timeout=25):
            assert found.spec.args == ["knock"]
            break
        knocking.cancel()

    run(test)


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch, colony: Colony, executor: Member) -> None:
    for name in ("COLONIES_TLS", "COLONIES_SERVER_TLS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLONIES_SERVER_HOST", colony.client.host)
    monkeypatch.setenv("COLONIES_SERVER_PORT", str(colony.client.port))
    monkeypatch.setenv("COLONIES_PRVKEY", executor.prvkey)
    monkeypatch.setenv("COLONIES_COLONY_NAME", colony.name)

    async def test() -> None:
        async with AsyncColonies.from_env() as client:
            assert (await client.stats())["executors"] == 1
            assert repr(client).startswith("AsyncColonies('127.0.0.1'")
            assert executor.prvkey not in repr(client)
        with pytest.raises(RuntimeError, match="closed"):
            await client.stats()

    run(test)


def test_a_program_ends_although_a_call_waits(colony: Colony, executor: Member) -> None:
    program = (
        "import asyncio, pycolonies\n"
        "async def main():\n"
        "    client = pycolonies.AsyncColonies.from_env()\n"
        "    await asyncio.wait([asyncio.create_task(client.assign(timeout=1000))], timeout=0.5)\n"
        "asyncio.run(main())\n"
        "print('done')\n"
    )
    environment = os.environ | {
        "COLONIES_SERVER_HOST": colony.client.host,
        "COLONIES_SERVER_PORT": str(colony.client.port),
        "COLONIES_PRVKEY": executor.prvkey,
        "COLONIES_COLONY_NAME": colony.name,
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "done\n"
    assert done.stderr == ""


def _started(before: set[threading.Thread]) -> int:
    """Return how many threads of pools have started since then; earlier ones may still be ending."""
    return sum(thread.name.startswith("pycolonies-") for thread in set(threading.enumerate()) - before)


def test_threads_are_started_as_needed_and_end() -> None:
    before = set(threading.enumerate())
    threads = Threads(4)
    assert _started(before) == 0
    threads.submit(Job(lambda: None)).result(60)
    assert _started(before) == 1
    gates = [threading.Event() for _ in range(9)]
    waiting = [threads.submit(Job(gate.wait)) for gate in gates]
    assert _started(before) == 4
    for gate in gates:
        gate.set()
    assert all(future.result(60) for future in waiting)
    threads.close()
    until(lambda: not _started(before), "the threads to end")
    with pytest.raises(ValueError, match="limit must be at least 1"):
        Threads(0)


def test_threads_of_a_forgotten_client_end() -> None:
    before = set(threading.enumerate())
    threads = Threads(2)
    threads.submit(Job(lambda: None)).result(60)
    del threads
    until(lambda: not _started(before), "the threads to end")


def test_context_variables_are_those_of_the_caller(aio: AsyncColonies) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")

    async def test() -> None:
        variable.set("mine")
        assert await aio._run(variable.get) == "mine"

    run(test)


class Own(AsyncColonies):
    """A program's client."""


def _copies(aio: AsyncColonies) -> list[AsyncColonies]:
    return [pickle.loads(pickle.dumps(aio)), copy.deepcopy(aio)]


def test_pickles_and_deep_copies_open_their_own_connections(aio: AsyncColonies, colony: Colony) -> None:
    async def main(made_again: AsyncColonies) -> None:
        process = await made_again.submit_func_spec(colony.spec("x"))
        assert (await aio.assign(timeout=60)).processid == process.processid
        made_again.close_threads()
        await aio.close(process.processid, ["x"])

    for made_again in _copies(aio):
        assert repr(made_again) == repr(aio)
        asyncio.run(main(made_again))


def test_a_pickle_keeps_the_settings(colony: Colony, executor: Member) -> None:
    aio = Own(colony.client.host, colony.client.port, prvkey=executor.prvkey, timeout=7, max_concurrency=3)
    aio.__dict__["note"] = "kept"
    bound = aio.bind(colonyname=colony.name).with_options(executortype="echo", maxexectime=9)
    for made_again in _copies(bound):
        assert isinstance(made_again, Own)
        assert made_again.__dict__["note"] == "kept"
        assert made_again.endpoint.endpoint.colonyname == colony.name
        assert made_again.endpoint.endpoint.prvkey == aio.endpoint.endpoint.prvkey
        assert made_again.endpoint.endpoint.timeout == 7
        assert made_again._max_concurrency == 3

        async def main(client: AsyncColonies) -> None:
            handle = await client.submit("echo", args=["x"])
            assert handle.process.spec.maxexectime == 9
            again = pickle.loads(pickle.dumps(handle))
            assert again.processid == handle.processid
            assert await again.cancel()

        asyncio.run(main(made_again))


def test_a_client_that_is_closed_pickles_as_an_open_one(aio: AsyncColonies, colony: Colony) -> None:
    aio.close_threads()
    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(aio.get_colony(colony.name))
    assert asyncio.run(pickle.loads(pickle.dumps(aio)).get_colony(colony.name)).name == colony.name


def test_a_copy_shares_the_connections(aio: AsyncColonies) -> None:
    assert copy.copy(aio)._transport is aio._transport
