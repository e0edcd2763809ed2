"""The parent's side of a child process."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from pycolonies._executor.children import loggers, system, usage
from pycolonies._executor.children.call import ChildCall, RemoteTraceback
from pycolonies._executor.children.channel import Channel, MessageTooLargeError
from pycolonies._executor.children.messages import CODECS, MAX_BYTES
from pycolonies._executor.children.spawn import spawn
from pycolonies.errors import (
    ChildDiedError,
    FunctionCancelledError,
    FunctionTimeoutError,
    RemoteError,
    ResourceLimitError,
)

log = logging.getLogger("pycolonies.executor")

#: Seconds between two checks of what does not wake the waiting thread: cancellation, use of memory, its life.
SLICE = 0.1
#: Seconds that a child has for starting, loading the script included.
START = 60.0
#: Calls of its context that a child may wait for at the same time; more wait unread.
MAX_ASKED = 32
#: Seconds that are spent on what a child has sent before it died, and on a child that SIGKILL does not end.
LAST = 5.0


class Flag(Protocol):
    """A flag, such as a `threading.Event`."""

    def is_set(self) -> bool:
        """Whether it has been set."""
        ...


class NotReceivedError(Exception):
    """The child ended before it had received the call. The function was not begun."""


class Child:
    """A child process that carries out one call at a time.

    Args:
        description: What it needs to find modules: see `script.describe`.
        codec: ``"pickle"``, or ``"json"`` for children that are not trusted.
        environment: Its environment; None for the parent's.
        grace: Seconds between the request to end and the end.
        prefix: A command that runs it, with its arguments.
    """

    def __init__(
        self,
        description: Mapping[str, Any],
        codec: str,
        environment: Mapping[str, str] | None,
        grace: float,
        prefix: Sequence[str] = (),
    ) -> None:
        self._codec = CODECS[codec]
        self._trusted = codec == "pickle"
        self._sandboxed = bool(prefix)
        self._contained = not self._trusted and not prefix
        self._grace = grace
        self._ready = False
        self._calls = 0
        self._records = 0
        self._asked: set[int] = set()
        #: Whether it can take a call: it has not been given one, or has answered the last.
        self.usable = True
        spawned = spawn(codec, environment, contained=self._contained, prefix=prefix)
        self._process, self._lifeline = spawned.process, spawned.lifeline
        self._channel = Channel(spawned.socket, MAX_BYTES[codec])
        self._put((dict(description), logging.getLogger().getEffectiveLevel()))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return not system.has_ended(self._process)

    def run(self, task: ChildCall, deadline: float, cancelled: Flag | None) -> object:
        """Carry out a call.

        Raises whatever the function raises, and what `Children.run` says.

        Raises:
            NotReceivedError: The child was used before, and ended before it received the call.
        """
        self._calls += 1
        self._asked = set()
        self._records = 0
        packed = self._packed(task, [list(task.args), dict(task.kwargs)])
        context = None
        if task.context_name:
            values = self._packed(task, dict(task.values))
            context = (task.context_name, values, sorted(task.tells), sorted(task.asks))
        self.usable = False
        began = time.monotonic()
        if not self._ready:
            self._await_start(task, deadline, cancelled)
            began = time.monotonic()
        if task.limits.seconds is not None:
            deadline = min(deadline, began + task.limits.seconds)
        limits = (task.limits.memory, task.limits.processor)
        self._put(("call", self._calls, task.module, task.qualname, packed, context, limits))
        begun = False
        try:
            for kind, rest in self._messages(task, deadline, cancelled, began):
                begun |= kind == "begun" and rest[:1] == [self._calls]
                if kind in ("result", "raised") and rest[:1] == [self._calls]:
                    self.usable = True
                    return self._outcome(task, kind, rest[1:])
                self._serve(task, kind, rest)
        except ChildDiedError:
            if begun or self._calls == 1:
                raise
            raise NotReceivedError from None
        raise AssertionError("messages end with a result or an exception")

    def end(self) -> None:
        """End the child and the processes that it has started: first by request, then by SIGKILL."""
        if self.alive:
            self._put(("cancel",) if not self._sandboxed else ("terminate",))
            self._channel.flush()
            if not self._sandboxed:  # the program that set up the sandbox would end it at once
                system.signal_group(self._process, kill=False)
            self._await_end(self._grace)
        self._kill()

    def release(self) -> None:
        """Release an idle child. It ends when it sees the end of the connection."""
        self._channel.close()

    def dismiss(self, until: float) -> None:
        """Wait for the end of a released child, and kill it if it is late.

        Args:
            until: Time of `time.monotonic` until which it may end by itself.
        """
        self._await_end(until - time.monotonic())
        self._kill()

    def _kill(self) -> None:
        lifeline, self._lifeline = self._lifeline, None
        if lifeline is not None:
            os.close(lifeline)  # a contained child ends all that it has started, and then itself
            if self._contained:
                self._await_end(LAST)
        system.signal_group(self._process, kill=True)
        try:
            self._process.wait(LAST)
        except subprocess.TimeoutExpired:
            log.warning("child process %s does not end although it was killed", self.pid)
        self._channel.close()

    def _await_end(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        pause = 0.001
        while self.alive and time.monotonic() < until:
            time.sleep(pause)
            pause = min(pause * 2, 0.05)

    def _put(self, message: tuple[Any, ...]) -> None:
        self._channel.put(self._codec.encode(message))

    def _packed(self, task: ChildCall, value: object) -> Any:
        try:
            return self._codec.pack(value)
        except Exception as error:  # noqa: BLE001 (whatever pickling raises)
            raise TypeError(
                f"an argument of {task.funcname} cannot be sent to a child process: {error}"
            ) from None

    def _await_start(self, task: ChildCall, deadline: float, cancelled: Flag | None) -> None:
        began = time.monotonic()
        until = min(began + START, deadline)
        try:
            for kind, rest in self._messages(task, until, cancelled, began):
                if kind == "fault":
                    raise ChildDiedError(task.funcname, None, f"loading the script raised\n{rest[0]}")
                if kind == "ready":
                    self._ready = True
                    return
                self._serve(task, kind, rest)
        except FunctionTimeoutError:
            if not self._trusted and until >= deadline:
                raise  # it loads no script that could be the cause
            raise ChildDiedError(
                task.funcname,
                None,
                f"its script was not loaded after {time.monotonic() - began:.3g} seconds; "
                'move what takes long below if __name__ == "__main__", or into the function',
            ) from None

    def _messages(
        self, task: ChildCall, deadline: float, cancelled: Flag | None, began: float
    ) -> Iterator[tuple[str, list[Any]]]:
        """Yield the child's messages until it dies or must end."""
        check = time.monotonic() + SLICE
        dead_since: float | None = None
        while True:
            now = time.monotonic()
            if cancelled is not None and cancelled.is_set():
                raise FunctionCancelledError(task.funcname)
            if now >= deadline:
                raise FunctionTimeoutError(task.funcname, now - began)
            received = self._step(task, 0 if dead_since else min(deadline - now, SLICE))
            if received is not None:
                yield self._read(task, received)
            elif dead_since is not None:
                raise self._died(task)
            if (now := time.monotonic()) >= check:
                check = now + SLICE
                if dead_since is None and not self.alive:
                    dead_since = now  # another process may hold the connection: read what is there
                elif dead_since is not None and now - dead_since > LAST:
                    raise self._died(task)
                usage.check(task, self.pid)

    def _step(self, task: ChildCall, seconds: float) -> bytes | None:
        try:
            return self._channel.step(seconds, read=len(self._asked) < MAX_ASKED)
        except EOFError:
            raise self._died(task) from None
        except MessageTooLargeError as refused:
            raise self._refused(task, str(refused)) from None

    def _read(self, task: ChildCall, received: bytes) -> tuple[str, list[Any]]:
        try:
            kind, *rest = self._codec.decode(received)
            if isinstance(kind, str):
                return kind, rest
        except Exception:  # noqa: BLE001, S110 (whatever a child makes the decoder raise)
            pass
        raise self._refused(task, "it had sent something else than messages")

    def _refused(self, task: ChildCall, why: str) -> ChildDiedError:
        self._kill()
        return ChildDiedError(task.funcname, self._process.returncode, why)

    def _died(self, task: ChildCall) -> Exception:
        """Reap the child, and return how it died."""
        self._await_end(self._grace)
        gone = not self.alive
        self._kill()
        code = self._process.returncode
        name = system.exit_signal(code)
        if name == "SIGXCPU" and task.limits.processor is not None:
            return ResourceLimitError(task.funcname, "processor time", task.limits.processor)
        reason = ""
        if not gone:
            reason = "it had closed its connection to the executor"
        elif name == "SIGKILL":
            reason = "not by this executor; the system does that when memory runs out"
        return ChildDiedError(task.funcname, code, reason)

    def _outcome(self, task: ChildCall, kind: str, rest: list[Any]) -> object:
        """Return what a function returned, or raise what it raised."""
        try:
            if kind == "result":
                return self._codec.unpack(rest[0])
            error = self._raised(task, *rest)
        except Exception as fault:
            if self._trusted:
                raise
            raise self._refused(task, "it had sent a result that cannot be read") from fault
        raise error

    def _raised(self, task: ChildCall, kind: str, message: str, text: str, packed: Any) -> BaseException:
        if kind == "MemoryError" and task.limits.memory is not None:
            error: BaseException = ResourceLimitError(task.funcname, "memory", task.limits.memory)
            error.__cause__ = RemoteTraceback(text)
            return error
        if packed is not None and self._trusted:
            with contextlib.suppress(Exception):
                error = self._codec.unpack(packed)
                if isinstance(error, Exception) and str(error) is not None:
                    error.__cause__ = RemoteTraceback(text)
                    return error
        return RemoteError(str(kind), str(message), str(text))

    def _serve(self, task: ChildCall, kind: str, rest: list[Any]) -> None:
        """Carry out a call of the function's context."""
        try:
            if kind == "record":
                self._log(*rest)
            elif kind == "tell" and rest[0] == self._calls and rest[1] in task.tells:
                args, kwargs = self._codec.unpack(rest[2])
                getattr(task.context, rest[1])(*args, **kwargs)
            elif kind == "ask" and rest[0] == self._calls and rest[2] in task.asks:
                # May take long, and meanwhile the call may be cancelled.
                number, name, packed = rest[1:]
                self._asked.add(number)
                threading.Thread(target=self._answer, args=(task, number, name, packed), daemon=True).start()
        except Exception as error:  # noqa: BLE001 (the function does not wait for it)
            level = logging.WARNING if self._trusted else logging.DEBUG  # others may send any number of these
            log.log(level, "%s of %s failed: %.1000s", kind, task.funcname, error)

    def _log(self, *record: Any) -> None:
        self._records += 1
        if self._trusted or self._records <= loggers.MAX_RECORDS:
            loggers.handle(*record, trusted=self._trusted)
        elif self._records == loggers.MAX_RECORDS + 1:
            log.warning("further log records of this call are dropped, after %s", loggers.MAX_RECORDS)

    def _answer(self, task: ChildCall, number: int, name: str, packed: Any) -> None:
        try:
            args, kwargs = self._codec.unpack(packed)
            answer = (True, self._codec.pack(getattr(task.context, name)(*args, **kwargs)))
        except Exception as error:  # noqa: BLE001 (it is the function's)
            try:
                answer = (False, self._codec.pack(error))
            except Exception:  # noqa: BLE001 (whatever pickling raises)
                answer = (False, self._codec.pack(f"{type(error).__name__}: {error}"))
        self._put(("answer", number, *answer))
        self._asked.discard(number)
