"""``pycolonies executor run``, and ``pycolonies run`` with files that run an executor."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from polling import until
from programs import Programs, end
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, DevServer

#: State of an executor that has left.
REMOVED = 3

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")

ADDER = """
    import os
    from pycolonies import Executor

    executor = Executor(executortype="adder")


    @executor.function
    def add(*numbers: float) -> float:
        return sum(numbers)


    @executor.function(process=True)
    def square(number: int) -> int:
        return number * number


    @executor.function
    def variable(name: str) -> str:
        return os.environ[name]


    executor.run(concurrency=4)
"""


@pytest.fixture
def server(own_server: DevServer) -> DevServer:
    return own_server


@pytest.fixture
def adder(tmp_path: Path) -> Path:
    path = tmp_path / "adder.py"
    path.write_text(dedent(ADDER), encoding="utf-8")
    return path


@contextmanager
def running(server: DevServer, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``pycolonies executor run``; stop it with Ctrl-C at the end."""
    command = [sys.executable, "-m", "pycolonies", "executor", "run", *arguments]
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **server.environment}, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        try:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=60)
        finally:
            end(process)


def call(server: DevServer, name: str, *args: object) -> Any:
    client = server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)
    handle = client.submit(name, args=list(args), executortype="adder", maxexectime=60)
    return handle.result(timeout=60)


