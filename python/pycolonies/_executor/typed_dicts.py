"""Type hints with ``typing.TypedDict``, which pydantic takes from Python 3.12 on only."""

from __future__ import annotations

import functools
import operator
import sys
import types
import typing
from typing import Any

import typing_extensions

_NATIVE = sys.version_info >= (3, 12)
_MARKS = (typing_extensions.Required, typing_extensions.NotRequired)


def portable(hint: Any) -> Any:
    """Return a type hint with every ``typing.TypedDict`` in it as the same one of ``typing_extensions``."""
    return hint if _NATIVE else _portable(hint, ())


def _portable(hint: Any, inside: tuple[type, ...]) -> Any:
    if isinstance(hint, type) and typing.is_typeddict(hint):
        # pydantic resolves no recursive type that was made here: below, any dictionary fits.
        return dict[str, Any] if hint in inside else _typed_dict(hint, (*inside, hint))
    args = typing.get_args(hint)
    made = tuple(_portable(arg, inside) for arg in args)
    if all(one is other for one, other in zip(args, made, strict=True)):
        return hint
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        return typing.Annotated.__class_getitem__((made[0], *hint.__metadata__))
    if origin in (typing.Union, types.UnionType):
        return functools.reduce(operator.or_, made)
    return hint.copy_with(made) if hasattr(hint, "copy_with") else origin[made]


def _typed_dict(kind: Any, inside: tuple[type, ...]) -> Any:
    fields: dict[str, Any] = {}
    for name, hint in typing_extensions.get_type_hints(kind, include_extras=True).items():
        mark: Any = typing.get_origin(hint)
        if mark in _MARKS:
            (hint,) = typing.get_args(hint)  # noqa: PLW2901 (the mark is taken off)
        else:
            mark = _MARKS[name not in kind.__required_keys__]
        fields[name] = mark[_portable(hint, inside)]
    return typing_extensions.TypedDict(kind.__name__, fields)  # type: ignore[operator]
