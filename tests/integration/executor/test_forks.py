"""Functions that fork: the copy of the executor reports nothing."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest

from childwork import fork_and_leave, fork_and_send
from executor_bench import Bench
from polling import until
from pycolonies._executor.stop_request import StopRequest

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork"),
    pytest.mark.both_modes,
]

WAYS = ["exits", "raises", "returns"]


def in_thread(how: str) -> int:
    return fork_and_leave(how)


async def in_loop(how: str) -> int:
    return fork_and_leave(how)


def generator(how: str) -> Iterator[int]:
    yield fork_and_leave(how)


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


@pytest.mark.parametrize("in_child", [False, True], ids=["thread", "child process"])
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_sigterm_ends_a_forked_copy_of_an_executor_that_hears_it(bench: Bench, in_child: bool) -> None:
    """As multiprocessing ends its processes, and waits for them."""
    executor = bench.executor()
    executor.function(process=in_child)(fork_and_send)
    with StopRequest() as stop_request, executor:
        assert bench.outcome("fork_and_send", int(signal.SIGTERM)).output == [-signal.SIGTERM]
        assert not stop_request.another()
        signal.raise_signal(signal.SIGTERM)
        assert stop_request.another()
