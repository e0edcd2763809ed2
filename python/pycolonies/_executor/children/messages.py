"""Encodings of the messages between parent and child."""

from __future__ import annotations

import json
import pickle
from typing import Any, Protocol

from pycolonies._rpc import deep
from pycolonies._rpc.values import plain


class Codec(Protocol):
    """Writes messages, and the values in them: a value that cannot be written is its sender's own fault."""

    def pack(self, value: object, /) -> Any:
        """Write a value, as a part of a message."""

    def unpack(self, packed: Any, /) -> Any:
        """Read a value."""

    def encode(self, message: tuple[Any, ...], /) -> bytes:
        """Write a message."""
        ...

    def decode(self, message: bytes, /) -> Any:
        """Read a message."""


class Pickled:
    """Pickles, for children that run the user's own functions."""

    def pack(self, value: object) -> bytes:
        return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)

    def unpack(self, packed: bytes) -> Any:
        return pickle.loads(packed)  # noqa: S301 (of our own child, which runs our own functions)

    encode, decode = pack, unpack


class Plain:
    """JSON, for children that run what others sent: a pickle of theirs could run code of theirs here."""

    def pack(self, value: object) -> str:
        return deep.dumps(plain(value, "output")).decode()

    def unpack(self, packed: str) -> Any:
        return deep.loads(packed)

    def encode(self, message: tuple[Any, ...]) -> bytes:
        return json.dumps(message).encode()

    def decode(self, message: bytes) -> Any:
        return json.loads(message)


#: Bytes of the largest message that a parent accepts. A server takes less than that in a call.
MAX_BYTES = {"pickle": 256 << 20, "json": 64 << 20}

CODECS: dict[str, Codec] = {"pickle": Pickled(), "json": Plain()}
