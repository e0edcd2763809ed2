"""Executors in threads of a test: a small loop over the public client."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conftest import Colony
from pycolonies import ColoniesConnectionError, NoProcessAvailable, Process, ProcessHandle

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "echo": lambda *args: list(args),
    "double": lambda number: [2 * number],
    "add": lambda a, b=0: [a + b],
    "divide": lambda a, b: [a / b],
}


def run_one(
    colony: Colony,
    prvkey: str,
    functions: Mapping[str, Callable[..., Any]] = FUNCTIONS,
    *,
    seconds: int = 10,
) -> Process:
    """Carries out the next process."""
    process = colony.client.assign(colony.name, seconds, prvkey)
    try:
        output = functions[process.spec.funcname](*process.spec.args, **(process.spec.kwargs or {}))
    except Exception as fault:  # noqa: BLE001 (the process fails of it)
        colony.client.fail(process.processid, [f"{type(fault).__name__}: {fault}"], prvkey)
    else:
        colony.client.close(process.processid, output, prvkey)
    return process


@contextlib.contextmanager
def workers(
    colony: Colony, count: int = 2, functions: Mapping[str, Callable[..., Any]] = FUNCTIONS
) -> Iterator[None]:
    """Carries out whatever is submitted."""
    stop = threading.Event()
    prvkeys = [colony.executor().prvkey for _ in range(count)]

    def work(prvkey: str) -> None:
        while not stop.is_set():
            # Cancelled meanwhile, a process cannot be closed.
            with contextlib.suppress(NoProcessAvailable, ColoniesConnectionError):
                # A Colonies server does not wake each executor that waits, so they ask often.
                run_one(colony, prvkey, functions, seconds=1)

    threads = [threading.Thread(target=work, args=(prvkey,), daemon=True) for prvkey in prvkeys]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()  # the threads end when their last assign times out, without a join


def watching_threads() -> list[str]:
    """Names of the threads that learn of the ends of processes."""
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name in {"pycolonies-looks", "pycolonies-listens"}]


def submit(
    colony: Colony, prvkey: str, *args: object, funcname: str = "echo", **options: Any
) -> ProcessHandle[Any]:
    """Submits a call for the executors of a test."""
    handle: ProcessHandle[Any] = colony.client.submit(
        funcname,
        prvkey,
        args=args,
        colonyname=colony.name,
        **{"executortype": "echo", "maxexectime": 60, **options},
    )
    return handle
