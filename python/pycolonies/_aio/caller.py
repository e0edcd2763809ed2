"""What every awaitable call goes through."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import time
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import aclosing
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from pycolonies._client import Colonies
from pycolonies._models import Process
from pycolonies._records import ChannelEntry
from pycolonies._rpc import environment
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.endpoint import require
from pycolonies._rpc.keys import Key, PrivateKey, sealed
from pycolonies._rpc.settings import with_environment
from pycolonies._waiting.threads import Job, Threads
from pycolonies.errors import ColoniesError, NoProcessAvailable

if TYPE_CHECKING:
    from typing_extensions import ParamSpec, Self, Unpack

    from pycolonies._rpc.settings import ClientSettings

    _Arguments = ParamSpec("_Arguments")

_Result = TypeVar("_Result")

#: Calls that run at the same time.
CONCURRENCY = 32
#: Seconds that a thread is held for a step of something long; so long may it go on after a cancellation.
STEP = 0.5
#: Seconds for which a server is asked to hold an assign; then it is asked again, if anybody still waits.
HOLD = 5
_END: Any = object()


class AsyncCaller:
    """`Colonies` for asyncio: the same calls with the same arguments, awaitable.

    ::

        async with AsyncColonies.from_env() as colonies:
            process = await colonies.submit_func_spec(spec)
            print((await colonies.wait(process, 60)).output)

    Calls are carried out by threads of the client's own. A call that is cancelled ends at once for its
    caller, and within a tenth of a second for its thread; what the server had received by then it carries
    out. Only an `assign` that was cancelled goes on for some seconds, since it may receive a process all the
    same: it is not lost, the next `assign` of this client for the same colony and key returns it.

    Args:
        host: Name or address of the server.
        port: Its port.
        tls: Speak HTTPS, and check the server's certificate.
        prvkey: Private key that signs the calls which name none.
        colonyname: Colony of the calls which name none.
        hosts: Further servers, as in `Colonies`.
        ca_file: PEM file with the certificates to trust, as in `Colonies`.
        skip_tls_verify: Accept any certificate. For development only.
        timeout: Seconds that a call may take.
        connect_timeout: Seconds that opening a connection may take.
        s3: The store that holds the content of files, as in `Colonies`.
        max_concurrency: Calls that run at the same time; others wait their turn.

    Raises:
        ConfigurationError: A setting is malformed, or the certificates cannot be read.
    """

    @sealed
    def __init__(
        self,
        host: str | None = None,
        port: int | None = None,
        tls: bool = False,
        *,
        max_concurrency: int = CONCURRENCY,
        **settings: Unpack[ClientSettings],
    ) -> None:
        self._sync = Colonies(host, port, tls, **settings)
        self._sync.endpoint = self._sync.endpoint.bind(poll_interval=STEP)
        self._threads = Threads(max_concurrency)
        #: Calls of assign that nobody waits for any longer, by colony, key and offer.
        self._abandoned: defaultdict[tuple[str | PrivateKey, ...], deque[Job[Process]]] = defaultdict(deque)

    @classmethod
    @sealed
    def from_env(cls, *, max_concurrency: int = CONCURRENCY, **settings: Unpack[ClientSettings]) -> Self:
        """Make a client from the usual environment variables; see `Colonies.from_env`.

        Raises:
            ConfigurationError: The server's host or port is missing, or a variable is malformed.
        """
        host, port, tls = environment.server()
        return cls(host, port, tls, max_concurrency=max_concurrency, **with_environment(settings))

    def __repr__(self) -> str:
        return f"Async{self._sync!r}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close_threads()

    def close_threads(self) -> None:
        """Let the client's threads end when what they have to do is done. No call may follow."""
        for asked in self._abandoned.values():
            for job in asked:
                job.cut()  # a process could go to nobody any more
        self._threads.close()

    async def assign(
        self,
        colonyname: str = OWN,
        timeout: int = REQUIRED,
        prvkey: Key = OWN,
        *,
        availablecpu: str = "",
        availablemem: str = "",
    ) -> Process:
        """Ask for the next process that this executor may run, and wait for one; see `Colonies.assign`."""
        require(timeout=timeout)
        endpoint = self._sync.endpoint.signing(prvkey)
        colonyname, prvkey = endpoint.colony(colonyname), endpoint.key
        offered = {"availablecpu": availablecpu, "availablemem": availablemem}
        abandoned = self._abandoned[colonyname, prvkey, availablecpu, availablemem]
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            adopted = bool(abandoned) and (left > 0 or abandoned[0].done())
            if adopted:
                asked = abandoned.popleft()
            else:
                hold = timeout if timeout <= 0 else max(1, min(round(left), HOLD))
                ask = partial(self._sync.assign, colonyname, hold, prvkey, **offered)
                asked = self._threads.submit(Job(ask, cut_short=False))
            answer = asyncio.wrap_future(asked)
            try:
                await asyncio.wait([answer], timeout=max(left, 0) if adopted else None)
                return answer.result()
            except NoProcessAvailable:
                if not adopted and deadline - time.monotonic() < 1:
                    raise
            except (asyncio.CancelledError, asyncio.InvalidStateError) as early:
                answer.cancel()
                self._abandon(asked, abandoned)
                if isinstance(early, asyncio.CancelledError):
                    raise
                raise NoProcessAvailable("No process came in time", 404, "assignprocessmsg") from None
            except ColoniesError:
                if not adopted:  # it is news to nobody else
                    raise

    def _abandon(self, asked: Job[Process], abandoned: deque[Job[Process]]) -> None:
        """Keep a call of assign that is under way for the next one who asks; end it where nobody can."""
        if self._threads.closed:
            asked.cut()
        elif not asked.cancel():
            abandoned.append(asked)

    async def wait(self, process: Process, timeout: float, prvkey: Key = OWN) -> Process:
        """Wait until a process has ended, in success or not; see `Colonies.wait`."""
        steps = self._sync._wait_steps(process["processid"], timeout, prvkey)  # noqa: SLF001
        async with aclosing(self._driven(steps)) as driven:
            async for ended in driven:
                if ended is not None:
                    return ended
        raise AssertionError("waiting ends with a process, or with an exception")

    async def follow_process(
        self, processid: str, prvkey: Key = OWN, *, timeout: float | None = None
    ) -> AsyncIterator[Process]:
        """Receive a process whenever its state has changed; see `Colonies.follow_process`."""
        steps = self._sync._process_steps(processid, prvkey, timeout)  # noqa: SLF001
        async with aclosing(self._driven(steps)) as driven:
            async for process in driven:
                if process is not None:
                    yield process

    async def follow_processes(
        self,
        colonyname: str = OWN,
        executortype: str = REQUIRED,
        state: int = REQUIRED,
        prvkey: Key = OWN,
        *,
        timeout: float | None = None,
    ) -> AsyncIterator[Process]:
        """Receive processes as they come into a state; see `Colonies.follow_processes`."""
        steps = self._sync._type_steps(colonyname, executortype, state, prvkey, timeout)  # noqa: SLF001
        async with aclosing(self._driven(steps)) as driven:
            async for process in driven:
                if process is not None:
                    yield process

    async def follow_channel(
        self,
        processid: str,
        channel_name: str,
        prvkey: Key = OWN,
        *,
        after_seq: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[ChannelEntry]:
        """Receive messages one by one until the process ends; see `Colonies.follow_channel`."""
        steps = self._sync._channel_steps(processid, channel_name, prvkey, after_seq, timeout)  # noqa: SLF001
        async with aclosing(self._driven(steps)) as driven:
            async for entries in driven:
                for entry in entries:
                    yield entry

    async def subscribe_channel(
        self,
        processid: str,
        channel_name: str,
        prvkey: Key = OWN,
        after_seq: int = 0,
        timeout: float = 30,
        callback: Callable[[list[ChannelEntry]], object] | None = None,
    ) -> list[ChannelEntry] | None:
        """Receive messages for a while, or until the process ends; see `Colonies.subscribe_channel`.

        The callback runs in the event loop, and may be a coroutine function.
        """
        received: list[ChannelEntry] = []
        steps = self._sync._channel_steps(processid, channel_name, prvkey, after_seq, timeout)  # noqa: SLF001
        async with aclosing(self._driven(steps)) as driven:
            async for entries in driven:
                if callback is None:
                    received.extend(entries)
                elif entries:
                    answer = callback(entries)
                    if inspect.isawaitable(answer):
                        answer = await answer
                    if answer is False:
                        break
        return received if callback is None else None

    @staticmethod
    def _in_loop(callback: Callable[[_Result], object] | None) -> Callable[[_Result], object] | None:
        """Have what a thread calls called in the event loop."""
        if callback is None:
            return None
        loop = asyncio.get_running_loop()
        return lambda value: loop.call_soon_threadsafe(callback, value)

    async def _run(
        self,
        call: Callable[_Arguments, _Result],
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> _Result:
        """Carry out a call in a thread."""
        work = partial(contextvars.copy_context().run, call, *args, **kwargs)
        return await asyncio.wrap_future(self._threads.submit(Job(work)))

    async def _driven(self, steps: Generator[_Result, None, None]) -> AsyncGenerator[_Result, None]:
        """Take the steps of something long one by one, each in a thread.

        The thread is given back between two steps. Where this is left early, the step that is under way is
        ended; then the connection is closed.
        """
        context = contextvars.copy_context()
        step: Job[_Result] | None = None
        try:
            while True:
                step = self._threads.submit(Job(partial(context.run, next, steps, _END)))
                result = await asyncio.wrap_future(step)
                if result is _END:
                    return
                yield result
        finally:
            if step is not None:
                step.cancel()
                step.add_done_callback(lambda _: self._threads.finish(steps.close))
