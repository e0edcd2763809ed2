"""gevent, eventlet and trio: the client works, and what can't work is refused at once with the remedy."""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import dedent

import pytest

from conftest import Colony
from pycolonies import Executor
from pycolonies.testing import DevServer

PATCHES = {
    "gevent": "from gevent import monkey; monkey.patch_all()\nimport gevent\nspawn = gevent.spawn\n"
    "def join(one): return one.get(timeout=30)\n",
    "eventlet": "import warnings; warnings.simplefilter('ignore')\nimport eventlet; eventlet.monkey_patch()\n"
    "spawn = eventlet.spawn\ndef join(one): return one.wait()\n",
}
#: Counts how often a green thread runs meanwhile.
TICKING = """
import time
from pycolonies import Colonies, ConfigurationError, Executor, WaitTimeoutError, Workflow
ticks = 0
def tick():
    global ticks
    while True:
        ticks += 1
        time.sleep(0.01)
spawn(tick)
client = Colonies.from_env()
options = {"executortype": "adder", "maxexectime": 60}
"""


def run(server: DevServer, colony: Colony, script: str) -> str:
    variables = {
        **os.environ,
        **server.environment,
        "COLONIES_COLONY_NAME": colony.name,
        "COLONIES_COLONY_PRVKEY": colony.prvkey,
        "COLONIES_PRVKEY": colony.executor().prvkey,
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=variables,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def adder(server: DevServer, colony: Colony) -> Executor:
    client = server.client(prvkey=colony.executor().prvkey, colonyname=colony.name)
    executor = Executor("adder", client=client, colony_prvkey=colony.prvkey)
    executor.function(lambda *numbers: sum(numbers), name="add")
    executor.function(lambda ctx: ctx.wait(0.5), name="rest")
    return executor


@pytest.mark.parametrize("library", PATCHES)
def test_calls_let_green_threads_run(server: DevServer, colony: Colony, library: str) -> None:
    script = dedent("""
        from pycolonies import NoProcessAvailable
        for _ in range(10):  # a call that blocks lets others run once at most
            try:
                client.assign(timeout=1)
            except NoProcessAvailable:
                pass
            if ticks > 20:
                break
        assert ticks > 20, ticks
    """)
    run(server, colony, PATCHES[library] + TICKING + script)


@pytest.mark.parametrize("library", PATCHES)
def test_handles_maps_and_workflows_work(
    server: DevServer, colony: Colony, adder: Executor, library: str
) -> None:
    script = dedent("""
        def call(number):
            return client.submit("add", args=[number, 1], **options).result(timeout=60)
        assert [join(one) for one in [spawn(call, number) for number in range(20)]] == list(range(1, 21))
        assert list(client.map("add", range(50), range(50), **options)) == [2 * n for n in range(50)]
        workflow = Workflow(colonyname=client.colonyname, **options)
        total = workflow.add("add", after=[workflow.add("add", args=[n]) for n in range(3)])
        assert client.wait_workflow(client.submit_workflow(workflow), timeout=30)[total] == 3
        before = ticks
        for _ in range(5):
            client.submit("rest", **options).result(timeout=60)
            if ticks - before > 10:
                break
        assert ticks - before > 10, ticks - before
        process = client.submit_func_spec(client.submit("rest", **options).spec)
        assert client.wait(process, 30).state == client.SUCCESSFUL
        followed = client.follow_process(client.submit("add", **options).processid)
        assert [one.state for one in followed][-1] == 2
    """)
    with adder:
        run(server, colony, PATCHES[library] + TICKING + script)


@pytest.mark.parametrize("library", PATCHES)
@pytest.mark.parametrize("start", ["start()", "run()", "__enter__()"])
def test_an_executor_is_refused_at_once_with_the_remedy(
    server: DevServer, colony: Colony, library: str, start: str
) -> None:
    script = dedent(f"""
        executor = Executor("adder")
        executor.function(lambda: 1, name="one")
        try:
            executor.{start}
        except ConfigurationError as refused:
            print(refused)
    """)
    assert run(server, colony, PATCHES[library] + TICKING + script).splitlines()[-1] == (
        f"an executor needs threads of the operating system, and {library} has replaced them; "
        "run it in a separate process: pycolonies executor run"
    )


def test_gevent_that_is_only_imported_changes_nothing(server: DevServer, colony: Colony) -> None:
    script = dedent("""
        import gevent.monkey
        from pycolonies import Colonies, Executor
        executor = Executor("one")
        executor.function(lambda: 1, name="one")
        with executor:
            handle = Colonies.from_env().submit("one", executortype="one", maxexectime=60)
            assert handle.result(timeout=60) == 1
    """)
    run(server, colony, script)


def test_trio_gets_a_clear_text(server: DevServer, colony: Colony) -> None:
    script = dedent("""
        import trio
        from pycolonies import AsyncColonies, Colonies

        async def main():
            try:
                await AsyncColonies.from_env().get_colony()
            except RuntimeError as refused:
                print(refused)
            handle = Colonies.from_env().submit("add", executortype="adder")
            try:
                await handle
            except RuntimeError as refused:
                print(refused)
            colony = await trio.to_thread.run_sync(Colonies.from_env().get_colony)
            print(colony.name)

        trio.run(main)
    """)
    text = "awaitable calls need asyncio, and trio is running; call the blocking client in a thread, "
    *refusals, name = run(server, colony, script).splitlines()
    assert name == colony.name
    assert [line.startswith(text) for line in refusals] == [True, True]


def test_no_event_loop_gets_a_clear_text(server: DevServer, colony: Colony) -> None:
    script = dedent("""
        from pycolonies import AsyncColonies

        try:
            AsyncColonies.from_env().get_colony().send(None)
        except RuntimeError as refused:
            print(refused)
    """)
    assert run(server, colony, script) == (
        "awaitable calls need a running asyncio event loop; start one: asyncio.run(main())\n"
    )
