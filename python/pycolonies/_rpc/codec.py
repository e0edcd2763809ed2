"""Codecs for arguments and results without a JSON form."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from pycolonies._home import publish
from pycolonies._shown import shown
from pycolonies.errors import SerializationError

_Kind = TypeVar("_Kind")

#: Keys of the object that stands for a value of a registered type.
TYPE, VALUE = "$type", "$value"
#: The type of an object that has the key `TYPE` itself.
_OBJECT = "object"


class Codec(Protocol):
    """Writes arguments and results as JSON values, and reads them: the same on both sides.

    A client calls ``encode`` with each argument and ``decode`` with each value of a result, an executor the
    other way round. ``encode`` must return a value that can be sent exactly.
    """

    def encode(self, value: Any, /) -> Any:
        """Return the JSON value that is sent for a value."""

    def decode(self, value: Any, /) -> Any:
        """Return the value for a JSON value that was sent."""


@dataclasses.dataclass(frozen=True)
class _Form:
    name: str
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


class TypeCodec:
    """A codec for values of chosen types, wherever they stand in arguments and results.

    ::

        codec = TypeCodec()
        codec.register(complex, "complex", encode=lambda z: [z.real, z.imag], decode=lambda p: complex(*p))
        client = Colonies.from_env(codec=codec)
        executor = Executor("worker", codec=codec)

    A value of a registered type is sent as an object that names the type: ``{"$type": "complex", "$value":
    [1.0, 2.0]}``. All other values are sent as they would be without the codec.
    """

    def __init__(self) -> None:
        self._forms: dict[type, _Form] = {}
        self._names: dict[str, _Form] = {}

    def register(
        self,
        kind: type[_Kind],
        name: str,
        *,
        encode: Callable[[_Kind], Any],
        decode: Callable[[Any], _Kind],
    ) -> None:
        """Add a type.

        Args:
            kind: The type. Instances of its subclasses are written with it, unless they are registered.
            name: Name of the type in messages, the same on both sides.
            encode: Returns JSON values or values of registered types.
            decode: Converts the return value of `encode` back.

        Raises:
            ValueError: The name is taken.
        """
        if name in self._names or name == _OBJECT or not name:
            raise ValueError(f"name must be text that no other type has, got {shown(name)}")
        if not isinstance(kind, type):
            raise TypeError(f"kind must be a type, got {shown(kind)}")
        self._forms[kind] = self._names[name] = _Form(name, encode, decode)

    def encode(self, value: Any, /) -> Any:
        """Return a value with objects in the place of values of registered types."""
        root = [value]
        pending: list[Any] = [root]
        while pending:
            items = pending.pop()
            for key, item in _items(items):
                items[key], inner = self._encoded(item)
                if inner is not None:
                    pending.append(inner)
        return root[0]

    def decode(self, value: Any, /) -> Any:
        """Return a value with values of registered types in the place of objects that stand for them.

        Raises:
            SerializationError: An object names a type that is not registered.
        """
        root = [value]
        found: list[tuple[Any, bool]] = [(root, True)]
        for items, literal in found:  # grows: the inner ones follow
            escaped = not literal and _stands_for_object(items)
            for key, item in _items(items):
                if isinstance(item, list | dict):
                    items[key] = copy = list(item) if isinstance(item, list) else dict(item)
                    found.append((copy, escaped and key == VALUE))
        for items, literal in reversed(found):
            escaped = not literal and _stands_for_object(items)
            for key, item in _items(items):
                if isinstance(item, dict) and item.keys() == {TYPE, VALUE} and not escaped:
                    items[key] = self._decoded(item[TYPE], item[VALUE])
        return root[0]

    def _encoded(self, item: Any) -> tuple[Any, Any]:
        """Return the object for a value, and the container in it whose items must be encoded."""
        form = self._form_of(type(item))
        if form is not None:
            made: Any = {TYPE: form.name, VALUE: form.encode(item)}
            return made, _Value(made)
        if isinstance(item, list | tuple):
            made = list(item)
        elif dataclasses.is_dataclass(item) and not isinstance(item, type):
            made = {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
        elif isinstance(item, dict):
            made = dict(item)
        else:
            return item, None
        if isinstance(made, dict) and TYPE in made:
            return {TYPE: _OBJECT, VALUE: made}, made
        return made, made

    def _decoded(self, name: Any, value: Any) -> Any:
        if name == _OBJECT:
            return value
        form = self._names.get(name) if isinstance(name, str) else None
        if form is None:
            known = ", ".join(sorted(self._names)) or "none"
            raise SerializationError(
                "value",
                f"has the type {name!r}, which this codec does not know (it knows: {known}); register it",
            )
        return form.decode(value)

    def _form_of(self, kind: type) -> _Form | None:
        if not self._forms:
            return None
        return next((self._forms[base] for base in kind.__mro__ if base in self._forms), None)


class _Value:
    """The only item of an object for a value, so that the object itself is not encoded again."""

    def __init__(self, made: dict[str, Any]) -> None:
        self._made = made

    def __setitem__(self, key: str, value: Any) -> None:
        self._made[key] = value

    def items(self) -> list[tuple[str, Any]]:
        return [(VALUE, self._made[VALUE])]


def _stands_for_object(items: Any) -> bool:
    """Whether a container is the form of an object that has the key `TYPE` itself."""
    return isinstance(items, dict) and items.keys() == {TYPE, VALUE} and items[TYPE] == _OBJECT


def _items(container: Any) -> list[tuple[Any, Any]]:
    return [*(enumerate(container) if isinstance(container, list) else container.items())]


def encoded(codec: Codec | None, values: Iterable[Any]) -> list[Any]:
    """Return the JSON value of each value."""
    return [*values] if codec is None else [codec.encode(value) for value in values]


def encoded_fields(codec: Codec | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON value of each value, by name."""
    return dict(values) if codec is None else {name: codec.encode(value) for name, value in values.items()}


def decoded(codec: Codec | None, values: Iterable[Any]) -> list[Any]:
    """Return the value of each JSON value."""
    return [*values] if codec is None else [codec.decode(value) for value in values]


def decoded_fields(codec: Codec | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of each JSON value, by name."""
    return dict(values) if codec is None else {name: codec.decode(value) for name, value in values.items()}


publish(__name__)
