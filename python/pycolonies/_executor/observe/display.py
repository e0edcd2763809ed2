"""A live view of an executor in the terminal; plain lines where there is none."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pycolonies._executor.observe.events import ExecutorInfo, Observer, Outcome, attempt_key
from pycolonies._executor.observe.stats import ExecutorStats, StatsObserver
from pycolonies._printable import one_line
from pycolonies._units import age, duration

if TYPE_CHECKING:
    from pycolonies._models import Process

#: Pictures a second.
RATE = 4
#: Failures that are shown.
FAILURES = 5
#: Seconds between two lines if there is no terminal.
LINE_EVERY = 10.0
#: Lines that the view has beside the processes.
_AROUND = 7
_SHORT = 8


@dataclass
class _Running:
    """A process that runs."""

    processid: str
    function: str
    began: float = field(default_factory=time.monotonic)
    fraction: float | None = None
    message: str = ""


@dataclass(frozen=True)
class _Failure:
    """A process that did not end in success."""

    processid: str
    function: str
    outcome: Outcome
    seconds: float
    reason: str = ""
    at: float = field(default_factory=time.monotonic)


class Display(Observer):
    """Shows what an executor does: its rate and slots, what runs and how far it is, failures, connection.

    In a terminal it is one picture, drawn anew four times a second below what functions print. Elsewhere a
    line tells of each failure, and one every ten seconds of the rest.

    Args:
        console: Where to show it; standard error by default.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._stats = StatsObserver()
        self._lock = threading.Lock()
        self._running: dict[tuple[str, int], _Running] = {}
        self._failures: deque[_Failure] = deque(maxlen=FAILURES)
        self._reasons: dict[tuple[str, int], str] = {}
        self._stopping = ""
        self._moved: list[logging.StreamHandler[Any]] = []
        self._about: ExecutorInfo | None = None
        self._fault = ""
        self._live: Live | None = None
        self._over = threading.Event()

    def started(self, about: ExecutorInfo) -> None:
        self._stats.started(about)
        self._about = about
        self._stopping = ""
        self._over.clear()
        if self._console.is_terminal:
            self._live = Live(
                get_renderable=self._picture, console=self._console, refresh_per_second=RATE, transient=False
            )
            self._live.start()
            self._move_logs(sys.__stderr__, sys.stderr)
            return
        functions = ", ".join(about.functions) or "nothing"
        self._line(f"{about.executorname} works for {about.colonyname}: {functions}")
        threading.Thread(target=self._tell, name="pycolonies-executor-display", daemon=True).start()

    def assigned(self, process: Process) -> None:
        self._stats.assigned(process)

    def began(self, process: Process) -> None:
        self._stats.began(process)
        with self._lock:
            function = one_line(process.spec.funcname)
            self._running[attempt_key(process)] = _Running(one_line(process.processid), function)

    def progressed(self, process: Process, fraction: float, message: str) -> None:
        with self._lock:
            running = self._running.get(attempt_key(process))
            if running is not None:
                running.fraction, running.message = fraction, message

    def logged(self, process: Process, message: str) -> None:
        with self._lock:
            running = self._running.get(attempt_key(process))
            if running is not None:
                running.message = message

    def failed(self, process: Process, error: BaseException) -> None:
        with self._lock:
            self._reasons[attempt_key(process)] = one_line(str(error) or type(error).__name__)

    def stopping(self, running: int, grace: float) -> None:
        calls = "1 call" if running == 1 else f"{running} calls"
        self._stopping = f"stopping: finishing {calls} within {duration(grace)}, Ctrl-C again ends them now"
        if self._live is None:
            self._line(self._stopping)

    def ended(self, process: Process, outcome: Outcome, seconds: float) -> None:
        self._stats.ended(process, outcome, seconds)

    def retrying(self, process: Process, error: BaseException, failure: int, seconds: float) -> None:
        self._stats.retrying(process, error, failure, seconds)
        with self._lock:
            self._running.pop(attempt_key(process), None)

    def limited(self, process: Process, limits: str) -> None:
        self._stats.limited(process, limits)

    def reported(self, process: Process, outcome: Outcome, seconds: float) -> None:
        self._stats.reported(process, outcome, seconds)
        with self._lock:
            ran = self._running.pop(attempt_key(process), None)
            reason = self._reasons.pop(attempt_key(process), "")
        if outcome is Outcome.SUCCESSFUL:
            return
        elapsed = time.monotonic() - ran.began if ran else 0.0
        function = one_line(process.spec.funcname)
        failure = _Failure(one_line(process.processid), function, outcome, elapsed, reason)
        with self._lock:
            self._failures.appendleft(failure)
        if self._live is None and self._about is not None:
            because = f": {reason}" if reason else ""
            self._line(
                f"{function} {outcome.value} after {duration(elapsed)}, process {failure.processid}{because}"
            )

    def disconnected(self, error: Exception) -> None:
        self._stats.disconnected(error)
        self._fault = one_line(str(error))
        if self._live is None:
            self._line(f"the server cannot be reached: {self._fault}")

    def reconnected(self) -> None:
        self._stats.reconnected()
        if self._live is None:
            self._line("the server answers again")

    def stopped(self) -> None:
        self._over.set()
        live, self._live = self._live, None
        if live is not None:
            live.stop()
            self._restore_logs()
        elif self._about is not None:
            self._line(f"stopped; {self._stats.stats().headline()}")
        self._about = None

    def _move_logs(self, old: Any, new: Any) -> None:
        """Let handlers write above the picture; on their own they would write into it."""
        handlers = [*logging.getLogger().handlers, *logging.getLogger("pycolonies").handlers]
        for handler in handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is old is not new:
                handler.setStream(new)
                self._moved.append(handler)

    def _restore_logs(self) -> None:
        moved, self._moved = self._moved, []
        for handler in moved:
            handler.setStream(sys.__stderr__)

    def _line(self, text: str) -> None:
        stamp = time.strftime("%H:%M:%S")
        self._console.print(f"{stamp} {text}", markup=False, highlight=False, soft_wrap=True)

    def _tell(self) -> None:
        """Print a line now and then, where something has ended since the last one."""
        told = 0
        while not self._over.wait(LINE_EVERY):
            stats = self._stats.stats()
            if stats.total.ended + stats.held != told:
                told = stats.total.ended + stats.held
                self._line(stats.headline())

    def _picture(self) -> RenderableType:
        stats = self._stats.stats()
        with self._lock:
            running = [
                _Running(one.processid, one.function, one.began, one.fraction, one.message)
                for one in self._running.values()
            ]
            failures = list(self._failures)
        room = max(self._console.height - _AROUND - (len(failures) + 2 if failures else 0), 3)
        running.sort(key=lambda one: one.began)
        parts: list[RenderableType] = [self._head(stats), _processes(running[:room])]
        if len(running) > room:
            parts.append(Text(f"and {len(running) - room} more", style="dim"))
        if failures:
            parts.append(_table_of(failures))
        # The terminal echoes ^C into the last line; a full one would wrap, and the picture would move.
        return Group(*parts, Text(""))

    def _head(self, stats: ExecutorStats) -> Text:
        about = self._about
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(about.executorname if about else "stopped", "bold")
        if about:
            text.append(f" ({about.executortype}) in {about.colonyname}", "dim")
        if self._stopping:
            text.append(f"  {self._stopping}", "yellow")
        else:
            state = "  connected" if stats.connected else f"  NOT CONNECTED: {self._fault}"
            text.append(state, _color(stats))
        text.append(f"\n{stats.held}/{stats.concurrency} slots busy  {stats.rate:.1f}/s  ")
        text.append(f"{stats.total.successful} successful  ", "green")
        text.append(f"{stats.total.failed} failed  ", "red" if stats.total.failed else "")
        text.append(f"waiting {duration(stats.total.waiting.p50)}  up {duration(stats.seconds)}", "dim")
        return text


