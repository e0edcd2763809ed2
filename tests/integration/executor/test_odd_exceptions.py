"""Whatever a function raises, and however long its result is, its process ends at once with the reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import oddexceptions
from executor_bench import Bench
from pycolonies import Executor, ProcessState
from pycolonies._executor.children.error_text import MAX_TEXT
from pycolonies.testing import DevServer


def served(executor: Executor) -> None:
    executor.function(oddexceptions.raise_odd, name="plain")
    executor.function(oddexceptions.raise_odd, name="child", process=True)

    @executor.function
    async def awaited(name: str) -> None:
        oddexceptions.raise_odd(name)

    @executor.function
    def lengthen(length: int) -> str:
        return "x" * length


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with DevServer() as server:
        made = Bench(server)
        executor = made.executor()
        served(executor)
        executor.start(2)
        yield made
        made.close()


@pytest.mark.parametrize("name", oddexceptions.ODD)
@pytest.mark.parametrize("funcname", ["plain", "awaited", "child"])
def test_an_odd_exception_fails_its_process_at_once(bench: Bench, funcname: str, name: str) -> None:
    process = bench.wait(bench.submit(funcname, name))
    assert process.state == ProcessState.FAILED
    message, *rest = process.errors or []
    assert oddexceptions.ODD[name][1] in message[:200]
    for text in (message, *rest):
        assert len(text) < MAX_TEXT + 100


def test_a_result_that_the_server_does_not_accept_fails_its_process_with_the_reason(bench: Bench) -> None:
    process = bench.wait(bench.submit("lengthen", 52 << 20))  # 64 MiB as Base64
    assert process.state == ProcessState.FAILED
    assert process.errors == ["the server did not take the result: the body is longer than 67108864 bytes"]
