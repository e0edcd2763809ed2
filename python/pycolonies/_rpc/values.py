"""The Python values that can be sent, and their JSON forms.

One rule for arguments, results, logs, attributes and all other content of a message:

- JSON values that arrive as they are: None, bool, int up to 2**53, finite float, str, list, and dict with str
  keys.
- Values with a documented JSON form: tuple (a list), dataclass and pydantic model (an object), Enum (its
  value), datetime, date, time and timedelta (ISO 8601), UUID, Decimal and Path (text), and numpy scalars and
  arrays (numbers and lists).
- Every other value is refused with its place, before anything is sent.

Children that run injected code use this module, so it imports neither pydantic nor numpy: values of their
types exist only where a program has imported them.
"""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from uuid import UUID

from pycolonies._cached import cached
from pycolonies.errors import SerializationError

if TYPE_CHECKING:
    from pycolonies._models import Record

#: Servers keep numbers as 64-bit floats, which hold every integer up to this one.
GREATEST = 2**53
#: Levels of nesting in a field. A server reads 10,000, of which the message is one.
DEEPEST = 9_999


class _Kind(Enum):
    """The kind of the items of a container."""

    ITEMS = 1
    #: Fields of an object.
    FIELDS = 2
    #: Fields with types of the protocol: its integers have 64 bits.
    TYPED = 3


class _Node(NamedTuple):
    """A list or dictionary, made here, whose items are not checked yet."""

    items: Any
    parent: _Node | None
    #: Its key or index in the parent; for the outermost one its name in messages.
    key: Any
    depth: int
    kind: _Kind

    def place(self, key: object) -> str:
        """Return the place of an item for error messages."""
        steps = []
        node = self
        while node.parent is not None:
            steps.append(f"[{key!r}]" if node.kind is _Kind.ITEMS else f".{key}")
            node, key = node.parent, node.key
        return "".join([node.key, *reversed(steps)]).removeprefix(".") or "value"


def plain(value: object, place: str = "", *, typed: bool = False) -> Any:
    """Return a value as None, bool, int, float, str, list and dict. The value itself is left unchanged.

    Args:
        value: The value.
        place: Its name in error messages, such as ``output``. May be empty for an object with named fields.
        typed: Whether the protocol gives an integer 64 bits.

    Raises:
        SerializationError: Part of it has no exact JSON form.
    """
    # The value is the only item of a list, so that it is checked as all items are.
    root = _Node([value], None, place, -1, _Kind.TYPED if typed else _Kind.ITEMS)
    pending = [root]
    while pending:
        node = pending.pop()
        items, _, _, depth, _ = node
        if depth >= DEEPEST:
            raise SerializationError(node.place("")[:60] + "...", f"is nested deeper than {DEEPEST} levels")
        if type(items) is list and _is_uniform(items):
            continue
        for key, item in items.items() if type(items) is dict else enumerate(items):
            if _is_exact(item):
                continue
            made, kind = _convert(item, node, key)
            items[key] = made
            if type(made) in _CONTAINERS:
                pending.append(_Node(made, node, key, depth + 1, kind))
    return root.items[0]


_CONTAINERS = (list, dict)


def _is_exact(item: Any) -> bool:
    """Return whether a value is a scalar that JSON carries as it is."""
    kind = type(item)
    if kind is str:
        return bool(item.isascii()) or _is_unicode(item)
    if kind is int:
        return bool(-GREATEST <= item <= GREATEST)
    if kind is float:
        return math.isfinite(item)
    return item is None or kind is bool


def _is_uniform(items: list[Any]) -> bool:
    """Return whether all items are exact scalars of one type: for long lists this is much faster."""
    kinds = set(map(type, items))
    if len(kinds) != 1:
        return not kinds
    kind = kinds.pop()
    if kind is float:
        return all(map(math.isfinite, items))
    if kind is int:
        return bool(min(items) >= -GREATEST and max(items) <= GREATEST)
    return (kind is str and all(map(str.isascii, items))) or kind is bool


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _convert(item: Any, node: _Node, key: object) -> tuple[Any, _Kind]:
    """Return the JSON form of a value, with unconverted items, and the kind of its items.

    Raises:
        SerializationError: It has no JSON form.
    """
    if not isinstance(item, dict) and _is_a(item, "pycolonies._models", "Record"):
        return record_fields(item), _Kind.TYPED
    if type(item) not in _CONTAINERS:
        item = _unwrapped(item)
    if isinstance(item, list | tuple):
        return list(item), _Kind.ITEMS
    if isinstance(item, dict):
        return _with_text_keys(item, node, key), _Kind.ITEMS
    if item is None or isinstance(item, str | int | float):
        return _scalar(item, node, key), _Kind.ITEMS
    if (fields := _fields(item, node, key)) is not None:
        return fields, _Kind.FIELDS
    raise SerializationError(node.place(key), _refusal(item))


def _is_a(item: object, module: str, *kinds: str) -> bool:
    """Return whether a value is an instance of classes in a module, which may not be imported."""
    found = sys.modules.get(module)
    return found is not None and isinstance(item, tuple(getattr(found, kind) for kind in kinds))


