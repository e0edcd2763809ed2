"""The executor's way to its server: calls in its name, and whether they get through."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from pycolonies.errors import CallCancelledError, ServerError, TransportError

if TYPE_CHECKING:
    from pycolonies import _core
    from pycolonies._executor.observe.events import Observer
    from pycolonies._rpc.endpoint import Endpoint

log = logging.getLogger("pycolonies.executor")

#: Seconds that the server must have been away for its return to end all pauses: a single lost call is none.
AWAY = 0.5


class ServerLink:
    """Calls in the executor's name. Notices when the server is gone, and when it is back.

    Args:
        endpoint: The server, with the executor's private key.
        observer: Receives losses and returns of the connection.
    """

    def __init__(self, endpoint: Endpoint, observer: Observer) -> None:
        self.timeout = endpoint.timeout
        self._endpoint = endpoint
        self._observer = observer
        self._down_since: float | None = None
        self._changed = threading.Condition()
        self._returns = 0
        self._closed = False

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
            payload = self._endpoint.transport.call(
                msgtype, message, self._endpoint.prvkey, timeout, cancellation
            )
        except ServerError:
            self._answered()
            raise
        except CallCancelledError:
            raise
        except TransportError as fault:
            self._lost(fault)
            raise
        if self._down_since is not None:
            self._answered()
        return payload

    def pause(self, seconds: float) -> bool:
        """Wait before another attempt, or until the server returns. Returns whether the link is closed."""
        with self._changed:
            returns = self._returns
            self._changed.wait_for(lambda: self._closed or self._returns != returns, seconds)
            return self._closed

    def wake(self) -> None:
        """End all pauses."""
        with self._changed:
            self._returns += 1
            self._changed.notify_all()

    def close(self) -> None:
        """End all pauses, those to come too."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _lost(self, fault: TransportError) -> None:
        with self._changed:
            if self._down_since is not None:
                return
            self._down_since = time.monotonic()
        log.warning("the server does not answer, trying again until it does: %s", fault)
        self._observer.disconnected(fault)

    def _answered(self) -> None:
        with self._changed:
            if self._down_since is None:
                return
            away, self._down_since = time.monotonic() - self._down_since, None
        log.info("the server answers again")
        self._observer.reconnected()
        if away >= AWAY:
            self.wake()
