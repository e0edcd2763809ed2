"""Fields that a program sets by mistake: misspelt names and values that can't mean anything.

Records read from a server are not checked: a newer server may add fields, and those are kept.
"""

from __future__ import annotations

import math
import os
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import NoneType
from typing import Any

from pycolonies._shown import shown

if typing.TYPE_CHECKING:
    from pydantic import BaseModel

#: Limits of function specs, of which -1 is none.
LIMITS = frozenset({"maxwaittime", "maxexectime", "maxretries"})


def integer(name: str, value: object, least: int, most: int | None = None) -> None:
    """Refuse what is no integer in a range.

    Raises:
        TypeError: It is no integer.
        ValueError: It is out of range.
    """
    if isinstance(value, bool) or not hasattr(type(value), "__index__"):
        raise TypeError(f"{name} must be an integer, got {shown(value)}")
    number = value.__index__()  # type: ignore[attr-defined]  # it has the method
    if most is None and number < least:
        raise ValueError(f"{name} must be at least {least}, got {number}")
    if most is not None and not least <= number <= most:
        raise ValueError(f"{name} must be between {least} and {most}, got {number}")


def seconds(name: str, value: object, *, positive: bool = False) -> None:
    """Refuse what is no duration in seconds. Infinity is one.

    Raises:
        TypeError: It is no number.
        ValueError: It is negative or not a number, or 0 if it must be positive.
    """
    least = "more than 0" if positive else "0 or more"
    rule = f"{name} must be a number of seconds, {least}, got {shown(value)}"
    if isinstance(value, bool) or not hasattr(type(value), "__float__"):
        raise TypeError(rule)
    number = float(value)  # type: ignore[arg-type]  # it has __float__
    if math.isnan(number) or number < 0 or (positive and number == 0):
        raise ValueError(rule)


def check_timeout(value: object) -> None:
    """Refuse what is no timeout: None is no limit, and numbers below 0 count as 0.

    Raises:
        TypeError: It is no number.
        ValueError: It is not a number (NaN).
    """
    rule = f"timeout must be a number of seconds or None, got {shown(value)}"
    if value is None:
        return
    if not hasattr(type(value), "__float__"):
        raise TypeError(rule)
    if math.isnan(float(value)):  # type: ignore[arg-type]  # it has __float__
        raise ValueError(rule)


def kind(name: str, value: object, expected: type | tuple[type, ...], words: str) -> None:
    """Refuse a value of another type.

    Raises:
        TypeError: It has another type.
    """
    if not isinstance(value, expected):
        raise TypeError(f"{name} must be {words}, got {shown(value)}")


def secret(name: str, value: object, expected: type | tuple[type, ...], words: str) -> None:
    """Refuse a value of another type, as `kind` does, without showing it.

    Raises:
        TypeError: It has another type.
    """
    if not isinstance(value, expected):
        raise TypeError(f"{name} must be {words}, got an object of the class {type(value).__name__}")


def flag(name: str, value: object) -> None:
    """Refuse a value other than True and False.

    Raises:
        TypeError: It is neither.
    """
    kind(name, value, bool, "True or False")


def file_path(name: str, value: object) -> None:
    """Refuse a value other than a path and None.

    Raises:
        TypeError: It is neither.
    """
    kind(name, value, (str, os.PathLike, NoneType), "a path")


def several(name: str, value: object, words: str, one: type | tuple[type, ...], one_words: str) -> None:
    """Refuse a value that is no list, or a list with a value of another type. A text is no list.

    Args:
        name: Name of the argument.
        value: The value. Iterators are not read.
        words: What the list is, as ``"a list of names"``.
        one: Type of each value.
        one_words: What each value is, as ``"a string"``.

    Raises:
        TypeError: It is no list, or one value has another type.
    """
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be {words}, got {shown(value)}")
    for each in value if isinstance(value, Collection) else ():
        kind(f"each of {name}", each, one, one_words)


def check_codec(codec: object) -> None:
    """Refuse a value that is no codec. None is taken.

    Raises:
        TypeError: It lacks a method.
    """
    if not (codec is None or (hasattr(codec, "encode") and hasattr(codec, "decode"))):
        raise TypeError(f"codec must have the methods encode and decode, got {shown(codec)}")


def refuse_unknown(model: type[BaseModel], fields: Mapping[str, Any], allowed: Iterable[str] = ()) -> None:
    """Refuse names that are no field of a model, or of a model in it.

    Raises:
        TypeError: A name is unknown. The message suggests one.
    """
    known = {*names(model), *allowed}
    for name, value in fields.items():
        if name in model.model_fields and isinstance(value, Mapping):
            within = inner(model, name)
            if within is not None:
                refuse_unknown(within, value, getattr(within, "_allowed", ()))
        if name not in known:
            raise TypeError(f"{model.__name__} has no field {name!r}; {hint(str(name), known)}")


def refuse_unknown_names(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse names that are none of those known.

    Raises:
        TypeError: A name is unknown. The message suggests one.
    """
    for name in given:
        if name not in known:
            raise TypeError(f"there is no {what} {name!r}; {hint(name, known)}")


def hint(name: str, known: Iterable[str], others: str = "") -> str:
    """Return what a message about an unknown name adds: the known name that is nearest, or all known names.

    Args:
        name: The unknown name.
        known: The known names.
        others: What is said of the known names if none is near; by default, what they are.
    """
    from difflib import get_close_matches

    known = sorted(known)
    near = get_close_matches(name, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"there are {others or ', '.join(known)}"


def refuse_impossible(fields: Mapping[str, Any]) -> None:
    """Refuse limits that are no limit.

    Raises:
        ValueError: A limit is below -1, or true or false.
    """
    for name in LIMITS & fields.keys():
        value = fields[name]
        if isinstance(value, bool) or (isinstance(value, int | float) and value < -1):
            raise ValueError(f"{name} must be -1 (no limit), 0 or more, got {shown(value)}")


def names(model: type[BaseModel]) -> dict[str, str]:
    """Return the fields of a model by the names that they may be given by."""
    found = {name: name for name in model.model_fields}
    return found | {field.alias: name for name, field in model.model_fields.items() if field.alias}


def inner(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """Return the model of a field that holds a record or a list of records; None for other fields."""
    return next(_models(model.model_fields[name].annotation), None)


def _models(hint: Any) -> Iterator[type[BaseModel]]:
    if isinstance(hint, type) and hasattr(hint, "model_fields"):
        yield hint
    for argument in typing.get_args(hint):
        yield from _models(argument)


def canonical(model: type[BaseModel], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields under their names in the protocol: letter case does not matter, and the last one counts.

    This is how a Colonies server and the Colonies CLI read JSON.
    """
    lower = {name.lower(): name for name in names(model)}
    made: dict[str, Any] = {}
    for name, value in fields.items():
        found = name if name in names(model) else lower.get(name.lower(), name)
        within = inner(model, names(model)[found]) if found in names(model) else None
        if within is not None and isinstance(value, Mapping):
            value = canonical(within, value)  # noqa: PLW2901 (the value that is sent)
        elif within is not None and isinstance(value, list):
            value = [canonical(within, one) if isinstance(one, Mapping) else one for one in value]  # noqa: PLW2901 (the value that is sent)
        made[found] = value
    return made
