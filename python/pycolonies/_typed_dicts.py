"""Make ``typing.TypedDict`` readable for pydantic below Python 3.12, where pydantic refuses it.

Each one gets pydantic's hook ``__get_pydantic_core_schema__``, which describes the same dictionary as a
``typing_extensions.TypedDict``. So it is read wherever it stands: in lists, dataclasses, named tuples,
models, and other typed dictionaries.
"""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import types
import typing
from typing import Any

import typing_extensions
from pydantic import BaseModel, GetCoreSchemaHandler

from pycolonies._cached import cached

if typing.TYPE_CHECKING:
    from pydantic_core import CoreSchema

_NATIVE = sys.version_info >= (3, 12)
_HOOK = "__get_pydantic_core_schema__"
_REQUIRED: dict[Any, Any] = {True: typing_extensions.Required, False: typing_extensions.NotRequired}
#: Marks that may stand around or inside ``Required`` and ``NotRequired``.
_OTHER_MARKS: tuple[Any, ...] = (typing.Annotated, typing_extensions.ReadOnly)


def prepare(*hints: Any) -> None:
    """Make every ``typing.TypedDict`` that type hints reach readable for pydantic."""
    if not _NATIVE:
        _prepare(hints)


def _prepare(hints: tuple[Any, ...]) -> None:
    seen: dict[int, Any] = {}  # by id, as not all hints have a hash; kept, so that ids stay theirs
    pending = list(hints)
    while pending:
        hint = pending.pop()
        if id(hint) in seen:
            continue
        seen[id(hint)] = hint
        if _is_foreign(hint) and not hasattr(hint, _HOOK):
            setattr(hint, _HOOK, classmethod(_schema))
        pending += _inside(hint)


def _inside(hint: Any) -> list[Any]:
    """Return the type hints in a type hint: its arguments, and the fields of a class."""
    if isinstance(hint, list | tuple):  # the arguments of a callable
        return list(hint)
    inner = [*typing.get_args(hint), typing.get_origin(hint)]
    # What a new type, a type alias and a type variable stand for.
    inner += [_value(hint), *(getattr(hint, name, None) for name in ("__supertype__", "__bound__"))]
    inner += getattr(hint, "__constraints__", None) or ()
    if isinstance(hint, type) and _has_fields(hint):
        with contextlib.suppress(Exception):  # pydantic reports hints that can't be evaluated
            inner += _fields(hint).values()
    return [each for each in inner if each is not None]


def _value(hint: Any) -> Any:
    """Return what a type alias stands for, which it may hold as text; None for other type hints."""
    value = getattr(hint, "__value__", None)
    if not isinstance(value, str):
        return value
    alias = types.SimpleNamespace(__annotations__={"value": value})
    with contextlib.suppress(Exception):  # pydantic reports what can't be evaluated
        names = vars(sys.modules[hint.__module__])
        return typing_extensions.get_type_hints(alias, names, include_extras=True)["value"]
    return None


def _has_fields(kind: type) -> bool:
    return (
        dataclasses.is_dataclass(kind)
        or typing_extensions.is_typeddict(kind)
        or issubclass(kind, BaseModel)
        or (issubclass(kind, tuple) and hasattr(kind, "_fields"))
    )


def _is_foreign(hint: Any) -> bool:
    """Return whether a type is a ``typing.TypedDict``."""
    return typing.is_typeddict(hint) and type(hint).__module__ == "typing"


def _fields(kind: type) -> dict[str, Any]:
    return typing_extensions.get_type_hints(kind, include_extras=True)


def _schema(kind: Any, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """Implement pydantic's hook for a typed dictionary; the source names its parameters if it is generic."""
    return handler.generate_schema(_portable(kind, typing.get_args(source)))


@cached(maxsize=1024)
def _portable(kind: Any, args: tuple[Any, ...]) -> Any:
    """Return a typed dictionary as the same one of `typing_extensions`."""
    # A generic one without arguments holds its variables, which pydantic reads as their bounds.
    known = dict(zip(getattr(kind, "__parameters__", ()), args, strict=False))
    fields: dict[str, Any] = {}
    for name, hint in _fields(kind).items():
        of = _substituted(hint, known) if known else hint
        fields[name] = of if _is_marked(of) else _REQUIRED[name in kind.__required_keys__][of]
    made: Any = typing_extensions.TypedDict
    portable = made(kind.__name__, fields)
    portable.__module__, portable.__doc__ = kind.__module__, kind.__doc__
    if (config := getattr(kind, "__pydantic_config__", None)) is not None:
        portable.__pydantic_config__ = config
    return portable


def _is_marked(hint: Any) -> bool:
    """Return whether a hint says itself that its key is required, or that it is not."""
    while typing_extensions.get_origin(hint) in _OTHER_MARKS:
        hint = typing_extensions.get_args(hint)[0]
    return typing_extensions.get_origin(hint) in _REQUIRED.values()


def _substituted(hint: Any, known: dict[Any, Any]) -> Any:
    """Return a type hint with types for the type variables in it."""
    if isinstance(hint, typing.TypeVar):
        return known.get(hint, hint)
    parameters = getattr(hint, "__parameters__", ())
    if not parameters or (isinstance(hint, type) and typing.get_origin(hint) is None):
        return hint
    generic: Any = hint
    return generic[tuple(known.get(each, each) for each in parameters)]
