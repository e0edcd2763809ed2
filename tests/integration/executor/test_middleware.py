"""Middleware around the calls of functions on an executor."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING

import pytest

import hookwork
from pycolonies import AsyncContext, Backoff, CodePolicy, Context, Executor, FunctionCall, current_context

if TYPE_CHECKING:
    from executor_bench import Bench

pytestmark = pytest.mark.both_modes

TENANT: ContextVar[str] = ContextVar("tenant_of_middleware", default="none")


def _functions(executor: Executor) -> None:
    @executor.function
    def plain(number: int) -> str:
        return f"{TENANT.get()} {number}"

    @executor.function
    def generator(number: int) -> Iterator[str]:
        yield f"{TENANT.get()} {number}"

    @executor.function
    async def coroutine(number: int, ctx: AsyncContext) -> str:
        assert current_context() is ctx
        return f"{TENANT.get()} {number}"

    @executor.function
    async def stream(number: int) -> AsyncIterator[str]:
        yield f"{TENANT.get()} {number}"


KINDS = ["plain", "generator", "coroutine", "stream"]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("local", [False, True])
def test_middleware_surrounds_functions_of_all_kinds(bench: Bench, name: str, local: bool) -> None:
    executor = bench.executor()
    events: list[str] = []

    @executor.middleware
    def outer(call: FunctionCall) -> Iterator[None]:
        assert call.name == name
        assert call.args == (1,)
        assert call.kwargs == {}
        assert call.result is None
        TENANT.set("acme")
        events.append("outer")
        yield
        events.append(f"outer {call.result}")

    @executor.middleware
    async def inner(call: FunctionCall) -> AsyncIterator[None]:
        events.append("inner")
        call.args = (call.args[0] + 1,)
        yield
        events.append("inner end")

    _functions(executor)
    if local:
        assert executor.call(name, 1) == "acme 2"
    else:
        with executor:
            assert bench.outcome(name, 1).output == ["acme 2"]
    value = "acme 2" if name in ("plain", "coroutine") else ("acme 2",)
    assert events == ["outer", "inner", "inner end", f"outer {value}"]
    assert TENANT.get() == "none"


def test_it_sees_what_a_function_raises_and_may_raise_something_else(bench: Bench) -> None:
    executor = bench.executor()
    seen: list[str] = []

    @executor.middleware
    def watch(call: FunctionCall) -> Iterator[None]:
        try:
            yield
        except KeyError as missing:
            raise LookupError(f"{call.name} lacks {missing}") from None
        except ValueError:
            call.result = "a default"

    @executor.middleware
    async def note(call: FunctionCall) -> AsyncIterator[None]:
        try:
            yield
        except Exception as error:
            assert call.result is None
            seen.append(type(error).__name__)
            raise

    @executor.function
    def plain(kind: str) -> None:
        raise {"key": KeyError, "value": ValueError, "type": TypeError}[kind](kind)

    @executor.function
    async def coroutine(kind: str) -> None:
        plain(kind)

    with executor:
        for name in ("plain", "coroutine"):
            assert bench.outcome(name, "key").errors[0] == f"LookupError: {name} lacks 'key'"
            assert bench.outcome(name, "value").output == ["a default"]
            assert bench.outcome(name, "type").errors[0] == "TypeError: type"
    assert seen == ["KeyError", "ValueError", "TypeError"] * 2


@pytest.mark.parametrize("name", ["plain", "coroutine"])
def test_it_may_answer_in_place_of_the_function(bench: Bench, name: str) -> None:
    executor = bench.executor()
    cache: dict[object, object] = {}
    inner: list[str] = []

    @executor.middleware
    def cached(call: FunctionCall) -> Iterator[None]:
        if call.args in cache:
            call.result = cache[call.args]
        yield
        cache[call.args] = call.result

    @executor.middleware
    def counted(call: FunctionCall) -> Iterator[None]:
        inner.append(call.name)
        yield

    _functions(executor)
    with executor:
        assert bench.outcome(name, 1).output == bench.outcome(name, 1).output == ["none 1"]
    assert inner == [name]


def test_each_attempt_is_surrounded(bench: Bench) -> None:
    executor = bench.executor()
    attempts: list[tuple[int, str]] = []

    @executor.middleware
    def note(call: FunctionCall) -> Iterator[None]:
        attempts.append((call.context.attempt, call.context.processid))
        yield

    @executor.function(retries=1, backoff=Backoff(0, 1, 0))
    def work(ctx: Context) -> str:
        if not ctx.last_attempt:
            raise OSError
        return "done"

    with executor:
        ended = bench.outcome("work")
    assert ended.output == ["done"]
    assert attempts == [(1, ended.processid), (2, ended.processid)]


def test_around_child_processes_it_runs_in_the_executor(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("HOOKS", f"{tmp_path}/hooks")
    executor = bench.executor()

    @executor.middleware
    def change(call: FunctionCall) -> Iterator[None]:
        call.args = (f"{call.args[0]}!",)
        yield
        call.result = f"{call.result} in {threading.current_thread().name.partition('-')[0]}"

    executor.function(hookwork.echo, process=True)
    with executor:
        assert bench.outcome("echo", "hello").output == ["hello! in pycolonies"]


def test_around_code_that_comes_along_it_runs_in_the_executor(bench: Bench) -> None:
    executor = bench.executor(code=CodePolicy(["*"]))
    names: list[str] = []

    @executor.middleware
    def note(call: FunctionCall) -> Iterator[None]:
        names.append(call.name)
        yield

    spec = bench.spec("twice", 2)
    spec.env["code"] = "ZGVmIHR3aWNlKG4pOiByZXR1cm4gMiAqIG4K"
    with executor:
        process = bench.client.submit_func_spec(spec, bench.user.prvkey)
        assert bench.wait(process).output == [4]
    assert names == ["twice"]


def test_a_context_manager_is_middleware_too(bench: Bench) -> None:
    executor = bench.executor()
    entered: list[str] = []

    class Span(contextlib.AbstractContextManager[None]):
        def __init__(self, call: FunctionCall) -> None:
            self._name = call.name

        def __exit__(self, *_: object) -> None:
            entered.append(self._name)

    executor.middleware(Span)
    _functions(executor)
    with executor:
        bench.outcome("plain", 1)
        bench.outcome("coroutine", 1)
    assert entered == ["plain", "coroutine"]


def test_what_is_no_middleware_is_refused(bench: Bench) -> None:
    executor = bench.executor()

    async def coroutine(call: FunctionCall) -> None: ...

    for wrong in (coroutine, 3):
        with pytest.raises(TypeError, match="middleware must be a generator function that yields once"):
            executor.middleware(wrong)  # type: ignore[type-var]
    executor.middleware(print)
    _functions(executor)
    with executor:
        for name in ("plain", "coroutine"):
            errors = bench.outcome(name, 1).errors
            assert (
                "middleware <built-in function print> must yield once, or return a context manager"
                in errors[0]
            )
