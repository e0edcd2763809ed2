"""A running executor: its parts, put together."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pycolonies._executor import invoke
from pycolonies._executor.backend import ServerBackend
from pycolonies._executor.children import Children
from pycolonies._executor.children.bridge import Dropped, run_in_child
from pycolonies._executor.functions import Kind, carried
from pycolonies._executor.injected.runner import CodeRunner, carries_code
from pycolonies._executor.invocation import Invocation, limit
from pycolonies._executor.observe.events import About, Observer, Outcome
from pycolonies._executor.poller import Poller
from pycolonies._executor.registration import Registration
from pycolonies._executor.reporter import Report, Reporter
from pycolonies._executor.results import errors_of, failure, output_of, success
from pycolonies._executor.server_link import ServerLink
from pycolonies._executor.slots import Slots
from pycolonies._executor.supervisor import Supervisor
from pycolonies._waiting.backoff import Backoff
from pycolonies.errors import (
    ArgumentsError,
    CodeRefusedError,
    ColoniesConnectionError,
    ColoniesError,
    ConfigurationError,
    OutputError,
    UnknownFunctionError,
)

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from pycolonies._client import Colonies
    from pycolonies._executor.functions import RegisteredFunction
    from pycolonies._executor.identity import Identity
    from pycolonies._executor.injected.policy import CodePolicy
    from pycolonies._files.mounts import Mounts
    from pycolonies._models import Process
    from pycolonies._records import Capabilities

log = logging.getLogger("pycolonies.executor")

#: Failures that need no traceback.
_PLAIN = (ArgumentsError, OutputError, CodeRefusedError)

#: Threads that report what coroutine functions came to, at most.
REPORTERS = 16


@dataclass(frozen=True)
class Settings:
    """What a program says about its executor, beside who it is."""

    heartbeat: float
    check_every: float
    capabilities: Capabilities | None
    locationname: str
    unregister: bool
    code: CodePolicy | None = None
    fs_dir: Path | None = None


class Runtime:
    """An executor from its start to its stop."""

    def __init__(
        self,
        client: Colonies,
        identity: Identity,
        functions: Mapping[str, RegisteredFunction],
        concurrency: int,
        settings: Settings,
        observer: Observer,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._identity = identity
        self._functions = dict(functions)
        self._concurrency = concurrency
        self._settings = settings
        self._observer = observer
        self._bound = client.bind(prvkey=identity.prvkey, colonyname=identity.colonyname)
        self._running: dict[str, Invocation] = {}
        self._unlimited: set[str] = set()
        self._stopping = threading.Event()
        self._given_up = threading.Event()
        self._backend = ServerBackend(self._bound, observer)
        self._link = ServerLink(self._bound.endpoint, observer)
        self._registration = Registration(
            self._bound, identity, functions.values(), settings.capabilities, settings.locationname
        )
        self._poller = Poller(self._link, identity.colonyname, self._rejoin, self._stopping)
        self._reporter = Reporter(self._link, identity.executorid, self._rejoin, self._given_up)
        self._slots = Slots(concurrency, self._next, self._do)
        self._loop = invoke.Loop(loop)
        self._children = Children(concurrency)
        self._code: CodeRunner | None = None
        if settings.code is not None:
            self._code = CodeRunner(
                settings.code,
                concurrency,
                colonyname=identity.colonyname,
                executorname=identity.executorname,
                executorid=identity.executorid,
                prvkey=identity.prvkey,
                client=client,
            )
        self._reporters = ThreadPoolExecutor(min(REPORTERS, concurrency), "pycolonies-executor-report")
        self._found: list[Process] = []
        self._started = False
        self._starting = threading.Lock()
        self._taking_up = threading.Lock()
        self._supervisor = Supervisor(
            self._link,
            self._poller,
            self._reporter,
            identity.colonyname,
            identity.executorid,
            heartbeat=settings.heartbeat,
            check_every=settings.check_every,
            running=lambda: list(self._running.values()),
            drop=self._drop,
            found=self._found.append,
            rejoin=self._rejoin,
            own=identity.own,
        )

    @property
    def executorname(self) -> str:
        """What the executor is called."""
        return self._registration.executorname

    def register(self) -> bool:
        """Register once; returns whether the executor may work. Raises what stands against it for good."""
        try:
            return self._registration.ensure()
        except ConfigurationError:
            raise
        except ColoniesConnectionError as fault:
            log.warning("cannot register yet: %s", fault)
            return False

    def start(self) -> None:
        """Register, however long that takes, and begin to ask for work.

        Raises:
            ConfigurationError: The executor can never work as things are.
        """
        backoff = Backoff()
        while not self._stopping.is_set():
            with self._starting:
                if self._started or self.register():
                    self._open()
                    return
            self._stopping.wait(backoff.pause())

    def _open(self) -> None:
        self._started = True
        self._observer.started(
            About(
                colonyname=self._identity.colonyname,
                executorname=self.executorname,
                executorid=self._identity.executorid,
                executortype=self._identity.executortype,
                functions=tuple(self._functions),
                concurrency=self._concurrency,
            )
        )
        self._supervisor.start()
        self._slots.open()

    def stop_asking(self) -> None:
        """Ask for no more work. What runs goes on."""
        self._stopping.set()
        self._slots.close()
        self._poller.stop()
        for invocation in list(self._running.values()):
            invocation.context._tell(stopping=True)  # noqa: SLF001 (functions have no business with it)

    def wait(self, seconds: float) -> bool:
        """Wait until nothing runs anymore; returns whether it came to that."""
        return self._slots.wait(seconds)

    def finish(self) -> None:
        """End at once, after `stop_asking`: what still runs is handed back."""
        self._given_up.set()
        with self._starting:  # it may be about to become a member
            if self._started:
                self._leave()
        self._loop.close()
        self._children.close()
        if self._code is not None:
            self._code.close()
        self._reporters.shutdown(wait=False, cancel_futures=True)

    def _leave(self) -> None:
        left = list(self._running.values())
        for invocation in left:
            self._drop(invocation, Outcome.HANDED_BACK)
        self._supervisor.stop()
        self._hand_back([*(invocation.process for invocation in left), *self._found])
        self._observer.stopped()

    def _rejoin(self) -> None:
        with contextlib.suppress(ConfigurationError):
            self.register()

    def _next(self) -> Process | None:
        with contextlib.suppress(IndexError):
            return self._found.pop()
        return self._poller.ask()

    def _do(self, process: Process) -> bool:
        """Do a process on this thread; returns False where it goes on without it."""
        self._observer.assigned(process)
        if self._taken_up(process):
            return True
        offered = self._offered(process)
        if offered is None:
            self._report(process, Outcome.FAILED, failure(process.processid, [self._unknown(process)]))
            return True
        if process.spec.maxexectime <= 0 and offered.name not in self._unlimited:
            self._unlimited.add(offered.name)
            log.warning(
                "%s was submitted without maxexectime: should this executor be killed, its processes would "
                "run for ever",
                offered.name,
            )
        invocation = Invocation(process, offered, self._backend)
        self._running[process.processid] = invocation
        if self._given_up.is_set():  # it came in just when the executor stopped
            self._drop(invocation, Outcome.HANDED_BACK)
            self._hand_back([process])
            return True
        self._supervisor.wake()
        self._observer.began(process)
        try:
            if process.spec.fs is not None and process.spec.fs.mount:
                self._lay_out(invocation)
            args, kwargs = offered.binding(process.input or process.spec.args, process.spec.kwargs or {})
            if offered.awaits:
                self._loop.start(invocation, args, kwargs, self._ended_on_loop)
                return False
            value = self._run(invocation, args, kwargs)
        except BaseException as error:  # noqa: BLE001 (a function may raise anything, and fails its process only)
            self._conclude(invocation, None, error)
        else:
            self._conclude(invocation, value, None)
        return True

    def _lay_out(self, invocation: Invocation) -> None:
        """Lay out the files that a process wants to find."""
        from pycolonies._files import mounts  # noqa: PLC0415 (only where it is wanted)

        laid_out = mounts.before(self._bound, invocation.process, self._settings.fs_dir)
        invocation.context._mounts = laid_out  # noqa: SLF001 (functions have no business with it)

    def _take_in(
        self, invocation: Invocation, laid_out: Mounts, error: BaseException | None
    ) -> BaseException | None:
        """Take the files of a process back in; returns what has failed, the function first."""
        from pycolonies._files import mounts  # noqa: PLC0415 (only where it is wanted)

        if invocation.dropped is not None:
            mounts.discard(invocation.process, laid_out)
            return error
        try:
            mounts.after(self._bound, invocation.process, laid_out)
        except (ColoniesError, OSError) as fault:
            if error is None:
                return fault
            log.warning("files of process %s were not all taken back: %s", invocation.processid, fault)
        return error

    def _offered(self, process: Process) -> RegisteredFunction | None:
        """Return the function of a process, or what stands for it where its source code came along."""
        offered = self._functions.get(process.spec.funcname)
        if offered is None and self._code is not None and carries_code(process):
            return carried(process.spec.funcname)
        return offered

    def _unknown(self, process: Process) -> str:
        unknown = str(UnknownFunctionError(process.spec.funcname, tuple(self._functions)))
        if not carries_code(process):
            return unknown
        return f"{unknown}; source code that comes along is run with Executor(code=CodePolicy(...)) only"

    def _run(self, invocation: Invocation, args: Sequence[Any], kwargs: Mapping[str, Any]) -> object:
        """Run a function that does not wait on the event loop: where it wants to be run."""
        if invocation.offered.kind is Kind.CODE and self._code is not None:
            with contextlib.suppress(ColoniesError):  # its calls are then not counted
                self._registration.count(invocation.process)
            context, dropped = invocation.context, Dropped(invocation)
            return tuple(self._code.run(invocation.process, args, context=context, cancelled=dropped)) or None
        if invocation.offered.process:
            return run_in_child(self._children, invocation, args, kwargs)
        return invoke.run(invocation, args, kwargs)

    def _taken_up(self, process: Process) -> bool:
        """Take a process that is assigned once more for the run, or the result, that is there."""
        with self._taking_up:
            report = self._reporter.kept(process.processid)
            running = self._running.get(process.processid) if report is None else None
            if running is not None and running.process.retries == process.retries and running.renew(process):
                log.info("process %s was assigned again, and goes on", process.processid)
                return True
        if report is None or report.process.retries != process.retries:
            return False
        self._report(process, report.outcome, report.message)
        return True

    def _ended_on_loop(self, invocation: Invocation, value: object, error: BaseException | None) -> None:
        def conclude() -> None:
            try:
                self._conclude(invocation, value, error)
            finally:
                self._slots.release()

        try:
            self._reporters.submit(conclude)
        except RuntimeError:  # the executor has stopped, and nobody waits for this anymore
            self._slots.release()

    def _conclude(self, invocation: Invocation, value: object, error: BaseException | None) -> None:
        """A function has ended: tell the server, if it wants to know."""
        process = invocation.process
        if invocation.context._mounts is not None:  # noqa: SLF001 (functions have no business with it)
            error = self._take_in(invocation, invocation.context._mounts, error)  # noqa: SLF001
        if not invocation.finish():
            return
        outcome, message = Outcome.FAILED, b""
        if error is None:
            try:
                message = success(process.processid, output_of(value), invocation.offered.name)
                outcome = Outcome.SUCCESSFUL
            except OutputError as unsayable:
                error = unsayable
        if error is not None:
            errors = [str(error)] if isinstance(error, _PLAIN) else errors_of(error)
            message = failure(process.processid, errors)
        self._observer.ended(process, outcome, invocation.seconds)
        try:
            while not self._report_run(invocation, outcome, message):
                pass
        finally:
            self._forget(invocation)

    def _report_run(self, invocation: Invocation, outcome: Outcome, message: bytes) -> bool:
        """Report once; returns False where the process was assigned again just then."""
        process = invocation.process
        self._report(process, outcome, message)
        with self._taking_up:
            if invocation.process is not process:
                self._reporter.kept(process.processid)
                return False
            self._forget(invocation)
            return True

    def _report(self, process: Process, outcome: Outcome, message: bytes) -> None:
        began = time.monotonic()
        told = self._reporter.deliver(Report(process, outcome, message))
        if told is not outcome:
            log.warning("the result of process %s was not wanted: %s", process.processid, told.value)
        self._observer.reported(process, told, time.monotonic() - began)

    def _drop(self, invocation: Invocation, why: Outcome) -> None:
        """Tell a function that its result is not wanted."""
        if not invocation.drop(why):
            return
        self._forget(invocation)
        log.log(
            logging.WARNING if why in (Outcome.LATE, Outcome.LOST) else logging.INFO,
            "process %s (%s) was dropped: %s",
            invocation.processid,
            invocation.offered.name,
            why.value,
        )
        self._observer.ended(invocation.process, why, invocation.seconds)
        self._observer.reported(invocation.process, why, 0)

    def _forget(self, invocation: Invocation) -> None:
        if self._running.get(invocation.processid) is invocation:
            del self._running[invocation.processid]

    def _hand_back(self, left: list[Process]) -> None:
        """Return unfinished processes to the queue, and unregister where that is wanted."""
        try:
            if self._settings.unregister or (left and self._identity.own):
                removed = self._registration.remove()
                if removed and not self._settings.unregister:
                    self._registration.approve()
                if removed:
                    return
            for process in left:
                if limit(process) is None:  # nothing else would ever end it
                    errors = [f"the executor {self.executorname} stopped before the function was done"]
                    self._bound.fail(process.processid, errors)
        except ColoniesError as fault:
            log.warning("unfinished processes go back to the queue by their maxexectime only: %s", fault)
