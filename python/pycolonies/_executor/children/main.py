"""What runs in a child process: it waits for calls, carries them out, and ends with its parent."""

from __future__ import annotations

import contextlib
import inspect
import logging
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing import connection
from operator import attrgetter
from typing import Any

from pycolonies._executor.children import limits as resource_limits
from pycolonies._executor.children import script
from pycolonies._executor.children.context import ChildContext
from pycolonies._executor.children.messages import CODECS, Codec

#: Frames of these folders are left out of tracebacks: they are ours, not the function's.
_OURS = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 (text, as in a frame)


class _Terminated(BaseException):
    """The parent wants the function to end."""


def main(handle: int, codec: str, lifeline: int | None) -> None:
    """Serve the parent at the other end of a connection until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    if lifeline is not None:
        _die_with(lifeline)
    if sys.platform == "win32":
        link: connection.Connection | connection.PipeConnection = connection.PipeConnection(handle)
    else:
        os.set_inheritable(handle, False)
        link = connection.Connection(handle)
    Inside(link, CODECS[codec]).serve()


def _die_with(lifeline: int) -> None:
    """Let the kernel end this process and what it started as soon as the parent is gone.

    The parent holds the other end of the pipe. When that is closed, the kernel sends a signal that nobody
    can ignore, even where native code holds the interpreter's lock.
    """
    import fcntl  # noqa: PLC0415 (of POSIX)

    os.set_inheritable(lifeline, False)
    set_signal = getattr(fcntl, "F_SETSIG", None)
    if set_signal is None:
        return  # the thread that listens notices it, if a little later
    fcntl.fcntl(lifeline, set_signal, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


class Inside:
    """The child's end of the connection."""

    def __init__(self, link: connection._ConnectionBase[Any, Any], codec: Codec) -> None:
        self._link = link
        self._codec = codec
        self._sending = threading.Lock()
        self._calls: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._answers: dict[int, queue.SimpleQueue[tuple[bool, Any]]] = {}
        self._asked = 0
        self._running = self._terminated = False
        self.cancelled = threading.Event()
        self.on_cancel: Callable[[], None] | None = None

    def serve(self) -> None:
        """Carry out one call after the other."""
        description, level = self._codec.decode(self._link.recv_bytes())
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

    def send(self, *message: object) -> None:
        """Say something to the parent."""
        with self._sending:
            self._link.send_bytes(self._codec.encode(message))

    def tell(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Call a method of the parent's context, and do not wait for it."""
        self.send("tell", name, self._codec.pack([args, kwargs]))

    def ask(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a method of the parent's context; return what it returns, raise what it raises."""
        answer: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()
        packed = self._codec.pack([args, kwargs])
        with self._sending:
            self._asked += 1
            number = self._asked
            self._answers[number] = answer
            self._link.send_bytes(self._codec.encode(("ask", number, name, packed)))
        try:
            worked, value = answer.get()
        finally:
            del self._answers[number]
        value = self._codec.unpack(value)
        if worked:
            return value
        raise value if isinstance(value, BaseException) else RuntimeError(value)

    def _carry_out(self, module: str, qualname: str, packed: Any, context: Any, limits: Any) -> None:
        self.cancelled.clear()
        self.on_cancel = None
        try:
            with resource_limits.applied(*limits):
                self._running = True
                value = self._call(module, qualname, packed, context)
                self._running = False
            message = ("result", self._packed(value, qualname))
        except BaseException as error:  # noqa: BLE001 (the parent judges)
            self._running = False
            message = self._raised(error)
        _flush()
        if self._terminated:
            os._exit(128 + signal.SIGTERM)
        self.send(*message)

    def _call(self, module: str, qualname: str, packed: Any, context: Any) -> Any:
        function = found(module, qualname)
        args, kwargs = self._codec.unpack(packed)
        if context is not None:
            name, values, tells, asks = context
            kwargs[name] = ChildContext(self, self._codec.unpack(values), frozenset(tells), frozenset(asks))
        value = function(*args, **kwargs)
        if inspect.iscoroutine(value):
            import asyncio  # noqa: PLC0415 (slow to import, and few need it)

            value = asyncio.run(value)
        if inspect.isgenerator(value):
            return self._exhausted(value)
        return value

    def _exhausted(self, generator: Any) -> Any:
        """Tell the parent each value of a generator; return what the generator returns."""
        while True:
            try:
                value = next(generator)
            except StopIteration as stop:
                return stop.value
            self.send("yielded", self._codec.pack(value))

    def _packed(self, value: object, qualname: str) -> Any:
        try:
            return self._codec.pack(value)
        except Exception as error:  # noqa: BLE001 (whatever pickling raises)
            raise TypeError(
                f"{qualname} returned a {type(value).__name__} that cannot be sent to the executor: {error}"
            ) from None

    def _raised(self, error: BaseException) -> tuple[Any, ...]:
        packed = None
        if isinstance(error, Exception):
            with contextlib.suppress(Exception):
                packed = self._codec.pack(error)
        return ("raised", type(error).__qualname__, str(error), _formatted(error), packed)

    def _listen(self) -> None:
        """Read what the parent says; end with it."""
        try:
            while True:
                kind, *rest = self._codec.decode(self._link.recv_bytes())
                if kind == "call":
                    self._calls.put(tuple(rest))
                elif kind == "cancel":
                    self.cancelled.set()
                    if self.on_cancel is not None:
                        self.on_cancel()
                elif (answer := self._answers.get(rest[0])) is not None:
                    answer.put((rest[1], rest[2]))
        except (EOFError, OSError):
            _flush()
            if sys.platform != "win32" and os.getpgrp() == os.getpid():
                os.killpg(os.getpgrp(), signal.SIGKILL)  # with what the function has started
            os._exit(1)

    def _terminate(self, number: int, frame: object) -> None:  # noqa: ARG002
        self._terminated = True
        if self._running:
            self._running = False
            raise _Terminated
        _flush()
        os._exit(128 + number)


class _Forward(logging.Handler):
    """Hands log records to the parent's loggers, so that what handles them is set up in one place."""

    def __init__(self, inside: Inside) -> None:
        super().__init__()
        self._inside = inside

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
            if record.exc_info:
                text = f"{text}\n{logging.Formatter().formatException(record.exc_info)}"
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
    shown = traceback.TracebackException.from_exception(error)
    shown.stack = traceback.StackSummary.from_list(
        [frame for frame in shown.stack if not frame.filename.startswith(_OURS)]
    )
    return "".join(shown.format())


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # closed, or a pipe that nobody reads
            stream.flush()
