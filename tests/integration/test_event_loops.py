"""Awaitable calls in their surroundings: event loops, threads, forks, signals, the end of the interpreter."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import textwrap
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Colony, Member
from pycolonies import AsyncColonies, ConnectError, NoProcessAvailable, Process
from pycolonies.testing import DevServer

pytestmark = pytest.mark.both_modes

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks and limits of POSIX")


@pytest.fixture
def aio(colony: Colony, executor: Member) -> Iterator[AsyncColonies]:
    aio = AsyncColonies(
        colony.client.host, colony.client.port, prvkey=executor.prvkey, colonyname=colony.name
    )
    yield aio
    aio.close_threads()


class LoopWithoutReaders(asyncio.SelectorEventLoop):
    """Like the proactor loop of Windows, it only waits for operations on sockets."""

    def add_reader(self, *_: Any) -> None:  # type: ignore[override]
        raise NotImplementedError


def run_in(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> None:
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()


async def life(aio: AsyncColonies, colony: Colony) -> None:
    """One process from its submission to its end, and a hundred calls at once."""
    waiting = asyncio.create_task(aio.assign(timeout=60))
    submitted = await aio.submit_func_spec(colony.spec("x"))
    assert (await waiting).processid == submitted.processid
    ended = asyncio.create_task(aio.wait(submitted, 60))
    await aio.close(submitted.processid, ["done"])
    assert (await ended).output == ["done"]
    await asyncio.gather(*(aio.get_process(submitted.processid) for _ in range(100)))


def test_one_client_serves_one_loop_after_the_other(aio: AsyncColonies, colony: Colony) -> None:
    for _ in range(3):
        asyncio.run(life(aio, colony))


def test_one_client_serves_several_loops_at_the_same_time(colony: Colony, aio: AsyncColonies) -> None:
    process = colony.submit(colony.executor())
    found: list[Process] = []

    async def ask() -> None:
        found.extend(await asyncio.gather(*(aio.get_process(process.processid) for _ in range(50))))

    threads = [threading.Thread(target=lambda: asyncio.run(ask())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [each.processid for each in found] == [process.processid] * 200


def test_a_loop_without_readers_will_do(aio: AsyncColonies, colony: Colony) -> None:
    for _ in range(2):
        run_in(LoopWithoutReaders(), life(aio, colony))


def test_calls_of_a_loop_without_readers_can_clean_up_when_it_ends(aio: AsyncColonies) -> None:
    cleaned_up = []

    async def work() -> None:
        try:
            await aio.assign(timeout=1000)
        finally:
            cleaned_up.append(await aio.stats())

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0.1)
        for other in asyncio.all_tasks() - {asyncio.current_task()}:  # as asyncio.run does at its end
            other.cancel()
        await asyncio.wait([task], timeout=60)

    run_in(LoopWithoutReaders(), main())
    assert len(cleaned_up) == 1


def test_uvloop_will_do(aio: AsyncColonies, colony: Colony) -> None:
    uvloop = pytest.importorskip("uvloop")
    run_in(uvloop.new_event_loop(), life(aio, colony))


def test_a_process_of_an_assign_that_a_loop_left_goes_to_the_next_loop(
    aio: AsyncColonies, colony: Colony
) -> None:
    async def leave() -> None:
        waiting = asyncio.create_task(aio.assign(timeout=1000))
        await asyncio.sleep(0.2)
        waiting.cancel()
        await asyncio.wait([waiting])

    asyncio.run(leave())
    submitted = colony.submit(colony.executor("another"))

    async def take() -> Process:
        return await aio.assign(timeout=60)

    assert asyncio.run(take()).processid == submitted.processid


def test_cancellations_that_coincide_with_assignments_lose_no_process(
    aio: AsyncColonies, colony: Colony
) -> None:
    choice = random.Random(1)
    rounds = 300

    async def test() -> None:
        submitted, assigned = [], []
        for _ in range(rounds):
            waiting = asyncio.create_task(aio.assign(timeout=30))
            await asyncio.sleep(0)
            submitting = asyncio.create_task(aio.submit_func_spec(colony.spec()))
            await asyncio.sleep(choice.uniform(0, 0.002))
            waiting.cancel()
            submitted.append((await submitting).processid)
            await asyncio.wait([waiting])
            if not waiting.cancelled():
                assigned.append(waiting.result().processid)
        while len(assigned) < rounds:
            assigned.append((await aio.assign(timeout=60)).processid)
        assert sorted(assigned) == sorted(submitted)
        with pytest.raises(NoProcessAvailable):
            await aio.assign(timeout=-1)

    asyncio.run(test())


def test_the_next_host_is_used_where_one_cannot_be_reached(colony: Colony, executor: Member) -> None:
    async def test() -> None:
        client = AsyncColonies(
            "127.0.0.1",
            1,
            prvkey=executor.prvkey,
            colonyname=colony.name,
            hosts=[f"127.0.0.1:{colony.client.port}"],
        )
        submitted = await client.submit_func_spec(colony.spec())
        assert (await client.assign(timeout=60)).processid == submitted.processid
        nowhere = AsyncColonies("127.0.0.1", 1, prvkey=executor.prvkey, colonyname=colony.name)
        with pytest.raises(ConnectError):
            await nowhere.assign(timeout=60)
        several = AsyncColonies(
            "127.0.0.1", 1, hosts=["127.0.0.1:2"], prvkey=executor.prvkey, colonyname=colony.name
        )
        for call in (several.stats(), several.assign(timeout=60)):
            with pytest.raises(ConnectError, match="none of 2 servers"):
                await call

    asyncio.run(test())


def test_a_server_takes_as_many_connections_as_it_is_told() -> None:
    with DevServer(max_connections=2) as server:

        async def test() -> None:
            async with AsyncColonies(server.host, server.port) as aio:
                results = await asyncio.gather(
                    *(aio.get_version() for _ in range(20)), return_exceptions=True
                )
                refused = [result for result in results if isinstance(result, Exception)]
                assert all("2 connections" in str(result) for result in refused)
                assert len(refused) < len(results)

        asyncio.run(test())
    with pytest.raises(ValueError, match=r"between 1 and \d+, got 0"):
        DevServer(max_connections=0)


def program(colony: Colony, executor: Member, text: str) -> subprocess.CompletedProcess[str]:
    """Runs a program that has a client and a process."""
    prelude = f"""
        import asyncio, os, signal, sys, threading
        COLONY = "{colony.name}"
        from pycolonies import AsyncColonies, ConnectError
        def client(**settings):
            return AsyncColonies("{colony.client.host}", {colony.client.port}, prvkey="{executor.prvkey}",
                colonyname="{colony.name}", **settings)
    """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(prelude) + textwrap.dedent(text)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_waiting_calls_need_no_thread_and_hold_up_no_other_call(colony: Colony, executor: Member) -> None:
    done = program(
        colony,
        executor,
        """
        async def main():
            aio = client()
            await aio.stats()
            idle = len(os.listdir("/proc/self/task"))
            waiting = [asyncio.create_task(aio.assign(timeout=1000)) for _ in range(500)]
            for _ in range(20):
                await asyncio.wait_for(aio.stats(), 30)
            print(len(os.listdir("/proc/self/task")) <= idle)
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)
        asyncio.run(main())
        """,
    )
    assert done.stdout == "True\n", done.stderr
    assert done.stderr == ""


@posix
def test_a_forked_child_makes_calls_of_its_own(colony: Colony, executor: Member) -> None:
    done = program(
        colony,
        executor,
        """
        async def main():
            aio = client()
            waiting = [asyncio.create_task(aio.assign(timeout=1000)) for _ in range(20)]
            await aio.stats()
            for _ in range(10):
                child = os.fork()
                if child == 0:
                    status = 1
                    try:
                        asyncio.run(aio.stats())
                        asyncio.run(client().stats())
                        status = 0
                    finally:
                        os._exit(status)
                assert os.waitpid(child, 0)[1] == 0
                await aio.stats()
            assert not any(task.done() for task in waiting)
        asyncio.run(main())
        print("done")
        """,
    )
    assert done.stdout == "done\n"
    assert done.stderr == ""
    assert done.returncode == 0


@posix
def test_a_forked_child_has_turns_of_its_own() -> None:
    with DevServer() as server:
        colony = Colony(server.client())
        executor = colony.executor("worker")
        server.faults.delay(3600, "getcolonystatsmsg", times=1)
        done = program(
            colony,
            executor,
            """
            async def main():
                aio = client(max_concurrency=1)
                held = asyncio.create_task(aio.stats())  # it takes the only turn
                await asyncio.sleep(0.1)
                child = os.fork()
                if child == 0:
                    status = 1
                    try:
                        asyncio.run(asyncio.wait_for(aio.get_version(), 20))
                        status = 0
                    finally:
                        os._exit(status)
                assert os.waitpid(child, 0)[1] == 0
                assert not held.done()
                held.cancel()
            asyncio.run(main())
            print("done")
            """,
        )
    assert done.stdout == "done\n", done.stderr
    assert done.stderr == ""


@posix
def test_a_forked_child_that_drops_a_subscription_leaves_it_to_its_parent(
    colony: Colony, executor: Member
) -> None:
    done = program(
        colony,
        executor,
        """
        import gc, json
        from pycolonies import func_spec
        from pycolonies._rpc.encoding import encode
        async def main():
            aio = client()
            socket = await aio._transport.subscribe()
            processids = []
            async def submit():
                spec = func_spec("echo", [], COLONY, "echo", maxexectime=60)
                processids.append((await aio.submit_func_spec(spec)).processid)
                message = {"processid": processids[-1], "executortype": "echo", "state": 1, "timeout": 60}
                payload = encode("subscribeprocessmsg", message)
                await socket.send("subscribeprocessmsg", payload, aio._own_prvkey)
            await submit()
            child = os.fork()
            if child == 0:
                del socket
                gc.collect()
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            event = None
            for _ in range(10):  # a server sends nothing if it reads the subscription after the assignment
                await aio.assign(timeout=60)
                if event := await socket.next(2):
                    break
                await submit()
            assert json.loads(event)["processid"] in processids
        asyncio.run(main())
        print("done")
        """,
    )
    assert done.stdout == "done\n", done.stderr
    assert done.stderr == ""


def test_a_program_ends_while_replies_come_in(colony: Colony, executor: Member) -> None:
    for _ in range(5):
        done = program(
            colony,
            executor,
            """
            loop = asyncio.new_event_loop()
            aio = client()
            tasks = [loop.create_task(aio.stats()) for _ in range(600)]
            tasks += [loop.create_task(aio.assign(timeout=1000)) for _ in range(50)]
            loop.run_until_complete(asyncio.wait(tasks, timeout=0.02))
            print("done", flush=True)
            """,
        )
        assert done.stdout == "done\n", done.stderr
        assert done.returncode == 0, done.stderr


@posix
def test_ctrl_c_ends_a_wait(colony: Colony, executor: Member) -> None:
    done = program(
        colony,
        executor,
        """
        async def main():
            threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
            await client().assign(timeout=1000)
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print("interrupted")
        """,
    )
    assert done.stdout == "interrupted\n"
    assert done.stderr == ""


@posix
def test_the_limit_of_open_files_is_told_with_its_remedy(colony: Colony, executor: Member) -> None:
    done = program(
        colony,
        executor,
        """
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        async def main():
            aio = client()
            waiting = [asyncio.create_task(aio.assign(timeout=1000)) for _ in range(100)]
            done, _ = await asyncio.wait(waiting, timeout=40, return_when=asyncio.FIRST_COMPLETED)
            for task in waiting:
                task.cancel()
            print(type(done.pop().exception()).__name__)
            results = await asyncio.gather(*waiting, return_exceptions=True)
            print(any("ulimit -n" in str(result) for result in results))
        asyncio.run(main())
        """,
    )
    assert done.stdout == "ConnectError\nTrue\n"
    assert done.stderr == ""
