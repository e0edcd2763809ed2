"""The thread that makes an executor's regular calls: heartbeats, and checks of running processes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pycolonies._executor.attempt import Attempt, Phase
from pycolonies._models import Process
from pycolonies._rpc.encoding import encode, read_list
from pycolonies.errors import ColoniesError, PermissionDeniedError

if TYPE_CHECKING:
    from pycolonies._executor.heartbeat import Heartbeat
    from pycolonies._executor.locked_processes import Held
    from pycolonies._executor.poller import Poller
    from pycolonies._executor.reporter import Reporter
    from pycolonies._executor.server_link import ServerLink

log = logging.getLogger("pycolonies.executor")

#: Seconds between two rounds while something runs.
ROUND = 0.5
#: Seconds that a call of this thread may take.
TIMEOUT = 10.0
#: Seconds that a call may take that only checks whether the server is back.
PROBE = 2.0
#: How far back the server searches for running processes, in seconds: ten years.
EVER = 315_360_000
RUNNING = 1


class Supervisor:
    """Makes an executor's regular calls.

    No message tells an executor that a process was cancelled, and subscriptions do not report all ends. So
    one call lists the processes that run here according to the server, and each missing one is checked.

    Args:
        link: The connection to the server.
        poller: Calls `assign`.
        reporter: Fetches processes.
        held: The processes that the executor holds.
        colonyname: The executor's colony.
        executorid: Its identity.
        heartbeat: How often the server must be called.
        check_every: Seconds between two checks of running processes.
        settled: Receives attempts that have ended.
        adopted: Receives attempts that wait for a slot.
        own: Whether no other program can be this executor.
    """

    def __init__(
        self,
        link: ServerLink,
        poller: Poller,
        reporter: Reporter,
        held: Held,
        colonyname: str,
        executorid: str,
        *,
        heartbeat: Heartbeat,
        check_every: float,
        settled: Callable[[Attempt], None],
        adopted: Callable[[Attempt], None],
        own: bool,
    ) -> None:
        self._link = link
        self._poller = poller
        self._reporter = reporter
        self._held = held
        self._message = encode(
            "getprocesshistmsg",
            {"colonyname": colonyname, "executorid": executorid, "seconds": EVER, "state": RUNNING},
        )
        self._heartbeat = heartbeat
        self._check_every = check_every
        self._settled = settled
        self._adopted = adopted
        self._own = own
        self._looked = time.monotonic()
        self._busy = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="pycolonies-executor-watch", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread."""
        self._over.set()
        self._busy.set()

    def wake(self) -> None:
        """Wake the thread: a process runs, or the executor stops."""
        if not self._busy.is_set():
            self._busy.set()

    def _work(self) -> None:
        while not self._over.is_set():
            try:
                self._round()
            except Exception:
                log.exception("the supervisor failed")
            if self._over.wait(min(ROUND, self._check_every, self._heartbeat.now)) or self._holds():
                continue
            self._busy.clear()
            if not self._holds():
                self._busy.wait(min(self._heartbeat.now, self._check_every))

    def _holds(self) -> bool:
        with self._held as processes:
            return len(processes) > 0

    def _round(self) -> None:
        now = time.monotonic()
        if now - self._poller.asked >= self._heartbeat.now:
            self._call(now, TIMEOUT)
        elif self._link.failing and self._results_wait():
            self._call(now, PROBE)
        if now - self._looked < self._check_every:
            return
        missed = self._poller.missed() if self._own else None
        running = self._running(now)
        if running or missed:
            self._looked = now
            self._look(running, now if missed is None else missed.since, adopt=missed is not None)

    def _call(self, now: float, timeout: float) -> None:
        """Send a heartbeat. An answer after an outage ends the pauses of all reports."""
        process = self._poller.heartbeat(timeout)
        if process is None:
            return
        with self._held as processes:
            attempt, replaced = processes.found(process, now, now, time.monotonic())
        if replaced is not None:
            self._settled(replaced)
        if attempt is not None:
            self._adopted(attempt)

    def _results_wait(self) -> bool:
        with self._held as processes:
            return any(attempt.phase is Phase.REPORTING for attempt in processes)

    def _running(self, now: float) -> set[Attempt]:
        """Return the attempts that have been here for a while, and one whose result is kept."""
        with self._held as processes:
            kept = processes.next_kept()
            return {
                attempt
                for attempt in processes
                if attempt is kept
                or (
                    attempt.phase in (Phase.RUNNING, Phase.PARKED)
                    and now - attempt.since >= self._check_every
                )
            }

    def _look(self, running: set[Attempt], since: float, *, adopt: bool) -> None:
        asked = time.monotonic()
        listed = self._listed()
        if listed is None:
            return
        with self._held as processes:
            found = processes.listed(listed, since, asked, time.monotonic(), adopt=adopt)
        for attempt in found.replaced:
            self._settled(attempt)
        for attempt in running.intersection(found.missing):
            self._look_at(attempt)
        for attempt in found.adopted:
            self._adopted(attempt)
        self._poller.recovered(asked)

    def _listed(self) -> list[Process] | None:
        """Return the processes that run here according to the server; None if it does not answer."""
        try:
            reply = self._link.call("getprocesshistmsg", self._message, TIMEOUT)
        except PermissionDeniedError:
            self._link.rejoin()
        except ColoniesError as fault:
            log.debug("cannot look at what runs: %s", fault)
        else:
            return read_list(Process, "getprocesshistmsg", reply)
        return None

    def _look_at(self, attempt: Attempt) -> None:
        asked = time.monotonic()
        try:
            found = self._reporter.state(attempt.processid)
        except ColoniesError as fault:
            log.debug("cannot look at process %s: %s", attempt.processid, fault)
            return
        with self._held as processes:
            processes.seen(attempt, found, asked, time.monotonic())
        if attempt.outcome is not None:
            self._settled(attempt)
