"""Functions are called in tests without a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

import pytest

from pycolonies import (
    ArgumentsError,
    AsyncContext,
    Context,
    Executor,
    FuncSpec,
    OutputError,
    ProcessCancelledError,
    SerializationError,
    UnknownFunctionError,
    current_context,
)
from pycolonies.testing import Rehearsal

executor = Executor("rehearsed")


@executor.function
def later(day: date, days: int = 1) -> tuple[date, int]:
    return day.replace(day=day.day + days), days


@executor.function
def everything(ctx: Context) -> str:
    assert current_context() is ctx
    ctx.log("line")
    ctx.progress(0.25, "quarter")
    ctx.set_output("interim")
    ctx.add_attribute("key", 1)
    child = ctx.add_child(FuncSpec(funcname="child"), "node")
    assert child.parents == [ctx.processid]
    ctx.submit(FuncSpec(funcname="other"))
    channel = ctx.channel("talk")
    for entry in channel.follow():
        channel.send(entry["payload"].upper())
    return ctx.attributes["COLOUR"]


@executor.function
def nothing() -> float:
    return float("nan")


@executor.function
async def slow(number: int, ctx: AsyncContext) -> int:
    await asyncio.sleep(0)
    await ctx.log(number)
    return number


@executor.function
def count(to: int) -> Iterator[int]:
    yield from range(to)


@executor.function
async def count_slowly(to: int) -> AsyncIterator[int]:
    for number in range(to):
        yield number


def test_values_go_through_json_and_hints() -> None:
    assert executor.call("later", date(2026, 1, 2)) == ["2026-01-03", 1]
    assert executor.call("later", "2026-01-02", days="3") == ["2026-01-05", 3]
    with pytest.raises(ArgumentsError, match=r"argument 1 \(day\): must be a valid date"):
        executor.call("later", "soon")
    with pytest.raises(SerializationError, match=r"args\[0\]: an object of type object has no JSON form"):
        executor.call("later", object())
    with pytest.raises(OutputError, match=r"the result of nothing \(float\) can't be sent: output\[0\]: nan"):
        executor.call("nothing")
    with pytest.raises(UnknownFunctionError, match="the executor has no function 'sooner'; it has: later"):
        executor.call("sooner")


def test_what_a_function_does_is_kept() -> None:
    rehearsal = Rehearsal(attributes={"COLOUR": "red"}, messages={"talk": ["hello", b"you"]})
    assert executor.call("everything", rehearsal=rehearsal) == "red"
    assert rehearsal.logs == ["line"]
    assert rehearsal.progress == [(0.25, "quarter")]
    assert rehearsal.outputs == [["interim"]]
    assert rehearsal.attributes == {"key": "1"}
    assert [(spec.funcname, spec.nodename) for spec in rehearsal.children] == [("child", "node")]
    assert [spec.funcname for spec in rehearsal.submitted] == ["other"]
    assert rehearsal.sent == {"talk": [b"HELLO", b"YOU"]}


def test_all_kinds_of_functions_are_called() -> None:
    rehearsal = Rehearsal()
    assert executor.call("slow", 3, rehearsal=rehearsal) == 3
    assert rehearsal.logs == ["3"]
    assert executor.call("count", 3, rehearsal=rehearsal) == [0, 1, 2]
    assert rehearsal.outputs == [[0], [0, 1], [0, 1, 2]]
    assert executor.call("count_slowly", 1) == 0
    assert executor.call("count_slowly", 0) is None


def test_a_rehearsal_is_cancelled_and_has_files(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("text")
    rehearsal = Rehearsal(maxexectime=60, files=tmp_path)
    context = rehearsal.context
    assert context.path("/in").read_text() == "text"
    assert context.remaining is not None
    assert not context.cancelled
    assert not context.stopping
    assert not context.wait(0)
    rehearsal.stop()
    rehearsal.cancel()
    assert context.cancelled
    assert context.stopping
    assert context.wait(1000)
    with pytest.raises(ProcessCancelledError):
        context.check()
    with pytest.raises(FileNotFoundError, match="comes without files"):
        Rehearsal().context.path("/in")
    with pytest.raises(RuntimeError, match="there is no context outside of a running function"):
        current_context()
