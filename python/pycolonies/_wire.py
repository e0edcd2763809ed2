"""JSON of messages: Python values to bytes, and back."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json, to_json

from pycolonies._exceptions import ProtocolError


def encode(msgtype: str, fields: dict[str, Any]) -> bytes:
    """Write a message as JSON.

    Args:
        msgtype: Type of the message.
        fields: Its fields: JSON values and models.

    Returns:
        UTF-8 text.

    Raises:
        ValueError: A value that JSON cannot say: an object of a foreign class, NaN, an infinity.
    """
    text = to_json({"msgtype": msgtype, **fields})
    if b"NaN" in text or b"Infinity" in text:
        _refuse_what_is_no_number(msgtype, text)
    return text


def decode(msgtype: str, payload: bytes) -> Any:  # noqa: ANN401 (whatever the server sent)
    """Read the payload of a reply.

    Raises:
        ProtocolError: It is not JSON.
    """
    try:
        return from_json(payload)
    except ValueError as fault:
        raise ProtocolError(f"the reply to {msgtype} is not JSON: {fault}", True) from None


def _refuse_what_is_no_number(msgtype: str, text: bytes) -> None:
    # The words may also stand inside a text, where they are harmless.
    def refuse(constant: str) -> None:
        raise ValueError(
            f"{msgtype} holds {constant}, which JSON has no number for; send None or a text instead"
        )

    json.loads(text, parse_constant=refuse)
