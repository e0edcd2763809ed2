"""What every worker does: it measures, and answers the driver. Only the standard library is loaded."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

#: One call of what is measured.
Operation: TypeAlias = Callable[[], object]
#: Answers one line of the driver: keyword arguments in, JSON out.
Answer: TypeAlias = Callable[..., Mapping[str, Any]]

#: Different messages of each kind: more than anybody remembers the signatures of.
DIFFERENT = 2000

#: Seconds of calls before the clock starts: connections are open then, and lazily built things are there.
WARM_UP = 0.15


class WrongAnswerError(Exception):
    """What would have been measured does not do its work."""


def check(true: bool, what: str) -> None:
    if not true:
        raise WrongAnswerError(what)


def resident_memory() -> int:
    """Return the bytes that this process has in memory now (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise LookupError("/proc/self/status has no VmRSS")


def run_until(operation: Operation, deadline: float) -> int:
    calls = 0
    while time.perf_counter() < deadline:
        operation()
        calls += 1
    return calls


def run_times(operation: Operation, calls: int) -> int:
    for _ in range(calls):
        operation()
    return calls


def in_threads(threads: int, work: Callable[[], int]) -> int:
    """Return the sum of what the work comes to in each thread; one thread is the main thread."""
    if threads == 1:
        return work()
    with ThreadPoolExecutor(threads) as pool:
        return sum(future.result() for future in [pool.submit(work) for _ in range(threads)])


def measure(operation: Operation, threads: int, seconds: float) -> dict[str, float]:
    """Call again and again; return the calls, the seconds that passed, and user and system CPU seconds."""
    cpu = time.process_time()
    began = time.perf_counter()
    calls = in_threads(threads, lambda: run_until(operation, began + seconds))
    passed = time.perf_counter() - began
    return {"calls": calls, "seconds": passed, "cpu": time.process_time() - cpu}


class Worker:
    """Measures one candidate. A cell makes ready what it needs, checks the answer once, returns the call."""

    def __init__(self, cells: Mapping[str, Callable[[], Operation]], **answers: Answer) -> None:
        self.cells = cells
        self.answers: dict[str, Answer] = {
            "prepare": self.prepare,
            "warm_up": self.warm_up,
            "measure": self.measure,
            "repeat": self.repeat,
            "memory": self.memory,
            **answers,
        }
        self.operation: Operation | None = None

    def prepare(self, cell: str) -> dict[str, Any]:
        self.operation = self.cells[cell]()
        return {}

    def prepared(self) -> Operation:
        if self.operation is None:
            raise LookupError("no cell is prepared")
        return self.operation

    def warm_up(self, threads: int) -> dict[str, float]:
        return measure(self.prepared(), threads, WARM_UP)

    def measure(self, threads: int, seconds: float) -> dict[str, float]:
        return measure(self.prepared(), threads, seconds)

    def repeat(self, threads: int, calls: int) -> dict[str, int]:
        """Call a number of times in each thread, without a clock."""
        operation = self.prepared()
        return {"calls": in_threads(threads, lambda: run_times(operation, calls))}

    def memory(self) -> dict[str, int]:
        return {"resident": resident_memory()}

    def serve(self) -> None:
        """Answer the driver's lines until end of file."""
        for line in sys.stdin:
            message = json.loads(line)
            try:
                reply = self.answers[message.pop("do")](**message)
            except Exception as fault:  # noqa: BLE001 (the driver tells it and stops)
                reply = {"error": f"{type(fault).__name__}: {fault}"}
            print(json.dumps(reply), flush=True)
