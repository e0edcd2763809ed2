"""`Endpoint` for event loops."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pycolonies._rpc.defaults import OWN
from pycolonies._rpc.endpoint import Endpoint
from pycolonies._rpc.half_stored import Patience
from pycolonies._rpc.keys import PrivateKey
from pycolonies._rpc.reply import Reply
from pycolonies.errors import InvalidRequestError

if TYPE_CHECKING:
    from pycolonies._aio.subscription import ResumingSubscription
    from pycolonies._aio.transport import AsyncTransport
    from pycolonies._models import FuncSpec
    from pycolonies._rpc.codec import Codec


class AsyncEndpoint:
    """A server together with the key and the colony that calls to it use.

    Args:
        endpoint: Key, colony and limits of calls.
        transport: Carries the messages.
    """

    __slots__ = ("endpoint", "transport")

    def __init__(self, endpoint: Endpoint, transport: AsyncTransport) -> None:
        self.endpoint = endpoint
        self.transport = transport

    @property
    def key(self) -> PrivateKey:
        """The private key that signs calls; see `Endpoint.key`."""
        return self.endpoint.key

    @property
    def codec(self) -> Codec | None:
        """What writes arguments and reads results."""
        return self.endpoint.codec

    @property
    def poll_interval(self) -> float:
        """Longest step of a long wait in seconds. An event loop needs none."""
        return float("inf")

    def colony(self, colonyname: str = OWN) -> str:
        """Return the colony of a call; see `Endpoint.colony`."""
        return self.endpoint.colony(colonyname)

    def in_colony(self, record: Any) -> dict[str, Any]:
        """Return a record with the endpoint's colony; see `Endpoint.in_colony`."""
        return self.endpoint.in_colony(record)

    def spec_in_colony(self, spec: FuncSpec | Mapping[str, Any]) -> FuncSpec:
        """Return a function spec with the endpoint's colony; see `Endpoint.spec_in_colony`."""
        return self.endpoint.spec_in_colony(spec)

    async def call(self, msgtype: str, /, **fields: Any) -> Reply:
        """Send a signed message and return the reply; see `Endpoint.call`."""
        return await self.call_within(None, msgtype, **fields)

    async def call_within(self, timeout: float | None, msgtype: str, /, **fields: Any) -> Reply:
        """Send a message as `call` does, with its own timeout in seconds."""
        prvkey = self.endpoint.key
        message = self.endpoint.message(msgtype, fields)
        patience = None
        while True:
            try:
                return Reply(msgtype, await self.transport.call(msgtype, message, prvkey, timeout))
            except InvalidRequestError as refused:
                patience = patience or Patience(timeout)
                if (pause := patience.pause(refused)) is None:
                    raise
            await asyncio.sleep(pause)

    async def call_unsigned(self, msgtype: str) -> Reply:
        """Send a message that needs no key and return the reply."""
        message = self.endpoint.message(msgtype, {})
        return Reply(msgtype, await self.transport.call(msgtype, message, None))

    def follow(
        self, msgtype: str, messages: Sequence[dict[str, Any]], timeout: float | None
    ) -> ResumingSubscription:
        """Return a subscription that survives lost connections; see `Endpoint.follow`."""
        from pycolonies._aio.subscription import ResumingSubscription

        return ResumingSubscription(self.transport, msgtype, self.key, messages, timeout)
