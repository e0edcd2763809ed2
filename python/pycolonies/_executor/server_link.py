"""The executor's way to its server: calls in its name, and whether they get through."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from pycolonies.errors import CallCancelledError, ServerError, TransportError

if TYPE_CHECKING:
    from pycolonies import _core
    from pycolonies._executor.observe.events import Observer
    from pycolonies._rpc.endpoint import Endpoint

log = logging.getLogger("pycolonies.executor")


class ServerLink:
    """Calls in the executor's name. Notices when the server is gone, and when it is back.

    Args:
        endpoint: The server, with the executor's private key.
        observer: Is told of losses and returns.
    """

    def __init__(self, endpoint: Endpoint, observer: Observer) -> None:
        self.timeout = endpoint.timeout
        self._endpoint = endpoint
        self._observer = observer
        self._down = False
        self._lock = threading.Lock()

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
        if self._down:
            self._answered()
        return payload

    def _lost(self, fault: TransportError) -> None:
        with self._lock:
            if self._down:
                return
            self._down = True
        log.warning("the server does not answer, trying again until it does: %s", fault)
        self._observer.disconnected(fault)

    def _answered(self) -> None:
        with self._lock:
            if not self._down:
                return
            self._down = False
        log.info("the server answers again")
        self._observer.reconnected()
