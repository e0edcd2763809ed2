"""JSON of messages: Python values to bytes, and back."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json

from pycolonies._misfits import misfits, path
from pycolonies._models import Process
from pycolonies._rpc.fields import check_fields, parameter
from pycolonies._rpc.values import plain
from pycolonies.errors import ProtocolError, UnreadableProcessError

_Model = TypeVar("_Model", bound=BaseModel)


def encode(msgtype: str, fields: dict[str, Any]) -> bytes:
    """Write a message as JSON.

    Args:
        msgtype: Type of the message.
        fields: Its fields: values that can be sent, see `values.plain`.

    Returns:
        UTF-8 text.

    Raises:
        TypeError: A field has another type than the protocol's.
        SerializationError: Part of a field has no exact JSON form.
    """
    made = {name: plain(value, parameter(msgtype, name), typed=True) for name, value in fields.items()}
    check_fields(msgtype, made)
    return _written({"msgtype": msgtype, **made})


def dumps(value: object, place: str = "value") -> str:
    """Write a value as JSON text, where text is a part of a message.

    Raises:
        SerializationError: Part of it has no exact JSON form.
    """
    return _written(plain(value, place)).decode()


def loads(text: str | bytes) -> Any:
    """Read JSON text, nested as deeply as it may be.

    Raises:
        ValueError: It is not JSON.
    """
    try:
        return from_json(text)
    except ValueError as fault:
        if "recursion limit" not in str(fault):
            raise
        from pycolonies._rpc import deep

        return deep.loads(text.decode() if isinstance(text, bytes) else text)


def _written(value: Any) -> bytes:
    """Write plain values as JSON."""
    try:
        return to_json(value)
    except ValueError:  # nested deeper than pydantic writes
        from pycolonies._rpc import deep

        return deep.dumps(value)


def decode(msgtype: str, payload: bytes) -> Any:
    """Read the payload of a reply.

    Raises:
        ProtocolError: It is not JSON.
    """
    try:
        return loads(payload)
    except ValueError as fault:
        raise ProtocolError(f"the reply to {msgtype} is not JSON: {fault}", True) from None


def read(model: type[_Model], msgtype: str, payload: bytes) -> _Model:
    """Read the payload of a reply as a model.

    A field that does not fit the model gets its default, and the others are kept: an assigned process must
    reach its executor even with malformed fields, or the server would wait for its result forever.

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


#: Fields that determine what a process does. A default would change its meaning.
_DECISIVE = ("spec.funcname", "spec.args", "spec.kwargs", "spec.env", "in")


def read_assigned(payload: bytes) -> Process:
    """Read the reply to an assignment.

    Raises:
        UnreadableProcessError: It is not a process, or its function, arguments or environment can't be read.
    """
    try:
        return Process.model_validate_json(payload)
    except ValidationError:
        pass
    try:
        fields = decode("assignprocessmsg", payload)
        process = fitted(Process, "assignprocessmsg", fields)
    except ProtocolError as fault:
        found = _PROCESSID.search(payload)
        raise UnreadableProcessError(found[1].decode() if found else "", str(fault)) from None
    try:
        Process.model_validate(fields)
    except ValidationError as misfit:
        for steps, text in misfits(misfit):
            place = path(steps)
            if place.startswith(_DECISIVE):
                reason = f"{place} can't be read: {text}"
                raise UnreadableProcessError(process.processid, reason) from None
    return process


_PROCESSID = re.compile(rb'"processid"\s*:\s*"([0-9a-f]{64})"')


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
    """Return a model of JSON values. Fields that do not fit get their defaults.

    Raises:
        ProtocolError: They are not a JSON object.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as misfit:
        if not isinstance(fields, dict):
            raise ProtocolError(f"the reply to {msgtype} must contain only JSON objects", True) from None
        for error in misfit.errors(include_url=False, include_context=False, include_input=False):
            fields = _without(fields, error["loc"])
    # What is gone may have hidden something else that does not fit, as "in" hides "input".
    return fitted(model, msgtype, fields)


def _without(fields: Any, place: tuple[int | str, ...]) -> Any:
    """Return JSON values without the one at a place; of a list the whole, so that nothing moves up."""
    step, *further = place
    if not isinstance(fields, dict) or step not in fields:
        return fields
    if further and isinstance(further[0], str):
        return {**fields, step: _without(fields[step], tuple(further))}
    return {name: value for name, value in fields.items() if name != step}
