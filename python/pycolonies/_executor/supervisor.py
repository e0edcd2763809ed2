"""The thread that watches over an executor: heard from, on time, and told of cancellations."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pycolonies._executor.observe.events import Outcome
from pycolonies._models import Process
from pycolonies._rpc.encoding import encode, read_list
from pycolonies.errors import ColoniesError, PermissionDeniedError

if TYPE_CHECKING:
    from pycolonies._executor.invocation import Invocation
    from pycolonies._executor.poller import Poller
    from pycolonies._executor.reporter import Reporter
    from pycolonies._executor.server_link import ServerLink

log = logging.getLogger("pycolonies.executor")

#: Seconds between two rounds while something runs.
ROUND = 0.5
#: Seconds that a call of this thread may take: deadlines wait meanwhile.
TIMEOUT = 10.0
#: How far back the server looks for processes that run, in seconds: ten years.
EVER = 315_360_000
RUNNING = 1


class Supervisor:
    """Watches over what an executor runs.

    No message tells an executor that a process was cancelled, and subscriptions do not tell of all ends. So
    one call for all of them lists what the server takes to be running here, and what is missing is looked at.

    Args:
        link: The way to the server.
        poller: What is to be heard from.
        reporter: What knows how processes have ended.
        colonyname: The executor's colony.
        executorid: Its identity.
        heartbeat: Seconds of silence, at most.
        check_every: Seconds between two looks at what runs.
        running: What runs now.
        drop: Takes a run whose result is not wanted, and why.
        found: Takes a process that is assigned to the executor, but was not received by an answer to `ask`.
        rejoin: Registers the executor again, where the server does not know it.
    """

    def __init__(
        self,
        link: ServerLink,
        poller: Poller,
        reporter: Reporter,
        colonyname: str,
        executorid: str,
        *,
        heartbeat: float,
        check_every: float,
        running: Callable[[], list[Invocation]],
        drop: Callable[[Invocation, Outcome], None],
        found: Callable[[Process], None],
        rejoin: Callable[[], None],
        own: bool,
    ) -> None:
        self._link = link
        self._poller = poller
        self._reporter = reporter
        self._message = encode(
            "getprocesshistmsg",
            {"colonyname": colonyname, "executorid": executorid, "seconds": EVER, "state": RUNNING},
        )
        self._heartbeat = heartbeat
        self._check_every = check_every
        self._running = running
        self._drop = drop
        self._found = found
        self._rejoin = rejoin
        self._own = own
        self._looked = time.monotonic()
        self._busy = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="pycolonies-executor-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._over.set()
        self._busy.set()
        self._thread.join(ROUND)

    def wake(self) -> None:
        """Say that something runs."""
        if not self._busy.is_set():
            self._busy.set()

    def _work(self) -> None:
        while not self._over.is_set():
            try:
                self._round()
            except Exception:
                log.exception("watching failed")
            if self._over.wait(min(ROUND, self._check_every, self._heartbeat)) or self._running():
                continue
            self._busy.clear()
            if not self._running():
                self._busy.wait(min(self._heartbeat, self._check_every))

    def _round(self) -> None:
        now = time.monotonic()
        runs = self._running()
        for run in runs:
            if run.ends is not None and run.ends <= now:
                self._drop(run, Outcome.LATE)
        if now - self._poller.asked >= self._heartbeat and (process := self._poller.show_life(TIMEOUT)):
            self._found(process)
        if now - self._looked < self._check_every:
            return
        missed = self._own and self._poller.may_have_missed_one
        long = [run for run in runs if now - run.began >= self._check_every]
        if long or missed:
            self._looked = now
            self._look(long, missed=missed)

    def _look(self, runs: Iterable[Invocation], *, missed: bool) -> None:
        try:
            listed = self._listed()
        except PermissionDeniedError:
            self._rejoin()
            return
        except ColoniesError as fault:
            log.debug("cannot look at what runs: %s", fault)
            return
        for run in runs:
            if run.processid not in listed:
                self._look_at(run)
        if missed:
            self._poller.may_have_missed_one = False
            known = {run.processid for run in self._running()}
            for process in listed.values():
                if process.processid not in known:
                    self._found(process)

    def _listed(self) -> dict[str, Process]:
        """Return what the server takes to be running here."""
        reply = self._link.call("getprocesshistmsg", self._message, TIMEOUT)
        return {process.processid: process for process in read_list(Process, "getprocesshistmsg", reply)}

    def _look_at(self, run: Invocation) -> None:
        try:
            found = self._reporter.state(run.processid)
        except ColoniesError as fault:
            log.debug("cannot look at process %s: %s", run.processid, fault)
            return
        why = self._reporter.verdict(run.process, found)
        # One that waits again may be assigned to this executor once more.
        if why is not None and not (why is Outcome.LOST and found is not None and found.state == 0):
            self._drop(run, why)
