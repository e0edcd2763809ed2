"""Where the results of an event loop arrive.

The native thread never calls into Python: a thread that does so while the interpreter ends crashes it. It
puts results into a mailbox and makes a descriptor readable, and the event loop takes them from there.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import weakref
from typing import Any, Protocol

from pycolonies import _core
from pycolonies._aio.loops import running_loop

#: The most results that are delivered before the event loop does something else.
BATCH = 256


class Receiver(Protocol):
    """Takes the result of one number."""

    def done(self) -> bool:
        """Return whether it has one."""
        ...

    def set_result(self, result: Any, /) -> None:
        """Take the result."""

    def set_exception(self, exception: Any, /) -> None:
        """Take the exception."""


class Port:
    """The results of the calls that were started in one event loop."""

    def __init__(self) -> None:
        self.core = _core.AsyncPort()
        #: What waits for a result, by number.
        self.receivers: dict[int, Receiver] = {}
        self.process = os.getpid()
        self._loop: weakref.ref[asyncio.AbstractEventLoop] | None = None
        self._socket: socket.socket | None = None
        self._reading: asyncio.Task[None] | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Deliver results in this event loop from now on."""
        self._loop = weakref.ref(loop)
        if self._socket is None:
            try:
                loop.add_reader(self.core.fileno(), self.deliver)
            except (NotImplementedError, AttributeError):
                # The proactor loop of Windows only waits for operations on sockets.
                self._socket = socket.socket(fileno=self.core.detach())
                self._socket.setblocking(False)
                weakref.finalize(self, self._socket.close)
            else:
                return
        self._reading = loop.create_task(self._read(loop, self._socket))

    @property
    def is_orphan(self) -> bool:
        """Whether the event loop that took the results is closed."""
        loop = self._loop() if self._loop is not None else None
        return loop is None or loop.is_closed()

    def serves(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Return whether results are delivered in this event loop, in this process."""
        return self._loop is not None and self._loop() is loop and self.process == os.getpid()

    def deliver(self) -> None:
        """Give what has come to those that wait for it."""
        for number, value in self.core.take(BATCH):
            receiver = self.receivers.pop(number, None)
            if receiver is None or receiver.done():
                if isinstance(value, _core.AsyncSubscription):
                    value.close()
            elif isinstance(value, BaseException):
                receiver.set_exception(value)
            else:
                receiver.set_result(value)

    async def result(self, number: int) -> Any:
        """Wait for the result of a number. Work that is no longer waited for is dropped."""
        future = running_loop().create_future()
        self.receivers[number] = future
        try:
            return await future
        finally:
            if self.receivers.pop(number, None) is not None:
                _core.cancel_async(number)
            # An error refers to this frame by its traceback, and the future to the error: a cycle.
            del future

    async def _read(self, loop: asyncio.AbstractEventLoop, reader: socket.socket) -> None:
        try:
            while True:
                self.deliver()
                await loop.sock_recv(reader, 64)
        except asyncio.CancelledError:
            # `asyncio.run` cancels all tasks at its end. Those that clean up then still make calls.
            if self.receivers and not loop.is_closed():
                self._reading = loop.create_task(self._read(loop, reader))
            raise

    def keep_reading(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start to read again, where the task that reads was cancelled."""
        if self._socket is not None and self._reading is not None and self._reading.done():
            self._reading = loop.create_task(self._read(loop, self._socket))


class _Last(threading.local):
    port: Port | None = None


#: The port used last in each thread: most threads have one event loop.
_LAST = _Last()
_PORTS: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Port] = weakref.WeakKeyDictionary()


def port() -> Port:
    """Return the port of the running event loop."""
    loop = running_loop()
    found = _LAST.port
    if found is None or not found.serves(loop):
        found = _LAST.port = _port_of(loop)
    if found._socket is not None:  # noqa: SLF001 (checked here to spare a call)
        found.keep_reading(loop)
    return found


def _port_of(loop: asyncio.AbstractEventLoop) -> Port:
    found = _PORTS.get(loop)
    if found is None or found.process != os.getpid():
        found = Port()
        found.attach(loop)
        _PORTS[loop] = found
    return found
