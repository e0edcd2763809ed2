"""Hooks and functions that the tests run in child processes."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from pycolonies import Context, State


def open_it(state: State) -> None:
    state.pid = os.getpid()
    state.uses = 0
    note("open")


async def open_more(state: State) -> None:
    await asyncio.sleep(0)
    state.more = state.pid


def close_it(state: State) -> None:
    note(f"close after {state.uses}")


def open_in_children() -> None:
    if os.getpid() != int(os.environ["PARENT"]):
        raise OSError("no database")


def use(ctx: Context) -> list[int]:
    ctx.state.uses += 1
    return [os.getpid(), ctx.state.pid, ctx.state.more, ctx.state.uses]


def note(what: str) -> None:
    with Path(os.environ["HOOKS"]).open("a") as file:
        file.write(f"{os.getpid()} {what}\n")


def echo(text: str) -> str:
    return text
