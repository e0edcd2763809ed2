"""Functions as Python programmers write them: decorated, bound, with the context anywhere, in notebooks."""

from __future__ import annotations

import asyncio
import functools
import logging
import math
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar
from typing import Annotated, Any

import pytest

import childwork
from executor_bench import KIND, Bench
from polling import until
from pycolonies import AsyncContext, Context, Executor, ProcessLogHandler, func_spec

pytestmark = pytest.mark.both_modes

tenant: ContextVar[str] = ContextVar("tenant", default="none")
NOT_UTF8 = os.fsdecode(b"photo-\xff.jpg")


def plainly_wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return inner


def made_synchronous(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return asyncio.run(function(*args, **kwargs))

    return inner


# --- Context variables


def test_no_call_sees_the_context_variables_of_another(bench: Bench) -> None:
    executor = bench.executor()

    @executor.function
    def plain(name: str, fail: bool = False) -> str:
        before = tenant.get()
        tenant.set(name)
        if fail:
            raise ValueError(name)
        return before

    @executor.function
    def generator(name: str) -> Iterator[str]:
        yield tenant.get()
        tenant.set(name)
        yield tenant.get()

    @executor.function
    async def coroutine(name: str) -> str:
        before = tenant.get()
        tenant.set(name)
        await asyncio.sleep(0)
        return before

    with executor:
        assert bench.outcome("plain", "a").output == ["none"]
        assert bench.outcome("plain", "b", fail=True).state == bench.client.FAILED
        assert bench.outcome("generator", "c").output == ["none", "c"]
        assert bench.outcome("coroutine", "d").output == ["none"]
        assert bench.outcome("coroutine", "e").output == ["none"]
        assert bench.outcome("plain", "f").output == ["none"]
        assert executor.call("plain", "g") == "none"
    assert tenant.get() == "none"


def test_calls_in_one_child_process_do_not_see_each_others_variables(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(process=True)(childwork.note_tenant)
    with executor:
        first, second = (bench.outcome("note_tenant", name).output for name in ("a", "b"))
    assert first == second == [["none", first[0][1]]]  # type: ignore[index]


# --- The context among the parameters


def first_by_name(ctx, number: int) -> list[object]:  # type: ignore[no-untyped-def]  # noqa: ANN001 (as users wrote it)
    return [ctx.attempt, number]


def first_by_hint(job: Context, number: int = 5) -> list[object]:
    return [job.attempt, number]


def between(number: int, ctx: Context, other: int = 2) -> list[object]:
    return [ctx.attempt, number + other]


def positional_only(ctx: Context, number: int, /) -> list[object]:
    return [ctx.attempt, number]


def behind_defaults(number: int = 3, ctx: Context | None = None, /) -> list[object]:
    return [ctx.attempt if ctx else None, number]


def before_many(ctx: Context, *numbers: int) -> list[object]:
    return [ctx.attempt, *numbers]


def by_keyword(number: int, *, job: Annotated[Context, "job"]) -> list[object]:
    return [job.attempt, number]


async def awaited_first(ctx: AsyncContext, number: int) -> list[object]:
    return [ctx.attempt, number]


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "output"),
    [
        (first_by_name, [7], {}, [1, 7]),
        (first_by_name, [], {"number": 7}, [1, 7]),
        (first_by_hint, [7], {}, [1, 7]),
        (first_by_hint, [], {}, [1, 5]),
        (between, [1, 5], {}, [1, 6]),
        (between, [1], {"other": 5}, [1, 6]),
        (between, [], {"number": 1, "other": 5}, [1, 6]),
        (positional_only, [7], {}, [1, 7]),
        (behind_defaults, [], {}, [1, 3]),
        (behind_defaults, [4], {}, [1, 4]),
        (before_many, [1, 2], {}, [1, 1, 2]),
        (by_keyword, [7], {}, [1, 7]),
        (awaited_first, [7], {}, [1, 7]),
    ],
)
def test_the_context_may_be_any_parameter(
    bench: Bench, function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any], output: list[Any]
) -> None:
    executor = bench.executor()
    executor.function(function)
    client = bench.client.bind(prvkey=bench.user.prvkey, colonyname=bench.colony.name)
    with executor:
        # Submitters don't pass it either.
        handle = client.submit(function, args=args, kwargs=kwargs, executortype=KIND, maxexectime=60)
        assert handle.result(60) == output
    assert executor.call(function.__name__, *args, **kwargs) == output


def test_so_it_may_in_children_and_in_code(bench: Bench) -> None:
    from pycolonies import CodePolicy

    executor = bench.executor(code=CodePolicy([bench.user.name]))
    executor.function(process=True)(childwork.context_in_front)
    code = "def f(ctx, a, b=2): return ctx['executorname'] != '', a + b"
    with executor:
        assert bench.outcome("context_in_front", 2, twice=True).output == [[1, 4]]
        spec = func_spec("f", [1], bench.colony.name, KIND, code=code, maxexectime=60)
        assert bench.wait(bench.client.submit_func_spec(spec, bench.user.prvkey)).output == [True, 3]


# --- Coroutines and generators behind other callables


async def add(one: int, other: int) -> int:
    await asyncio.sleep(0)
    return one + other


async def count(to: int) -> AsyncIterator[int]:
    for number in range(to):
        yield number


def step(to: int) -> Iterator[int]:
    yield from range(to)


async def log_and_add(number: int, ctx: AsyncContext) -> int:
    await ctx.log("adding")
    return number + 1


class Adder:
    def __init__(self, number: int) -> None:
        self.number = number

    def plus(self, other: int) -> int:
        return self.number + other

    async def later(self, other: int) -> int:
        return await add(self.number, other)

    async def __call__(self, other: int) -> int:
        return await add(self.number, other)


