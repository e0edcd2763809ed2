"""Counters and latencies of an executor."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycolonies._executor.observe.events import ExecutorInfo, Observer, Outcome, attempt_key
from pycolonies._executor.observe.histogram import Histogram, Latency
from pycolonies._home import publish
from pycolonies._printable import one_line
from pycolonies._units import duration

if TYPE_CHECKING:
    from pycolonies._models import Process

#: Seconds over which rates are computed.
WINDOW = 60
#: Limit of separately counted function names, since submitters can choose any number of them.
NAMES = 200
OTHER = "(other)"


@dataclass(frozen=True)
class FunctionStats:
    """Statistics of the processes of one function, or of all. Times are in seconds.

    Attributes:
        running: How many run now.
        outcomes: Number of processes by outcome.
        waiting: From the submission to the assignment, by the server's clock.
        starting: From the assignment to the start of the function.
        execution: From the start of the function to its end.
        reporting: For delivering the report.
        retried: How often a function raised and was run again, or is going to be.
        limited: How often a run had to wait because ``max_concurrent`` or ``rate`` was reached.
    """

    running: int
    outcomes: Mapping[Outcome, int]
    waiting: Latency
    starting: Latency
    execution: Latency
    reporting: Latency
    retried: int = 0
    limited: int = 0

    @property
    def ended(self) -> int:
        """How many ended, with any outcome."""
        return sum(self.outcomes.values())

    @property
    def successful(self) -> int:
        """How many succeeded."""
        return self.outcomes[Outcome.SUCCESSFUL]

    @property
    def failed(self) -> int:
        """How many failed."""
        return self.outcomes[Outcome.FAILED]


@dataclass(frozen=True)
class ExecutorStats:
    """Statistics of an executor since its start. ``print`` shows a table.

    Attributes:
        executorname: Its name.
        concurrency: How many processes it runs at the same time, at most.
        seconds: How long it has been working.
        connected: Whether the server answered the last call.
        disconnections: How often the connection was lost.
        assigned: How many processes it was assigned.
        held: How many of them it has not reported yet.
        rate: Processes ended a second, over the last minute.
        total: All functions together.
        functions: Each function by itself. Beyond 200 names, the others are counted as ``"(other)"``.
        parked: How many of them wait without a slot: to be run again, or because limits are reached.
    """

    executorname: str
    concurrency: int
    seconds: float
    connected: bool
    disconnections: int
    assigned: int
    held: int
    rate: float
    total: FunctionStats
    functions: Mapping[str, FunctionStats]
    parked: int = 0

    def headline(self) -> str:
        """Return the most important figures in a line."""
        connection = "" if self.connected else ", the server cannot be reached"
        return (
            f"{self.executorname or 'executor'}: {self.held} of {self.concurrency} slots busy, "
            f"{self.rate:.1f}/s, {self.total.successful} successful, {self.total.failed} failed, "
            f"up {duration(self.seconds)}{connection}"
        )

    def _rows(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [
            ("function", "running", "ended", "failed", "waiting", "execution", "p99", "reporting")
        ]
        for name, one in sorted(self.functions.items()):
            times = (one.waiting.p50, one.execution.p50, one.execution.p99, one.reporting.p50)
            counts = (one.running, one.ended, one.failed)
            rows.append((one_line(name), *map(str, counts), *map(duration, times)))
        return rows

    def _repr_html_(self) -> str:
        import html

        head, *rows = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in self._rows())
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        head = head.replace("td>", "th>")
        return f"<table><caption>{html.escape(self.headline())}</caption><tr>{head}</tr>{body}</table>"

    def __str__(self) -> str:
        lines, rows = [self.headline()], self._rows()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for name, *cells in rows:
            line = [
                name.ljust(widths[0]),
                *(cell.rjust(w) for cell, w in zip(cells, widths[1:], strict=True)),
            ]
            lines.append("  ".join(line).rstrip())
        return "\n".join(lines)


class StatsObserver(Observer):
    """Counts what happens in an executor: a few microseconds for each event, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._about: ExecutorInfo | None = None
        self._began = time.monotonic()
        self._held: dict[tuple[str, int], float] = {}
        self._parked: dict[tuple[str, int], float] = {}
        self._limited: set[tuple[str, int]] = set()
        self._assigned = 0
        self._connected = True
        self._disconnections = 0
        self._recent = [0] * WINDOW
        self._second = int(self._began)
        self._tallies: dict[str, _Tally] = {}

    def started(self, about: ExecutorInfo) -> None:
        with self._lock:
            self._about = about
            self._began = time.monotonic()
            self._connected = True
            for name in about.functions:
                self._tallies.setdefault(name, _Tally())

    def assigned(self, process: Process) -> None:
        now = time.monotonic()
        waited = (process.starttime - process.submissiontime).total_seconds()
        with self._lock:
            self._assigned += 1
            self._held[attempt_key(process)] = now
            self._of(process).waiting.add(waited)

    def began(self, process: Process) -> None:
        now = time.monotonic()
        with self._lock:
            key = attempt_key(process)
            self._limited.discard(key)
            assigned = min(self._parked.pop(key, self._held.get(key, now)), now)
            tally = self._of(process)
            tally.running += 1
            tally.starting.add(now - assigned)

    def ended(self, process: Process, outcome: Outcome, seconds: float) -> None:
        with self._lock:
            tally = self._of(process)
            if self._parked.pop(attempt_key(process), None) is None:
                tally.running -= 1
                tally.execution.add(seconds)

    def retrying(self, process: Process, error: BaseException, failure: int, seconds: float) -> None:
        with self._lock:
            self._parked[attempt_key(process)] = time.monotonic() + seconds
            tally = self._of(process)
            tally.running -= 1
            tally.retried += 1

    def limited(self, process: Process, limits: str) -> None:
        with self._lock:
            self._limited.add(attempt_key(process))
            self._of(process).limited += 1

    def reported(self, process: Process, outcome: Outcome, seconds: float) -> None:
        second = int(time.monotonic())
        with self._lock:
            self._held.pop(attempt_key(process), None)
            self._limited.discard(attempt_key(process))
            self._turn(second)
            self._recent[second % WINDOW] += 1
            tally = self._of(process)
            tally.outcomes[outcome] += 1
            if seconds > 0:
                tally.reporting.add(seconds)

    def disconnected(self, error: Exception) -> None:
        with self._lock:
            self._disconnections += self._connected
            self._connected = False

    def reconnected(self) -> None:
        with self._lock:
            self._connected = True

    def stats(self) -> ExecutorStats:
        """Return what was counted so far."""
        now = time.monotonic()
        with self._lock:
            self._turn(int(now))
            up = now - self._began
            total = _Tally()
            for tally in self._tallies.values():
                total.include(tally)
            return ExecutorStats(
                executorname=self._about.executorname if self._about else "",
                concurrency=self._about.concurrency if self._about else 0,
                seconds=up,
                connected=self._connected,
                disconnections=self._disconnections,
                assigned=self._assigned,
                held=len(self._held),
                rate=sum(self._recent) / min(max(up, 1.0), WINDOW),
                total=total.stats(),
                functions={name: tally.stats() for name, tally in self._tallies.items()},
                parked=len(self._parked.keys() | self._limited),
            )

    def _of(self, process: Process) -> _Tally:
        name = process.spec.funcname
        found = self._tallies.get(name)
        if found is None:
            found = self._tallies.setdefault(name if len(self._tallies) < NAMES else OTHER, _Tally())
        return found

    def _turn(self, second: int) -> None:
        """Forget what was counted more than a minute ago."""
        for passed in range(max(self._second + 1, second - WINDOW + 1), second + 1):
            self._recent[passed % WINDOW] = 0
        self._second = max(second, self._second)


class _Tally:
    """What is counted for a function."""

    def __init__(self) -> None:
        self.running = 0
        self.retried = self.limited = 0
        self.outcomes: Counter[Outcome] = Counter()
        self.waiting = Histogram()
        self.starting = Histogram()
        self.execution = Histogram()
        self.reporting = Histogram()

    def include(self, other: _Tally) -> None:
        """Add what is counted elsewhere."""
        self.running += other.running
        self.retried += other.retried
        self.limited += other.limited
        self.outcomes.update(other.outcomes)
        self.waiting.include(other.waiting)
        self.starting.include(other.starting)
        self.execution.include(other.execution)
        self.reporting.include(other.reporting)

    def stats(self) -> FunctionStats:
        return FunctionStats(
            running=self.running,
            outcomes={outcome: self.outcomes[outcome] for outcome in Outcome},
            waiting=self.waiting.latency(),
            starting=self.starting.latency(),
            execution=self.execution.latency(),
            reporting=self.reporting.latency(),
            retried=self.retried,
            limited=self.limited,
        )


publish(__name__)
