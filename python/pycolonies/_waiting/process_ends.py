"""How the ends of many processes are learnt of: some are listened for, the others are looked for.

``docs/design/submitting.md`` has the reasons.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
import weakref
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from pycolonies._models import Process
from pycolonies._waiting.listener import listen
from pycolonies._waiting.lists import Lists
from pycolonies._waiting.threads import Job, Threads
from pycolonies.errors import ColoniesError, ServerError

if TYPE_CHECKING:
    from pycolonies._futures.handle import ProcessHandle
    from pycolonies._models import FuncSpec
    from pycolonies._rpc.endpoint import Endpoint

ENDED = (2, 3, 4)
#: Calls that submit or cancel at the same time.
SUBMITTERS = 8
#: Processes that are listened for at the same time, each over a connection of its own.
LISTENERS = 8
#: Subscriptions a second, and as many at once: a server keeps each one until its time is over.
SUBSCRIPTIONS = 20
#: Up to so many processes are looked at one by one; more are looked for in lists.
FEW = 4
#: Seconds between two looks: at a few at the least, at lists at the least, and at the most.
SOON, SOON_AT_LISTS, LATE = 0.005, 0.025, 2.0
#: Between two looks passes this part of the time in which nothing has happened.
PATIENCE = 0.15
#: Between two looks passes so many times what a look takes: most of a server's time is for others.
COURTESY = 3
#: Seconds between two rounds that look at some processes one by one, how many those are, and how many where
#: lists do not tell enough.
SWEEP_EVERY, SWEEP, SWEEP_MORE = 1.0, 10, 50
#: Seconds for which threads without work stay.
LINGER = 2.0
#: Seconds before the next try when the server cannot be asked: at first, and at the most.
PAUSE, PAUSE_AT_MOST = 0.1, 5.0
#: Jitter without state, as in `ResumingSubscription`.
_RANDOM = random.SystemRandom()
_LOG = logging.getLogger("pycolonies")


class Watched:
    """A process whose end somebody wants to know."""

    __slots__ = ("handles", "kept", "process", "renewals")

    def __init__(self, process: Process) -> None:
        self.process = process
        self.handles: list[weakref.ref[ProcessHandle]] = []
        #: Handles with callbacks, which are called even when nobody else has the handle any longer.
        self.kept: set[ProcessHandle] = set()
        #: How often it has been subscribed to.
        self.renewals = 0

    def wanted(self) -> list[ProcessHandle]:
        """Return the handles that are still there."""
        return [handle for ref in self.handles if (handle := ref()) is not None]


class Watcher:
    """Learns of the ends of processes, and tells their handles. One for a client and a private key.

    It has threads while there are handles whose processes have not ended.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        #: Why the server could not be asked the last time, if so.
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
        self._for_listening = threading.Condition(self._lock)
        self._watched: dict[str, Watched] = {}
        #: Those that are not listened for, the oldest first.
        self._unheard: dict[str, Watched] = {}
        self._lists = Lists(self)
        self._looks = False
        self._listeners = self._idle = 0
        self._tokens, self._filled_at = float(SUBSCRIPTIONS), time.monotonic()
        self._eventful_at = self._pruned_at = time.monotonic()
        self._pause, self._resume_at = PAUSE, 0.0

    # --- Calls -----------------------------------------------------------------------------------------

    def process(self, processid: str) -> Process:
        """Return a process as the server has it now."""
        return self.endpoint.call("getprocessmsg", processid=processid).to(Process)

    def submit(self, spec: FuncSpec) -> Process:
        """Submit a function spec."""
        return self.endpoint.call("submitfuncspecmsg", spec=self.endpoint.spec_in_colony(spec)).to(Process)

    def cancel(self, processid: str) -> None:
        """Cancel a process."""
        self.endpoint.call("cancelprocessmsg", processid=processid)

    # --- Handles ---------------------------------------------------------------------------------------

    def add(self, handle: ProcessHandle) -> None:
        """Begin to watch the process of a handle."""
        if handle.process.state in ENDED:
            handle.ended(handle.process)
            return
        with self._lock:
            watched = self._watched.get(handle.processid)
            if watched is None:
                watched = Watched(handle.process)
                self._watched[handle.processid] = self._unheard[handle.processid] = watched
            watched.handles.append(weakref.ref(handle))
            if handle.has_callbacks:
                watched.kept.add(handle)
            self._eventful_at = time.monotonic()
            if not self._looks:
                self._looks = True
                _thread(self._look_on, "looks")
            if not self._idle and self._listeners < LISTENERS:
                self._listeners += 1
                _thread(self._listen_on, "listens")
            self._for_looking.notify()
            self._for_listening.notify()

    def spawn(self, work: Callable[[], None]) -> Job[None]:
        """Have a thread submit or cancel a process."""
        with self._spawning:
            self._threads = self._threads or Threads(SUBMITTERS)
            return self._threads.submit(Job(work))

    def resume(self, handle: ProcessHandle) -> None:
        """Watch a handle that is waited for after a fork, in the child: nobody does there as yet."""
        if handle.processid and not handle.done():
            with self._lock:
                watched = self._watched.get(handle.processid)
                if watched is not None and handle in watched.wanted():
                    return
            if not handle.done():
                self.add(handle)

    def dismiss(self, handle: ProcessHandle) -> None:
        """Watch the process of a handle no longer, unless another handle wants to know."""
        with self._lock:
            watched = self._watched.get(handle.processid)
            if watched is not None:
                watched.kept.discard(handle)
                watched.handles = [ref for ref in watched.handles if ref() not in (None, handle)]

    def keep(self, handle: ProcessHandle) -> None:
        """Keep a handle until its process has ended, as somebody is to be called then."""
        with self._lock:
            if (watched := self._watched.get(handle.processid)) is not None:
                watched.kept.add(handle)

    def settle(self, process: Process) -> None:
        """Tell the handles of a process that it has ended."""
        if (watched := self._forget(process.processid)) is not None:
            for handle in watched.wanted():
                handle.ended(process)

    def examine(self, watched: Watched) -> bool:
        """Look at a process.

        Returns:
            Whether it need not be watched any longer.

        Raises:
            ColoniesError: The server cannot be asked for the moment.
        """
        try:
            process = self.process(watched.process.processid)
        except ServerError as refused:
            if refused.status not in (400, 403, 404):
                raise
            if self._forget(watched.process.processid) is not None:
                for handle in watched.wanted():
                    handle.lost(refused)
            return True
        self.reached()
        if process.state in ENDED:
            self.settle(process)
            return True
        watched.process = process
        for handle in watched.wanted():
            handle.process = process
        return False

    def of_interest(self, watched: Watched) -> bool:
        """Return whether somebody still wants to know the end of a process."""
        return self._watched.get(watched.process.processid) is watched and bool(watched.wanted())

    def is_watched(self, processid: str) -> bool:
        """Return whether the end of this process is waited for."""
        return processid in self._watched

    def _forget(self, processid: str) -> Watched | None:
        with self._lock:
            self._unheard.pop(processid, None)
            watched = self._watched.pop(processid, None)
            self._eventful_at = time.monotonic()
        return watched

    # --- Trouble ---------------------------------------------------------------------------------------

    def reached(self) -> None:
        """Note that the server answers."""
        self.fault, self._pause, self._resume_at = None, PAUSE, 0.0

    def missed(self, fault: Exception) -> None:
        """Note that the server cannot be asked. The next try is later each time."""
        with self._lock:
            self.fault = fault
            self._resume_at = time.monotonic() + self._pause * _RANDOM.uniform(0.5, 1)
            self._pause = min(2 * self._pause, PAUSE_AT_MOST)

    # --- Looking ---------------------------------------------------------------------------------------

    def _look_on(self) -> None:
        """Look at what is not listened for, again and again, for as long as there is something."""
        swept_at = looked_at = cost = 0.0
        while (unheard := self._wait_for_look(looked_at, cost)) is not None:
            begun_at = time.monotonic()
            try:
                if len(unheard) <= FEW:
                    for watched in unheard:
                        self.examine(watched)
                else:
                    told_all = self._lists.look(unheard)
                    if not told_all or begun_at - swept_at >= SWEEP_EVERY:
                        swept_at = begun_at
                        self._sweep(SWEEP if told_all else SWEEP_MORE)
            except ColoniesError as fault:
                self.missed(fault)
            except Exception as fault:  # noqa: BLE001 (whatever it is, somebody waits)
                _LOG.exception("looking for the ends of processes failed, and is tried again")
                self.missed(fault)
            looked_at = time.monotonic()
            cost = looked_at - begun_at

    def _wait_for_look(self, looked_at: float, cost: float) -> list[Watched] | None:
        """Return what is to be looked at when it is time to; None when there is nothing any longer."""
        with self._lock:
            idle_since = time.monotonic()
            while True:
                now = time.monotonic()
                if now - self._pruned_at >= LATE or len(self._unheard) <= FEW:
                    self._pruned_at = now
                    self._prune()
                if self._unheard:
                    few = len(self._unheard) <= FEW
                    pause = min(PATIENCE * (now - self._eventful_at), LATE)
                    pause = max(pause, SOON if few else SOON_AT_LISTS, COURTESY * cost)
                    due = max(looked_at + pause, self._resume_at)
                    # What has just been submitted has not ended yet.
                    due = max(due, min(self._eventful_at + SOON, looked_at + LATE))
                    if due <= now:
                        return list(self._unheard.values())
                    self._for_looking.wait(due - now)
                    idle_since = time.monotonic()
                elif self._watched:
                    self._for_looking.wait(LATE)
                    idle_since = time.monotonic()
                elif now - idle_since >= LINGER:
                    self._looks = False
                    break
                else:
                    self._for_looking.wait(idle_since + LINGER - now)
        with self._spawning:  # those threads have nothing to do any longer, either
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.close()
        return None

    def _prune(self) -> None:
        """Forget what nobody wants to know any longer. The lock is held."""
        for processid in [key for key, watched in self._watched.items() if not watched.wanted()]:
            self._watched.pop(processid)
            self._unheard.pop(processid, None)

    def _sweep(self, count: int) -> None:
        """Look at some processes one by one, in turn: lists do not tell of those that were removed."""
        with self._lock:
            some = dict(islice(self._unheard.items(), count))
            for processid, watched in some.items():  # to the end of the line
                del self._unheard[processid]
                self._unheard[processid] = watched
        for watched in some.values():
            self.examine(watched)

    # --- Listening -------------------------------------------------------------------------------------

    def _listen_on(self) -> None:
        """Listen for one process after the other."""
        listen(self)

    def next_to_hear(self) -> Watched | None:
        """Return a process to listen for; None when there has been none for a while: the thread ends."""
        with self._lock:
            self._idle += 1
            try:
                end = time.monotonic() + LINGER
                while True:
                    now = time.monotonic()
                    if self._unheard:
                        ready = max(self._token_after(now), self._resume_at - now)
                        if ready <= 0:
                            self._tokens -= 1
                            return self._unheard.pop(next(iter(self._unheard)))
                        end = now + max(ready, LINGER)
                    elif now >= end:
                        self._listeners -= 1
                        return None
                    else:
                        ready = end - now
                    self._for_listening.wait(ready)
            finally:
                self._idle -= 1

    def unheard(self, watched: Watched) -> None:
        """Note that a process is listened for no longer."""
        with self._lock:
            if self._watched.get(watched.process.processid) is watched:
                self._unheard[watched.process.processid] = watched
                self._for_looking.notify()

    def _token_after(self, now: float) -> float:
        """Return in how many seconds there may be another subscription."""
        filled = self._tokens + (now - self._filled_at) * SUBSCRIPTIONS
        self._tokens, self._filled_at = min(filled, float(SUBSCRIPTIONS)), now
        return max(0.0, (1 - self._tokens) / SUBSCRIPTIONS)

    def after_fork(self) -> None:
        """Begin anew in a child process. What is waited for there is watched from then on."""
        handles = [handle for watched in self._watched.values() for handle in watched.wanted()]
        self._spawning = threading.RLock()
        self._begin()
        for handle in handles:
            handle.after_fork()


#: All watchers there are, for `fork`.
_WATCHERS: weakref.WeakSet[Watcher] = weakref.WeakSet()


def _after_fork() -> None:
    for watcher in list(_WATCHERS):
        watcher.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _thread(work: Callable[[], None], does: str) -> None:
    threading.Thread(target=work, name=f"pycolonies-{does}", daemon=True).start()
