"""The reply to a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pycolonies._answers import answer, answers
from pycolonies._models import Record
from pycolonies._rpc.encoding import decode, decode_list, read, read_list
from pycolonies.errors import ProtocolError

if TYPE_CHECKING:
    _Kind = TypeVar("_Kind")
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
        found: _Kind = self.value()
        if not isinstance(found, dict):
            raise ProtocolError(f"the reply to {self.msgtype} is not a JSON object", True)
        return found

    def list_of(self, kind: type[_Kind]) -> list[_Kind]:
        """Return the records in the payload; null is an empty list."""
        if issubclass(kind, Record):
            return [*read_list(kind, self.msgtype, self.payload)]
        return decode_list(self.msgtype, self.payload)

    def dict_of(self, kind: type[_Model]) -> _Model:
        """Return the record in the payload as a dictionary, as 1.x does."""
        return answer(kind, self.msgtype, self.payload)

    def dicts_of(self, kind: type[_Model]) -> list[_Model]:
        """Return the records in the payload as dictionaries, as 1.x does; null is an empty list."""
        return answers(kind, self.msgtype, self.payload)
