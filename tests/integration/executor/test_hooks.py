"""Functions that run when an executor starts and stops, and the state that they share."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hookwork
from executor_bench import Bench, environment
from polling import until
from pycolonies import AsyncContext, ConfigurationError, Context, Executor, Process, State
from pycolonies.testing import Rehearsal

if TYPE_CHECKING:
    from programs import Programs

pytestmark = pytest.mark.both_modes


def test_what_the_start_has_set_is_there_for_all_functions(bench: Bench) -> None:
    executor = bench.executor()
    told: list[str] = []

    @executor.on_start
    def connect(state: State) -> None:
        state.pool = "pool"
        told.append("connect")

    @executor.on_start
    async def load(state: State) -> None:
        await asyncio.sleep(0)
        state.model = f"model of {state.pool}"
        told.append("load")

    @executor.on_stop
    async def unload(state: State) -> None:
        await asyncio.sleep(0)
        told.append(f"unload {state.model}")

    @executor.on_stop()
    def disconnect() -> None:
        told.append("disconnect")

    @executor.function
    def plain(ctx: Context) -> str:
        return str(ctx.state.model)

    @executor.function
    async def awaited(ctx: AsyncContext) -> bool:
        return ctx.state.pool is executor.state.pool

    with executor:
        assert told == ["connect", "load"]
        assert bench.outcome("plain").output == ["model of pool"]
        assert bench.outcome("awaited").output == [True]
    assert told == ["connect", "load", "disconnect", "unload model of pool"]


def test_a_coroutine_hook_runs_on_the_loop_of_the_functions(bench: Bench) -> None:
    executor = bench.executor()

    @executor.on_start
    async def connect(state: State) -> None:
        state.lock = asyncio.Lock()
        state.loop = asyncio.get_running_loop()

    @executor.function
    async def awaited(ctx: AsyncContext) -> bool:
        async with ctx.state.lock:
            return ctx.state.loop is asyncio.get_running_loop()

    with executor:
        assert bench.outcome("awaited").output == [True]


def test_in_a_program_with_an_event_loop_hooks_run_on_it(bench: Bench) -> None:
    executor = bench.executor()
    loops: list[asyncio.AbstractEventLoop] = []

    @executor.on_start
    @executor.on_stop
    async def note() -> None:
        loops.append(asyncio.get_running_loop())

    async def program() -> None:
        running = asyncio.ensure_future(executor.run_async())
        await asyncio.to_thread(until, lambda: executor.stats().concurrency)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        assert loops == [asyncio.get_running_loop()] * 2

    asyncio.run(program())


def test_a_failure_at_the_start_ends_the_executor_before_it_registers(bench: Bench) -> None:
    executor = bench.executor()
    stopped: list[str] = []

    @executor.on_start
    def connect() -> None:
        raise ConnectionRefusedError("no database")

    @executor.on_start
    def never() -> None:
        stopped.append("never")

    @executor.on_stop
    def close() -> None:
        stopped.append("close")

    @executor.function
    def work() -> None: ...

    with pytest.raises(ConnectionRefusedError, match="no database"):
        executor.run(quiet=True)
    with pytest.raises(ConnectionRefusedError, match="no database"):
        executor.start()
    with pytest.raises(ConnectionRefusedError, match="no database"):
        asyncio.run(executor.run_async())
    assert stopped == ["close"] * 3
    members = bench.client.list_executors(bench.colony.name, bench.user.prvkey)
    assert executor.executorname not in [member["executorname"] for member in members]


def test_every_function_at_the_end_runs_whatever_the_others_raise(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    executor = bench.executor()
    told: list[str] = []

    @executor.on_stop
    def last() -> None:
        told.append("last")

    @executor.on_stop
    async def broken() -> None:
        raise RuntimeError("cannot close")

    @executor.function
    def work() -> None: ...

    with executor:
        pass
    assert told == ["last"]
    assert "broken" in caplog.text
    assert "cannot close" in caplog.text


def test_the_end_waits_for_functions_that_run(bench: Bench) -> None:
    executor = bench.executor()
    order: list[str] = []
    go_on = threading.Event()

    @executor.on_stop
    def close() -> None:
        order.append("close")

    @executor.function
    def work() -> None:
        go_on.wait(60)
        order.append("work")

    executor.start()
    process = bench.submit("work")
    bench.until_running(process)
    threading.Timer(0.1, go_on.set).start()
    executor.stop()
    assert order == ["work", "close"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_signal_runs_the_functions_at_the_end(bench: Bench, tmp_path: Path, programs: Programs) -> None:
    script = tmp_path / "worker.py"
    script.write_text(
        "from pycolonies import Executor\n"
        "executor = Executor('worker')\n"
        "executor.on_start(lambda: print('start', flush=True))\n"
        "executor.on_stop(lambda: print('stop', flush=True))\n"
        "@executor.function\n"
        "def work(): ...\n"
        "executor.run(quiet=True)\n"
    )
    program = programs([sys.executable, script], env=environment(bench), stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == "start\n"
        bench.outcome("work")
        program.send_signal(signal.SIGTERM)
        assert program.communicate(timeout=60)[0] == "stop\n"
        assert program.returncode == 0
    finally:
        program.kill()
        program.wait()


def test_a_failing_start_is_an_exit_code_of_the_program(bench: Bench, tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(
        "from pycolonies import Executor\n"
        "executor = Executor('worker')\n"
        "@executor.on_start\n"
        "def connect(): raise OSError('no database')\n"
        "executor.run(quiet=True)\n"
    )
    ended = subprocess.run(
        [sys.executable, script],
        env=environment(bench),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.rstrip().endswith("OSError: no database")


def test_each_child_process_has_a_state_of_its_own(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOOKS", str(tmp_path / "hooks"))
    executor = bench.executor()
    executor.on_start(hookwork.open_it)
    executor.on_start(hookwork.open_more)
    executor.on_stop(hookwork.close_it)
    executor.function(hookwork.use, process=True)
    with executor:
        first, second = (_only(bench.outcome("use")) for _ in range(2))
    child = first[0]
    assert child != os.getpid()
    assert first == [child, child, child, 1]
    assert second == [child, child, child, 2]
    lines = (tmp_path / "hooks").read_text().splitlines()
    assert sorted(lines) == sorted(
        [
            f"{os.getpid()} open",
            f"{child} open",
            f"{child} close after 2",
            f"{os.getpid()} close after 0",
        ]
    )


def _only(process: Process) -> list[int]:
    assert process.output is not None
    found: list[int] = process.output[0]
    return found


def test_hooks_may_be_left_out_of_child_processes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOOKS", str(tmp_path / "hooks"))
    executor = bench.executor()

    @executor.on_start(children=False)
    def local(state: State) -> None:
        state.pid = 0

    executor.function(hookwork.use, process=True)
    with executor:
        errors = bench.outcome("use").errors
    assert "the executor's state has no 'uses'" in errors[0]
    assert "@executor.on_start" in errors[0]


def test_a_hook_that_children_cannot_find_is_refused_at_the_start(bench: Bench) -> None:
    executor = bench.executor()

    @executor.on_start
    def local(state: State) -> None:
        state.pid = 0

    executor.function(hookwork.use, process=True)
    with pytest.raises(ConfigurationError, match=r"local in test_hooks is defined.*children=False"):
        executor.start()


def test_a_hook_that_fails_in_a_child_fails_the_call(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    executor = bench.executor()
    executor.on_start(hookwork.open_in_children)
    executor.function(hookwork.use, process=True)
    monkeypatch.setenv("PARENT", str(os.getpid()))
    with executor:
        for _ in range(2):
            assert bench.outcome("use").errors[0] == "OSError: no database"


def test_local_calls_use_the_state_that_a_test_sets() -> None:
    executor = Executor("worker")

    @executor.function
    def work(ctx: Context) -> str:
        return str(ctx.state.pool)

    executor.state.pool = "fake"
    assert executor.call("work") == "fake"
    rehearsal = Rehearsal()
    rehearsal.context.state.pool = "other"
    assert executor.call("work", rehearsal=rehearsal) == "other"
    assert work(rehearsal.context) == "other"


def test_a_missing_part_of_the_state_is_named(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    executor = Executor("worker")
    with pytest.raises(
        AttributeError, match=r"state has no 'pool'; set it when the executor starts: @executor.on_start"
    ):
        executor.state.pool  # noqa: B018 (the access raises)
    assert not hasattr(executor.state, "pool")
    with pytest.raises(TypeError, match="a hook must be a function"):
        executor.on_start(3)  # type: ignore[call-overload]
