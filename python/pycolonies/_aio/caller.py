"""What every awaitable call goes through."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from pycolonies._aio.assign import Abandoned, PendingAssign, hold_of
from pycolonies._aio.connect import connect_as
from pycolonies._aio.endpoint import AsyncEndpoint
from pycolonies._aio.loops import running_loop
from pycolonies._aio.middleware import SurroundedAsync
from pycolonies._aio.port import port
from pycolonies._client import Colonies
from pycolonies._models import Process
from pycolonies._rpc import environment
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.encoding import read_assigned
from pycolonies._rpc.endpoint import require
from pycolonies._rpc.keys import Key, PrivateKey, sealed
from pycolonies._rpc.middleware import ClientCall, managers_of, surrounding
from pycolonies._rpc.servers import Preference
from pycolonies._rpc.settings import with_environment
from pycolonies._waiting.completion import CERTAIN
from pycolonies._waiting.threads import Job, Threads
from pycolonies.errors import (
    ColoniesError,
    ConnectError,
    NoProcessAvailable,
    NotFoundError,
    UnreadableProcessError,
)

if TYPE_CHECKING:
    from typing_extensions import ParamSpec, Self, Unpack

    from pycolonies._aio.transport import AsyncTransport
    from pycolonies._rpc.settings import ClientSettings

    _Arguments = ParamSpec("_Arguments")

_Result = TypeVar("_Result")
_Group: TypeAlias = tuple[str, PrivateKey, str, str]

#: Calls in flight, apart from those that a server holds.
CONCURRENCY = 32
#: Threads that move files. Everything else needs none.
FILE_THREADS = 8


#: Attributes that a copy of a client makes itself.
_MADE_ANEW = frozenset(
    {"_sync", "_max_concurrency", "_middleware", "_transport", "_threads", "_closed", "_abandoned"}
)


def _made_again(
    kind: type[AsyncCaller], sync: Colonies, max_concurrency: int, further: dict[str, Any]
) -> AsyncCaller:
    client = kind.__new__(kind)
    client._begin(sync, max_concurrency)  # noqa: SLF001 (this makes one)
    vars(client).update(further)
    return client


class AsyncCaller:
    """`Colonies` for asyncio: the same calls with the same arguments, awaitable.

    ::

        async with AsyncColonies.from_env() as colonies:
            process = await colonies.submit_func_spec(spec)
            print((await colonies.wait(process, 60)).output)

    One native thread carries out the calls of all clients of the program, so thousands of them can wait at
    the same time. Only transfers of files use further threads. A client may be used in several event loops.

    A call that is cancelled ends at once, and its connection is closed; a server that has received the whole
    message carries it out. A cancelled `assign` goes on for up to half a minute, since it may receive a
    process: the next `assign` of this client for the same colony and key returns it. Closing the client ends
    such calls.

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
        middleware: What surrounds each call, as in `Colonies`. It runs on the event loop, and for waiting
            handles in threads. For `assign` it may only replace the reply.
        codec: Writes arguments and reads results, as in `Colonies`.
        max_concurrency: Calls in flight at the same time; others wait their turn. Each has a connection.
            Calls of `assign` do not count.

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
        self._begin(Colonies(host, port, tls, **settings), max_concurrency)

    def _begin(self, sync: Colonies, max_concurrency: int) -> None:
        """Set up, with the settings of a blocking client."""
        self._sync, self._max_concurrency = sync, max_concurrency
        settings = sync._made_with[-1]  # noqa: SLF001 (both are the client)
        self._middleware = managers_of(settings.get("middleware", ()))
        self._transport: AsyncTransport = connect_as(sync, max_concurrency)
        if self._middleware:
            self._transport = SurroundedAsync(self._transport, self._middleware)
        self._threads = Threads(FILE_THREADS)
        self._closed = False
        self._abandoned: Abandoned[_Group] = Abandoned()

    @classmethod
    @sealed
    def from_env(cls, *, max_concurrency: int = CONCURRENCY, **settings: Unpack[ClientSettings]) -> Self:
        """Make a client from the usual environment variables; see `Colonies.from_env`.

        Raises:
            ConfigurationError: The server's host or port is missing, or a variable is malformed.
        """
        host, port, tls = environment.server()
        return cls(host, port, tls, max_concurrency=max_concurrency, **with_environment(settings))

    def bind(self, *, prvkey: Key | None = None, colonyname: str | None = None) -> Self:
        """Return a client with another private key or colony. It shares the connections of this one.

        Args:
            prvkey: Private key of calls that name none; None for that of this client.
            colonyname: Colony of calls that name none; None for that of this client.
        """
        client = copy.copy(self)
        client._sync = self._sync.bind(prvkey=prvkey, colonyname=colonyname)  # noqa: SLF001 (a copy of this)
        return client

    def __repr__(self) -> str:
        return f"Async{self._sync!r}"

    def __copy__(self) -> Self:
        client = type(self).__new__(type(self))
        client.__dict__.update(self.__dict__)
        return client

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how to make the client again: pickles and deep copies open their own connections.

        The pickle of a client with a private key holds the key. Calls under way stay with this client.
        """
        further = {name: value for name, value in vars(self).items() if name not in _MADE_ANEW}
        return _made_again, (type(self), self._sync, self._max_concurrency, further)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close_threads()

    def close_threads(self) -> None:
        """Close the idle connections, and end cancelled calls of `assign`. No call may follow."""
        self._closed = True
        self._abandoned.cut()
        self._transport.close()
        self._threads.close()

    @property
    def endpoint(self) -> AsyncEndpoint:
        """The server, with the key and colony of calls that name none. Not part of the public API."""
        self._check_open()
        return AsyncEndpoint(self._sync.endpoint, self._transport)

    @property
    def _own_prvkey(self) -> PrivateKey | None:
        """The key that signs calls that name none."""
        return self._sync.endpoint.prvkey

    def _endpoint(self, prvkey: Key = OWN) -> AsyncEndpoint:
        """Return the server with the key that signs a call: the given one, else the client's own."""
        self._check_open()
        return AsyncEndpoint(self._sync.endpoint.signing(prvkey), self._transport)

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the client is closed; create a new one")

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
        self._check_open()
        endpoint = self._sync.endpoint.signing(prvkey)
        group = (endpoint.colony(colonyname), endpoint.key, availablecpu, availablemem)
        if self._middleware:
            call = ClientCall("assignprocessmsg", self._message(group, timeout))
            with surrounding(self._middleware, call):
                process, asked = await self._assign(group, timeout, prvkey)
                call.reply = received = asked.result()
            if call.reply is not received:
                return read_assigned(call.reply or b"")
        else:
            process, asked = await self._assign(group, timeout, prvkey)
        return await self._completed(process, asked, group, prvkey)

    async def _assign(self, group: _Group, timeout: int, prvkey: Key) -> tuple[Process, PendingAssign]:
        """Return the next process and the call that received it."""
        began = time.monotonic()
        deadline = began + timeout
        unreached: list[ConnectError] = []
        while True:
            left = deadline - time.monotonic()
            hold = timeout if timeout <= 0 else hold_of(left, time.monotonic() - began, len(port().receivers))
            asked = self._abandoned.adopt(group, done=left <= 0)
            adopted = asked is not None
            asked = asked or self._ask(group, hold, len(unreached))
            # The server answers a call in time; one that another caller began may last longer.
            await self._answered(asked, group, max(left, 0) if adopted else None)
            try:
                return await self._assigned(asked, prvkey), asked
            except ConnectError as fault:
                if not adopted:
                    unreached = self._unreached(unreached, fault)
            except NoProcessAvailable:
                self._transport.reached(asked.client)
                if not adopted and deadline - time.monotonic() < 1:
                    raise
                unreached = []
            except ColoniesError:
                if not adopted:  # the caller of an adopted call has gone
                    raise

    def _ask(self, group: _Group, hold: int, tried: int) -> PendingAssign:
        """Start an assign at the first server that has not been tried."""
        client = self._transport.clients()[tried]
        return PendingAssign(
            client, self._message(group, hold), group[1], max(hold, 0) + self._sync.endpoint.timeout
        )

    def _message(self, group: _Group, hold: int) -> bytes:
        colonyname, _, availablecpu, availablemem = group
        fields: dict[str, str | int] = {"colonyname": colonyname, "timeout": hold}
        offer = {"availablecpu": availablecpu, "availablemem": availablemem}
        fields.update((name, value) for name, value in offer.items() if value)
        return self._sync.endpoint.message("assignprocessmsg", fields)

    async def _answered(self, asked: PendingAssign, group: _Group, limit: float | None) -> None:
        """Wait for the reply to an assign. Without one it is kept for the next caller.

        Raises:
            NoProcessAvailable: There was none in time.
        """
        try:
            answered = await asked.wait(limit)
        except asyncio.CancelledError:
            self._leave(group, asked)
            raise
        if not answered:
            self._leave(group, asked)
            raise NoProcessAvailable("No process came in time", 404, "assignprocessmsg")

    def _unreached(self, faults: list[ConnectError], fault: ConnectError) -> list[ConnectError]:
        """Return the errors of the servers that were not reached, or raise if there is no other server."""
        servers = len(self._transport.clients())
        if servers == 1:
            raise fault
        if len(faults) + 1 == servers:
            raise Preference.none_reached([*faults, fault]) from None
        return [*faults, fault]

    async def _assigned(self, asked: PendingAssign, prvkey: Key) -> Process:
        """Return what an assign has received. An unreadable process is failed with the reason."""
        try:
            process = read_assigned(asked.result())
        except NotFoundError as refused:
            raise NoProcessAvailable(refused.message, refused.status, refused.msgtype) from None
        except UnreadableProcessError as unreadable:
            if unreadable.processid:
                with suppress(ColoniesError):
                    failing = self._endpoint(prvkey).call(
                        "closefailedmsg", processid=unreadable.processid, errors=[str(unreadable)]
                    )
                    await asyncio.shield(asyncio.ensure_future(failing))
            raise
        self._transport.reached(asked.client)
        return process

    async def _completed(self, process: Process, asked: PendingAssign, group: _Group, prvkey: Key) -> Process:
        """Return an assigned process with parts that the server stored later; see `Colonies.assign`."""
        looks = self._sync._assignments.looks(process)  # noqa: SLF001 (both are the client)
        if looks is None:
            return process
        try:
            pause = next(looks)
            while True:
                await asyncio.sleep(pause)
                pause = looks.send(await self._looked_at(process, prvkey))
        except StopIteration as done:
            completed: Process = done.value
            return completed
        except asyncio.CancelledError:
            self._leave(group, asked)
            raise

    async def _looked_at(self, process: Process, prvkey: Key) -> Process:
        """Return a process as the server has it now, or as it is if the server does not answer."""
        try:
            reply = await self._endpoint(prvkey).call_within(
                CERTAIN, "getprocessmsg", processid=process.processid
            )
            return reply.to(Process)
        except ColoniesError:
            return process

    def _leave(self, group: _Group, asked: PendingAssign) -> None:
        """Keep an assign for the next caller; end it where there can be none."""
        if self._closed:
            asked.cut()
        else:
            self._abandoned.keep(group, asked)

    @staticmethod
    def _in_loop(callback: Callable[[_Result], object] | None) -> Callable[[_Result], object] | None:
        """Have what a thread calls called in the event loop."""
        if callback is None:
            return None
        loop = running_loop()
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
