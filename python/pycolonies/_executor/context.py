"""The context of a running function: its process, and calls on behalf of it."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar, copy_context
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pycolonies._executor.function_retries import lowered
from pycolonies._executor.state import State
from pycolonies._home import publish
from pycolonies._waiting.threads import Job, Threads
from pycolonies.errors import ProcessCancelledError

if TYPE_CHECKING:
    from pathlib import Path

    from pycolonies._files.mounts import Mounts
    from pycolonies._models import FuncSpec, Process
    from pycolonies._records import ChannelEntry

_Result = TypeVar("_Result")

#: Threads for the calls of coroutine functions. They keep no program from ending, as those of asyncio do.
_CALLS = Threads(32)
#: Seconds between two reports of progress that reach the log of the process; the last one always does.
PROGRESS_EVERY = 1.0


log = logging.getLogger("pycolonies.executor")


def escaped(text: str) -> str:
    """Return text with lone surrogates escaped, as in file names that are not valid UTF-8."""
    return text.encode(errors="backslashreplace").decode()


@contextlib.contextmanager
def reporting(what: str, process: Process) -> Iterator[None]:
    """Log exceptions and continue: logs and progress must not fail a function. Cancellations are raised."""
    try:
        yield
    except ProcessCancelledError:
        raise
    except Exception as fault:  # noqa: BLE001 (whatever it is)
        log.warning("%s of process %s was lost: %s", what, process.processid, fault)


class ContextBackend(Protocol):
    """Carries out the calls of contexts: at a server, in the parent process, or in a test."""

    def complete(self, process: Process, since: float) -> Process: ...
    def log(self, process: Process, message: str) -> None: ...
    def progress(self, process: Process, fraction: float, message: str, *, shown: bool) -> None: ...
    def set_output(self, process: Process, output: list[Any]) -> None: ...
    def add_attribute(self, process: Process, key: str, value: str) -> None: ...
    def add_child(
        self, process: Process, spec: FuncSpec, nodename: str, childprocessid: str, *, insert: bool
    ) -> Process: ...
    def submit(self, spec: FuncSpec) -> Process: ...
    def send(
        self, process: Process, channel: str, number: int, payload: str | bytes, reply: int, kind: str
    ) -> None: ...
    def read(self, process: Process, channel: str, after: int) -> list[ChannelEntry]: ...
    def follow(self, process: Process, channel: str, timeout: float | None) -> Iterator[ChannelEntry]: ...


class BaseContext:
    """Base of the contexts of all kinds of functions."""

    def __init__(self, process: Process, backend: ContextBackend, seconds: float | None) -> None:
        self._process = process
        self._complete = False
        self._since = time.monotonic()
        self._backend = backend
        self._ends = None if seconds is None else time.monotonic() + seconds
        self._cancelled = False
        self._stopping = False
        self._told: threading.Event | None = None
        self._mounts: Mounts | None = None
        self._failures = 0
        self._retries = 0
        self._state: State | None = None

    @property
    def process(self) -> Process:
        """The process, as it was assigned.

        A server may assign a process moments before it has stored its ``env`` and attributes. If both are
        empty, reading this waits for them, up to 0.2 seconds.
        """
        if not self._complete:
            self._process, self._complete = self._backend.complete(self._process, self._since), True
        return self._process

    @property
    def processid(self) -> str:
        """Id of the process."""
        return self._process.processid

    @property
    def colonyname(self) -> str:
        """Name of the colony."""
        return self._process.spec.conditions.colonyname

    @property
    def attempt(self) -> int:
        """Which attempt at the process this is: 1 for the first.

        It counts expired ``maxexectime`` and noted exceptions, not executors that were killed or removed.
        """
        return self._process.retries + self._failures + 1

    @property
    def failures(self) -> int:
        """How often the function has raised for this process before, in this executor or others."""
        return self._failures

    @property
    def last_attempt(self) -> bool:
        """Whether an exception fails the process for good."""
        return self._failures >= self._retries or self._failures >= lowered(self._retries, self.process)

    @property
    def key(self) -> str:
        """The process's id, the same in all attempts: for services that take a key against duplicates."""
        return self._process.processid

    @property
    def state(self) -> State:
        """State that the executor's functions share, set by functions with ``@executor.on_start``."""
        if self._state is None:
            self._state = State()
        return self._state

    @property
    def remaining(self) -> float | None:
        """Seconds that are left of the process's ``maxexectime``; None for no limit."""
        return None if self._ends is None else max(self._ends - time.monotonic(), 0)

    @property
    def deadline(self) -> datetime | None:
        """When the process's ``maxexectime`` is over, in UTC; None for no limit.

        A limit of thousands of years ends with the year 9999.
        """
        left = self.remaining
        try:
            return None if left is None else datetime.now(timezone.utc) + timedelta(seconds=left)
        except OverflowError:
            return datetime.max.replace(tzinfo=timezone.utc)

    @property
    def cancelled(self) -> bool:
        """True once the result will be discarded; the function should return.

        The process was cancelled, is past its ``maxexectime``, or was taken from this executor.
        """
        return self._cancelled

    @property
    def stopping(self) -> bool:
        """Whether the executor is stopping, so that the function has only the grace period left."""
        return self._stopping

    @property
    def attributes(self) -> Mapping[str, str]:
        """The process's attributes, as they were when it was assigned; its environment among them."""
        return {attribute.key: attribute.value for attribute in self.process.attributes or []}

    def path(self, path: str) -> Path:
        """Return where a file or directory of the process's ``fs`` lies here.

        Directories exist, with their files, before the function begins; what it leaves in them is stored when
        it has ended.

        Args:
            path: Its path as the function spec has it, with or without ``fs.mount`` in front.

        Raises:
            FileNotFoundError: The process has no ``fs``.
            UnsafeNameError: It leads out of the directory in which the files are mounted.
        """
        if self._mounts is None:
            raise FileNotFoundError(f"process {self.processid} comes without files, so there is no {path}")
        return self._mounts.path(path)

    def check(self) -> None:
        """Raise `ProcessCancelledError` once the result will be discarded: for use in loops."""
        if self._cancelled:
            raise ProcessCancelledError(self._process.spec.funcname, self.processid)

    def _renewed(self, process: Process, seconds: float | None) -> None:
        """The same process was assigned to this executor again."""
        self._process, self._complete = process, False
        self._ends = None if seconds is None else time.monotonic() + seconds

    def _tell(self, *, cancelled: bool = False, stopping: bool = False) -> None:
        self._cancelled |= cancelled
        self._stopping |= stopping
        if self._told is not None and self._cancelled:
            self._told.set()

    def _event(self) -> threading.Event:
        """Return an event that is set once the context is cancelled; most functions need none."""
        if self._told is None:
            self._told = threading.Event()
        if self._cancelled:  # it may have been, just before the event was there
            self._told.set()
        return self._told


