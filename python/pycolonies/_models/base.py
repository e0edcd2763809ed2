"""What all records share: attributes, subscripts by the protocol's names, a repr, and unknown fields.

A record is a pydantic model (`Record`) where 1.x returned a model, and a dictionary (`DictRecord`) where 1.x
returned a dictionary: programs put those into ``json.dumps`` and compare them. Both have the same interface.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from pycolonies import _checks as checks
from pycolonies._misfits import refusing
from pycolonies._models import show

#: The protocol's "never".
NEVER = datetime(1, 1, 1, tzinfo=timezone.utc)


def empty_for_null(value: object) -> object:
    """Read the null that a server sends for an empty list as one."""
    return [] if value is None else value


#: Lists that a server sends as null when they are empty.
Texts = Annotated[list[str], BeforeValidator(empty_for_null)]


def is_never(value: object) -> bool:
    """Return whether text is the protocol's "never", in whatever time zone: it may lie in the year 0."""
    return isinstance(value, str) and value.startswith(("0000-", "0001-01-01T"))


def _never(value: object) -> object:
    """Read "never" in the server's time zone as `NEVER`."""
    return NEVER if is_never(value) else value


def _utc(time: datetime) -> datetime:
    """Return a time in UTC. A time without a zone is one in UTC."""
    if time.year in (1, 9999):  # no zone can be left there
        return NEVER if time.year == 1 else time
    return time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time.astimezone(timezone.utc)


#: A time that a server sends in its own time zone, read as UTC.
Time = Annotated[datetime, BeforeValidator(_never), AfterValidator(_utc)]


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
    from typing_extensions import Self
else:
    ModelMetaclass = type(BaseModel)


class _RecordMeta(ModelMetaclass):
    """Makes ``isinstance(record, Process)`` true for both forms of a process."""

    def __instancecheck__(cls, instance: object) -> bool:  # noqa: N805 (it is a metaclass)
        if type(instance) is dict:
            return False
        model = getattr(type(instance), "_model", None)
        return bool(super().__instancecheck__(instance)) or (model is not None and issubclass(model, cls))


class Record(BaseModel, metaclass=_RecordMeta):
    """A record that is a pydantic model."""

    model_config = ConfigDict(extra="allow", populate_by_name=True, defer_build=True, protected_namespaces=())

    #: The fields that a repr shows; by default those that differ from their defaults.
    _shown: ClassVar[tuple[str, ...]] = ()
    #: The protocol's names of fields whose attributes have another name.
    _aliases: ClassVar[dict[str, str]] = {}

    def __init__(self, /, **fields: Any) -> None:
        with refusing(type(self)):
            super().__init__(**fields)

    # So pydantic does not call it for records that it validates.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # pydantic reads it

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Return a dictionary as a record. Unknown fields are kept.

        Raises:
            TypeError: It is no dictionary.
            ValueError: A field does not fit.
        """
        checks.kind(cls.__name__, record, Mapping, "a dictionary")
        with refusing(cls):
            return cls.model_validate(dict(record))

    def __getitem__(self, key: str) -> Any:
        try:
            value = getattr(self, self._aliases.get(key, key))
        except AttributeError:
            raise KeyError(key) from None
        return time_text(value) if isinstance(value, datetime) else value

    def __setitem__(self, key: str, value: object) -> None:
        setattr(self, self._aliases.get(key, key), value)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and hasattr(self, self._aliases.get(key, key))

    def get(self, key: str, default: object = None) -> Any:
        """Return the field of that name in the protocol, else the default."""
        try:
            return self[key]
        except KeyError:
            return default

    def keys(self) -> list[str]:
        """Return the fields' names in the protocol."""
        known = [field.alias or name for name, field in type(self).model_fields.items()]
        return [*known, *(self.__pydantic_extra__ or ())]

    def values(self) -> list[Any]:
        """Return the fields' values, in the order of `keys`."""
        return [self[key] for key in self.keys()]

    def items(self) -> list[tuple[str, Any]]:
        """Return the fields' names in the protocol, each with its value."""
        return [(key, self[key]) for key in self.keys()]

    def __repr__(self) -> str:
        return show.short(type(self).__name__, self._differing())

    def _repr_html_(self) -> str:
        return show.table(type(self).__name__, self)

    def _differing(self) -> Iterator[tuple[str, Any]]:
        for name, value in self:
            field = type(self).model_fields.get(name)
            default = None if field is None else field.default
            if name in self._shown if self._shown else value != default:
                yield name, value


def time_text(time: datetime) -> str:
    """Return a time as the protocol writes it."""
    return time.isoformat().replace("+00:00", "Z")
