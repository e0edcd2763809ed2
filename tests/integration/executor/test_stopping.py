"""Executors stop when told, and nothing that they were doing is lost; also where they are killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from executor_bench import KIND, Bench, Recorder, environment
from polling import until
from programs import end
from pycolonies import Context, Crypto, Outcome, Process

pytestmark = pytest.mark.both_modes

WORKER = Path(__file__).parents[2] / "helpers" / "holding.py"


@contextlib.contextmanager
def _worker(bench: Bench, concurrency: int = 1, grace: float = 30) -> Iterator[subprocess.Popen[str]]:
    """Runs the executor in `holding.py` as its own process."""
    environment = {
        **os.environ,
        **bench.server.environment,
        "COLONIES_COLONY_NAME": bench.colony.name,
        "COLONIES_COLONY_PRVKEY": bench.colony.prvkey,
        "WORKER_TYPE": KIND,
    }
    process = subprocess.Popen(
        [sys.executable, WORKER, str(concurrency), str(grace)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()
        yield process
    finally:
        end(process)


def _begin(bench: Bench, folder: Path, maxexectime: int = 600) -> tuple[Process, Path, Path]:
    began, go_on = folder / "began", folder / "go on"
    process = bench.submit("hold", str(began), str(go_on), maxexectime=maxexectime)
    until(lambda: began.exists() and began.read_text().endswith("\n"), "the beginning")
    return process, began, go_on


def _ended(worker: subprocess.Popen[str]) -> str:
    output, errors = worker.communicate(timeout=60)
    assert worker.returncode == 0, errors
    assert output == "stopped\n", errors
    return errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_idle_executor_stops_at_once_and_leaves(bench: Bench, number: signal.Signals) -> None:
    with _worker(bench) as worker:
        until(lambda: bench.client.get_functions_by_colony(bench.colony.name, bench.user.prvkey))
        worker.send_signal(number)
        assert "WARNING" not in (errors := _ended(worker))
        assert "ERROR" not in errors
    (found,) = bench.client.list_executors(bench.colony.name, bench.user.prvkey)
    assert found["state"] == 3


def test_a_running_function_has_the_grace_period(bench: Bench, tmp_path: Path) -> None:
    with _worker(bench) as worker:
        process, began, go_on = _begin(bench, tmp_path)
        worker.send_signal(signal.SIGTERM)
        until(Path(f"{began}.stopping").exists)
        later = bench.submit("hold", str(began), str(go_on))
        go_on.touch()
        assert bench.wait(process).output == ["done"]
        _ended(worker)
    assert bench.get(later).state == bench.client.WAITING


@pytest.mark.parametrize(("grace", "signals"), [(0.1, 1), (1000, 2)])
def test_what_is_not_done_in_time_is_handed_back(
    bench: Bench, tmp_path: Path, grace: float, signals: int
) -> None:
    with _worker(bench, grace=grace) as worker:
        process, began, _ = _begin(bench, tmp_path)
        worker.send_signal(signal.SIGTERM)
        if signals == 2:
            until(Path(f"{began}.stopping").exists)
            worker.send_signal(signal.SIGTERM)
        _ended(worker)
    found = bench.get(process)
    assert found.state == bench.client.WAITING
    assert found.retries == 0
    go_on = tmp_path / "go on"
    go_on.touch()
    with _worker(bench):
        assert bench.wait(process).output == ["done"]


def test_what_a_killed_executor_was_doing_is_done_by_another(bench: Bench, tmp_path: Path) -> None:
    with _worker(bench, concurrency=2) as worker:
        process, began, go_on = _begin(bench, tmp_path, maxexectime=4)
        worker.kill()
        worker.wait()
        go_on.touch()
        with _worker(bench):
            ended = bench.wait(process)
    assert ended.output == ["done"]
    assert ended.retries == 1
    (first, first_pid), (second, second_pid) = (line.split() for line in began.read_text().splitlines())
    assert first == "1"
    assert second == "2"
    assert first_pid != second_pid


def test_a_late_function_without_retries_does_not_run_again(bench: Bench) -> None:
    """Its executor leaves before the server has noticed that the process is late."""
    runs: list[str] = []

    def late(ctx: Context) -> None:
        runs.append(ctx.processid)
        ctx.wait(20)

    recorder = Recorder()
    executor = bench.executor(observers=[recorder])
    executor.function(late)
    executor.start(concurrency=4)
    spec = bench.spec("late", maxexectime=1)
    spec.maxretries = 0
    processes = [bench.client.submit_func_spec(spec, bench.user.prvkey) for _ in range(4)]
    for process in processes:
        recorder.until(process, "reported", Outcome.LATE)
    executor.stop(0)
    with bench.executor() as another:
        another.function(late)
        another.function(lambda: "done", name="other")
        ended = [bench.wait(process) for process in processes]
        assert bench.outcome("other").output == ["done"]
    assert [(process.state, process.retries) for process in ended] == [(bench.client.FAILED, 0)] * 4
    assert [process.errors for process in ended] == [["Maximum execution time limit exceeded"]] * 4
    assert sorted(runs) == sorted(process.processid for process in processes)


def test_an_executor_with_a_key_of_its_own_keeps_what_has_a_limit_and_fails_the_rest(bench: Bench) -> None:
    recorder = Recorder()
    executor = bench.executor(prvkey=Crypto().prvkey(), observers=[recorder])
    executor.function(lambda ctx: ctx.wait(20), name="work")
    executor.start(concurrency=2)
    limited, unlimited = bench.submit("work"), bench.submit("work", maxexectime=-1)
    for process in (limited, unlimited):
        recorder.until(process, "began")
    executor.stop(0)
    assert bench.get(limited).state == bench.client.RUNNING
    assert bench.get(unlimited).errors == [
        f"the executor {executor.executorname} stopped before the function was done"
    ]
    bench.client.get_executor_by_id(executor.executorid, bench.user.prvkey)
    again = bench.executor(prvkey=Crypto().prvkey(), unregister=True)
    with again:
        pass
    found = bench.client.get_executor_by_id(again.executorid, bench.user.prvkey)
    assert found["state"] == 3


def test_stopped_and_started_again(bench: Bench) -> None:
    recorder = Recorder()
    executor = bench.executor(observers=[recorder])
    executor.function(lambda: "done", name="work")
    for _ in range(2):
        executor.start()
        with pytest.raises(RuntimeError, match="is already running"):
            executor.start()
        assert bench.outcome("work").output == ["done"]
        executor.stop()
        executor.stop()
    assert [event[0] for event in recorder.events if event[0] in ("started", "stopped")] == [
        "started",
        "stopped",
    ] * 2
    with pytest.raises(ValueError, match="concurrency must be at least 1, got 0"):
        executor.start(concurrency=0)


def test_stop_ends_run_in_another_thread(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(lambda: "done", name="work")
    running = threading.Thread(target=executor.run)
    running.start()
    assert bench.outcome("work").output == ["done"]
    executor.stop()
    running.join(60)
    assert not running.is_alive()


def test_the_asynchronous_form_runs_coroutines_on_the_programs_loop(bench: Bench) -> None:
    executor = bench.executor()
    loops: list[asyncio.AbstractEventLoop] = []

    @executor.function
    async def work() -> str:
        loops.append(asyncio.get_running_loop())
        return "done"

    async def main() -> None:
        running = asyncio.create_task(executor.run_async(concurrency=4))
        process = await asyncio.to_thread(bench.outcome, "work")
        assert process.output == ["done"]
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        async with executor:
            assert (await asyncio.to_thread(bench.outcome, "work")).output == ["done"]
        assert loops == [asyncio.get_running_loop()] * 2

    asyncio.run(main())


def test_run_async_ends_when_stop_is_called(bench: Bench) -> None:
    executor = bench.executor()

    async def main() -> None:
        running = asyncio.create_task(executor.run_async())
        await asyncio.to_thread(
            until, lambda: bench.client.list_executors(bench.colony.name, bench.user.prvkey)
        )
        await asyncio.to_thread(executor.stop)
        await running

    asyncio.run(main())


def test_functions_are_told_that_the_executor_stops(bench: Bench) -> None:
    recorder = Recorder()
    executor = bench.executor(observers=[recorder])
    began = threading.Event()

    @executor.function
    def work(ctx: Context) -> str:
        began.set()
        while not ctx.stopping:
            ctx.wait(0.01)
        return "tidied up"

    executor.start()
    process = bench.submit("work")
    assert began.wait(60)
    executor.stop()
    assert bench.get(process).output == ["tidied up"]
    assert recorder.of(process)[-1] == ("reported", Outcome.SUCCESSFUL)


def test_an_exception_in_a_with_block_does_not_wait(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(lambda ctx: ctx.wait(20), name="work")
    process = bench.submit("work")

    def fail() -> None:
        with executor:
            until(lambda: bench.get(process).state == bench.client.RUNNING)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert bench.get(process).state == bench.client.WAITING


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_does_not_answer_keeps_no_executor_from_stopping(number: signal.Signals) -> None:
    program = (
        "import sys; from pycolonies import Colonies, Executor\n"
        "client = Colonies('127.0.0.1', int(sys.argv[1]), colonyname='dev', timeout=1000)\n"
        "print('ready', flush=True); Executor('w', client=client, colony_prvkey='1' * 64).run()"
    )
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = str(silent.getsockname()[1])
        command = [sys.executable, "-c", program, port]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            connection, _ = silent.accept()  # it registers, and waits for an answer
            with connection:
                assert connection.recv(1)
                process.send_signal(number)
                process.communicate(timeout=60)
        finally:
            end(process)
    assert process.returncode == 0


def test_what_runs_when_the_program_ends_without_stop_is_requeued(bench: Bench) -> None:
    program = (
        "import sys, threading; from pycolonies import Executor\n"
        "executor = Executor(sys.argv[1]); began = threading.Event()\n"
        "@executor.function\n"
        "def hold():\n"
        "    began.set(); threading.Event().wait()\n"
        "executor.start(); began.wait()"
    )
    process = bench.submit("hold", maxexectime=-1)
    subprocess.run(
        [sys.executable, "-c", program, KIND],
        env=environment(bench),
        timeout=60,
        check=True,
        stderr=subprocess.PIPE,
    )
    assert bench.get(process).state == bench.client.WAITING
    (found,) = bench.client.list_executors(bench.colony.name, bench.user.prvkey)
    assert found["state"] == 3
