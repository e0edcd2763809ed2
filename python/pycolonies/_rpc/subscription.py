"""Subscriptions that reconnect."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pycolonies import _core
from pycolonies._rpc import green
from pycolonies._rpc.encoding import decode, encode
from pycolonies._rpc.keys import Key
from pycolonies._waiting.backoff import Backoff
from pycolonies.errors import CallCancelledError, ConnectionLostError, TransportError

if TYPE_CHECKING:
    from typing_extensions import Self

    from pycolonies._rpc.transport import Transport

#: Seconds for which reconnecting is tried.
RECONNECT_TIMEOUT = 60.0
#: The first and the longest pause before another connection, in seconds.
PAUSE, PAUSE_AT_MOST = 0.1, 5.0
#: Seconds that a connection must last before its loss counts as the first one.
STEADY = 1.0


class ResumingSubscription:
    """A subscription that reconnects with growing pauses.

    Entering it opens the first connection, or raises what prevents that. A connection that is lost later is
    opened again.

    Args:
        server: Server to connect to.
        msgtype: Type of the messages that subscribe.
        prvkey: Private key that signs them.
        messages: The messages; each connection sends all of them.
        timeout: Seconds until it ends; None for no limit.
        patience: Seconds without a connection after which its loss is an error; a minute by default.
    """

    def __init__(
        self,
        server: Transport,
        msgtype: str,
        prvkey: Key,
        messages: Sequence[dict[str, Any]],
        timeout: float | None,
        patience: float | None = None,
    ) -> None:
        self._server = server
        self._msgtype = msgtype
        self._prvkey = prvkey
        self._messages = [encode(msgtype, fields) for fields in messages]
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._patience = RECONNECT_TIMEOUT if patience is None else patience
        self._socket: _core.Subscription | None = None
        self._connected_at = self._connect_at = 0.0
        self._lost_at: float | None = None
        self._backoff = Backoff(PAUSE, PAUSE_AT_MOST)
        #: Whether what comes next may have come over an earlier connection, too.
        self.resumed = False

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def over(self) -> bool:
        """Whether the timeout has passed."""
        return self._left() <= 0

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as known."""
        return self._socket is not None

    def connect(self, *, subscribe: bool = True) -> bool:
        """Open a connection if there is none and the pause since the last one has passed.

        Args:
            subscribe: Whether to send the messages over it; otherwise `ask` sends them.

        Returns:
            Whether there is a new connection.

        Raises:
            TransportError: There has been no connection for longer than the patience.
        """
        if self._socket is not None or time.monotonic() < self._connect_at:
            return False
        try:
            self._connect(subscribe=subscribe)
        except CallCancelledError:
            raise
        except TransportError as fault:
            self._lose(fault)
            return False
        return True

    def ask(self) -> None:
        """Subscribe over the current connection, also after the server has ended the subscription.

        Raises:
            TransportError: There has been no connection for longer than the patience.
        """
        self.resumed = True
        if self._socket is None:
            return
        try:
            self._send(self._socket)
        except CallCancelledError:
            raise
        except TransportError as fault:
            self._lose(fault)

    def next(self, timeout: float) -> Any:
        """Return the next message, or None on timeout.

        Args:
            timeout: Seconds to wait, but no longer than until the subscription ends.

        Raises:
            TransportError: There has been no connection for longer than the patience.
            ServerError: The server refuses the subscription.
        """
        wait_until = time.monotonic() + max(min(timeout, self._left()), 0)
        if self._socket is None:
            pause = min(self._connect_at, wait_until) - time.monotonic()
            if pause > 0:
                green.pause(pause)
            self.connect()
            if self._socket is None:
                return None
        try:
            payload = self._socket.next(max(wait_until - time.monotonic(), 0))
        except CallCancelledError:
            raise
        except TransportError as fault:
            self._lose(fault)
            return None
        if payload is None and self._socket.closed:
            self._lose(ConnectionLostError("the server closes every connection at once"))
            return None
        if payload is not None or self._is_steady():
            self._lost_at = None
        return None if payload is None else decode(self._msgtype, payload)

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _left(self) -> float:
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()

    def _is_steady(self) -> bool:
        return time.monotonic() - self._connected_at >= STEADY

    def _connect(self, *, subscribe: bool = True) -> None:
        socket = self._server.subscribe()
        try:
            if subscribe:
                self._send(socket)
        except BaseException:
            socket.close()
            raise
        self._socket, self._connected_at = socket, time.monotonic()

    def _send(self, socket: _core.Subscription) -> None:
        for message in self._messages:
            socket.send(self._msgtype, message, self._prvkey)

    def _lose(self, fault: TransportError) -> None:
        """Drop a broken connection. The pause before the next one grows."""
        if self._socket is not None and self._is_steady():
            self._backoff.reset()
        self.close()
        self.resumed = True
        now = time.monotonic()
        if self._lost_at is None:
            self._lost_at = now
        elif now - self._lost_at > self._patience:
            raise fault
        self._connect_at = now + self._backoff.pause()
