"""JSON of messages: Python values to bytes, and back."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json

from pycolonies.errors import ProtocolError

_Model = TypeVar("_Model", bound=BaseModel)


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


def decode(msgtype: str, payload: bytes) -> Any:
    """Read the payload of a reply.

    Raises:
        ProtocolError: It is not JSON.
    """
    try:
        return from_json(payload)
    except ValueError as fault:
        raise ProtocolError(f"the reply to {msgtype} is not JSON: {fault}", True) from None


def read(model: type[_Model], msgtype: str, payload: bytes) -> _Model:
    """Read the payload of a reply as a model.

    A field that does not fit the model has its default, and the rest is kept: a process that the server has
    assigned must reach its executor, whatever somebody wrote into it, or it would run there for ever.

    Raises:
        ProtocolError: It is not a JSON object.
    """
    try:
        return model.model_validate_json(payload)
    except ValidationError:
        fields = decode(msgtype, payload)
        if not isinstance(fields, dict):
            raise ProtocolError(f"the reply to {msgtype} is not a JSON object", True) from None
    return fitted(model, msgtype, fields)


def read_list(model: type[_Model], msgtype: str, payload: bytes) -> list[_Model]:
    """Read the payload of a reply as a list of models; null is an empty one.

    Raises:
        ProtocolError: It is not a JSON list of objects.
    """
    return [fitted(model, msgtype, fields) for fields in decode_list(msgtype, payload)]


def decode_list(msgtype: str, payload: bytes) -> list[Any]:
    """Read the payload of a reply as a list of Python values; null is an empty one.

    Raises:
        ProtocolError: It is not a JSON list.
    """
    found = decode(msgtype, payload)
    if found is None:
        return []
    if not isinstance(found, list):
        raise ProtocolError(f"the reply to {msgtype} is not a JSON list", True)
    return found


def fitted(model: type[_Model], msgtype: str, fields: Any) -> _Model:
    """Make a model of JSON values; a field that does not fit has its default.

    Raises:
        ProtocolError: They are no JSON object.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as misfit:
        if not isinstance(fields, dict):
            raise ProtocolError(
                f"the reply to {msgtype} holds something else than JSON objects", True
            ) from None
        _remove(fields, misfit)
    # What is gone may have hidden something else that does not fit, as "in" hides "input".
    return fitted(model, msgtype, fields)


def _remove(fields: Any, misfit: ValidationError) -> None:
    """Remove the values that a model complains about; of a list the whole, so that nothing moves up."""
    for error in misfit.errors(include_url=False, include_context=False, include_input=False):
        inner = fields
        for step, following in zip(error["loc"], (*error["loc"][1:], None), strict=True):
            if isinstance(inner, dict) and not isinstance(following, str):
                inner.pop(step, None)
                break
            inner = inner.get(step) if isinstance(inner, dict) else None


def _refuse_what_is_no_number(msgtype: str, text: bytes) -> None:
    # The words may also stand inside a text, where they are harmless.
    def refuse(constant: str) -> None:
        raise ValueError(
            f"{msgtype} holds {constant}, which JSON has no number for; send None or a text instead"
        )

    json.loads(text, parse_constant=refuse)
