"""Functions that fork: the copy of the executor reports nothing."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

import pytest

from executor_bench import Bench
from polling import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork")

WAYS = ["exits", "raises", "returns"]


def fork(how: str) -> int:
    """Fork, let the copy leave the function in some way, and return its exit code."""
    copy = os.fork()
    if copy == 0:
        if how == "exits":
            sys.exit(3)
        if how == "raises":
            raise ValueError("of the copy")
        return -1
    until = time.monotonic() + 10
    while time.monotonic() < until:
        ended, status = os.waitpid(copy, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(copy, 9)
    return -9


def in_thread(how: str) -> int:
    return fork(how)


async def in_loop(how: str) -> int:
    return fork(how)


def generator(how: str) -> Iterator[int]:
    yield fork(how)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("function", [in_thread, in_loop, generator])
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_forked_copy_of_the_executor_reports_nothing(bench: Bench, function: object, how: str) -> None:
    executor = bench.executor()
    executor.function(function)  # type: ignore[call-overload]
    executor.start()
    process = bench.outcome(function.__name__, how)  # type: ignore[attr-defined]
    assert process.output == [{"exits": 3, "raises": 1, "returns": 0}[how]]
    until(lambda: executor.stats().total.successful == 1, "the count")
    assert bench.outcome(function.__name__, how).output == process.output  # type: ignore[attr-defined]
