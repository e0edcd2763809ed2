"""Measures awaitable calls beside the blocking client, pycolonies 1.0.25, and httpx with coincurve.

``python benches/waits.py --old PYTHON`` names an interpreter with 1.0.25, httpx and coincurve. Each figure is
taken in a fresh process, all candidates in turn, against one server in a separate process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from machine import describe

assert sys.platform != "win32"  # limits and /proc

HERE = Path(__file__).parent
SERVER = """
import json, sys
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, EXECUTOR_TYPE, DevServer
with DevServer(max_connections=20000) as server:
    place = [server.host, str(server.port), COLONY_NAME, EXECUTOR_TYPE, EXECUTOR_PRVKEY]
    print(json.dumps(place), flush=True)
    sys.stdin.read()
"""
#: A row's name, what measures it, whether it is the old package's interpreter, tasks or threads.
RATES = [
    ("blocking client, 1 thread", "blocking", False, 1),
    ("blocking client, 8 threads", "blocking", False, 8),
    ("1.0.25, 8 threads", "blocking", True, 8),
    ("httpx + coincurve, 1 task", "httpx", True, 1),
    ("httpx + coincurve, 100 tasks", "httpx", True, 100),
    ("AsyncColonies, 1 task", "rate", False, 1),
    ("AsyncColonies, 16 tasks", "rate", False, 16),
    ("AsyncColonies, 100 tasks", "rate", False, 100),
    ("AsyncColonies, 1000 tasks", "rate", False, 1000),
]


#: Slots of the executors.
SLOTS = [16, 256, 1000]


class Run:
    """Starts measurements against one server."""

    def __init__(self, place: list[str], old: str | None, seconds: float) -> None:
        self._place = place
        self._old = old
        self._seconds = seconds
        self._ids = json.dumps(self.measure("ids", 512))

    def measure(self, what: str, count: int, *, old: bool = False, asks: bool = False) -> Any:
        """Take one measurement in a fresh process."""
        python = self._old if old and self._old else sys.executable
        words = [python, str(HERE / "waits_worker.py"), what, *self._place, str(count), str(self._seconds)]
        given = self._ids + "\n" if asks else ""
        done = subprocess.run(words, input=given, capture_output=True, text=True, check=False, timeout=900)
        if done.returncode:
            raise SystemExit(f"{what} failed:\n{done.stderr}")
        return json.loads(done.stdout)

    def rates(self, rounds: int) -> list[tuple[str, float, float]]:
        """Return name, calls a second and CPU microseconds a call: medians."""
        rows = [row for row in RATES if self._old or not row[2]]
        found: dict[str, list[Any]] = {name: [] for name, *_ in rows}
        for number in range(rounds):
            turned = rows[number % len(rows) :] + rows[: number % len(rows)]
            for name, what, old, count in turned:
                found[name].append(self.measure(what, count, old=old, asks=what != "rate"))
        return [
            (
                name,
                statistics.median(each["rate"] for each in figures),
                statistics.median(each["cpu_us"] for each in figures),
            )
            for name, figures in found.items()
        ]

    def executors(self, rounds: int) -> list[str]:
        """Return a row for each concurrency: medians of all rounds."""
        found: dict[int, list[Any]] = {count: [] for count in SLOTS}
        for number in range(rounds):
            for count in SLOTS[number % len(SLOTS) :] + SLOTS[: number % len(SLOTS)]:
                found[count].append(self.measure("executor", count))
        rows = []
        for count, figures in found.items():
            rate, used, threads = (
                statistics.median(each[name] for each in figures) for name in ("rate", "cpu_us", "threads")
            )
            rows.append(f"| {count:,} | {rate:,.0f} | {used:,.0f} | {threads:.0f} |")
        return rows


def report(options: argparse.Namespace, run: Run) -> str:
    """Return the results as Markdown."""
    lines = ["# Awaitable calls", "", ", ".join(f"{name}: {value}" for name, value in describe().items()), ""]
    lines += ["| candidate | get_process a second | CPU µs a call |", "|---|---|---|"]
    lines += [f"| {name} | {rate:,.0f} | {cpu:,.0f} |" for name, rate, cpu in run.rates(options.rounds)]
    parts = {
        "Waiting calls of assign": ("waits", options.waits),
        "Rounds of 1,000 waits, started and cancelled": ("leaks", options.leaks),
        "Cancellations that coincide with assignments": ("cancellations", options.cancellations),
    }
    for title, (what, count) in parts.items():
        if count:
            lines += ["", f"## {title}", "", "```json", json.dumps(run.measure(what, count), indent=2), "```"]
    if options.executors:
        lines += ["", "## Executors of coroutine functions, all slots but 16 of which wait", ""]
        lines += ["| concurrency | processes a second | CPU µs a process | threads |", "|---|---|---|---|"]
        lines += run.executors(options.rounds)
    load = ", ".join(f"{value:.0f}" for value in os.getloadavg())
    lines += [
        "",
        f"Load averages at the end (1, 5 and 15 minutes): {load}. CPU times and ratios are comparable.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--old", help="interpreter with pycolonies 1.0.25, httpx and coincurve")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--waits", type=int, default=10_000)
    parser.add_argument("--leaks", type=int, default=100)
    parser.add_argument("--cancellations", type=int, default=10_000)
    parser.add_argument("--executors", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--output", type=Path, help="file to write the results to")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < options.waits + 100:
        options.waits = 1000
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin
        assert server.stdout
        try:
            run = Run(json.loads(server.stdout.readline()), options.old, options.seconds)
            text = report(options, run)
        finally:
            server.stdin.close()
    print(text)
    if options.output:
        options.output.write_text(text)


if __name__ == "__main__":
    main()
