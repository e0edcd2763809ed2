"""The reply to a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pycolonies._models import Record
from pycolonies._models.dicts import DictRecord, dict_form
from pycolonies._rpc.encoding import decode, decode_list, read, read_list
from pycolonies.errors import ProtocolError

if TYPE_CHECKING:
    _Kind = TypeVar("_Kind", bound=Record | DictRecord)
    _Model = TypeVar("_Model", bound=Record)


class Reply(NamedTuple):
    """The reply to a message. Each method reads it, and raises ProtocolError if it has another form.

    Attributes:
        msgtype: Type of the message.
        payload: JSON, UTF-8.
    """

    msgtype: str
    payload: bytes

    def value(self) -> Any:
        """Return the payload as Python values."""
        return decode(self.msgtype, self.payload)

    def to(self, kind: type[_Kind]) -> _Kind:
        """Return the record in the payload."""
        if issubclass(kind, Record):
            return read(kind, self.msgtype, self.payload)
        return kind(self._objects([self.value()])[0])

    def list_of(self, kind: type[_Kind]) -> list[_Kind]:
        """Return the records in the payload; null is an empty list."""
        if issubclass(kind, Record):
            return [*read_list(kind, self.msgtype, self.payload)]
        return [kind(fields) for fields in self._objects(decode_list(self.msgtype, self.payload))]

    def dict_of(self, model: type[_Model]) -> _Model:
        """Return the record in the payload as a dictionary that is also an instance of a model."""
        form: Any = dict_form(model)
        record: _Model = form(self._objects([self.value()])[0])
        return record

    def dicts_of(self, model: type[_Model]) -> list[_Model]:
        """Return the records in the payload as `dict_of` does; null is an empty list."""
        form: Any = dict_form(model)
        return [form(fields) for fields in self._objects(decode_list(self.msgtype, self.payload))]

    def _objects(self, values: list[Any]) -> list[Any]:
        if not all(isinstance(fields, dict) for fields in values):
            raise ProtocolError(f"the reply to {self.msgtype} must contain only JSON objects", True)
        return values
