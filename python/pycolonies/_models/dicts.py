"""Records that are dictionaries, as in 1.x, with the interface of models."""

from __future__ import annotations

import copy
import inspect
import operator
import typing
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from types import NoneType
from typing import Annotated, Any, ClassVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import CoreSchema, core_schema, to_jsonable_python
from typing_extensions import Self, dataclass_transform

from pycolonies._cached import cached
from pycolonies._models import show
from pycolonies._models.base import Record

#: For types that are known at run time only.
_ANNOTATED: Any = Annotated


class _Field(property):
    """An attribute of a dictionary. It returns the value of a key in its type; the key keeps the JSON.

    Args:
        key: The key.
        default: Value of the attribute where the dictionary lacks the key, or has a value of another type.
        annotation: Returns the type.
    """

    def __init__(self, key: str, default: Any, annotation: Callable[[], Any]) -> None:
        super().__init__(self._read, self._write, self._remove)
        self.key = key
        self._default = default
        self._annotation = annotation

    def _read(self, record: DictRecord) -> Any:
        try:
            value = record[self.key]
        except KeyError:
            return copy.deepcopy(self._default)
        if type(value) is self._plain:
            return value
        if self.holds is not None and value is not None:
            return value if isinstance(value, self._container) else copy.deepcopy(self._default)
        try:
            read = self._adapter.validate_python(value)
        except ValidationError:
            return copy.deepcopy(self._default)
        return value if isinstance(value, list | dict) and read == value else read

    def _write(self, record: DictRecord, value: Any) -> None:
        record[self.key] = value if isinstance(value, list | dict) else to_jsonable_python(value)

    def _remove(self, record: DictRecord) -> None:
        del record[self.key]

    def wrap(self, value: Any) -> Any:
        """Return a value with the dictionaries in it as records."""
        if type(value) is list:
            raw = any(type(item) is dict for item in value)
            return [self._record(item) for item in value] if raw else value
        if self._container is dict and type(value) is dict:
            raw = any(type(item) is dict for item in value.values())
            return {name: self._record(item) for name, item in value.items()} if raw else value
        return self._record(value)

    def _record(self, value: Any) -> Any:
        return self.holds(value) if type(value) is dict and self.holds else value

    @cached_property
    def _bare(self) -> Any:
        """The type without metadata and None."""
        bare = self._annotation()
        if typing.get_origin(bare) is Annotated:
            bare = typing.get_args(bare)[0]
        choices = [choice for choice in typing.get_args(bare) if choice is not NoneType]
        return choices[0] if NoneType in typing.get_args(bare) and len(choices) == 1 else bare

    @cached_property
    def _plain(self) -> type | None:
        return self._bare if self._bare in (str, int, bool, float) else None

    @cached_property
    def holds(self) -> type[DictRecord] | None:
        """The class of the records in the value, if it holds records."""
        inner = (self._bare, *typing.get_args(self._bare))
        for kind in inner:
            if isinstance(kind, type) and issubclass(kind, DictRecord):
                return kind
            if isinstance(kind, type) and issubclass(kind, Record):
                return dict_form(kind)
        return None

    @cached_property
    def _container(self) -> type:
        origin = typing.get_origin(self._bare)
        return origin if origin in (list, dict) else self.holds or object

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self._annotation())


#: Types of raw values that may hold records.
_CONTAINERS = (dict, list)


@dataclass_transform(kw_only_default=True)
class DictRecord(dict[str, Any]):
    """A record that is a dictionary: exactly what the server sent, or what it is made with.

    Subscripts read and write JSON values. Attributes read and write the same values in their types, with
    defaults for those that are missing.
    """

    __slots__ = ()
    #: The fields that a repr shows; all that hold something by default.
    _shown: ClassVar[tuple[str, ...]] = ()
    _fields: ClassVar[dict[str, _Field]] = {}
    #: The model with the same fields, if there is one.
    _model: ClassVar[type[Record] | None] = None

    def __init_subclass__(cls) -> None:
        cls._fields = {}
        for name in inspect.get_annotations(cls):
            if not name.startswith("_"):
                cls._add(name, name, getattr(cls, name), partial(_hint, cls, name))

    @classmethod
    def _add(cls, name: str, key: str, default: Any, annotation: Callable[[], Any]) -> None:
        cls._fields[name] = _Field(key, default, annotation)
        setattr(cls, name, cls._fields[name])

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: Any) -> CoreSchema:
        """Let models of users have fields of this type."""
        return core_schema.no_info_after_validator_function(cls, core_schema.dict_schema())

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if type(value) in _CONTAINERS and (field := _nested(type(self)).get(key)) is not None:
            value = field.wrap(value)
            self[key] = value
        return value

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, else the default."""
        try:
            return self[key]
        except KeyError:
            return default

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            if name in self:  # a field of a newer server
                return self[name]
            if self._model is not None and hasattr(self._model, name):
                return getattr(self.model, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        field = self._fields.get(name)
        if field is not None:
            field.__set__(self, value)
        else:
            self[name] = value

    @property
    def model(self) -> Any:
        """The record as a pydantic model.

        Raises:
            AttributeError: Records of this class have no model.
        """
        if self._model is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute 'model'")
        from pycolonies._rpc.encoding import fitted

        return fitted(self._model, "", dict(self))

    def copy(self) -> Self:
        """Return a shallow copy."""
        return copy.copy(self)

    def __eq__(self, other: object) -> bool:
        return (
            bool(self.model == other) if isinstance(other, Record) and self._model else super().__eq__(other)
        )

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self._model or type(self), dict(self))

    def __repr__(self) -> str:
        return show.short(type(self).__name__, self._named(self._shown))

    def _repr_html_(self) -> str:
        return show.table(type(self).__name__, self._named(()))

    def _named(self, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        """Yield attributes with their names, by default all that the dictionary has."""
        keys = {field.key: name for name, field in self._fields.items()}
        for name in names or [keys.get(key, key) for key in self]:
            yield name, getattr(self, name)


#: The classes that `dict_form` has made.
_FORMS: dict[str, type[DictRecord]] = {}


def dict_form(model: type[Record]) -> type[DictRecord]:
    """Return the class of records that are dictionaries with the fields of a model."""
    return _FORMS.get(model.__name__) or _FORMS.setdefault(model.__name__, _dict_form(model))


def _dict_form(model: type[Record]) -> type[DictRecord]:
    class Form(DictRecord):
        __slots__ = ()
        __doc__ = model.__doc__
        _model = model
        _shown = model._shown  # noqa: SLF001 (both are records)

    for name, info in model.model_fields.items():
        kind: Any = info.annotation
        if info.metadata:
            kind = operator.getitem(_ANNOTATED, (kind, *info.metadata))
        Form._add(name, info.alias or name, info.default, partial(_same, kind))  # noqa: SLF001 (likewise)
    Form.__name__ = Form.__qualname__ = model.__name__
    Form.__module__ = model.__module__
    return Form


def _same(kind: Any) -> Any:
    return kind


def _rebuilt(kind: type[Any], fields: dict[str, Any]) -> DictRecord:
    form = kind if issubclass(kind, DictRecord) else dict_form(kind)
    return form(fields)


@cached()
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls, include_extras=True)


def _hint(cls: type, name: str) -> Any:
    return _hints(cls)[name]


@cached()
def _nested(cls: type[DictRecord]) -> dict[str, _Field]:
    """Return the fields that hold records, by their keys."""
    return {field.key: field for field in cls._fields.values() if field.holds is not None}
