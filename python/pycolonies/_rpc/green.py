"""gevent and eventlet: calls run in native threads, so that other green threads continue.

Both libraries replace Python's threads, locks and sockets by ones that switch between green threads. The
native module bypasses them, and would block all green threads of a program until a reply arrives.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pycolonies import _core
from pycolonies._rpc.transport import Outgoing, TransportWrapper

if TYPE_CHECKING:
    from pycolonies._rpc.keys import Key

_Result = TypeVar("_Result")


def library() -> str | None:
    """Return which library has replaced Python's threads: "gevent", "eventlet", or None."""
    monkey: Any = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("threading"):
        return "gevent"
    patcher: Any = sys.modules.get("eventlet.patcher")
    if patcher is not None and patcher.is_monkey_patched("thread"):
        return "eventlet"
    return None


def in_thread(function: Callable[..., _Result], *args: Any) -> _Result:
    """Call a function in a thread of the operating system, while other green threads run."""
    result: Any
    if library() == "gevent":
        from gevent import get_hub  # type: ignore[import-untyped,unused-ignore]  # or it is not installed

        result = get_hub().threadpool.apply(function, args)
    else:
        from eventlet import tpool  # type: ignore[import-untyped,unused-ignore]  # or it is not installed

        result = tpool.execute(function, *args)
    done: _Result = result
    return done


def pause(seconds: float) -> None:
    """Wait. Signals end it at once, and other threads run meanwhile, green ones included."""
    if library() is None:
        _core.pause(seconds)
    else:
        time.sleep(seconds)  # the library's own


class GreenTransport(TransportWrapper):
    """A transport whose calls don't block other green threads."""

    def send(self, outgoing: Outgoing) -> bytes:
        """Send a message in a thread of the operating system."""
        return in_thread(self._transport.call, *outgoing)

    def subscribe(self) -> _core.Subscription:
        """Open a socket for subscriptions."""
        opened = GreenSubscription(in_thread(self._transport.subscribe))
        return cast("_core.Subscription", opened)  # the native class is final; this has all of its methods


class GreenSubscription:
    """A socket for subscriptions whose calls don't block other green threads."""

    def __init__(self, subscription: _core.Subscription) -> None:
        self._subscription = subscription

    @property
    def closed(self) -> bool:
        """Whether the server has closed it."""
        return self._subscription.closed

    def send(self, msgtype: str, message: bytes, prvkey: Key) -> None:
        """Send a message."""
        in_thread(self._subscription.send, msgtype, message, prvkey)

    def next(self, timeout: float) -> bytes | None:
        """Return the payload of the next message; None on timeout (in seconds)."""
        return in_thread(self._subscription.next, timeout)

    def close(self) -> None:
        """Close it."""
        self._subscription.close()