class Context(BaseContext):
    """The context of a running function: its process, and calls on behalf of it.

    A parameter with this hint, or named ``ctx``, gets it; `current_context` finds it anywhere below. Its
    calls go to the server at once; a process that was cancelled refuses them with `PermissionDeniedError`.
    """

    _last_progress = float("-inf")

    def wait(self, seconds: float) -> bool:
        """Sleep, but no longer than until the result will be discarded.

        Returns:
            Whether the process was cancelled: the same as `cancelled`.
        """
        self._event().wait(seconds)
        return self._cancelled

    def log(self, message: object) -> None:
        """Add a line to the log of the process. A line that can't be stored does not fail the function.

        Args:
            message: Any object; its text is logged. Text that is not valid Unicode is escaped.
        """
        with reporting("a log line", self._process):
            self._backend.log(self._process, escaped(str(message)))

    def progress(self, fraction: float, message: object = "") -> None:
        """Report the progress of the function. A report that can't be stored does not fail the function.

        It appears in the log of the process as ``progress 42% message``, at most once a second.

        Args:
            fraction: From 0 to 1; other numbers count as the nearest of these.
            message: What it is doing.
        """
        with reporting("progress", self._process):
            share = float(fraction)
            share = min(max(share, 0.0), 1.0) if share == share else 0.0  # noqa: PLR0124 (NaN)
            now = time.monotonic()
            shown = share == 1 or now - self._last_progress >= PROGRESS_EVERY
            if shown:
                self._last_progress = now
            self._backend.progress(self._process, share, escaped(str(message)), shown=shown)

    def set_output(self, *values: Any) -> None:
        """Store output while the function runs, instead of what was stored before.

        What the function returns replaces it, but for None, which keeps it.
        """
        self._backend.set_output(self._process, list(values))

    def add_attribute(self, key: str, value: object) -> None:
        """Attach a named value to the process; a name can be used once."""
        self._backend.add_attribute(self._process, key, str(value))

    def channel(self, name: str) -> Channel:
        """Return one of the channels that the process's function spec declares."""
        return Channel(self._process, name, self._backend)

    def add_child(
        self, spec: FuncSpec, nodename: str = "", *, childprocessid: str = "", insert: bool = False
    ) -> Process:
        """Add a process to the process graph of this one; it runs after this one.

        Args:
            spec: What to execute.
            nodename: Name of its node; that in the spec, where this is left out.
            childprocessid: A process of the graph that is to wait for the new one.
            insert: Put it between this process and all that wait for it.

        Raises:
            InvalidRequestError: The process is in no process graph.
        """
        return self._backend.add_child(
            self._process, spec, nodename or spec.nodename, childprocessid, insert=insert
        )

    def submit(self, spec: FuncSpec) -> Process:
        """Submit another process in the name of the executor."""
        return self._backend.submit(spec)


