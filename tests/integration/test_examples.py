"""The examples run as a user runs them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from programs import end
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, DevServer

EXAMPLES = Path(__file__).parents[2] / "examples"


@contextlib.contextmanager
def _executor(script: str, server: DevServer) -> Iterator[subprocess.Popen[str]]:
    """Runs an executor until it has registered."""
    process = subprocess.Popen(
        [sys.executable, EXAMPLES / script],
        env={**os.environ, **server.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "registered" in line, process.communicate()
        yield process
    finally:
        end(process)


def _run(script: str, server: DevServer | None = None) -> list[str]:
    environment = {**os.environ, **(server.environment if server else {})}
    done = subprocess.run(
        [sys.executable, EXAMPLES / script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("executor", "script", "result"),
    [("echo_executor.py", "echo.py", "helloworld"), ("python_executor.py", "func_spec_example1.py", "3")],
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_two_terminals(
    own_server: DevServer, executor: str, script: str, result: str, number: signal.Signals
) -> None:
    with _executor(executor, own_server) as process:
        first, second = _run(script, own_server)
        assert re.fullmatch("Process [0-9a-f]{64} submitted", first)
        assert second == result
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        assert not re.search("WARNING|ERROR|Traceback", errors)
        assert "is assigned to" in output
        assert output.splitlines()[-1].endswith("unregistered")
    executors = own_server.client().list_executors(COLONY_NAME, EXECUTOR_PRVKEY)
    assert sorted(found["state"] for found in executors) == [1, 3]


def test_a_failing_function_fails_its_process_and_not_the_executor(own_server: DevServer) -> None:
    from pycolonies import func_spec

    client = own_server.client()
    with _executor("python_executor.py", own_server):
        for code, error in [("def f(ctx): 1 / 0", "ZeroDivisionError"), ("syntax error", "SyntaxError")]:
            spec = func_spec("f", [], COLONY_NAME, "python_executor", code=code, maxexectime=60)
            process = client.submit_func_spec(spec, EXECUTOR_PRVKEY)
            ended = client.wait(process, 60, EXECUTOR_PRVKEY)
            assert ended.state == client.FAILED
            assert error in ended.errors[0]
        assert _run("func_spec_example1.py", own_server)[-1] == "3"


@pytest.mark.parametrize(
    ("script", "last"),
    [
        ("codec_encryption.py", "readable at the server: False"),
        ("codec_numpy.py", "True"),
        ("context.py", "wait_for_ever was cancelled"),
        ("coroutines.py", "the sum is 40425"),
        ("dynamic_workflow.py", "words [5]"),
        ("testing_functions.py", "the arguments do not fit resize"),
    ],
)
def test_features_of_executors(script: str, last: str) -> None:
    assert _run(script)[-1].startswith(last)


def test_the_demo() -> None:
    lines = _run("demo.py")
    assert lines.index("helloworld") < lines.index("3")
    for state in ("waiting", "running", "successful"):
        assert sum(state in line for line in lines) == 2
