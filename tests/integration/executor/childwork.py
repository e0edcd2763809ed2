"""Functions that the tests run in child processes."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from pycolonies import Context, current_context, func_spec


class OddError(Exception):
    """Cannot be made again from what it hands to Exception."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


class Holder:
    @staticmethod
    def double(number: int) -> int:
        return 2 * number


def add(a: int, b: int = 0) -> int:
    return a + b


async def add_later(a: int, b: int) -> int:
    return a + b


def count(to: int) -> Generator[int, None, str]:
    yield from range(to)
    return "done"


def pid() -> int:
    return os.getpid()


def fail(text: str) -> None:
    raise ValueError(text)


def fail_oddly() -> None:
    raise OddError("this", "that")


def leave(code: int) -> None:
    sys.exit(code)


def drop_out(code: int) -> None:
    os._exit(code)


def kill_itself(number: int) -> None:
    os.kill(os.getpid(), number)


def returns_a_lambda() -> object:
    return lambda: 1


def hang(started: str) -> None:
    """Waits for ever; its `finally` is seen in a file beside the one that tells that it runs."""
    try:
        Path(started).write_text(str(os.getpid()))
        time.sleep(600)
    finally:
        Path(started + ".finally").touch()


def hang_stubbornly(started: str) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(started).write_text(str(os.getpid()))
    time.sleep(600)


def hang_in_native_code(started: str) -> None:
    import ctypes

    Path(started).write_text(str(os.getpid()))
    ctypes.PyDLL(None).sleep(600)  # holds the interpreter's lock


def hang_with_a_child(started: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(started).write_text(str(child.pid))
    child.wait()


def take(size: int) -> int:
    return len(bytearray(size))


def share(size: int) -> None:
    import mmap

    area = mmap.mmap(-1, size)
    for place in range(0, size, 4096):
        area[place] = 1
    time.sleep(600)


def spin() -> None:
    while True:
        pass


def talk(*, ctx: Any) -> Any:
    ctx.log("one")
    ctx.log("two")
    answer = ctx.answer(20, plus=1)
    try:
        ctx.refuse()
    except ValueError as refused:
        error = str(refused)
    return [answer, error, ctx.color, ctx.cancelled, hasattr(ctx, "secret")]


def wait_for_cancelled(started: str, *, ctx: Any) -> None:
    Path(started).touch()
    while not ctx.cancelled:
        time.sleep(0.01)
    Path(started + ".cancelled").touch()


def report() -> None:
    logging.getLogger("childwork").warning("seen by %s", "the parent")
    print("printed")  # noqa: T201 (seen by the test)


def interrupt_handler() -> bool:
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def process_of_its_own() -> int | None:
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=pid)
    child.start()
    child.join()
    return child.exitcode


def converse(ctx: Context, until: int = 3) -> dict[str, Any]:
    """Uses all that its context has."""
    ctx.log("from the child")
    ctx.progress(0.5, "half")
    ctx.progress(0.6)  # too early to be shown, but observers are told
    ctx.set_output("early")
    ctx.add_attribute("color", "red")
    submitted = ctx.submit(
        func_spec("add", [1, 2], ctx.colonyname, ctx.process.spec.conditions.executortype, maxexectime=10)
    )
    assert current_context() is ctx
    channel = ctx.channel("talk")
    channel.send("hello")
    heard: list[bytes] = []
    for entry in channel.follow(timeout=10):
        heard.append(entry["payload"])
        if len(heard) == until:
            break
    assert ctx.remaining is not None
    return {"heard": [text.decode() for text in heard], "submitted": submitted.processid, "pid": os.getpid()}


def wait_in_context(started: str, ctx: Context) -> None:
    Path(started).touch()
    ctx.wait(600)


def log_lines(count: int) -> None:
    for number in range(count):
        logging.getLogger("childwork").info("line %d", number)
