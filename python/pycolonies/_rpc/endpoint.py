"""Endpoints: a server with the key and the colony of calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pycolonies import _checks as checks
from pycolonies._rpc import green
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.encoding import encode
from pycolonies._rpc.half_stored import Patience
from pycolonies._rpc.keys import Key, PrivateKey
from pycolonies._rpc.reply import Reply
from pycolonies.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycolonies._files.settings import S3Settings
    from pycolonies._models import FuncSpec
    from pycolonies._rpc.codec import Codec
    from pycolonies._rpc.subscription import ResumingSubscription
    from pycolonies._rpc.transport import Transport


@dataclass(frozen=True)
class Endpoint:
    """A server, and the defaults of the calls to it. Everything that makes calls is built on this.

    Attributes:
        transport: Carries the messages.
        prvkey: Private key that signs calls.
        colonyname: Default colony of calls.
        timeout: Seconds that a call may take.
        poll_interval: Longest step of a long wait in seconds; the caller can act between two steps.
        s3: Store that holds the content of files; None to use the environment's.
        codec: Writes and reads arguments and results; None for plain JSON values.
    """

    transport: Transport
    prvkey: PrivateKey | None = None
    colonyname: str | None = None
    timeout: float = 30.0
    poll_interval: float = float("inf")
    s3: S3Settings | None = None
    codec: Codec | None = None

    def bind(self, **changes: Any) -> Endpoint:
        """Return a copy with other values of some attributes."""
        return replace(self, **changes)

    def signing(self, prvkey: Key = OWN) -> Endpoint:
        """Return this endpoint with the private key that signs a call.

        Args:
            prvkey: The key, or `OWN` for the endpoint's own.

        Raises:
            TypeError: The key is missing.
        """
        if prvkey is None:  # what os.getenv returns for a variable that is not set
            raise TypeError("prvkey must be a string, got None; is COLONIES_PRVKEY set?")
        if prvkey is not OWN:
            key = PrivateKey(prvkey)
            return self if key == self.prvkey else replace(self, prvkey=key)
        _ = self.key
        return self

    @property
    def key(self) -> PrivateKey:
        """The private key that signs calls.

        Raises:
            TypeError: The endpoint has no key.
        """
        if self.prvkey is None:
            raise TypeError("prvkey is missing: give it to the call, or to the client once for all calls")
        return self.prvkey

    def colony(self, colonyname: str = OWN) -> str:
        """Return the colony of a call: the given one, else the endpoint's own.

        Raises:
            TypeError: Both are missing, or it is not a string.
        """
        if colonyname is not OWN:
            checks.kind("colonyname", colonyname, str, "a string")
            return colonyname
        if self.colonyname is None:
            raise TypeError("colonyname is missing: give it to the call, or to the client once for all calls")
        return self.colonyname

    def in_colony(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record with the endpoint's colony, unless the record has one.

        Raises:
            TypeError: It is not a dictionary.
        """
        checks.kind("the record", record, Mapping, "a dictionary")
        if self.colonyname is None or "colonyname" in record:
            return dict(record)
        return {**record, "colonyname": self.colonyname}

    def spec_in_colony(self, spec: FuncSpec | Mapping[str, Any]) -> FuncSpec:
        """Return a function spec with the endpoint's colony, unless the spec has one.

        Raises:
            TypeError: It is neither a function spec nor its dictionary, or a field of the dictionary is
                unknown.
            ValueError: A field of the dictionary does not fit.
        """
        from pycolonies._models import FuncSpec

        if not isinstance(spec, FuncSpec):
            checks.kind("spec", spec, Mapping, "a FuncSpec, as func_spec(...) returns it, or a dictionary")
            checks.refuse_unknown(FuncSpec, spec)
            spec = FuncSpec.of(spec)
        if self.colonyname is None or spec.conditions.colonyname:
            return spec
        conditions = spec.conditions.model_copy(update={"colonyname": self.colonyname})
        return spec.model_copy(update={"conditions": conditions})

    def call(self, msgtype: str, /, **fields: Any) -> Reply:
        """Send a signed message and return the reply.

        Args:
            msgtype: Type of the message.
            fields: Content of the message. `OWN` stands for the endpoint's colony.

        Raises:
            TypeError: A field is `REQUIRED`, or the key or the colony is missing.
            ServerError: The server refuses the message.
            TransportError: There was no usable reply.
        """
        return self.call_within(None, msgtype, **fields)

    def call_within(self, timeout: float | None, msgtype: str, /, **fields: Any) -> Reply:
        """Send a message as `call` does, with its own timeout in seconds."""
        prvkey = self.key
        message = self.message(msgtype, fields)
        patience = None
        while True:
            try:
                return Reply(msgtype, self.transport.call(msgtype, message, prvkey, timeout))
            except InvalidRequestError as refused:
                patience = patience or Patience(timeout)
                if (pause := patience.pause(refused)) is None:
                    raise
            green.pause(pause)

    def message(self, msgtype: str, fields: dict[str, Any]) -> bytes:
        """Return a message as JSON, UTF-8.

        Raises:
            TypeError: A field is `REQUIRED`, or the colony is missing.
        """
        for name, value in fields.items():
            if value is OWN:
                fields[name] = self.colony()
            elif value is REQUIRED:
                require(**{name: value})
        return encode(msgtype, fields)

    def call_unsigned(self, msgtype: str) -> Reply:
        """Send a message that needs no key and return the reply."""
        return Reply(msgtype, self.transport.call(msgtype, encode(msgtype, {}), None))

    def follow(
        self, msgtype: str, messages: Sequence[dict[str, Any]], timeout: float | None
    ) -> ResumingSubscription:
        """Return a subscription that survives lost connections; enter it to connect.

        Args:
            msgtype: Type of the messages.
            messages: Content of the messages that subscribe.
            timeout: Seconds until the subscription ends; None for no limit.
        """
        from pycolonies._rpc.subscription import ResumingSubscription

        return ResumingSubscription(self.transport, msgtype, self.key, messages, timeout)


def require(**arguments: object) -> None:
    """Refuse missing arguments that have a default only because an earlier one has.

    Raises:
        TypeError: One of them is `REQUIRED`.
    """
    for name, value in arguments.items():
        if value is REQUIRED:
            raise TypeError(f"{name} is missing; without colonyname, pass it by name")
