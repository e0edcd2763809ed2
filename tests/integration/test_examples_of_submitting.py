"""The examples of calls, maps, pools and workflows run as a user runs them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycolonies.testing import DevServer

pytestmark = pytest.mark.both_modes

EXAMPLES = Path(__file__).parents[2] / "examples"

#: Seconds for a thousand processes, which a Colonies server on a busy machine takes its time for.
THOUSAND = 600


@pytest.fixture
def environment(own_server: DevServer) -> Iterator[dict[str, str]]:
    with contextlib.ExitStack() as stack:
        found = {**os.environ, **own_server.environment}
        executor = stack.enter_context(
            subprocess.Popen([sys.executable, EXAMPLES / "arithmetic.py"], env=found)
        )
        stack.callback(executor.wait, 60)
        stack.callback(executor.terminate)
        yield found


def lines(script: str, environment: dict[str, str], *, timeout: float = 100) -> list[str]:
    done = subprocess.run(
        [sys.executable, EXAMPLES / script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert done.returncode == 0
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.timeout(2 * THOUSAND)
def test_calls_and_maps(environment: dict[str, str]) -> None:
    assert lines("submitting.py", environment, timeout=THOUSAND) == [
        "3 squared is 9",
        "some squares, as they came: [0, 1, 4, 9, 16]",
        "divide failed: ZeroDivisionError: float division by zero",
        "the sum of the first thousand squares is 332833500",
        "4 squared is 16",
        "a square: 0",
        "a square: 1",
        "a square: 4",
    ]


def test_a_pool(environment: dict[str, str]) -> None:
    first, *rest = lines("pool.py", environment)
    assert first == "squares: [0, 1, 4, 9, 16]"
    assert sorted(rest) == ["7 squared is 49", "8 squared is 64"]


def test_a_workflow_of_functions(environment: dict[str, str]) -> None:
    text = "\n".join(lines("function_workflow.py", environment))
    assert "flowchart TD\n" in text
    assert "6 squared is 36" in text
    assert "└── sum_nums [successful]" in text
    assert text.endswith(
        "got 'gen_nums' -> 'sum_nums' -> 'square' -> 'gen_nums'; remove one of the dependencies"
    )