class AsyncContext(BaseContext):
    """`Context` for coroutine functions: the same calls, awaitable.

    At most 32 of its calls are under way in a process, each in a thread; further ones wait for a thread. For
    many calls at a time, use an `AsyncColonies`, which needs none.
    """

    def __init__(self, process: Process, backend: ContextBackend, seconds: float | None) -> None:
        super().__init__(process, backend, seconds)
        self._since = float("-inf")  # the event loop must not wait
        # Made when they are used: most functions make no calls, and many may be in flight.
        self._made: Context | None = None
        self._channels: dict[str, Channel] | None = None

    @property
    def _blocking(self) -> Context:
        """Makes the calls."""
        if self._made is None:
            self._made = Context(self._process, self._backend, self.remaining)
        return self._made

    def _renewed(self, process: Process, seconds: float | None) -> None:
        super()._renewed(process, seconds)
        if self._made is not None:
            self._made._renewed(process, seconds)  # noqa: SLF001 (its other half)

    async def log(self, message: object) -> None:
        """Add a line to the log of the process."""
        await self._do(self._blocking.log, message)

    async def progress(self, fraction: float, message: object = "") -> None:
        """Report the progress of the function; see `Context.progress`."""
        await self._do(self._blocking.progress, fraction, message)

    async def set_output(self, *values: Any) -> None:
        """Store output while the function runs; see `Context.set_output`."""
        await self._do(self._blocking.set_output, *values)

    async def add_attribute(self, key: str, value: object) -> None:
        """Attach a named value to the process; a name can be used once."""
        await self._do(self._blocking.add_attribute, key, value)

    async def channel_send(
        self,
        name: str,
        payload: str | bytes,
        *,
        in_reply_to: int = 0,
        type: str = "",  # noqa: A002 (the protocol's name)
    ) -> None:
        """Send a message in a channel; see `Channel.send`."""
        await self._do(self._channel(name).send, payload, in_reply_to=in_reply_to, type=type)

    async def channel_read(self, name: str) -> list[ChannelEntry]:
        """Return the messages since the last call; see `Channel.read`."""
        return await self._do(self._channel(name).read)

    async def add_child(
        self, spec: FuncSpec, nodename: str = "", *, childprocessid: str = "", insert: bool = False
    ) -> Process:
        """Add a process to the process graph of this one; see `Context.add_child`."""
        return await self._do(
            self._blocking.add_child, spec, nodename, childprocessid=childprocessid, insert=insert
        )

    async def submit(self, spec: FuncSpec) -> Process:
        """Submit another process in the name of the executor."""
        return await self._do(self._blocking.submit, spec)

    def _channel(self, name: str) -> Channel:
        if self._channels is None:
            self._channels = {}
        return self._channels.setdefault(name, self._blocking.channel(name))

    @staticmethod
    async def _do(call: Callable[..., _Result], *args: Any, **kwargs: Any) -> _Result:
        import asyncio

        work = partial(copy_context().run, call, *args, **kwargs)
        return await asyncio.wrap_future(_CALLS.submit(Job(work)))


class Channel:
    """Messages between the function of a process and its submitter."""

    def __init__(self, process: Process, name: str, backend: ContextBackend) -> None:
        self._process = process
        self._name = name
        self._backend = backend
        self._sent = 0
        self._seen = 0

    def send(self, payload: str | bytes, *, in_reply_to: int = 0, type: str = "") -> None:  # noqa: A002 (the protocol's name)
        """Send a message.

        Args:
            payload: Up to 10 MiB. A text is sent as UTF-8.
            in_reply_to: Number of the message that this one answers.
            type: What kind of message it is; ``"end"`` and ``"error"`` are usual.
        """
        self._sent += 1
        self._backend.send(self._process, self._name, self._sent, payload, in_reply_to, type)

    def read(self) -> list[ChannelEntry]:
        """Return the messages since the last call, without the function's own."""
        found = self._backend.read(self._process, self._name, self._seen)
        self._seen += len(found)
        own = self._process.assignedexecutorid
        return [entry for entry in found if entry.get("senderid") != own]

    def follow(self, timeout: float | None = None) -> Iterator[ChannelEntry]:
        """Yield messages as they arrive, without the function's own.

        Args:
            timeout: Seconds after which it ends; None for no limit.
        """
        own = self._process.assignedexecutorid
        for entry in self._backend.follow(self._process, self._name, timeout):
            if entry.get("senderid") != own:
                yield entry


#: The context of the function that runs here.
CURRENT: ContextVar[BaseContext] = ContextVar("pycolonies.context")


def current_context() -> Context | AsyncContext:
    """Return the context of the function that an executor runs here, in this thread or task.

    Raises:
        RuntimeError: No executor runs a function here.
    """
    found = CURRENT.get(None)
    if not isinstance(found, (Context, AsyncContext)):
        raise RuntimeError("there is no context outside of a running function")  # noqa: TRY004 (no argument is of a wrong type)
    return found


publish(__name__)