def _color(stats: ExecutorStats) -> str:
    return "green" if stats.connected else "bold red"


def _processes(running: list[_Running]) -> Table:
    now = time.monotonic()
    table = Table(box=None, expand=True, header_style="dim", pad_edge=False)
    table.add_column("process", width=_SHORT, no_wrap=True)
    table.add_column("function", ratio=2, no_wrap=True)
    table.add_column("elapsed", justify="right", width=9)
    table.add_column("progress", ratio=2)
    table.add_column("", ratio=4, no_wrap=True)
    for one in running:
        bar: RenderableType = (
            ""
            if one.fraction is None
            else ProgressBar(total=1, completed=one.fraction, complete_style="cyan", finished_style="cyan")
        )
        elapsed = duration(round(now - one.began, 1))
        first = one_line(one.message.partition("\n")[0])
        table.add_row(
            Text(one.processid[:_SHORT]), Text(one.function), elapsed, bar, Text(first, style="dim")
        )
    return table


def _table_of(failures: list[_Failure]) -> Table:
    now = time.monotonic()
    table = Table(box=None, expand=True, header_style="yellow", pad_edge=False)
    table.add_column("process", width=_SHORT, no_wrap=True)
    table.add_column("failures", ratio=2, no_wrap=True)
    table.add_column("after", justify="right", width=9)
    table.add_column("", ratio=6, no_wrap=True)
    for one in failures:
        ago = f", {age(now - one.at)} ago" if now - one.at >= 1 else ""
        text = Text(f"{one.outcome.value}{ago}", overflow="ellipsis")
        text.append(f": {one.reason}" if one.reason else "", "dim")
        table.add_row(Text(one.processid[:_SHORT]), Text(one.function), duration(one.seconds), text)
    return table
