"""A running executor: creates its parts, and connects them from start to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycolonies import _core
from pycolonies._executor import invoke
from pycolonies._executor.attempt import Attempt, Phase
from pycolonies._executor.backend import ServerBackend
from pycolonies._executor.children.pool import Children
from pycolonies._executor.crons import Crons
from pycolonies._executor.heartbeat import Heartbeat
from pycolonies._executor.injected.runner import CodeRunner
from pycolonies._executor.locked_processes import Held
from pycolonies._executor.loop_slots import LoopSlots
from pycolonies._executor.observe.events import ExecutorInfo, Observer
from pycolonies._executor.poller import Answer, Poller
from pycolonies._executor.registration import PermanentError, Registration
from pycolonies._executor.repeated_failures import Repeats
from pycolonies._executor.reporter import Reporter
from pycolonies._executor.runs import Runs
from pycolonies._executor.server_link import ServerLink
from pycolonies._executor.slots import Slots
from pycolonies._executor.steps import Pause, Steps
from pycolonies._executor.supervisor import EVER, RUNNING, Supervisor
from pycolonies._executor.timer import Timer
from pycolonies._rpc.servers import Servers
from pycolonies._units import duration
from pycolonies._waiting.backoff import Backoff
from pycolonies._waiting.threads import Threads
from pycolonies.errors import (
    ColoniesConnectionError,
    ColoniesError,
    ConfigurationError,
    ServerError,
    TransportError,
)

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from pycolonies._client import Colonies
    from pycolonies._executor.extensions import Extensions
    from pycolonies._executor.functions import RegisteredFunction
    from pycolonies._executor.identity import Identity
    from pycolonies._executor.injected.policy import CodePolicy
    from pycolonies._executor.loop_link import LoopLink
    from pycolonies._models import Process
    from pycolonies._records import Capabilities

log = logging.getLogger("pycolonies.executor")

#: The error with which servers fail a process whose maxexectime is over.
EXPIRED = "Maximum execution time limit exceeded"
#: Seconds that a stop waits at most for the requests for work that it has ended.
FLUSH_TIMEOUT = 1.0
#: How often a late process is failed where the server does not answer.
FAIL_ATTEMPTS = 3
#: Reports and other short calls of an event loop in flight, each on a connection.
CALLS = 32
#: Seconds that a call under way has when the executor stops: a report, or its registration.
UNDER_WAY = 0.15


def _ignore(fault: Exception) -> None:
    """Ignore a failure that was logged."""


def _waited(task: Answer | Attempt) -> float:
    """Return the seconds for which a process waited at the server."""
    process = task.process
    return (process.starttime - process.submissiontime).total_seconds()


@dataclass(frozen=True)
class Settings:
    """The settings of an executor, apart from its identity."""

    heartbeat: float
    check_every: float
    capabilities: Capabilities | None
    locationname: str
    unregister: bool
    code: CodePolicy | None = None
    fs_dir: Path | None = None


class Runtime:
    """An executor from its start to its stop.

    Args:
        client: A client of the server.
        identity: Who the executor is.
        functions: Its functions.
        concurrency: How many processes it runs at a time.
        settings: Its settings.
        observer: Observes what happens.
        extensions: The program's extensions of the executor.
        loop: An event loop that is already running, for coroutine functions.
        failed: Called when the executor can never continue with these settings.
    """

    def __init__(
        self,
        client: Colonies,
        identity: Identity,
        functions: Mapping[str, RegisteredFunction],
        concurrency: int,
        settings: Settings,
        observer: Observer,
        extensions: Extensions,
        loop: asyncio.AbstractEventLoop | None = None,
        failed: Callable[[ConfigurationError], None] = _ignore,
    ) -> None:
        self._identity = identity
        self._functions = functions
        self._concurrency = concurrency
        self._settings = settings
        self._observer = observer
        self._server = f"{client.host}:{client.port}"
        self._failed = failed
        self._extensions = extensions
        self._hooks = threading.Lock()
        self._refusals, self._approvals = Repeats(), Repeats()
        self._bound = client.bind(prvkey=identity.prvkey, colonyname=identity.colonyname)
        self._stopping = threading.Event()
        self._held = Held(identity.executorid)
        self._link = ServerLink(self._bound.endpoint, observer, self._rejoin)
        self._heartbeat = Heartbeat(settings.heartbeat)
        self._poller = Poller(self._link, identity.colonyname, self._stopping, self._heartbeat)
        self._registration = Registration(
            self._bound,
            identity,
            functions.values(),
            settings.capabilities,
            settings.locationname,
            self._poller.removed,
        )
        self._crons = Crons(self._bound, identity.executortype, extensions.crons, functions)
        self._reporter = Reporter(self._link, self._held)
        self._loop = invoke.Loop(loop)
        self._workers = Threads(concurrency)
        self._client = client
        self._loop_link: LoopLink | None = None
        # Middleware must see all calls of a client, so these calls stay in threads.
        wrapped = not isinstance(client.endpoint.transport, (_core.Client, Servers))
        self._children = Children(concurrency)
        self._code = self._code_runner(client)
        self._runs = Runs(
            self._functions,
            self._held,
            self._bound,
            ServerBackend(self._bound, observer),
            self._reporter,
            observer,
            self._loop,
            self._children,
            self._code,
            extensions,
            loop_link=None if wrapped else self._from_loop,
            workers=self._workers,
            count=self._registration.count,
            began=self._began,
            concurrency=concurrency,
            fs_dir=settings.fs_dir,
        )
        self._slots: Slots[Answer | Attempt]
        if wrapped or not any(offered.awaits for offered in functions.values()):
            self._slots = Slots(concurrency, self._poll, self._runs.do)
        else:
            self._slots = LoopSlots(
                concurrency, self._poll_on_loop, _waited, self._runs.begin_on_loop, self._loop.running
            )
        self._runs.slots = self._slots
        self._timer = Timer(self._runs.overdue)
        self._supervisor = Supervisor(
            self._link,
            self._poller,
            self._reporter,
            self._held,
            identity.colonyname,
            identity.executorid,
            heartbeat=self._heartbeat,
            check_every=settings.check_every,
            settled=self._runs.settled,
            adopted=self._adopted,
            own=identity.own,
        )
        self._started = self._finishing = False
        self._starting = threading.Lock()
        self._joining = _core.Cancellation()
        self._leaving = _core.Cancellation()

    def _code_runner(self, client: Colonies) -> CodeRunner | None:
        if self._settings.code is None:
            return None
        return CodeRunner(
            self._settings.code,
            self._concurrency,
            colonyname=self._identity.colonyname,
            executorname=self._identity.executorname,
            executorid=self._identity.executorid,
            prvkey=self._identity.prvkey,
            client=client,
        )

    @property
    def executorname(self) -> str:
        """The executor's name."""
        return self._registration.executorname

    def announce_stop(self, grace: float) -> None:
        """Tell observers how many calls still run, and how many seconds they have."""
        self._observer.stopping(self.running, grace)

    @property
    def running(self) -> int:
        """How many processes have a slot."""
        return self._slots.held

    def register(self) -> bool:
        """Try to register. Returns True once approved.

        Raises:
            ConfigurationError: It can never succeed with these settings.
        """
        try:
            registered = self._registration.ensure()
            if registered and not self._started:
                self._crons.ensure()
        except ConfigurationError:
            raise
        except ColoniesConnectionError as fault:
            if not self._stopping.is_set():
                self._cannot_register(fault)
            return False
        self._link.succeeded()
        self._refusals.succeeded(time.monotonic())
        if registered:
            self._approvals.succeeded(time.monotonic())
        elif self._registration.awaits_approval:
            self._await_approval()
        return registered

    def _cannot_register(self, fault: ColoniesConnectionError) -> None:
        self._link.failed(fault)
        if isinstance(fault, TransportError):
            return
        repeat = self._refusals.failed(time.monotonic())
        if repeat is not None:
            since = f" after {duration(repeat.seconds)}, attempt {repeat.attempts}" if repeat.seconds else ""
            text = f"cannot register yet{since}: {fault}"
            log.warning("%s", text)
            self._observer.warned(text)

    def _await_approval(self) -> None:
        repeat = self._approvals.failed(time.monotonic())
        if repeat is None:
            return
        about = self._about()
        since = f", for {duration(repeat.seconds)} now" if repeat.seconds else ""
        log.warning(
            "this executor may not work yet, and waits%s until the owner of colony %s has added and "
            "approved it: name %s, type %s, id %s",
            since,
            about.colonyname,
            about.executorname,
            about.executortype,
            about.executorid,
        )
        self._observer.awaiting_approval(about, repeat.seconds)

    def start(self) -> None:
        """Run the program's hooks, register, however long that takes, and begin to ask for work.

        Raises:
            ConfigurationError: The executor can never work with these settings.
            Exception: What a function of ``on_start`` raises.
        """
        with self._hooks:
            self._extensions.start(self._loop.run)
        backoff = Backoff()
        with self._joining:
            while not self._stopping.is_set():
                with self._starting:
                    if self._started or self.register():
                        self._open()
                        return
                self._stopping.wait(backoff.pause())

    def _about(self) -> ExecutorInfo:
        return ExecutorInfo(
            colonyname=self._identity.colonyname,
            executorname=self.executorname,
            executorid=self._identity.executorid,
            executortype=self._identity.executortype,
            functions=tuple(self._functions),
            concurrency=self._concurrency,
            server=self._server,
        )

    def _open(self) -> None:
        self._started = True
        self._observer.started(self._about())
        if not self._functions and self._code is None:
            text = (
                "this executor offers no functions, so each process that it gets fails; add some with "
                "@executor.function before it runs"
            )
            log.warning("%s", text)
            self._observer.warned(text)
        self._supervisor.start()
        self._timer.start()
        self._slots.open()

    def functions_changed(self) -> None:
        """Register functions that were added or replaced, unless the start will do so."""
        try:
            if self._started:
                self._registration.present()
                self._crons.ensure()
        except ColoniesConnectionError as fault:
            log.warning("the colony does not know all functions yet: %s", fault)

    def stop_asking(self) -> None:
        """Request no more work. Running functions continue."""
        self._stopping.set()
        self._heartbeat.stopping = True
        waiting = self._slots.close()
        self._link.stop_polling()
        if self._loop_link is not None:
            self._loop_link.stop_polling()
        self._supervisor.wake()
        for attempt in self._all():
            if attempt.run is not None:
                attempt.run.context._tell(stopping=True)  # noqa: SLF001 (functions have no business with it)
        for task in waiting:
            if isinstance(task, Attempt):
                self._adopted(task)

    def wait(self, seconds: float) -> bool:
        """Wait until nothing runs. Returns False on timeout."""
        return self._slots.wait(seconds)

    def finish(self) -> None:
        """Stop at once, after `stop_asking`, and requeue running processes."""
        self._finishing = True
        with self._held as processes:
            processes.close()
        if not self._starting.acquire(timeout=UNDER_WAY):  # it may be about to become a member
            self._joining.cancel()
            self._starting.acquire()
        try:
            with self._leaving:
                if self._started:
                    self._leave()
                elif self._registration.may_be_added:
                    self._requeue()
        finally:
            self._starting.release()
        self._link.close()
        self._children.close()
        if self._code is not None:
            self._code.close()
        self._workers.close()
        if self._loop_link is not None:
            self._loop_link.close()

    def run_stop_hooks(self) -> None:
        """Run the program's functions of ``on_stop``, after those of ``on_start`` have ended."""
        with self._hooks:
            self._extensions.stop(self._loop.run)

    @property
    def has_stop_hooks(self) -> bool:
        """Whether there are functions of ``on_stop``."""
        return bool(self._extensions.on_stop)

    def close(self) -> None:
        """End the event loop, after `finish`."""
        self._loop.close()

    def cut(self) -> None:
        """End the calls of `finish`, from another thread."""
        self._joining.cancel()
        self._leaving.cancel()

    def _leave(self) -> None:
        deadline = time.monotonic() + UNDER_WAY
        while any(attempt.delivering for attempt in self._all()) and time.monotonic() < deadline:
            time.sleep(0.01)
        self._runs.overdue(time.monotonic())
        held = self._all()
        self._link.close()
        with self._held as processes:
            processes.leave(time.monotonic())
        for attempt in held:
            if attempt.outcome is not None:
                self._runs.settled(attempt)
        self._supervisor.stop()
        self._timer.stop()
        self._requeue()
        self._observer.stopped()

    def _all(self) -> list[Attempt]:
        with self._held as processes:
            return list(processes)

    def _began(self, ends: float | None) -> None:
        self._supervisor.wake()
        self._timer.by(ends)

    def _from_loop(self) -> LoopLink:
        """Return the connection to the server for the event loop."""
        if self._loop_link is None:
            from pycolonies._aio.connect import connect_as
            from pycolonies._executor.loop_link import LoopLink

            transport = connect_as(self._client, CALLS)
            self._loop_link = LoopLink(self._link, transport, self._loop, self._workers)
        return self._loop_link

    def _poll(self) -> Answer | None:
        return self._link.carry_out(self._poll_steps())

    async def _poll_on_loop(self) -> Answer | None:
        return await self._from_loop().carry_out(self._poll_steps())

    def _poll_steps(self) -> Steps[Answer | None]:
        """Wait for a process, but not much longer than until a parked one is due and needs the slot."""
        due = self._runs.next_due()
        left = None if due is None else max(due - time.monotonic(), 0.0)
        if self._runs.full():
            yield Pause(min(1.0 if left is None else left, 1.0) + 0.01, polls=True)
            return None
        return (yield from self._poller.steps(left))

    def _adopted(self, attempt: Attempt) -> None:
        """An attempt waits for a slot. A kept result is delivered without one while the executor stops."""
        self._timer.by(attempt.ends)
        if not self._slots.add(attempt) and attempt.phase is Phase.REPORTING:
            threading.Thread(target=self._runs.do, args=[attempt], daemon=True).start()

    def _rejoin(self) -> None:
        """Register again: the server does not know the executor."""
        if self._finishing:
            return
        try:
            self.register()
        except PermanentError as fault:
            self._give_up(fault)
        except ConfigurationError as fault:
            log.warning("cannot register again yet: %s", fault)

    def _give_up(self, fault: ConfigurationError) -> None:
        if self._stopping.is_set():
            return
        log.error("the executor stops: %s", fault)
        self.stop_asking()
        with self._held as processes:
            abandoned = processes.abandon()
        for attempt in abandoned:
            self._runs.settled(attempt)
        self._failed(fault)

    def _unregister(self) -> bool:
        """Unregister. Returns whether that was possible.

        A server that has begun to carry out a request for work may assign a process to an executor that was
        unregistered meanwhile, and the process would not be requeued.
        """
        if self._identity.colony_prvkey is not None:
            self._poller.flush(FLUSH_TIMEOUT)
        return self._registration.remove()

    def _fail_exhausted(self) -> None:
        """Fail late processes without retries before an unregistration, which would requeue them.

        The server does the same within about two seconds after their maxexectime.
        """
        if self._identity.colony_prvkey is None:  # it cannot unregister
            return
        with self._held as processes:
            if not processes.exhausted():
                return
        running = self._running_here()
        with self._held as processes:
            late = processes.late(running)
        for process in late:
            self._fail_late(process)

    def _running_here(self) -> list[Process]:
        return self._bound.get_process_history(
            seconds=EVER, state=RUNNING, executorid=self._identity.executorid
        )

    def _leaves_any(self) -> bool:
        """Return whether processes run here for the server: known ones, or by an answer that was lost."""
        with self._held as processes:
            if processes.left:
                return True
        if self._poller.missed() is None:
            return False
        self._poller.flush(FLUSH_TIMEOUT)
        return bool(self._running_here())

    def _fail_late(self, process: Process, attempts: int = FAIL_ATTEMPTS) -> None:
        try:
            self._bound.fail(process.processid, [EXPIRED])
        except TransportError as fault:
            log.debug("cannot fail the late process %s: %s", process.processid, fault)
            if attempts > 1:
                self._fail_late(process, attempts - 1)
        except ServerError as ended:
            log.debug("the late process %s has ended: %s", process.processid, ended)

    def _requeue(self) -> None:
        """Return unfinished processes to the queue, and unregister if that is wanted."""
        try:
            if self._settings.unregister or (self._identity.own and self._leaves_any()):
                self._fail_exhausted()
                removed = self._unregister()
                if removed and not self._settings.unregister:
                    self._registration.approve()
                if removed:
                    return
            with self._held as processes:
                endless = processes.endless()
            errors = [f"the executor {self.executorname} stopped before the function was done"]
            for process in endless:
                self._bound.fail(process.processid, errors)
        except ColoniesError as fault:
            log.warning("unfinished processes go back to the queue by their maxexectime only: %s", fault)
