"""Validation errors of pydantic as the messages of this package."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from pydantic import ValidationError

from pycolonies._shown import shown

#: Longest text of a value in a message.
_VALUE = 80
#: What pydantic's messages begin with, and what stands there instead. The first match counts.
_WORDS = (
    (r"(Missing required .*|Field required)", "is missing"),
    (r"Unexpected (?:positional|keyword) argument", "there is no such parameter"),
    (r"Multiple values for argument", "has several values"),
    (r"Extra inputs are not permitted", "there is no such field"),
    (r"(?:Value error|Assertion failed), ", ""),
    (r"Keys should be ", "keys must be "),
    (r"[A-Z][\w-]*(?: input)? should ", "must "),
)
#: Errors that say all without the value.
_WITHOUT_VALUE = ("missing", "multiple_argument_values")


class Misfit(NamedTuple):
    """A value that does not fit.

    Attributes:
        place: Names and indexes that lead to it.
        text: What is wrong with it, and the value.
    """

    place: tuple[int | str, ...]
    text: str


def misfits(error: ValidationError) -> Iterator[Misfit]:
    """Yield each value that does not fit."""
    for one in error.errors(include_url=False, include_context=False):
        text = reworded(one["msg"])
        if not one["type"].startswith(_WITHOUT_VALUE):
            text += f", got {shown(one['input'], _VALUE)}"
        yield Misfit(one["loc"], text)


def reworded(message: str) -> str:
    """Return a message of pydantic as a rule: "Input should be an integer" becomes "must be an integer"."""
    for beginning, words in _WORDS:
        if found := re.match(beginning, message):
            return words + message[found.end() :]
    return message


def path(place: tuple[int | str, ...]) -> str:
    """Return a place as it is written in Python: ``box.sides[2]``."""
    written = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return written.removeprefix(".")


def described(error: ValidationError) -> str:
    """Return all values that do not fit, with their places, as one text."""
    return "; ".join(f"{path(place)}: {text}" if place else text for place, text in misfits(error))


@contextmanager
def refusing(kind: type) -> Iterator[None]:
    """Raise a ValueError that names the fields of a record that do not fit, instead of pydantic's error."""
    try:
        yield
    except ValidationError as misfit:
        if isinstance(own := misfit.errors()[0].get("ctx", {}).get("error"), ValueError):
            raise own from None  # of a constructor that has refused the fields itself
        raise ValueError(f"{kind.__name__}: {described(misfit)}") from None
