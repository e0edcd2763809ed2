"""The messages and replies that ``-v`` shows, without signatures and keys."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from pycolonies._rpc.transport import Outgoing, TransportWrapper
from pycolonies.cli._output import write

if TYPE_CHECKING:
    from pycolonies import _core
    from pycolonies._rpc.keys import Key
    from pycolonies._rpc.transport import Transport
    from pycolonies.cli._session import Session

#: Fields whose values are secrets anywhere.
_SECRET = re.compile(rb'("(?:[a-z_]*prvkey|secretkey|encryptionkey|signature)":\s*")[^"]+(")', re.IGNORECASE)
_MASK = "***"


class Shown(TransportWrapper):
    """A transport whose calls are written to stderr.

    Args:
        transport: Carries the messages.
        session: Knows which keys to mask.
    """

    def __init__(self, transport: Transport, session: Session) -> None:
        super().__init__(transport)
        self._session = session

    def send(self, outgoing: Outgoing) -> bytes:
        """Send a message, and show it and its reply."""
        self._show(">", f"{outgoing.msgtype}, {self._signature(outgoing.prvkey)}", outgoing.message)
        begun = time.monotonic()
        try:
            reply = super().send(outgoing)
        except Exception as fault:
            self._show("<", f"{type(fault).__name__} after {time.monotonic() - begun:.3f} s", b"")
            raise
        self._show("<", f"{len(reply)} bytes after {time.monotonic() - begun:.3f} s", reply)
        return reply

    def subscribe(self) -> _core.Subscription:
        """Open a socket for subscriptions, and show it."""
        self._show(">", "subscription opened", b"")
        return super().subscribe()

    def _signature(self, prvkey: Key | None) -> str:
        if prvkey is None:
            return "not signed"
        from pycolonies import Crypto

        return f"signed by {Crypto().id(prvkey)}, signature {_MASK}"

    def _show(self, direction: str, what: str, payload: bytes) -> None:
        text = _SECRET.sub(rb"\1***\2", payload).decode(errors="replace")
        for secret in self._session.secrets():
            text = text.replace(secret, _MASK)
        write(f"{direction} {self._session.address} {what} {text}".rstrip(), err=True)