def _unwrapped(item: Any) -> Any:
    """Return the JSON form of an enum member, a numpy value, a time, a path, a UUID or a decimal number."""
    while True:
        if isinstance(item, Enum):
            item = item.value
        elif (built_in := _numpy(item)) is not None:
            item = built_in()
        else:
            text = _text(item)
            return item if text is None else text


def _scalar(item: str | float | None, node: _Node, key: object) -> str | float | bool | None:
    """Return an instance of a subclass of str, int or float as the built-in type, and refuse inexact ones."""
    if item is None or isinstance(item, bool):
        return item
    kind = str if isinstance(item, str) else int if isinstance(item, int) else float
    built_in: Any = str.__str__(item) if isinstance(item, str) else kind(item)
    if _is_exact(built_in) or (kind is int and node.kind is _Kind.TYPED and -(2**63) <= built_in < 2**63):
        exact: str | float = built_in
        return exact
    if kind is str:
        reason = f"{item!r} has lone surrogates, so it is not Unicode text; for a file name use os.fsencode"
    elif kind is int:
        reason = (
            f"{built_in if built_in.bit_length() < 200 else 'the integer'} is beyond 2**53, and servers "  # noqa: PLR2004 (digits that fit a line)
            "would round it: they keep numbers as 64-bit floats; send it as text"
        )
    else:
        reason = f"{built_in} is no JSON number; send None or text instead"
    raise SerializationError(node.place(key), reason)


def _with_text_keys(item: Mapping[Any, Any], node: _Node, key: object) -> dict[str, Any]:
    if set(map(type, item)) <= {str} and all(map(str.isascii, item)):
        return dict(item)
    made: dict[str, Any] = {}
    for name, value in item.items():
        text = name.value if isinstance(name, Enum) else name
        if not isinstance(text, str):
            raise SerializationError(
                node.place(key), f"has the key {name!r}, but keys of JSON objects are str; use {str(name)!r}"
            )
        text = str.__str__(text)
        if not _is_exact(text):
            raise SerializationError(node.place(key), f"has the key {text!r}, which has lone surrogates")
        if text in made:
            raise SerializationError(node.place(key), f"has the key {text!r} twice")
        made[text] = value
    return made


def record_fields(record: Record) -> dict[str, Any]:
    """Return the fields of a record by the protocol's names; those that this version does not know, too."""
    found, kind = vars(record), cast("Any", type(record))
    named = {alias: found[name] for name, alias in _aliases(kind) if name in found}
    return named | record.__pydantic_extra__ if record.__pydantic_extra__ else named


@cached()
def _aliases(kind: Any) -> list[tuple[str, str]]:
    return [(name, field.alias or name) for name, field in kind.model_fields.items()]


def _fields(item: Any, node: _Node, key: object) -> dict[str, Any] | None:
    """Return the fields of a model or dataclass by their names in JSON; None for other values."""
    if _is_a(item, "pydantic", "BaseModel"):
        try:
            return _with_text_keys(item.model_dump(by_alias=True), node, key)
        except SerializationError:
            raise
        except Exception as fault:
            raise SerializationError(node.place(key), f"{_kind(item)} can't be dumped: {fault}") from fault
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
    return None


def _text(item: object) -> str | None:
    """Return the text of a time, path, UUID or decimal number; None for other values."""
    if isinstance(item, PurePath | UUID | Decimal):
        return str(item)
    if type(item) is timedelta:
        from pydantic_core import to_jsonable_python

        return str(to_jsonable_python(item))
    # Subclasses have their own form, as those of pandas, which are more precise.
    isoformat = getattr(item, "isoformat", None)
    if isinstance(item, datetime | date | time | timedelta) and isoformat:
        text = str(isoformat())
        return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text
    return None


#: Kinds of numpy types whose items are JSON values: bool, integers, floats, text and objects.
_NUMPY_KINDS = "biufUO"


def _numpy(item: Any) -> Callable[[], Any] | None:
    """Return the converter of a numpy scalar or array; None for other values and unsupported kinds."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(item, numpy.generic | numpy.ndarray):
        return None
    exact = item.dtype.kind in _NUMPY_KINDS and not hasattr(item, "mask") and item.dtype.char != "g"
    return (item.item if isinstance(item, numpy.generic) else item.tolist) if exact else None


def _refusal(item: object) -> str:
    """Return why a value can't be sent, and what to send instead."""
    if isinstance(item, bytes | bytearray | memoryview):
        remedy = "send text, as base64.b64encode(data).decode(), or upload it as a file"
    elif isinstance(item, complex):
        remedy = "send [z.real, z.imag]"
    elif isinstance(item, AbstractSet):
        remedy = "send a list, as sorted(values)"
    elif isinstance(item, Mapping):
        remedy = "send dict(...)"
    elif isinstance(item, Iterable):
        remedy = "send a list, as list(...)"
    else:
        remedy = "send its parts"
    return (
        f"{_kind(item)} has no JSON form; arguments and results are None, bool, int, float, str, list, dict, "
        f"and types with a documented form, as dataclasses; {remedy}"
    )


def _kind(item: object) -> str:
    kind = type(item)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"an object of type {name}"
