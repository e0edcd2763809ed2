"""Middleware around the calls of a client."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pycolonies import _checks as checks
from pycolonies._home import publish
from pycolonies._rpc import deep
from pycolonies._rpc.encoding import decode
from pycolonies._rpc.transport import Outgoing, TransportWrapper
from pycolonies._shown import shown

if TYPE_CHECKING:
    from pycolonies._rpc.transport import Transport

#: Makes a context manager for a call.
Middleware = Callable[["ClientCall"], Any]


class ClientCall:
    """A call of a client, as middleware sees it.

    Attributes:
        msgtype: Type of the message, as ``"submitfuncspecmsg"``.
        message: The message: JSON, UTF-8, before it is signed. May be replaced before it is sent.
        reply: The payload of the reply: JSON, UTF-8; None before the call has ended. May be replaced.
    """

    def __init__(self, msgtype: str, message: bytes) -> None:
        self.msgtype = msgtype
        self.message = message
        self.reply: bytes | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the message. A new dictionary: to change the message, set ``fields``."""
        found: dict[str, Any] = decode(self.msgtype, self.message)
        return found

    @fields.setter
    def fields(self, fields: dict[str, Any]) -> None:
        self.message = deep.dumps(fields)

    @property
    def value(self) -> Any:
        """The reply as Python values. A new object: to change the reply, set ``value``."""
        return None if self.reply is None else decode(self.msgtype, self.reply)

    @value.setter
    def value(self, value: Any) -> None:
        self.reply = deep.dumps(value)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.msgtype!r}>"


def managers_of(middleware: Sequence[Middleware]) -> tuple[Middleware, ...]:
    """Validate middleware, and return functions that make context managers.

    Args:
        middleware: Generator functions that yield once, or callables that return a context manager.

    Raises:
        TypeError: One is asynchronous, or can't be called.
    """
    checks.several("middleware", middleware, "a list of generator functions", object, "a function")
    return tuple(_manager_of(one) for one in middleware)


def _manager_of(middleware: Middleware) -> Middleware:
    if inspect.isgeneratorfunction(middleware):
        return contextlib.contextmanager(middleware)
    if not callable(middleware) or inspect.isasyncgenfunction(middleware):
        raise TypeError(
            "middleware of a client must be a plain generator function that yields once, where the call is "
            f"made, got {shown(middleware)}; AsyncColonies calls it in threads, too, so it can't be "
            "asynchronous"
        )
    return middleware


@contextlib.contextmanager
def surrounding(middleware: Sequence[Middleware], call: ClientCall) -> Iterator[None]:
    """Surround a call with middleware, the outermost first.

    Raises:
        RuntimeError: Middleware has caught an exception and has not set a reply.
    """
    with contextlib.ExitStack() as stack:
        for make in middleware:
            stack.enter_context(make(call))
        yield
    if call.reply is None:
        raise RuntimeError(
            f"middleware has suppressed the error of {call.msgtype} without a reply; raise it, or set "
            "call.reply"
        )


class SurroundedTransport(TransportWrapper):
    """Carries messages inside middleware.

    Args:
        transport: Carries the messages.
        middleware: Middleware around each call, the outermost first.
    """

    def __init__(self, transport: Transport, middleware: Sequence[Middleware]) -> None:
        super().__init__(transport)
        self._middleware = middleware

    def send(self, outgoing: Outgoing) -> bytes:
        """Send a message inside the middleware, which may replace it and its reply."""
        call = ClientCall(outgoing.msgtype, outgoing.message)
        with surrounding(self._middleware, call):
            call.reply = super().send(outgoing._replace(message=call.message))
        return call.reply or b""


publish(__name__)
