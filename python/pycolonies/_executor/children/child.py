"""One child process, seen from its parent."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from pycolonies._executor.children import limits as resource_limits
from pycolonies._executor.children.call import ChildCall, RemoteTraceback
from pycolonies._executor.children.messages import CODECS
from pycolonies.errors import (
    ChildDiedError,
    FunctionCancelledError,
    FunctionTimeoutError,
    RemoteError,
    ResourceLimitError,
)

log = logging.getLogger("pycolonies.executor")

#: Seconds between two looks at what does not wake the waiting thread: cancellation, memory.
SLICE = 0.1
#: Seconds that a child has for starting, loading the script included.
START = 60.0

_ROOT = str(Path(__file__).parents[3])
_BOOT = (
    "import sys; sys.path.insert(0, {root!r}); import pycolonies; sys.path.pop(0); "
    "from pycolonies._executor.children.main import main; main({handle}, {codec!r}, {lifeline})"
)


class Flag(Protocol):
    """Something that can be set, as `threading.Event`."""

    def is_set(self) -> bool:
        """Whether it has been set."""


class Child:
    """A child process that carries out one call at a time.

    Args:
        description: What it needs to find modules: see `script.describe`.
        codec: ``"pickle"``, or ``"json"`` for children that are not trusted.
        environment: Its environment; None for the parent's.
        grace: Seconds between the request to end and the end.
    """

    def __init__(
        self, description: Mapping[str, Any], codec: str, environment: Mapping[str, str] | None, grace: float
    ) -> None:
        self._codec = CODECS[codec]
        self._grace = grace
        self._sending = threading.Lock()
        self._ready = False
        #: Whether it can take a call: it has not been given one, or has answered the last.
        self.usable = True
        self._link, self._process, self._lifeline = _spawn(codec, environment)
        self._say((dict(description), logging.getLogger().getEffectiveLevel()))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        if sys.platform == "win32":
            return self._process.poll() is None
        if self._process.returncode is not None:
            return False
        # Not reaped yet: until it is, nothing else can have its number, and its group can be killed.
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None

    def run(self, task: ChildCall, deadline: float, cancelled: Flag | None) -> object:
        """Carry out a call.

        Raises whatever the function raises, and what `Children.run` says.
        """
        began = time.monotonic()
        context = None
        if task.context_name:
            context = (
                task.context_name,
                self._packed(task, dict(task.values)),
                sorted(task.tells),
                sorted(task.asks),
            )
        packed = self._packed(task, [list(task.args), dict(task.kwargs)])
        limits = (task.limits.memory, task.limits.processor)
        self.usable = False
        if not self._ready:
            self._await_start(task, deadline, cancelled, began)
        self._tell(task, ("call", task.module, task.qualname, packed, context, limits))
        for kind, *rest in self._messages(task, deadline, cancelled, began):
            self.usable = kind in {"result", "raised"}
            if kind == "result":
                return self._codec.unpack(rest[0])
            if kind == "raised":
                raise self._raised(task, *rest)
            self._serve(task, kind, *rest)
        raise AssertionError  # messages end with one of these, or with an exception

    def end(self) -> None:
        """End the child and what it has started: ask it to, and after the time of grace see to it."""
        if self.alive:
            with contextlib.suppress(OSError, ValueError):
                self._say(("cancel",))
            self._signal("SIGTERM")
            self._await_end(self._grace)
        self._kill()

    def dismiss(self) -> None:
        """Let a child go that has nothing to do."""
        self._link.close()
        self._await_end(self._grace)
        self._kill()

    def _kill(self) -> None:
        self._signal("SIGKILL")
        self._process.wait()
        self._link.close()
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    def _await_end(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        pause = 0.001
        while self.alive and time.monotonic() < until:
            time.sleep(pause)
            pause = min(pause * 2, 0.05)

    def _signal(self, name: str) -> None:
        """Send a signal to the child and what it has started; on Windows, which has none, end it."""
        if self._process.returncode is not None:
            return
        if sys.platform == "win32":
            self._process.kill()
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, getattr(signal, name))

    def _say(self, message: tuple[Any, ...]) -> None:
        with self._sending:
            self._link.send_bytes(self._codec.encode(message))

    def _tell(self, task: ChildCall, message: tuple[Any, ...]) -> None:
        try:
            self._say(message)
        except (BrokenPipeError, ConnectionError):
            raise self._died(task) from None

    def _packed(self, task: ChildCall, value: object) -> Any:
        try:
            return self._codec.pack(value)
        except Exception as error:  # noqa: BLE001 (whatever pickling raises)
            raise TypeError(
                f"an argument of {task.funcname} cannot be sent to a child process: {error}"
            ) from None

    def _await_start(self, task: ChildCall, deadline: float, cancelled: Flag | None, began: float) -> None:
        until = min(deadline, time.monotonic() + START)
        for kind, *rest in self._messages(task, until, cancelled, began):
            if kind == "fault":
                raise ChildDiedError(task.funcname, None, f"loading the script raised\n{rest[0]}")
            self._ready = True
            return

    def _messages(
        self, task: ChildCall, deadline: float, cancelled: Flag | None, began: float
    ) -> Iterator[tuple[Any, ...]]:
        """Yield what the child says, until it dies or may go on no longer."""
        while True:
            if cancelled is not None and cancelled.is_set():
                raise FunctionCancelledError(task.funcname)
            left = deadline - time.monotonic()
            if left <= 0:
                raise FunctionTimeoutError(task.funcname, time.monotonic() - began)
            try:
                received = self._link.recv_bytes() if self._link.poll(min(left, SLICE)) else None
            except (EOFError, OSError):
                raise self._died(task) from None
            if received is not None:
                yield self._read(task, received)
                continue
            if not self.alive and not self._link.poll():
                raise self._died(task)
            limit = task.limits.memory
            if limit is not None and resource_limits.resident(self.pid) > limit:
                raise ResourceLimitError(task.funcname, "memory", limit)

    def _read(self, task: ChildCall, received: bytes) -> tuple[Any, ...]:
        try:
            return tuple(self._codec.decode(received))
        except (ValueError, TypeError):
            self._kill()
            raise ChildDiedError(
                task.funcname, self._process.returncode, "it had sent something else than messages"
            ) from None

    def _died(self, task: ChildCall) -> Exception:
        """Tell how the child died, and reap it."""
        self._await_end(self._grace)
        gone = not self.alive
        self._kill()
        code = self._process.returncode
        if sys.platform != "win32" and code == -signal.SIGXCPU and task.limits.processor is not None:
            return ResourceLimitError(task.funcname, "processor time", task.limits.processor)
        reason = ""
        if not gone:
            reason = "it had closed its connection to the executor"
        elif sys.platform != "win32" and code == -signal.SIGKILL:
            reason = "not by this executor; the system does that when memory runs out"
        return ChildDiedError(task.funcname, code, reason)

    def _raised(self, task: ChildCall, kind: str, message: str, text: str, packed: Any) -> BaseException:
        if kind == "MemoryError" and task.limits.memory is not None:
            error: BaseException = ResourceLimitError(task.funcname, "memory", task.limits.memory)
            error.__cause__ = RemoteTraceback(text)
            return error
        if packed is not None:
            with contextlib.suppress(Exception):
                error = self._codec.unpack(packed)
                if isinstance(error, Exception):
                    error.__cause__ = RemoteTraceback(text)
                    return error
        return RemoteError(kind, message, text)

    def _serve(self, task: ChildCall, kind: str, *rest: Any) -> None:
        """Do what the function asks of its context."""
        if kind == "record":
            _log(*rest)
        elif kind == "yielded":
            if "yielded" in task.tells:
                task.context.yielded(self._codec.unpack(rest[0]))  # type: ignore[attr-defined]
        elif kind == "tell" and rest[0] in task.tells:
            args, kwargs = self._codec.unpack(rest[1])
            try:
                getattr(task.context, rest[0])(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 (nobody waits for it)
                log.warning("%s of %s failed: %s", rest[0], task.funcname, error)
        elif kind == "ask" and rest[1] in task.asks:
            # May take long, and meanwhile the call may be cancelled.
            threading.Thread(target=self._answer, args=(task, *rest), daemon=True).start()

    def _answer(self, task: ChildCall, number: int, name: str, packed: Any) -> None:
        try:
            args, kwargs = self._codec.unpack(packed)
            answer = (True, self._codec.pack(getattr(task.context, name)(*args, **kwargs)))
        except Exception as error:  # noqa: BLE001 (it is the function's)
            try:
                answer = (False, self._codec.pack(error))
            except Exception:  # noqa: BLE001 (whatever pickling raises)
                answer = (False, self._codec.pack(f"{type(error).__name__}: {error}"))
        with contextlib.suppress(OSError, ValueError):  # the child is gone
            self._say(("answer", number, *answer))


def _spawn(
    codec: str, environment: Mapping[str, str] | None
) -> tuple[Any, subprocess.Popen[bytes], int | None]:
    """Start a child; return the connection to it, itself, and the parent's end of its lifeline."""
    ours, theirs = multiprocessing.Pipe()
    options: dict[str, Any] = {"env": None if environment is None else dict(environment)}
    lifeline: tuple[int, int] | None = None
    if sys.platform == "win32":
        os.set_handle_inheritable(theirs.fileno(), True)
        options["startupinfo"] = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [theirs.fileno()]})
    else:
        lifeline = os.pipe()
        options["pass_fds"] = (theirs.fileno(), lifeline[0])
        # A session of its own: Ctrl-C does not reach it, and it is ended with all that it has started.
        options["start_new_session"] = True
    boot = _BOOT.format(
        root=_ROOT, handle=theirs.fileno(), codec=codec, lifeline=lifeline[0] if lifeline else None
    )
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # noqa: SLF001 (as multiprocessing)
    try:
        process = subprocess.Popen(  # noqa: S603 (this interpreter)
            [sys.executable, *flags, "-c", boot], stdin=subprocess.DEVNULL, **options
        )
    except BaseException:
        ours.close()
        if lifeline:
            os.close(lifeline[1])
        raise
    finally:
        theirs.close()
        if lifeline:
            os.close(lifeline[0])
    return ours, process, lifeline[1] if lifeline else None


def _log(name: str, level: int, message: str, path: str, line: int) -> None:
    logger = logging.getLogger(name)
    if logger.isEnabledFor(level):
        logger.handle(logger.makeRecord(name, level, path, line, message, (), None))
