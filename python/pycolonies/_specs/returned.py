"""Converts results to the return annotations of functions."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from pycolonies._cached import cached
from pycolonies._misfits import described
from pycolonies._typed_dicts import prepare

#: Types whose values JSON carries unchanged, and annotations without a meaning.
_AS_SENT = (Any, object, None, type(None), str, int, float, bool, list, dict)


@cached()
def reader_of(func: Callable[..., Any]) -> Callable[[Any], Any] | None:
    """Return a function that converts a result from JSON to the return annotation of a function.

    Returns:
        The conversion, or None if results stay as they arrive: the function has no return annotation, its
        names cannot be resolved here, or the type has no conversion.
    """
    try:
        kind = typing.get_type_hints(inspect.unwrap(func), include_extras=True).get("return", Any)
        if kind in _AS_SENT or inspect.isgeneratorfunction(func):
            return None
        prepare(kind)
        adapter = TypeAdapter(kind)
    except (NameError, TypeError, AttributeError, PydanticUserError):
        return None
    name = getattr(func, "__name__", repr(func))

    def read(value: Any) -> Any:
        if value is None:  # the process has no output
            return None
        try:
            return adapter.validate_python(value)
        except ValidationError as misfit:
            raise TypeError(
                f"the result of {name} does not fit its annotation {inspect.formatannotation(kind)}: "
                f"{described(misfit)}; handle.output has it as it arrived"
            ) from None

    return read


def reader_for(spec: object) -> Callable[[Any], Any] | None:
    """Return `reader_of` a function; None for function specs and names."""
    return reader_of(spec) if inspect.isroutine(spec) else None
