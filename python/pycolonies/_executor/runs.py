"""Runs processes, from the assignment to the acknowledged report."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pycolonies._executor import invoke
from pycolonies._executor.attempt import Attempt, Phase, Report
from pycolonies._executor.children.bridge import Dropped, run_in_child
from pycolonies._executor.children.error_text import showable
from pycolonies._executor.claims import SAME_AS, Claims, Verdict
from pycolonies._executor.claims import pause as pause_before_claim
from pycolonies._executor.crons import is_of_cron, remove_once
from pycolonies._executor.function_retries import Again, Fail, GiveUp, Note, Retry, decide, notes_of, said
from pycolonies._executor.functions import Kind, carried
from pycolonies._executor.injected.runner import carries_code
from pycolonies._executor.invocation import Invocation
from pycolonies._executor.limits import Gates, Limits
from pycolonies._executor.observe.events import Outcome
from pycolonies._executor.processes import REMEMBERED, Action, remember
from pycolonies._executor.results import errors_of, failure, output_of, success
from pycolonies._models import Process
from pycolonies._specs.submission import delay_of, once_of
from pycolonies._waiting.completion import PERHAPS, incomplete, perhaps_incomplete
from pycolonies._waiting.threads import Job
from pycolonies.errors import (
    ArgumentsError,
    CodeRefusedError,
    ColoniesError,
    OutputError,
    UnknownFunctionError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pycolonies._client import Colonies
    from pycolonies._executor.backend import ServerBackend
    from pycolonies._executor.children.pool import Children
    from pycolonies._executor.extensions import Extensions
    from pycolonies._executor.functions import RegisteredFunction
    from pycolonies._executor.injected.runner import CodeRunner
    from pycolonies._executor.locked_processes import Held
    from pycolonies._executor.loop_link import LoopLink
    from pycolonies._executor.observe.events import Observer
    from pycolonies._executor.poller import Answer
    from pycolonies._executor.reporter import Reporter
    from pycolonies._executor.slots import Slots
    from pycolonies._files.mounts import Mounts
    from pycolonies._waiting.threads import Threads

log = logging.getLogger("pycolonies.executor")

#: Failures that need no traceback.
_PLAIN = (ArgumentsError, OutputError, CodeRefusedError, GiveUp)
#: How many processes per slot may wait for their next run before the executor requests no more.
PARKED = 10
#: Outcomes that are logged as warnings: the work was in vain.
_WASTED = (Outcome.LATE, Outcome.LOST)
#: Seconds that a process of an unknown function may take to turn out to have come without its source code.
LATE_CODE = 1.0
#: Seconds until a process is checked again if the server did not answer.
CHECK_AGAIN = 1.0


class Runs:
    """Runs the processes that are assigned to an executor.

    Args:
        functions: The functions that the executor offers.
        held: The processes that it holds.
        client: A client that signs with the executor's key and calls its colony.
        backend: Carries out the calls of contexts.
        reporter: Delivers reports.
        observer: Observes what happens.
        loop: Runs coroutine functions.
        loop_link: Returns the connection to the server for that loop; None if threads send reports.
        children: Runs functions in child processes.
        code: Runs source code that comes with processes; None if none is run.
        extensions: The program's extensions of the executor.
        workers: Run what would block the loop, one job per slot.
        count: Registers an injected function.
        began: Called when a process begins, with the end of its maxexectime.
        concurrency: How many processes run at a time.
        fs_dir: Directory in which the files of processes are mounted.
    """

    def __init__(
        self,
        functions: Mapping[str, RegisteredFunction],
        held: Held,
        client: Colonies,
        backend: ServerBackend,
        reporter: Reporter,
        observer: Observer,
        loop: invoke.Loop,
        children: Children,
        code: CodeRunner | None,
        extensions: Extensions,
        *,
        loop_link: Callable[[], LoopLink] | None,
        workers: Threads,
        count: Callable[[Process], None],
        began: Callable[[float | None], None],
        concurrency: int,
        fs_dir: Path | None,
    ) -> None:
        self._functions = functions
        self._held = held
        self._client = client
        self._backend = backend
        self._reporter = reporter
        self._observer = observer
        self._loop = loop
        self._children = children
        self._code = code
        self._extensions = extensions
        self._count = count
        self._began = began
        self._fs_dir = fs_dir
        self._loop_link = loop_link
        self._workers = workers
        self._unlimited: set[str] = set()
        self._waited: set[str] = set()
        self._concurrency = concurrency
        self._parked: dict[Attempt, float] = {}
        #: Processes of which an attempt was given up that had begun to store output.
        self._stored: OrderedDict[str, None] = OrderedDict()
        self._claims = Claims(client)
        self._gates: Gates[Attempt] = Gates(self._limits_of)
        #: Takes tasks that wait for a slot, and returned slots.
        self.slots: Slots[Answer | Attempt]

    def begin_on_loop(self, task: Answer | Attempt) -> bool:
        """Begin a task on the event loop; returns False if it goes on, and returns its slot later."""
        if isinstance(task, Attempt) or not self._can_begin_on_loop(task.process):
            return self._aside(partial(self.do, task))
        return self.do(task)

    def _can_begin_on_loop(self, process: Process) -> bool:
        """Return whether a process can begin without blocking."""
        offered = self._functions.get(process.spec.funcname)
        if offered is None or not offered.awaits or self._observer.reads_env:
            return False
        mounts = process.spec.fs is not None and process.spec.fs.mount
        return offered.codec is None and not mounts and not incomplete(process)

    def _aside(self, work: Callable[[], bool]) -> bool:
        """Run something that may block: in this thread, or from the event loop in a worker thread.

        Returns:
            True if it is done; False if it continues and returns its slot later.
        """
        if not self._loop.is_here():
            return work()

        def job() -> None:
            done = True
            try:
                done = work()
            except Exception:
                log.exception("a process could not be done")
            finally:
                if done:
                    self.slots.release()

        try:
            self._workers.submit(Job(job))
        except RuntimeError:  # the executor has stopped, and nothing waits for this
            return True
        return False

    def do(self, task: Answer | Attempt) -> bool:
        """Do a task on this thread. Returns False if it continues without the thread."""
        if isinstance(task, Attempt):
            return self._guarded(task, self._adopt)
        process = task.process
        with self._held as processes:
            action, attempt, replaced = processes.assigned(process, time.monotonic(), task.asked)
        if replaced is not None:
            self.settled(replaced)
        if attempt is None or action is Action.IGNORE:
            log.debug("process %s is assigned by an old answer", process.processid)
            return True
        if action is Action.CHECK:
            self._began(attempt.ends)
            return self._aside(partial(self._guarded, attempt, self._adopt))
        self._observer.assigned(process)
        attempt.observed = True
        if action is Action.BEGIN:
            return self._guarded(attempt, self._begin)
        if action is Action.DELIVER:
            return self._deliver(attempt)
        if action is Action.HAND_BACK:
            self.settled(attempt)
        else:
            self._continue(attempt)
        return True

    def _continue(self, attempt: Attempt) -> None:
        """What runs here, or is being reported, counts for a new assignment of its process."""
        if attempt.run is not None:
            log.info("process %s was assigned again, and goes on", attempt.processid)
            attempt.run.renew(attempt.process, _left(attempt))
            self._began(attempt.ends)
            self._reporter.wake()

    def _guarded(self, attempt: Attempt, work: Callable[[Attempt], bool]) -> bool:
        """Carry on with an attempt. Whatever goes wrong fails its process, which would be held for ever."""
        try:
            return work(attempt)
        except Exception as fault:
            log.exception("process %s could not be done", attempt.processid)
            if attempt.phase is not Phase.RUNNING:
                return True
            self._observer.failed(attempt.process, fault)
            return self._end(attempt, Report(Outcome.FAILED, failure(attempt.processid, errors_of(fault))))

    def _adopt(self, attempt: Attempt) -> bool:
        """Begin a process found in a listing, or report its kept result, unless it will be discarded."""
        with self._held as processes:
            phase = processes.slot(attempt)
        if phase is Phase.REPORTING:
            return self._deliver(attempt)
        if phase is Phase.PARKED:
            return self._resume(attempt)
        return phase is not Phase.FOUND or self._adopt_found(attempt)

    def _adopt_found(self, attempt: Attempt) -> bool:
        """Begin a process found in a listing if it is this executor's now."""
        asked = time.monotonic()
        try:
            found = self._reporter.state(attempt.processid)
            if found is not None:
                found = self._reporter.with_input(found)
        except ColoniesError as fault:
            log.debug("cannot look at process %s: %s", attempt.processid, fault)
            again = time.monotonic() + CHECK_AGAIN
            with self._held:
                self._parked[attempt] = again
            self._began(again)
            return True
        with self._held as processes:
            action = processes.adopted(attempt, found, asked, time.monotonic())
        if action is Action.CHECK:
            return self._adopt_found(attempt)
        if action is Action.DELIVER:  # observers know of its end
            log.info("the server has requeued process %s although it took its result", attempt.processid)
            return self._deliver(attempt)
        if action is not Action.BEGIN:
            return True
        self._observer.assigned(attempt.process)
        attempt.observed = True
        return self._begin(attempt)

    def _begin(self, attempt: Attempt) -> bool:
        process = self._completed(attempt)
        offered = self._offered(process)
        if offered is None:
            error = self._unknown(process)
            self._observer.failed(process, error)
            return self._end(attempt, Report(Outcome.FAILED, failure(process.processid, [str(error)])))
        self._warn_unlimited(process, offered)
        invocation = Invocation(process, offered, self._backend)
        invocation.stale = bool(process.output)
        notes = notes_of(process)
        retries = offered.policy.allowed(process)
        invocation.allow(retries, tuple(note.error for note in notes))
        with self._held:
            attempt.run = invocation
        if attempt.outcome is not None:
            self.settled(attempt)
            return True
        self._began(attempt.ends)
        pause = notes[-1].wait(time.time()) if notes else 0.0
        if len(notes) > retries or pause > 0:
            if len(notes) > retries:
                return self._fail_again(attempt, invocation)
            if self._park(attempt, pause):
                self._has_begun(attempt)
                self._observer.retrying(process, Retry(notes[-1].error), len(notes), pause)
            return True
        if once := once_of(process):
            remove_once(self._client, once)
        delay = delay_of(process, time.time())
        if delay > 0:
            self._observer.limited(process, "it starts later")
            if not self._park(attempt, delay - (time.monotonic() - attempt.since)):
                self.settled(attempt)
            return True
        return self._claim(attempt)

    def _claim(self, attempt: Attempt) -> bool:
        """Run the function unless another process with the same idempotency key runs instead."""
        invocation: Invocation = attempt.run
        verdict = Verdict.RUN if invocation.claimed else self._claims.decide(attempt.process)
        if verdict is Verdict.RUN:
            invocation.claimed = True
            return self._take_turn(attempt)
        if isinstance(verdict, Process):
            self._end_as(attempt, invocation, verdict)
            return True
        if not invocation.waits:
            self._observer.limited(attempt.process, "another process has its idempotency key")
        invocation.waits += 1
        if not self._park(attempt, pause_before_claim(invocation.waits)):
            self.settled(attempt)
        return True

    def _end_as(self, attempt: Attempt, invocation: Invocation, other: Process) -> None:
        """Report the output of another process, which has the same idempotency key."""
        self._has_begun(attempt)
        invocation.ended = time.monotonic()
        with contextlib.suppress(ColoniesError):
            invocation.backend.add_attribute(attempt.process, SAME_AS, other.processid)
        message = self._success(attempt, invocation, other.output or [])
        self._end(attempt, Report(Outcome.SUCCESSFUL, message))

    def _success(self, attempt: Attempt, invocation: Invocation, output: list[Any]) -> bytes:
        """Write the report of a successful run. An earlier attempt may have stored output."""
        invocation.stale |= attempt.processid in self._stored
        return success(attempt.processid, invocation.reported(output), invocation.offered.name)

    def _has_begun(self, attempt: Attempt) -> None:
        attempt.begun = True
        self._observer.began(attempt.process)

    def _limits_of(self, name: str) -> Limits:
        offered = self._functions.get(name)
        return Limits() if offered is None else offered.limits

    def _take_turn(self, attempt: Attempt) -> bool:
        """Run the function now if its limits allow; otherwise later, without a slot meanwhile."""
        now, name = time.monotonic(), _gate(attempt)
        with self._held as processes:
            ends = math.inf if attempt.ends is None else attempt.ends
            wanted = processes.begins(attempt, now)
            starts = wanted and self._gates.enter(name, attempt, now, ends)
            wanted = starts or (wanted and processes.parked(attempt))
            opens = self._gates.opens(now)
        if starts:
            self._has_begun(attempt)
            return self._start(attempt, attempt.run)
        if wanted:
            self._observer.limited(attempt.process, str(self._limits_of(name)))
            self._began(attempt.ends)
            self._began(opens)
        else:
            self.settled(attempt)
        return True

    def _leave_turn(self, attempt: Attempt, seconds: float) -> None:
        """The function of an attempt has ended, so waiting runs of it may start."""
        with self._held:
            self._gates.left(_gate(attempt), seconds)
        self._due(time.monotonic())

    def _fail_again(self, attempt: Attempt, invocation: Invocation) -> bool:
        """Handle a last failure that another executor has noted but not reported."""
        self._has_begun(attempt)
        invocation.ended = time.monotonic()
        *earlier, last = invocation.earlier
        self._observer.failed(attempt.process, Retry(last))
        errors = [last, *_numbered(earlier)]
        return self._end(attempt, Report(Outcome.FAILED, failure(attempt.processid, errors)))

    def _start(self, attempt: Attempt, invocation: Invocation) -> bool:
        """Run the function. Returns False if it continues without this thread."""
        process, offered = invocation.process, invocation.offered
        try:
            if process.spec.fs is not None and process.spec.fs.mount:
                self._mount(invocation)
            given = (
                process.spec.args if is_of_cron(process.spec.label) else process.input or process.spec.args
            )
            args, kwargs = offered.arguments_of(given, process.spec.kwargs or {})
            if offered.awaits:
                self._loop.start(invocation, self._run_on_loop(attempt, invocation, args, kwargs))
                return False
            value = self._run(invocation, args, kwargs)
        except BaseException as error:  # noqa: BLE001 (a function may raise anything, and fails its process only)
            return self._conclude(attempt, invocation, None, showable(error))
        return self._conclude(attempt, invocation, value, None)

    def _run(self, invocation: Invocation, args: Sequence[Any], kwargs: Mapping[str, Any]) -> object:
        """Run a function that is not a coroutine function: in this thread or in a child process."""
        if invocation.offered.kind is Kind.CODE and self._code is not None:
            with contextlib.suppress(ColoniesError):  # its calls are then not counted
                self._count(invocation.process)
            code = self._code
            return invoke.surrounded(
                invocation, args, kwargs, self._loop, lambda call: _run_code(code, invocation, call.args)
            )
        if invocation.offered.process:
            return invoke.surrounded(
                invocation,
                args,
                kwargs,
                self._loop,
                lambda call: run_in_child(self._children, invocation, call.args, call.kwargs),
            )
        return invoke.run(invocation, args, kwargs, self._loop)

    async def _run_on_loop(
        self, attempt: Attempt, run: Invocation, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> None:
        try:
            value = await invoke.awaited(run, args, kwargs)
        except BaseException as error:  # noqa: BLE001 (a function may raise anything, and fails its process only)
            self._ended_on_loop(attempt, run, None, showable(error))
        else:
            self._ended_on_loop(attempt, run, value, None)

    def _ended_on_loop(
        self, attempt: Attempt, run: Invocation, value: object, error: BaseException | None
    ) -> None:
        conclude = partial(self._conclude, attempt, run, value, error)
        mounts = run.context._mounts is not None  # noqa: SLF001 (functions have no business with it)
        blocks = self._loop_link is None or mounts or run.offered.codec is not None
        blocks = blocks or (error is not None and self._must_complete(attempt, run))
        try:
            done = self._aside(conclude) if blocks else conclude()
        except Exception:
            log.exception("process %s could not be reported", attempt.processid)
            done = True
        if done:
            self.slots.release()

    def _conclude(
        self, attempt: Attempt, invocation: Invocation, value: object, error: BaseException | None
    ) -> bool:
        """Report a function that has ended, unless it is discarded. Returns False if that continues."""
        return self._guarded(attempt, lambda _: self._concluded(attempt, invocation, value, error))

    def _concluded(
        self, attempt: Attempt, invocation: Invocation, value: object, error: BaseException | None
    ) -> bool:
        invocation.ended = time.monotonic()
        self._leave_turn(attempt, invocation.seconds)
        why = ""
        if error is not None and invocation.dropped is None:
            decision = self._decide(attempt, invocation, error)
            if isinstance(decision, Again):
                retry = partial(self._retry, invocation=invocation, error=error, pause=decision.pause)
                return self._aside(partial(self._guarded, attempt, retry))
            why = decision.why
        error = self._unmount(invocation, error)
        outcome, message = Outcome.FAILED, b""
        if error is None:
            try:
                output = invocation.offered.written(output_of(value))
                message = self._success(attempt, invocation, output)
                outcome = Outcome.SUCCESSFUL
            except OutputError as unsayable:
                error = unsayable
        if error is not None:
            self._observer.failed(attempt.process, error)
            errors = [str(error)] if isinstance(error, _PLAIN) else errors_of(error)
            errors += [why] * bool(why) + _numbered(invocation.earlier)
            message = failure(attempt.processid, errors)
        return self._end(attempt, Report(outcome, message))

    @staticmethod
    def _must_complete(attempt: Attempt, invocation: Invocation) -> bool:
        """Return whether the `env` of the process may lower its retries, and may have come too late."""
        retries = invocation.context._retries  # noqa: SLF001 (functions have no business with it)
        return retries > 0 and not invocation.knows_retries and perhaps_incomplete(attempt.process)

    def _retries_of(self, attempt: Attempt, invocation: Invocation) -> int:
        """Return how often the function of an attempt may run again."""
        if self._must_complete(attempt, invocation):
            completed = self._backend.completion(attempt.process, attempt.since)
            with self._held:
                attempt.process = completed
            invocation.process = completed
            invocation.context._retries = invocation.offered.policy.allowed(completed)  # noqa: SLF001 (as above)
        invocation.knows_retries = True
        return invocation.context._retries  # noqa: SLF001 (as above)

    def _decide(self, attempt: Attempt, invocation: Invocation, error: BaseException) -> Again | Fail:
        policy, retries = invocation.offered.policy, self._retries_of(attempt, invocation)
        longest = max(invocation.longest, invocation.seconds)
        try:
            return decide(policy, retries, len(invocation.earlier), error, _left(attempt), longest)
        except Exception as fault:
            log.exception("the backoff of %s failed", invocation.offered.name)
            return Fail(f"its backoff failed: {said(fault)}")

    def _retry(self, attempt: Attempt, invocation: Invocation, error: BaseException, pause: float) -> bool:
        """Run the function again after a pause, without holding a slot; the failure is noted first.

        Returns:
            True, as nothing is left to do now.
        """
        process, number = attempt.process, len(invocation.earlier) + 1
        text, now = said(error), time.time()
        allowed = invocation.context._retries + 1  # noqa: SLF001 (functions have no business with it)
        message = (
            f"{process.spec.funcname} ({process.processid[:8]}) failed, attempt {number} of {allowed}, after "
            f"{invocation.seconds:.1f} s: {text}; again in {pause:.1f} s"
        )
        note = Note(number, text, now + pause)
        try:
            invocation.backend.add_attribute(
                process, note.key, note.value(now, process.assignedexecutorid, process.retries)
            )
            invocation.backend.log(process, message)
        except ColoniesError as fault:  # it is kept here, and a lost process is noticed anyway
            log.debug("the failure of process %s was not noted: %s", process.processid, fault)
        self._discard(invocation)
        following = invocation.again(self._backend, _left(attempt), text)
        with self._held:
            if attempt.outcome is None:
                attempt.run = following
        if attempt.outcome is None:
            self._observer.retrying(process, error, number, pause)
        if not self._park(attempt, pause):
            self.settled(attempt)
        return True

    def _park(self, attempt: Attempt, pause: float) -> bool:
        """Park an attempt until its next run. Returns False if its result will be discarded."""
        with self._held as processes:
            wanted = processes.parked(attempt)
            if wanted:
                self._parked[attempt] = time.monotonic() + pause
        self._began(time.monotonic() + pause)
        return wanted

    def _resume(self, attempt: Attempt) -> bool:
        now = time.monotonic()
        with self._held as processes:
            runs = processes.resumed(attempt, now)
            admitted = runs and self._gates.begins(_gate(attempt), attempt)
        if not runs:
            self.settled(attempt)
            return True
        attempt.run.began = now
        if not admitted:
            return self._claim(attempt)
        self._has_begun(attempt)
        return self._start(attempt, attempt.run)

    def next_due(self) -> float | None:
        """When the next parked process is due, on the monotonic clock; None if none is parked."""
        now = time.monotonic()
        with self._held:
            times = [*self._parked.values(), self._gates.opens(now)]
        return min((when for when in times if when is not None), default=None)

    def full(self) -> bool:
        """Whether so many processes are parked or wait for limits that the executor requests no more."""
        with self._held:
            if not self._parked and not self._gates.waiting():
                return False
            parked = len(self._parked) + self._gates.waiting()
            return parked >= PARKED * self._concurrency or self._gates.saturated(time.monotonic())

    def _due(self, now: float) -> None:
        """Have the processes that are due run by the next free slots."""
        with self._held as processes:
            due = [attempt for attempt, when in self._parked.items() if when <= now or attempt.outcome]
            for attempt in due:
                del self._parked[attempt]
            due += self._gates.admit(now)
            ready = [attempt for attempt in due if processes.ready(attempt)]
        for attempt in ready:
            self.slots.add(attempt)

    def _end(self, attempt: Attempt, report: Report) -> bool:
        now = time.monotonic()
        with self._held as processes:
            wanted = processes.ended(attempt, report, now)
        if not wanted:
            self.settled(attempt)
            return True
        if attempt.run is not None:
            self._observer.ended(attempt.process, report.outcome, attempt.run.seconds)
        return self._deliver(attempt)

    def _deliver(self, attempt: Attempt) -> bool:
        """Report an attempt, on the event loop without waiting. Returns False if that continues."""
        if self._loop_link is None or not self._loop.is_here():
            began = time.monotonic()
            self._reporter.deliver(attempt)
            self.settled(attempt, time.monotonic() - began)
            return True
        self._loop.keep(self._deliver_on_loop(attempt, self._loop_link()))
        return False

    async def _deliver_on_loop(self, attempt: Attempt, link: LoopLink) -> None:
        began, done = time.monotonic(), True
        try:
            await link.carry_out(self._reporter.steps(attempt))
            self.settled(attempt, time.monotonic() - began)
        except asyncio.CancelledError:  # the program has cancelled all tasks; a thread goes on
            done = self._aside(partial(self._deliver_in_thread, attempt))
            raise
        except Exception:
            log.exception("process %s could not be reported", attempt.processid)
        finally:
            if done:
                self.slots.release()

    def _deliver_in_thread(self, attempt: Attempt) -> bool:
        self._reporter.deliver(attempt)
        self.settled(attempt)
        return True

    def settled(self, attempt: Attempt, seconds: float = 0.0) -> None:
        """Announce the outcome of an attempt once, and cancel its function if that still runs."""
        with self._held as processes:
            self._gates.forget(_gate(attempt), attempt)
            first = processes.announce(attempt)
        if not first or attempt.outcome is None or not attempt.observed:
            return
        outcome, run = attempt.outcome, attempt.run
        name = attempt.process.spec.funcname
        if attempt.ended:
            if run is not None and outcome not in (Outcome.SUCCESSFUL, Outcome.FAILED):
                self._note_output(run)
            if attempt.report is not None and outcome is not attempt.report.outcome:
                log.warning(
                    "the result of process %s (%s) was dropped: %s", attempt.processid, name, outcome.value
                )
        else:
            level = logging.WARNING if outcome in _WASTED else logging.INFO
            log.log(level, "process %s (%s) was dropped: %s", attempt.processid, name, outcome.value)
            if outcome is Outcome.LATE and run is not None and not attempt.begun:
                self._warn_waited(name)
            if run is not None:
                self._drop(run, outcome)
            if run is not None and attempt.begun:
                self._observer.ended(attempt.process, outcome, run.seconds)
        self._observer.reported(attempt.process, outcome, seconds)

    def _drop(self, run: Invocation, why: Outcome) -> None:
        run.drop(why)
        self._note_output(run)

    def _note_output(self, run: Invocation) -> None:
        """Note that a run may have stored output that a later attempt must not report as its own."""
        if not (run.stale or run.backend.stores):
            return
        with self._held:
            remember(self._stored, run.processid, None, REMEMBERED)

    def _warn_waited(self, name: str) -> None:
        limits = self._limits_of(name)
        if not limits or name in self._waited:
            return
        self._waited.add(name)
        text = (
            f"a process of {name} waited for {limits} until its maxexectime was over, and did not start; "
            "set a maxexectime that covers the wait, or give the function a separate executor type"
        )
        log.warning("%s", text)
        self._observer.warned(text)

    def overdue(self, now: float) -> float | None:
        """Drop processes past their maxexectime. Returns the time of the next deadline."""
        with self._held as processes:
            late = processes.overdue(now)
            following = processes.next_deadline()
        for attempt in late:
            if attempt.run is not None:
                self._drop(attempt.run, Outcome.LATE)  # all functions first: observers may take their time
        for attempt in late:
            self.settled(attempt)
        self._due(now)
        times = [when for when in (following, self.next_due()) if when is not None]
        return min(times, default=None)

    def _completed(self, attempt: Attempt) -> Process:
        """Return the process of an attempt, with parts that the server stored after the assignment."""
        process = attempt.process
        wait = PERHAPS
        if perhaps_incomplete(process) and process.spec.funcname not in self._functions:
            wait = LATE_CODE
        elif not incomplete(process) and not self._observer.reads_env:
            return process
        completed = self._backend.completion(process, attempt.since, seconds=wait)
        with self._held:
            attempt.process = completed
        return completed

    def _offered(self, process: Process) -> RegisteredFunction | None:
        """Return the function of a process, or the placeholder of injected code."""
        offered = self._functions.get(process.spec.funcname)
        if offered is None and self._code is not None and carries_code(process):
            return carried(process.spec.funcname, self._extensions)
        return offered

    def _unknown(self, process: Process) -> UnknownFunctionError | CodeRefusedError:
        unknown = UnknownFunctionError(process.spec.funcname, tuple(self._functions))
        if not carries_code(process):
            return unknown
        return CodeRefusedError(
            f"{unknown}; source code that comes along is run with Executor(code=CodePolicy(...)) only"
        )

    def _warn_unlimited(self, process: Process, offered: RegisteredFunction) -> None:
        if process.spec.maxexectime > 0 or offered.name in self._unlimited:
            return
        self._unlimited.add(offered.name)
        text = (
            f"{offered.name} was submitted without maxexectime: if this executor is killed, its processes "
            "are requeued after about ten minutes, and never if it comes back with the same key"
        )
        log.warning("%s", text)
        self._observer.warned(text)

    def _mount(self, invocation: Invocation) -> None:
        """Mount the files that a process expects."""
        from pycolonies._files import mounts

        mounted = mounts.before(self._client, invocation.process, self._fs_dir)
        invocation.context._mounts = mounted  # noqa: SLF001 (functions have no business with it)

    @staticmethod
    def _discard(invocation: Invocation) -> None:
        """Remove the mounted files of a run whose result will be discarded."""
        mounted: Mounts | None = invocation.context._mounts  # noqa: SLF001 (functions have no business with it)
        if mounted is not None:
            from pycolonies._files import mounts

            mounts.discard(invocation.process, mounted)

    def _unmount(self, invocation: Invocation, error: BaseException | None) -> BaseException | None:
        """Unmount the files of a process. Returns the first failure: the function's, then the unmount's."""
        mounted: Mounts | None = invocation.context._mounts  # noqa: SLF001 (functions have no business with it)
        if mounted is None:
            return error
        from pycolonies._files import mounts

        if invocation.dropped is not None:
            self._discard(invocation)
            return error
        try:
            mounts.after(self._client, invocation.process, mounted)
        except (ColoniesError, OSError) as fault:
            if error is None:
                return fault
            log.warning("files of process %s were not all taken back: %s", invocation.processid, fault)
        return error


def _run_code(code: CodeRunner, invocation: Invocation, args: Sequence[Any]) -> object:
    """Run injected code. Returns its output as a tuple, or None if it is empty."""
    process, dropped = invocation.process, Dropped(invocation)
    return tuple(code.run(process, args, context=invocation.context, cancelled=dropped)) or None


def _gate(attempt: Attempt) -> str:
    """Return the name under which the runs of an attempt's function are counted."""
    run: Invocation | None = attempt.run
    return "" if run is None or run.offered.kind is Kind.CODE else run.offered.name


def _numbered(errors: Sequence[str]) -> list[str]:
    return [f"attempt {number}: {error}" for number, error in enumerate(errors, 1)]


def _left(attempt: Attempt) -> float | None:
    return None if attempt.ends is None else attempt.ends - time.monotonic()
