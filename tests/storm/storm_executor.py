"""An executor in a storm. Argument: how many functions run at the same time."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import Any

from storm_notes import note

from pycolonies import AsyncContext, Context, Executor, Observer, Outcome, Process

executor = Executor(executortype="storm", check_every=0.5)


def begin(ctx: Context | AsyncContext, uid: str) -> str:
    token = f"{ctx.processid}/{ctx.attempt}/{os.getpid()}/{time.time_ns()}"
    note(os.environ["STORM"], "begin", uid=uid, processid=ctx.processid, attempt=ctx.attempt, token=token)
    return token


def finish(ctx: Context | AsyncContext, mode: str, token: str) -> dict[str, Any]:
    if mode == "fail":
        raise ValueError(f"meant to fail: {token}")
    note(os.environ["STORM"], "end", processid=ctx.processid, attempt=ctx.attempt, token=token)
    return {"token": token}


@executor.function
def work(uid: str, mode: str, seconds: float, *, ctx: Context) -> dict[str, Any]:
    token = begin(ctx, uid)
    if ctx.wait(seconds):
        raise RuntimeError("cancelled")
    return finish(ctx, mode, token)


@executor.function(process=True)
def work_in_child(uid: str, mode: str, seconds: float, *, ctx: Context) -> dict[str, Any]:
    token = begin(ctx, uid)
    if mode == "hostile":
        misbehave(uid)
    if ctx.wait(seconds):
        raise RuntimeError("cancelled")
    return finish(ctx, mode, token)


@executor.function
async def work_in_loop(uid: str, mode: str, seconds: float, *, ctx: AsyncContext) -> dict[str, Any]:
    token = begin(ctx, uid)
    await asyncio.sleep(seconds)
    return finish(ctx, mode, token)


@executor.function
def join(*parents: dict[str, Any], ctx: Context) -> dict[str, Any]:
    token = begin(ctx, "join")
    note(os.environ["STORM"], "end", processid=ctx.processid, attempt=ctx.attempt, token=token)
    return {"token": token, "from": [parent["token"] for parent in parents]}


def misbehave(uid: str) -> None:
    """Do to the connection with the executor what a function should not, in one of several ways."""
    import childwork

    way = hash(uid) % 4
    if way == 0:
        childwork.send_text("00")
    if way == 1:
        childwork.send_text("ffffffff")
    if way == 2:
        childwork.fork_and_leave("exits")
    os.kill(os.getpid(), 9)


class Notes(Observer):
    """Writes down what becomes of each process."""

    def ended(self, process: Process, outcome: Outcome, seconds: float) -> None:
        note(
            os.environ["STORM"],
            "ended",
            processid=process.processid,
            retries=process.retries,
            outcome=outcome.name,
        )

    def reported(self, process: Process, outcome: Outcome, seconds: float) -> None:
        note(
            os.environ["STORM"],
            "reported",
            processid=process.processid,
            retries=process.retries,
            outcome=outcome.name,
        )


if __name__ == "__main__":
    executor._observers.append(Notes())
    executor.run(concurrency=int(sys.argv[1]), grace=3)
