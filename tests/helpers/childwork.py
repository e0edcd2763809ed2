"""Functions that the tests run in child processes."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from polling import until
from pycolonies import Context, current_context, func_spec

TENANT: ContextVar[str] = ContextVar("tenant", default="none")


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


def tell_whether_it_is_the_last_attempt(ctx: Context) -> bool:
    return ctx.last_attempt


async def add_later(a: int, b: int) -> int:
    return a + b


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


def announce(file: str, pid: int) -> None:
    """Write a process id into a file, which is there only once it is complete."""
    part = Path(f"{file}.part")
    part.write_text(str(pid))
    part.replace(file)


def hang(started: str) -> None:
    """Waits for ever; its `finally` is seen in a file beside the one that tells that it runs."""
    try:
        announce(started, os.getpid())
        time.sleep(600)
    finally:
        Path(started + ".finally").touch()


def hang_stubbornly(started: str) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    announce(started, os.getpid())
    time.sleep(600)


def hang_in_native_code(started: str) -> None:
    import ctypes

    announce(started, os.getpid())
    ctypes.PyDLL(None).sleep(600)  # holds the interpreter's lock


def hang_with_a_child(started: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    announce(started, child.pid)
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
    ctx.progress(0.6)  # too early to be shown, but observers receive it
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


def log_lines(count: int) -> None:
    for number in range(count):
        logging.getLogger("childwork").info("line %d", number)


# --- What hostile and unlucky functions do to the connection -----------------------------------------------


def connection() -> int:
    """Return the descriptor of the connection to the parent."""
    for link in sorted(Path("/proc/self/fd").iterdir(), key=lambda link: int(link.name)):
        with contextlib.suppress(OSError):
            if str(link.readlink()).startswith("socket:"):
                return int(link.name)
    raise LookupError


def send_a_part(data: bytes, pause: float, started: str = "") -> None:
    """Send bytes one by one, and nothing more."""
    for byte in data:
        os.write(connection(), bytes([byte]))
        time.sleep(pause)
    if started:
        Path(started).touch()
    time.sleep(600)


def send_text(data: str, started: str = "") -> None:
    """Send bytes, given in hexadecimal digits, and nothing more."""
    os.write(connection(), bytes.fromhex(data))
    if started:
        Path(started).touch()
    time.sleep(600)


def repeat(times: int) -> str:
    return "x" * times


def sleep(seconds: float, *, ctx: Any = None) -> None:
    time.sleep(seconds)


def die_in_a_message(raw_fork: bool, started: str) -> None:
    """Leave a process that holds the connection, and die half-way through a message."""
    import ctypes

    copy = ctypes.CDLL(None).fork() if raw_fork else os.fork()
    if copy == 0:
        time.sleep(600)
    announce(started, copy)
    os.write(connection(), (1 << 20).to_bytes(4, "big") + b"x" * 1000)
    os.kill(os.getpid(), signal.SIGKILL)


def ask_and_hold_the_interpreter(started: str, *, ctx: Any) -> None:
    """Ask for large answers on other threads, and do not let them read these."""
    import ctypes
    import threading

    def ask() -> None:
        while True:
            ctx.large()

    for _ in range(4):
        threading.Thread(target=ask, daemon=True).start()
    time.sleep(0.3)
    Path(started).touch()
    ctypes.PyDLL(None).sleep(600)


def log_much(names: int, level: int, text: str) -> None:
    for number in range(names):
        logging.getLogger(f"noise.{number}").log(level, "%s", text)


def log_with_dots() -> None:
    logging.getLogger(".".join("abcdefghijklmnopqrstuvwxyz")).warning("dotted")


class SilentError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def fail_without_words() -> None:
    raise SilentError


def fork_and_leave(how: str) -> int:
    """Fork; the copy leaves the function in one of several ways. Returns the copy's exit code."""
    copy = os.fork()
    if copy == 0:
        if how == "exits":
            sys.exit(3)
        if how == "raises":
            raise ValueError("of the copy")
        if how == "logs":
            logging.getLogger("copy").warning("of the copy")
        return -1
    return os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])


def fork_and_send(number: int) -> int:
    """Fork, and send the copy a signal. Returns the copy's exit code."""
    reading, writing = os.pipe()
    copy = os.fork()
    if copy == 0:
        os.write(writing, b"1")
        time.sleep(20)
        os._exit(7)
    os.read(reading, 1)
    os.kill(copy, number)
    return os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])


def use_the_context_of_another(*, ctx: Any) -> str:
    if os.fork() == 0:
        try:
            ctx.log("of the copy")
        except RuntimeError as error:
            os._exit(17 if "forked copy" in str(error) else 1)
        os._exit(0)
    return str(os.waitstatus_to_exitcode(os.wait()[1]))


def log_after_the_end(*, ctx: Any) -> None:
    import threading

    def later() -> None:
        time.sleep(0.3)
        ctx.log("late")

    threading.Thread(target=later).start()


def leave_a_daemon(pids: str, seconds: float) -> None:
    """Leave an orphaned process: forked twice, in its own session."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            announce(pids, os.getpid())
            time.sleep(600)
        os._exit(0)
    until(Path(pids).exists)
    time.sleep(seconds)


def take_in_children(size: int, number: int, seconds: float = 600) -> None:
    if any(os.fork() == 0 for _ in range(number)):
        held = bytearray(b"x") * size
        time.sleep(seconds)
        del held
    time.sleep(seconds)


def start_many(number: int) -> None:
    for _ in range(number):
        subprocess.Popen(["sleep", "600"])
    time.sleep(600)


def capabilities() -> list[str]:
    lines = Path("/proc/self/status").read_text().splitlines()
    return [line.split()[1] for line in lines if line.startswith("Cap")]


def module_files(*names: str) -> list[str]:
    return [str(getattr(__import__(name), "__file__", "")) for name in names]


def context_in_front(ctx: Context, number: int, /, *, twice: bool = False) -> list[object]:
    return [ctx.attempt, number * (2 if twice else 1)]


def note_tenant(name: str) -> list[str]:
    before = TENANT.get()
    TENANT.set(name)
    return [before, str(os.getpid())]


def fails_once(*, ctx: Context) -> list[int]:
    if ctx.failures == 0:
        ctx.set_output("of the first try")
        raise ConnectionError
    return [ctx.attempt, ctx.failures]
