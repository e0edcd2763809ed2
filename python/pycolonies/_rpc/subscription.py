"""A subscription that outlives its connections."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pycolonies import _core
from pycolonies._rpc.encoding import decode, encode
from pycolonies._rpc.keys import Key
from pycolonies.errors import CallCancelledError, ConnectionLostError, TransportError

if TYPE_CHECKING:
    from typing_extensions import Self

    from pycolonies._rpc.endpoint import Transport

#: Seconds for which a lost connection is tried to be opened again.
PATIENCE = 60.0
#: Seconds between two tries, at first and at the most.
PAUSE, PAUSE_AT_MOST = 0.1, 5.0
#: Jitter without state: programs that seed `random` are not disturbed, and forks do not pause in step.
_RANDOM = random.SystemRandom()


class ResumingSubscription:
    """A subscription over as many connections as it takes.

    The first connection has to come about at once; one that is lost later is opened again.

    Args:
        server: Where to connect to.
        msgtype: Type of the messages that subscribe.
        prvkey: Private key that signs them.
        messages: The messages; each connection sends all of them.
        timeout: Seconds until it is over; None for no limit.
    """

    def __init__(
        self,
        server: Transport,
        msgtype: str,
        prvkey: Key,
        messages: Sequence[dict[str, Any]],
        timeout: float | None,
    ) -> None:
        self._server = server
        self._msgtype = msgtype
        self._prvkey = prvkey
        self._messages = [encode(msgtype, fields) for fields in messages]
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._socket: _core.Subscription | None = None
        self._lost_at: float | None = None
        self._pause = PAUSE
        #: Whether what comes next may have come over an earlier connection, too.
        self.resumed = False

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._disconnect()

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return self._left() <= 0

    def ask(self) -> None:
        """Subscribe again on the same connection, where the server has ended the subscription."""
        self.resumed = True
        if self._socket is not None:
            self._send(self._socket)

    def next(self, timeout: float) -> Any:
        """Return what comes next, or None when nothing came in that time.

        Args:
            timeout: Seconds to wait; less where all is over before.

        Raises:
            TransportError: The connection was lost, and could not be opened again for a minute.
            ServerError: The server refuses the subscription.
        """
        wait = max(min(timeout, self._left()), 0)
        try:
            socket = self._socket or self._connect()
            payload = socket.next(wait)
        except CallCancelledError:
            raise
        except TransportError as fault:
            self._lose(fault, wait)
            return None
        if payload is None and socket.closed:
            self._lose(ConnectionLostError("the server closes every connection at once"), wait)
            return None
        self._lost_at, self._pause = None, PAUSE
        return None if payload is None else decode(self._msgtype, payload)

    def _left(self) -> float:
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    def _connect(self) -> _core.Subscription:
        socket = self._server.subscribe()
        try:
            self._send(socket)
        except BaseException:
            socket.close()
            raise
        self._socket = socket
        return socket

    def _send(self, socket: _core.Subscription) -> None:
        for message in self._messages:
            socket.send(self._msgtype, message, self._prvkey)

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _lose(self, fault: TransportError, at_most: float) -> None:
        """Let go of a broken connection, and wait a little before the next one."""
        self._disconnect()
        self.resumed = True
        now = time.monotonic()
        if self._lost_at is None:
            self._lost_at = now
        elif now - self._lost_at > PATIENCE:
            raise fault
        _core.pause(min(self._pause * _RANDOM.uniform(0.5, 1), at_most))
        self._pause = min(2 * self._pause, PAUSE_AT_MOST)
