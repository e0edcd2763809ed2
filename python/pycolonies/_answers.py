"""Dictionaries as servers send them, that can be read as models, too."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

from pydantic import ValidationError

from pycolonies._models import Record
from pycolonies._rpc.encoding import decode, decode_list, fitted
from pycolonies.errors import ProtocolError

_Model = TypeVar("_Model", bound=Record)


class Answer(dict[str, Any], Generic[_Model]):
    """A dictionary, whose attributes are those of the model that it is made for.

    1.x returns plain dictionaries from some calls, and programs hand them to ``json.dumps``, compare them and
    ask for their type. So these are dictionaries with exactly what the server sent; ``answer.state`` and
    ``answer.spec.funcname`` read the same things as a model has them, typed and with defaults. The model is
    made when the first attribute is read. It and the dictionary know nothing of each other's changes.
    """

    __slots__ = ("_kind", "_model")
    _model: _Model

    def __init__(self, kind: type[_Model], fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self._kind = kind

    @property
    def model(self) -> _Model:
        """The same as a model."""
        try:
            model = self._model
        except AttributeError:
            try:
                model = self._kind.model_validate(dict(self))
            except ValidationError:  # what does not fit is left out of the model, not of the dictionary
                model = fitted(self._kind, "", dict(self))
            self._model = model
        return model

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in Answer.__slots__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.model, name)

    def __eq__(self, other: object) -> bool:
        return bool(self.model == other) if isinstance(other, Record) else super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None


def answer(kind: type[_Model], msgtype: str, payload: bytes) -> _Model:
    """Read the payload of a reply as an `Answer`, which to type checkers is a model.

    Raises:
        ProtocolError: It is not a JSON object.
    """
    fields = decode(msgtype, payload)
    if not isinstance(fields, dict):
        raise ProtocolError(f"the reply to {msgtype} is not a JSON object", True)
    return cast("_Model", Answer(kind, fields))


def answers(kind: type[_Model], msgtype: str, payload: bytes) -> list[_Model]:
    """Read the payload of a reply as a list of `Answer`; null is an empty one.

    Raises:
        ProtocolError: It is not a JSON list of objects.
    """
    found = decode_list(msgtype, payload)
    if not all(isinstance(fields, dict) for fields in found):
        raise ProtocolError(f"the reply to {msgtype} holds something else than JSON objects", True)
    return [cast("_Model", Answer(kind, fields)) for fields in found]
