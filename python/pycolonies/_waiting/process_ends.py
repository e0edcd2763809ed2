"""The ends of many processes, for handles: all are polled, and the oldest are also subscribed to.

``docs/design/waiting.md`` has the reasons.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Any

from pycolonies._loggers import logger
from pycolonies._models import Process
from pycolonies._platform import after_fork_in_child
from pycolonies._waiting.backoff import POLL_MAX, POLL_MIN, Backoff, poll_pause
from pycolonies._waiting.endings import Ending
from pycolonies._waiting.listener import LISTEN_AFTER, LISTEN_MAX, LISTEN_MIN
from pycolonies._waiting.lists import Lists
from pycolonies._waiting.threads import Job, Threads
from pycolonies.errors import ColoniesError, ServerError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from pycolonies._aio.listener import EndListener
    from pycolonies._aio.transport import AsyncTransport
    from pycolonies._futures.handle import ProcessHandle
    from pycolonies._models import FuncSpec
    from pycolonies._rpc.endpoint import Endpoint

#: Calls that submit or cancel at the same time.
SUBMITTERS = 8
#: Processes that are subscribed to at the same time, each over its own connection.
LISTENERS = 8
#: Up to this many processes are polled one by one; more are polled by lists.
MAX_SINGLE_POLLS = 8
#: The shortest pause between two polls of lists, in seconds.
LISTS_MIN = 0.025
#: Seconds between two rounds that poll some processes one by one, how many those are, and how many where
#: lists do not show enough.
SWEEP_EVERY, SWEEP, SWEEP_MORE = 1.0, 10, 50
#: Seconds for which idle threads stay.
IDLE_TIMEOUT = 2.0
#: The first and the longest pause before the next attempt while the server does not answer, in seconds.
PAUSE, PAUSE_AT_MOST = 0.1, 5.0
#: Seconds within which an answer counts as recent, and how long an interrupted program waits for another one:
#: after a recent answer, and else.
RECENT_ANSWER, INTERRUPTED_WAIT, SILENT_WAIT = 1.0, 1.0, 0.15
#: Longest step of a listener in seconds: it reconnects within this time.
STEP = 0.5
_LOG = logger("pycolonies")


class Watched:
    """A process whose end handles wait for."""

    __slots__ = ("ending", "handles", "kept", "process", "since")

    def __init__(self, process: Process) -> None:
        self.process = process
        self.handles: list[weakref.ref[ProcessHandle[Any]]] = []
        #: Handles with callbacks, which are called even after all other references to the handle are gone.
        self.kept: set[ProcessHandle[Any]] = set()
        self.since = time.monotonic()
        self.ending = Ending()

    def wanted(self) -> list[ProcessHandle[Any]]:
        """Return the handles that are still there."""
        return [handle for ref in self.handles if (handle := ref()) is not None]


class Heard:
    """A process that is subscribed to.

    Args:
        watched: The process.
        listener: Its subscription, which is served by the event loop of all handles.
        now: The time.
    """

    __slots__ = ("future", "listener", "poll_at", "watched")

    def __init__(self, watched: Watched, listener: EndListener, now: float) -> None:
        self.watched, self.listener = watched, listener
        #: When it is polled next: servers do not send a message for every end.
        self.poll_at = now + LISTEN_MIN
        self.future: Future[None] | None = None

    def plan(self, now: float, cost: float) -> None:
        """Set when to poll next, after a poll."""
        usual = poll_pause(now - self.watched.since, cost, POLL_MIN, POLL_MAX)
        self.poll_at = now + self.listener.pause(usual)

    def stop(self) -> None:
        """End the subscription."""
        if self.future is not None:
            self.future.cancel()


class Watcher:
    """Notices the ends of processes and settles their handles. One object for each endpoint.

    It has a thread that polls while there are handles whose processes have not ended. The oldest processes
    are also subscribed to, by the event loop of all watchers, which only says what to poll at once.

    Args:
        endpoint: Server, and key of a member.
        connect: Opens a transport for the subscriptions.
    """

    def __init__(self, endpoint: Endpoint, connect: Callable[[], AsyncTransport]) -> None:
        self.endpoint = endpoint
        self._connect = connect
        #: The error of the last poll; None if the server answered.
        self.fault: Exception | None = None
        # Handles may be collected as garbage, and their calls cancelled, while another job is given.
        self._spawning = threading.RLock()
        self._threads: Threads | None = None
        self._begin()
        _WATCHERS.add(self)

    def _begin(self) -> None:
        """Set up for a process of the operating system: threads do not survive a fork."""
        self._lock = threading.Lock()
        self._for_looking = threading.Condition(self._lock)
        self._watched: dict[str, Watched] = {}
        #: Those that are polled.
        self._polled: dict[str, Watched] = {}
        #: When processes may be listened for, the earliest first.
        self._to_listen: deque[tuple[float, str]] = deque()
        self._lists = Lists(self)
        self._looks = False
        #: Those that are subscribed to. They are polled seldom, and after each message.
        self._heard: dict[str, Heard] = {}
        self._transport: AsyncTransport | None = None
        self._eventful_at = self._pruned_at = time.monotonic()
        self._backoff, self._resume_at = Backoff(PAUSE, PAUSE_AT_MOST), 0.0
        self._answered_at = float("-inf")

    # --- Calls -----------------------------------------------------------------------------------------

    def process(self, processid: str) -> Process:
        """Return a process as the server has it now."""
        return self.endpoint.call("getprocessmsg", processid=processid).to(Process)

    def submit(self, spec: FuncSpec) -> Process:
        """Submit a function spec."""
        reply = self.endpoint.call("submitfuncspecmsg", spec=self.endpoint.spec_in_colony(spec))
        self._answered_at = time.monotonic()
        return reply.to(Process)

    def cancel(self, processid: str) -> None:
        """Cancel a process."""
        self.endpoint.call("cancelprocessmsg", processid=processid)

    # --- Handles ---------------------------------------------------------------------------------------

    def add(self, handle: ProcessHandle[Any]) -> None:
        """Begin to watch the process of a handle."""
        watched = Watched(handle.process)
        if watched.ending.reached(handle.process):
            handle.ended(handle.process)
            return
        with self._lock:
            found = self._watched.setdefault(handle.processid, watched)
            if found is watched:
                self._polled[handle.processid] = watched
                self._to_listen.append((watched.since + LISTEN_AFTER, handle.processid))
            found.handles.append(weakref.ref(handle))
            if handle.has_callbacks:
                found.kept.add(handle)
            self._eventful_at = time.monotonic()
            if not self._looks:
                self._looks = True
                _thread(self._look_on, "looks")
            self._for_looking.notify()

    def spawn(self, work: Callable[[], None]) -> Job[None]:
        """Submit or cancel a process in a thread."""
        with self._spawning:
            self._threads = self._threads or Threads(SUBMITTERS)
            return self._threads.submit(Job(work))

    def resume(self, handle: ProcessHandle[Any]) -> None:
        """Watch a handle that is waited for after a fork, in the child, where nothing watches it yet."""
        if handle.processid and not handle.done():
            with self._lock:
                watched = self._watched.get(handle.processid)
                if watched is not None and handle in watched.wanted():
                    return
            if not handle.done():
                self.add(handle)

    def dismiss(self, handle: ProcessHandle[Any]) -> None:
        """Stop watching the process of a handle, unless another handle waits for it."""
        with self._lock:
            watched = self._watched.get(handle.processid)
            if watched is not None:
                watched.kept.discard(handle)
                watched.handles = [ref for ref in watched.handles if ref() not in (None, handle)]

    def keep(self, handle: ProcessHandle[Any]) -> None:
        """Keep a handle with callbacks until its process has ended."""
        with self._lock:
            if (watched := self._watched.get(handle.processid)) is not None:
                watched.kept.add(handle)

    def settle(self, process: Process) -> None:
        """Settle the handles of a process that has ended."""
        if (watched := self._forget(process.processid)) is not None:
            for handle in watched.wanted():
                handle.ended(process)

    def seen(self, process: Process) -> bool:
        """Update a process with its state at the server.

        Returns:
            Whether the process needs no further watching.
        """
        watched = self._watched.get(process.processid)
        if watched is None:
            return True
        if watched.ending.reached(process):
            self.settle(process)
            return True
        watched.process = process
        for handle in watched.wanted():
            handle.process = process
        return False

    def lost(self, processid: str, refused: ServerError) -> None:
        """Settle the handles of a process that the server does not show.

        Raises:
            ServerError: The refusal may be temporary.
        """
        if refused.status not in (400, 403, 404):
            raise refused
        if (watched := self._forget(processid)) is not None:
            for handle in watched.wanted():
                handle.lost(refused)

    def is_watched(self, processid: str) -> bool:
        """Return whether handles wait for the end of this process."""
        return processid in self._watched

    def _forget(self, processid: str) -> Watched | None:
        with self._lock:
            self._polled.pop(processid, None)
            watched = self._watched.pop(processid, None)
            heard = self._heard.pop(processid, None)
            self._eventful_at = time.monotonic()
        if heard is not None:
            heard.stop()
        return watched

    # --- Trouble ---------------------------------------------------------------------------------------

    def patience(self) -> float:
        """Return how long an interrupted program waits for an answer, in seconds.

        A server that has answered lately answers again. Others may be silent for long.
        """
        return INTERRUPTED_WAIT if time.monotonic() - self._answered_at < RECENT_ANSWER else SILENT_WAIT

    def reached(self) -> None:
        """Note that the server answers."""
        self._answered_at = time.monotonic()
        self.fault, self._resume_at = None, 0.0
        self._backoff.reset()

    def missed(self, fault: Exception) -> None:
        """Note that the server does not answer, and wait longer before the next attempt."""
        with self._lock:
            self.fault = fault
            self._resume_at = time.monotonic() + self._backoff.pause()

    # --- Polling ---------------------------------------------------------------------------------------

    def _look_on(self) -> None:
        """Poll processes without a subscription until none is left."""
        swept_at = looked_at = cost = 0.0
        while (due := self._wait_for_look(looked_at, cost)) is not None:
            polled, heard = due
            polls = 1
            begun_at = time.monotonic()
            try:
                self._look_at([each.watched for each in heard])
                for each in heard:
                    each.plan(time.monotonic(), time.monotonic() - begun_at)
                if not polled:
                    continue
                if len(polled) <= MAX_SINGLE_POLLS:
                    polls = len(polled)
                    self._look_at(polled)
                else:
                    shows_all = self._lists.look(polled)
                    if not shows_all or begun_at - swept_at >= SWEEP_EVERY:
                        swept_at = begun_at
                        self._look_at(self._next_to_sweep(SWEEP if shows_all else SWEEP_MORE))
            except ColoniesError as fault:
                self.missed(fault)
            except Exception as fault:  # noqa: BLE001 (handles wait, whatever it is)
                _LOG.exception("polling for the ends of processes failed, and is tried again")
                self.missed(fault)
            looked_at = time.monotonic()
            # Of one poll: this thread makes one call at a time, whatever it polls.
            cost = (looked_at - begun_at) / polls

    def _look_at(self, some: list[Watched]) -> None:
        """Poll processes one by one.

        Raises:
            ColoniesError: The server does not answer at the moment.
        """
        for watched in some:
            processid = watched.process.processid
            try:
                process = self.process(processid)
            except ServerError as refused:
                self.lost(processid, refused)
            else:
                self.reached()
                self.seen(process)

    def _wait_for_look(self, looked_at: float, cost: float) -> tuple[list[Watched], list[Heard]] | None:
        """Wait until the next poll, and return its processes; None after a while without any.

        Args:
            looked_at: When the last poll ended.
            cost: How long it took, in seconds.

        Returns:
            Processes without a subscription, all or none of them, and those with one that are due.
        """
        with self._lock:
            idle_since = time.monotonic()
            while True:
                now = time.monotonic()
                if now - self._pruned_at >= POLL_MAX or len(self._polled) <= MAX_SINGLE_POLLS:
                    self._pruned_at = now
                    self._prune()
                self._start_listeners(now)
                heard = [each for each in self._heard.values() if each.poll_at <= now >= self._resume_at]
                if heard:
                    return [], heard
                pause = min((each.poll_at - now for each in self._heard.values()), default=POLL_MAX)
                pause = max(min(pause, POLL_MAX), self._resume_at - now)
                if self._polled:
                    shortest = POLL_MIN if len(self._polled) <= MAX_SINGLE_POLLS else LISTS_MIN
                    usual = poll_pause(now - self._eventful_at, cost, shortest, POLL_MAX)
                    due = max(looked_at + usual, self._resume_at)
                    # A process that has just been submitted has not ended yet.
                    due = max(due, min(self._eventful_at + POLL_MIN, looked_at + POLL_MAX))
                    if due <= now:
                        return list(self._polled.values()), []
                    self._for_looking.wait(min(due - now, pause))
                    idle_since = time.monotonic()
                elif self._watched:
                    self._for_looking.wait(pause)
                    idle_since = time.monotonic()
                elif now - idle_since >= IDLE_TIMEOUT:
                    self._looks = False
                    break
                else:
                    self._for_looking.wait(idle_since + IDLE_TIMEOUT - now)
        with self._spawning:  # those threads are idle as well
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.close()
        return None

    def _prune(self) -> None:
        """Forget processes whose handles are gone. The lock is held."""
        for processid in [key for key, watched in self._watched.items() if not watched.wanted()]:
            self._watched.pop(processid)
            self._polled.pop(processid, None)
            if (heard := self._heard.pop(processid, None)) is not None:
                heard.stop()

    def _next_to_sweep(self, count: int) -> list[Watched]:
        """Return some processes to poll one by one, in turn: lists do not show those that were removed."""
        with self._lock:
            some = dict(islice(self._polled.items(), count))
            for processid, watched in some.items():  # to the end of the line
                del self._polled[processid]
                self._polled[processid] = watched
        return list(some.values())

    # --- Listening -------------------------------------------------------------------------------------

    def _start_listeners(self, now: float) -> None:
        """Subscribe to the oldest processes once there has been no news for a while. The lock is held.

        While processes end, polls follow quickly, and the oldest process is about to end.
        """
        if now - self._eventful_at < LISTEN_AFTER:
            return
        while self._to_listen and len(self._heard) < LISTENERS:
            ready_at, processid = self._to_listen[0]
            if processid in self._polled and max(ready_at, self._resume_at) > now:
                return
            self._to_listen.popleft()
            watched = self._polled.get(processid)
            if watched is None:
                continue
            try:
                self._heard[processid] = self._listen_for(watched, now)
            except Exception:  # noqa: BLE001 (handles wait, whatever it is)
                _LOG.exception("a process could not be subscribed to; it is polled only")
                return
            del self._polled[processid]

    def _listen_for(self, watched: Watched, now: float) -> Heard:
        """Subscribe to a process. The lock is held."""
        # Few programs wait for so long.
        from pycolonies._aio.endpoint import AsyncEndpoint
        from pycolonies._aio.listener import EndListener
        from pycolonies._waiting.background import BACKGROUND

        if self._transport is None:
            self._transport = self._connect()
        endpoint = AsyncEndpoint(self.endpoint, self._transport)
        heard = Heard(watched, EndListener(endpoint, LISTEN_MAX), now)
        heard.future = BACKGROUND.start(self._listen_on(heard))
        return heard

    async def _listen_on(self, heard: Heard) -> None:
        """Have a process polled whenever its subscription tells of a change."""
        try:
            while True:
                if await heard.listener.hear(heard.watched.process, inf, STEP):
                    self._poll_now(heard)
        except Exception:  # noqa: BLE001 (handles wait, whatever it is)
            _LOG.exception("listening for the end of a process failed; it is polled meanwhile")
            self._unheard(heard)
        finally:
            await heard.listener.close()

    def _poll_now(self, heard: Heard) -> None:
        with self._lock:
            heard.poll_at = 0.0
            self._for_looking.notify()

    def _unheard(self, heard: Heard) -> None:
        """Poll a process whose subscription has ended."""
        with self._lock:
            watched, processid = heard.watched, heard.watched.process.processid
            self._heard.pop(processid, None)
            if self._watched.get(processid) is watched:
                self._polled[processid] = watched
                self._to_listen.append((time.monotonic() + LISTEN_AFTER, processid))
                self._for_looking.notify()

    def after_fork(self) -> None:
        """Begin anew in a child process. Handles that are waited for there are watched from then on."""
        handles = [handle for watched in self._watched.values() for handle in watched.wanted()]
        self._spawning = threading.RLock()
        self._begin()
        for handle in handles:
            handle.after_fork()


#: All watchers, for `fork`.
_WATCHERS: weakref.WeakSet[Watcher] = weakref.WeakSet()


def _after_fork() -> None:
    for watcher in list(_WATCHERS):
        watcher.after_fork()


after_fork_in_child(_after_fork)


def _thread(work: Callable[[], None], does: str) -> None:
    threading.Thread(target=work, name=f"pycolonies-{does}", daemon=True).start()