def health(port: int, path: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize("target", ["adder.py", "adder.py:executor", "adder", "adder:executor"])
def test_an_executor_is_run_from_a_file_or_a_module(server: DevServer, adder: Path, target: str) -> None:
    with running(server, adder.parent, target):
        assert call(server, "add", 1, 2, 3) == 6


def test_functions_that_run_in_child_processes_are_found_there(server: DevServer, adder: Path) -> None:
    with running(server, adder.parent, "adder.py"):
        assert call(server, "square", 7) == 49


def test_ctrl_c_ends_it_with_exit_code_0(server: DevServer, adder: Path) -> None:
    with running(server, adder.parent, "adder.py") as process:
        assert call(server, "add", 1) == 1
        process.send_signal(signal.SIGINT)
        _, shown = process.communicate(timeout=60)
        assert process.returncode == 0, shown
        assert "Traceback" not in shown


def test_variables_come_from_a_file_and_do_not_replace_those_that_are_set(
    server: DevServer, adder: Path
) -> None:
    (adder.parent / "settings").write_text("GREETING=hello\nHOME=/nowhere\n", encoding="utf-8")
    with running(server, adder.parent, "adder.py", "--env-file", "settings"):
        assert call(server, "variable", "GREETING") == "hello"
        assert call(server, "variable", "HOME") == os.environ["HOME"]


@pytest.mark.parametrize(
    ("line", "expected"), [("", 20_000), ("gc.set_threshold(123)", 123), ("gc.disable()", 0)]
)
def test_the_garbage_collector_runs_less_often_unless_the_module_says_otherwise(
    server: DevServer, adder: Path, line: str, expected: int
) -> None:
    text = adder.read_text().replace("executor = ", f"import gc\n{line}\nexecutor = ", 1)
    text = text.replace("return os.environ[name]", "return gc.get_threshold()[0] if gc.isenabled() else 0")
    adder.write_text(text.replace("(name: str) -> str", "(name: str) -> int"))
    with running(server, adder.parent, "adder.py"):
        assert call(server, "variable", "") == expected


def test_health_follows_the_executor(server: DevServer, adder: Path) -> None:
    with running(server, adder.parent, "adder.py", "--health-port", "0") as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/health/ready", line)
        assert found, line
        port = int(found[1])
        assert health(port, "/health/live")[0] == 200
        until(lambda: health(port, "/health/ready")[0] == 200)
        assert json.loads(health(port, "/health/ready")[1])["status"] == "ready"
        assert "pycolonies_executor_slots 1.0" in health(port, "/metrics")[1]
        assert health(port, "/other")[0] == 404
        server.stop()
        until(lambda: health(port, "/health/ready")[0] == 503)
        assert json.loads(health(port, "/health/ready")[1])["status"] == "the server cannot be reached"
        assert health(port, "/health/live")[0] == 200


def test_logs_are_lines_of_json_on_request(server: DevServer, adder: Path) -> None:
    with running(server, adder.parent, "adder.py", "--log-format", "json") as process:
        assert call(server, "add", 1) == 1
        process.send_signal(signal.SIGINT)
        _, shown = process.communicate(timeout=60)
    records = [json.loads(line) for line in shown.splitlines()]
    assert any("registered" in record["message"] for record in records)


@pytest.fixture(params=[True, False], ids=["watchfiles", "polling"])
def watching(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run with watchfiles, and as if it were not installed."""
    if not request.param:
        hiding = tmp_path / "hiding"
        hiding.mkdir()
        (hiding / "watchfiles.py").write_text("raise ImportError\n", encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(hiding))


@pytest.mark.usefixtures("watching")
def test_it_restarts_when_a_file_changes(server: DevServer, adder: Path) -> None:
    with running(server, adder.parent, "adder.py", "--reload"):
        assert call(server, "square", 3) == 9
        adder.write_text(adder.read_text().replace("number * number", "number ** 3"), encoding="utf-8")
        until(lambda: call(server, "square", 3) == 27)


@pytest.mark.usefixtures("watching")
def test_it_recovers_from_a_file_that_cannot_be_loaded(server: DevServer, adder: Path) -> None:
    text = adder.read_text()
    adder.write_text("this is no Python\n" + text, encoding="utf-8")
    with running(server, adder.parent, "adder.py", "--reload") as process:
        assert process.stderr is not None
        while "cannot be loaded" not in (line := process.stderr.readline()):
            assert line, "the executor has started"
        adder.write_text(text, encoding="utf-8")
        assert call(server, "square", 3) == 9


@pytest.mark.usefixtures("watching")
def test_a_reloading_executor_lets_running_calls_finish(server: DevServer, adder: Path) -> None:
    waiting = "@executor.function\ndef wait(ctx):\n    ctx.wait(2)\n    return 'finished'\n"
    adder.write_text(adder.read_text().replace("executor.run(concurrency=4)", waiting), encoding="utf-8")
    with running(server, adder.parent, "adder.py", "--reload") as process:
        client = server.client()
        handle = client.submit("wait", executortype="adder", maxexectime=60)
        until(lambda: handle.refresh().state == client.RUNNING)
        process.send_signal(signal.SIGINT)
        assert handle.result(timeout=60) == "finished"
        process.communicate(timeout=60)
    assert [one["state"] for one in client.list_executors() if one["executortype"] == "adder"] == [REMOVED]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nothing.py", "the file nothing.py does not exist"),
        ("adder.py:nothing", "adder.py has no executor nothing"),
    ],
)
def test_a_target_that_does_not_exist_is_one_line_and_exit_code_2(
    server: DevServer, adder: Path, target: str, message: str
) -> None:
    with running(server, adder.parent, target) as process:
        _, shown = process.communicate(timeout=60)
    assert process.returncode == 2
    assert shown.startswith("Error: ")
    assert message in shown
    assert len(shown.splitlines()) == 1


def test_the_function_of_such_a_file_runs_elsewhere_without_its_executor(
    server: DevServer, adder: Path, programs: Programs
) -> None:
    remote = adder.with_name("remote.py")
    remote.write_text(
        "from pycolonies import CodePolicy, Executor\n"
        "Executor('python-executor', code=CodePolicy(['*'])).run()\n",
        encoding="utf-8",
    )
    with running(server, adder.parent, "remote.py:executor") as process:
        process.communicate(timeout=60)
        assert process.returncode == 2  # it has no name, so it cannot be named
    script = programs([sys.executable, remote], env={**os.environ, **server.environment})
    try:
        command = [sys.executable, "-m", "pycolonies", "run", "adder.py:add", "1", "2"]
        done = subprocess.run(
            [*command, "--targettype", "python-executor", "--maxexectime", "60"],
            cwd=adder.parent,
            env={**os.environ, **server.environment},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    finally:
        script.send_signal(signal.SIGINT)
        script.wait(timeout=60)
    assert done.stdout == "3\n", done.stderr
    assert done.returncode == 0, done.stderr
