"""The main loop of a child process: it waits for calls, carries them out, and ends with its parent."""

from __future__ import annotations

import contextlib
import inspect
import logging
import os
import queue
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from operator import attrgetter
from typing import Any

from pycolonies._executor.children import limits as resource_limits
from pycolonies._executor.children import script, system
from pycolonies._executor.children.channel import BlockingChannel
from pycolonies._executor.children.context import ChildContext
from pycolonies._executor.children.error_text import MAX_TEXT, message_of, shortened, showable
from pycolonies._executor.children.forks import leave_copy
from pycolonies._executor.children.messages import CODECS, MAX_BYTES
from pycolonies._platform import after_fork_in_child
from pycolonies._syntax_trees import steadily

#: Frames of these folders are left out of tracebacks: they are ours, not the function's.
_OURS = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 (text, as in a frame)


_at_end: list[Callable[[], None]] = []


def at_end(call: Callable[[], None]) -> None:
    """Register a function that is called when this child process ends regularly, in reverse order."""
    _at_end.append(call)


def _wind_up() -> None:
    while _at_end:
        with contextlib.suppress(Exception):
            _at_end.pop()()
    _flush()


class _Terminated(BaseException):
    """The parent wants the function to end."""


def main(handle: int, codec: str, lifeline: int | None, *, contained: bool = False) -> None:
    """Serve the parent at the other end of a connection until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    system.keep(handle)
    if lifeline is not None:
        system.keep(lifeline)
        if contained and system.contain(handle, lifeline):
            lifeline = None
        else:
            system.die_with(lifeline)
    Inside(socket.socket(fileno=handle), codec, lifeline).serve()


class Inside:
    """The child's end of the connection.

    Args:
        sock: The connection.
        codec: How messages are written.
        lifeline: The pipe whose end ends this process.
    """

    def __init__(self, sock: socket.socket, codec: str, lifeline: int | None = None) -> None:
        self._channel = BlockingChannel(sock)
        self._codec = CODECS[codec]
        self._limit = MAX_BYTES[codec]
        self._lifeline = lifeline
        self._pid = os.getpid()
        self._sending = threading.Lock()
        self._calls: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._answers: dict[int, queue.SimpleQueue[tuple[bool, Any]]] = {}
        self._asked = 0
        self._running = self._terminated = False
        self.cancelled = threading.Event()
        self.on_cancel: Callable[[], None] | None = None

    def serve(self) -> None:
        """Carry out one call after the other."""
        description, level = self._codec.decode(self._channel.receive())
        after_fork_in_child(self._forked)
        try:
            script.prepare(description)
        except BaseException as error:  # noqa: BLE001 (whatever the script raises)
            self.send("fault", _formatted(error))
            return
        logging.root.handlers[:] = [_Forward(self)]
        logging.root.setLevel(level)
        signal.signal(signal.SIGTERM, self._terminate)
        threading.Thread(target=self._listen, daemon=True, name="pycolonies-listen").start()
        self.send("ready", os.getpid())
        while True:
            self._carry_out(*self._calls.get())

    @property
    def is_copy(self) -> bool:
        """Whether this process is a forked copy of the child, with which the parent has no connection."""
        return os.getpid() != self._pid

    def send(self, *message: object) -> None:
        """Send a message to the parent.

        Raises:
            RuntimeError: This process is a forked copy of the child.
        """
        self._check_copy()
        with self._sending:
            self._channel.send(self._codec.encode(message))

    def tell(self, call: int, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Call a method of the parent's context, and do not wait for it."""
        self.send("tell", call, name, self._codec.pack([args, kwargs]))

    def ask(self, call: int, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a method of the parent's context; return what it returns, raise what it raises."""
        self._check_copy()
        answer: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()
        packed = self._codec.pack([args, kwargs])
        with self._sending:
            self._asked += 1
            number = self._asked
            self._answers[number] = answer
            self._channel.send(self._codec.encode(("ask", call, number, name, packed)))
        try:
            worked, value = answer.get()
        finally:
            del self._answers[number]
        value = self._codec.unpack(value)
        if worked:
            return value
        raise value if isinstance(value, BaseException) else RuntimeError(value)

    def _check_copy(self) -> None:
        if self.is_copy:
            raise RuntimeError(
                "this process is a forked copy of the one that runs the function, and has no context"
            )

    def _forked(self) -> None:
        """Detach a forked copy: SIGTERM ends it, and the end of the connection does not."""
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._channel.close()
        if self._lifeline is not None:
            with contextlib.suppress(OSError):
                os.close(self._lifeline)

    def _carry_out(
        self, number: int, module: str, qualname: str, packed: Any, context: Any, limits: Any
    ) -> None:
        self.send("begun", number)
        self.cancelled.clear()
        self.on_cancel = None
        ended: BaseException | None = None
        try:
            with resource_limits.applied(*limits):
                self._running = True
                # What one call sets in context variables is not for the next.
                value = copy_context().run(self._call, number, module, qualname, packed, context)
                self._running = False
            message = ("result", number, self._packed(value, qualname))
        except BaseException as error:  # noqa: BLE001 (the parent judges)
            self._running = False
            ended = error
            message = self._raised(number, error)
        if self.is_copy:
            leave_copy(ended)
        _flush()
        if self._terminated:
            _wind_up()
            os._exit(128 + signal.SIGTERM)
        self.send(*message)

    def _call(self, number: int, module: str, qualname: str, packed: Any, context: Any) -> Any:
        function = found(module, qualname)
        args, kwargs = self._codec.unpack(packed)
        if context is not None:
            name, values, tells, asks = context
            values = self._codec.unpack(values)
            kwargs[name] = ChildContext(self, number, values, frozenset(tells), frozenset(asks))
        value = function(*args, **kwargs)
        if inspect.iscoroutine(value):
            import asyncio

            value = asyncio.run(value)
        return value

    def _packed(self, value: object, qualname: str) -> Any:
        try:
            packed = self._codec.pack(value)
        except Exception as error:  # noqa: BLE001 (whatever pickling raises)
            raise TypeError(
                f"{qualname} returned a {type(value).__name__} that cannot be sent to the executor: {error}"
            ) from None
        if len(packed) > self._limit // 2:  # a text may double when it is written into a message
            raise TypeError(
                f"{qualname} returned {len(packed)} bytes; at most {self._limit // 2} can be sent back"
            )
        return packed

    def _raised(self, number: int, error: BaseException) -> tuple[Any, ...]:
        packed = None
        error = showable(error)
        if isinstance(error, Exception):
            with contextlib.suppress(Exception):
                packed = self._codec.pack(error)
            if packed is not None and len(packed) > MAX_TEXT:
                packed = None
        return ("raised", number, type(error).__qualname__, message_of(error), _formatted(error), packed)

    def _listen(self) -> None:
        """Read the parent's messages; end with it."""
        try:
            while True:
                kind, *rest = self._codec.decode(self._channel.receive())
                if kind == "call":
                    self._calls.put(tuple(rest))
                elif kind in ("cancel", "terminate"):
                    self.cancelled.set()
                    if self.on_cancel is not None:
                        self.on_cancel()
                    if kind == "terminate":
                        system.terminate_main_thread()
                elif (answer := self._answers.get(rest[0])) is not None:
                    answer.put((rest[1], rest[2]))
        except (EOFError, OSError):
            if not self._running:
                _wind_up()
            _flush()
            system.end_group()  # with what the function has started

    def _terminate(self, number: int, frame: object) -> None:
        self._terminated = True
        if self._running:
            self._running = False
            raise _Terminated
        _wind_up()
        os._exit(128 + number)


class _Forward(logging.Handler):
    """Hands log records to the parent's loggers, so that what handles them is set up in one place."""

    def __init__(self, inside: Inside) -> None:
        super().__init__()
        self._inside = inside

    def emit(self, record: logging.LogRecord) -> None:
        if self._inside.is_copy:
            if logging.lastResort is not None and record.levelno >= logging.lastResort.level:
                logging.lastResort.emit(record)  # stderr, as in programs that set up no logging
            return
        try:
            text = record.getMessage()
            if record.exc_info:
                text = f"{text}\n{steadily(partial(logging.Formatter().formatException, record.exc_info))}"
            self._inside.send("record", record.name, record.levelno, text, record.pathname, record.lineno)
        except Exception:  # noqa: BLE001 (as logging does: it reports, and goes on)
            self.handleError(record)


def found(module: str, qualname: str) -> Any:
    """Return what a module has by a qualified name."""
    __import__(module)
    try:
        return attrgetter(qualname)(sys.modules[module])
    except AttributeError:
        raise AttributeError(
            f"a child process finds no {qualname} in {module}; define functions for child processes "
            'at the top of their module, outside of if __name__ == "__main__"'
        ) from None


def _formatted(error: BaseException) -> str:
    """Return the traceback without the frames of this package."""
    try:
        shown = traceback.TracebackException.from_exception(error)
        shown.stack = traceback.StackSummary.from_list(
            [frame for frame in shown.stack if not frame.filename.startswith(_OURS)]
        )
        text = steadily(lambda: "".join(shown.format()))
    except Exception as failed:  # noqa: BLE001 (a class may raise anything)
        return f"<no traceback: showing it raised {type(failed).__name__}>"
    return shortened(text)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # closed, or a pipe that nothing reads
            stream.flush()