@pytest.mark.parametrize(
    ("function", "argument", "output"),
    [
        (functools.partial(add, 1), 2, [3]),
        (functools.partial(functools.partial(add), other=1), 2, [3]),
        (plainly_wrapped(functools.partial(add, 1)), 2, [3]),
        (plainly_wrapped(plainly_wrapped(count)), 3, [0, 1, 2]),
        (plainly_wrapped(step), 3, [0, 1, 2]),
        (functools.partial(step), 3, [0, 1, 2]),
        (plainly_wrapped(log_and_add), 2, [3]),
        (made_synchronous(log_and_add), 2, [3]),
        (lambda number: add(number, 1), 2, [3]),
        (Adder(1).plus, 2, [3]),
        (Adder(1).later, 2, [3]),
        (Adder(1), 2, [3]),
        (functools.lru_cache(maxsize=None)(Adder(1).plus), 2, [3]),
    ],
)
def test_coroutines_and_generators_run_behind_other_callables(
    bench: Bench, function: Callable[..., Any], argument: int, output: list[int]
) -> None:
    executor = bench.executor()
    executor.function(function, name="f")
    with executor:
        ended = bench.outcome("f", argument)
    assert ended.output == output
    assert ended.errors == []
    assert executor.call("f", argument) == (output[0] if len(output) == 1 else output)


def test_a_bound_method_is_submitted_by_its_name(bench: Bench) -> None:
    executor, adder = bench.executor(), Adder(2)
    executor.function(adder.plus)
    client = bench.client.bind(prvkey=bench.user.prvkey, colonyname=bench.colony.name)
    with executor:
        assert client.submit(adder.plus, args=[3], executortype=KIND, maxexectime=60).result(60) == 5


def test_a_coroutine_behind_a_wrapper_is_cancelled_with_its_process(bench: Bench) -> None:
    executor, seen = bench.executor(), []

    @executor.function
    @plainly_wrapped
    async def endless() -> None:
        try:
            seen.append("begun")
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    with executor:
        process = bench.submit("endless")
        until(lambda: seen)
        bench.client.cancel_process(process.processid, bench.user.prvkey)
        until(lambda: seen == ["begun", "cancelled"])


# --- Notebooks


def test_functions_are_offered_while_the_executor_works(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(lambda: 1, name="one")
    with executor:
        executor.function(lambda: 2, name="two")
        assert bench.outcome("two").output == [2]
        told = bench.client.get_functions_by_executor(
            bench.colony.name, executor.executorname, bench.user.prvkey
        )
    assert sorted(function["funcname"] for function in told) == ["one", "two"]


CELL = "@executor.function\ndef cell(a: int) -> int:\n    return a + {}"


def test_a_cell_that_runs_again_replaces_its_functions(bench: Bench) -> None:
    executor = bench.executor()
    with executor:
        for number in (1, 2):
            names = {"executor": executor, "__name__": "__main__"}
            exec(compile(CELL.format(number), f"<cell {number}>", "exec"), names)
            assert bench.outcome("cell", 1).output == [1 + number]


def test_two_functions_of_one_name_are_refused() -> None:
    executor = Executor(KIND)
    both = CELL.format(1) + "\n" + CELL.format(2)
    with pytest.raises(ValueError, match="function 'cell' is already registered"):
        exec(compile(both, "<cell>", "exec"), {"executor": executor, "__name__": "__main__"})


# --- What only reports


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(0.1 * 3 / 0.3, "100%"), (-0.0001, "0%"), (2, "100%"), (math.nan, "0%"), (math.inf, "100%"), ("x", "")],
)
def test_progress_never_fails_the_function(bench: Bench, fraction: Any, shown: str) -> None:
    executor = bench.executor()

    @executor.function
    def work(*, ctx: Context) -> str:
        ctx.progress(fraction, NOT_UTF8)
        return "done"

    with executor:
        ended = bench.outcome("work")
    assert ended.output == ["done"]
    assert bench.log(ended) == ([f"progress {shown} photo-\\udcff.jpg"] if shown else [])


class Unspeakable:
    def __str__(self) -> str:
        raise ValueError("no text")


def test_log_lines_never_fail_the_function(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    executor = bench.executor(observers=[ProcessLogHandler(logging.INFO, logger="app")])
    log = logging.getLogger("app")
    log.setLevel(logging.INFO)
    monkeypatch.setattr(log, "propagate", False)  # pytest-xdist cannot carry what pytest would capture

    @executor.function
    def work(*, ctx: Context) -> str:
        ctx.log(f"reading {NOT_UTF8}")
        for line in ("one", NOT_UTF8, Unspeakable(), "three"):
            log.info("%s", line)
        return "done"

    with executor:
        ended = bench.outcome("work")
    assert ended.output == ["done"]
    lines = "\n".join(bench.log(ended)).splitlines()
    assert lines == [
        "reading photo-\\udcff.jpg",
        *(f"INFO app: {line}" for line in ("one", "photo-\\udcff.jpg", "three")),
    ]


def test_so_it_is_in_injected_code(bench: Bench) -> None:
    from pycolonies import CodePolicy

    code = """def f(ctx):
    ctx.progress(float('nan'), '\\udcff')
    ctx.log(b'\\xff'.decode(errors='surrogateescape'))
    return 1"""
    executor = bench.executor(code=CodePolicy([bench.user.name]))
    with executor:
        spec = func_spec("f", [], bench.colony.name, KIND, code=code, maxexectime=60)
        ended = bench.wait(bench.client.submit_func_spec(spec, bench.user.prvkey))
    assert ended.output == [1]
    assert ended.errors == []
    assert bench.log(ended) == ["progress 0% \\udcff", "\\udcff"]
