"""The executor's connection to its server: signed calls, and whether the server answers."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from pycolonies import _core
from pycolonies._executor.repeated_failures import Repeats
from pycolonies._executor.steps import Call, Pause, Step, Steps, carry_out
from pycolonies._units import duration
from pycolonies.errors import CallCancelledError, ServerError, TransportError

if TYPE_CHECKING:
    from pycolonies._executor.observe.events import Observer
    from pycolonies._rpc.endpoint import Endpoint

log = logging.getLogger("pycolonies.executor")

_Result = TypeVar("_Result")

#: Seconds of an outage after which its end ends all pauses. A single lost call is not an outage.
AWAY = 0.5


class ServerLink:
    """Makes calls signed by the executor. Notices when the server is unreachable, and when it returns.

    Args:
        endpoint: The server, with the executor's private key.
        observer: Receives losses and returns of the connection.
        rejoin: Registers the executor again if the server does not know it.
    """

    def __init__(self, endpoint: Endpoint, observer: Observer, rejoin: Callable[[], None]) -> None:
        self.timeout = endpoint.timeout
        self.endpoint = endpoint
        #: Registers the executor again.
        self.rejoin = rejoin
        self._observer = observer
        self._cancellation = _core.Cancellation()
        #: Whether the executor requests work.
        self.polls = True
        self._repeats = Repeats()
        self._changed = threading.Condition()
        self._returns = 0
        self._closed = False
        self._woken: list[Callable[[], None]] = []

    def carry_out(self, steps: Steps[_Result]) -> _Result:
        """Carry out steps in this thread, and return their result."""
        return carry_out(steps, self._perform)

    def _perform(self, step: Step) -> Any:
        if isinstance(step, Call):
            cancellation = self._cancellation if step.polls else None
            return self.call(step.msgtype, step.message, step.timeout, cancellation)
        if isinstance(step, Pause):
            return self._pause(step)
        self.rejoin()
        return None

    def call(
        self,
        msgtype: str,
        message: bytes,
        timeout: float | None = None,
        cancellation: _core.Cancellation | None = None,
    ) -> bytes:
        """Send a message, JSON text, and return the payload of the reply.

        Raises:
            ServerError: The server refuses it.
            TransportError: There was no usable reply.
        """
        try:
            payload = self.endpoint.transport.call(
                msgtype, message, self.endpoint.prvkey, timeout, cancellation
            )
        except Exception as fault:
            self.failed(fault)
            raise
        self.succeeded()
        return payload

    def succeeded(self) -> None:
        """A call was answered."""
        if self._repeats.failing:
            self._answered()

    def failed(self, fault: Exception) -> None:
        """A call has failed."""
        if isinstance(fault, ServerError):
            self.succeeded()
        elif isinstance(fault, TransportError) and not isinstance(fault, CallCancelledError):
            self._lost(fault)

    def on_wake(self, callback: Callable[[], None]) -> None:
        """Register a function that is called, in any thread, whenever pauses end early."""
        self._woken.append(callback)

    def ends(self, pause: Pause) -> bool:
        """Return whether pauses of this kind have been ended for good."""
        return self._closed or (pause.polls and not self.polls)

    @property
    def failing(self) -> bool:
        """Whether the last call had no answer."""
        return self._repeats.failing

    @property
    def closed(self) -> bool:
        """Whether the connection is closed."""
        return self._closed

    def _pause(self, pause: Pause) -> bool:
        with self._changed:
            returns = self._returns
            self._changed.wait_for(lambda: self.ends(pause) or self._returns != returns, pause.seconds)
            return self._closed

    def wake(self) -> None:
        """End all pauses."""
        with self._changed:
            self._returns += 1
            self._changed.notify_all()
        for callback in self._woken:
            with contextlib.suppress(RuntimeError):  # an event loop that is closed
                callback()

    def stop_polling(self) -> None:
        """End the requests for work and their pauses, including future ones."""
        self.polls = False
        self._cancellation.cancel()
        self.wake()

    def close(self) -> None:
        """End all pauses, including future ones."""
        self._closed = True
        self.wake()

    def _lost(self, fault: TransportError) -> None:
        with self._changed:
            repeat = self._repeats.failed(time.monotonic())
        if repeat is None:
            return
        if repeat.attempts == 1:
            log.warning("the server cannot be reached, trying again until it can: %s", fault)
            self._observer.disconnected(fault)
        else:
            log.warning(
                "the server is still unreachable after %s, attempt %d: %s",
                duration(repeat.seconds),
                repeat.attempts,
                fault,
            )
            self._observer.still_disconnected(fault, repeat.seconds, repeat.attempts)

    def _answered(self) -> None:
        with self._changed:
            ended = self._repeats.succeeded(time.monotonic())
        if ended is None:
            return
        log.warning(
            "the server answers again after %s and %d failed attempts",
            duration(ended.seconds),
            ended.attempts,
        )
        self._observer.reconnected()
        if ended.seconds >= AWAY:
            self.wake()
