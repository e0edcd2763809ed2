"""`functools.lru_cache` for type checkers: the cached function keeps its signature."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])


def cached(maxsize: int | None = None) -> Callable[[_Function], _Function]:
    """Return a decorator that keeps the results of a function.

    Args:
        maxsize: How many results it keeps, those used last; None for all.
    """

    def decorate(function: _Function) -> _Function:
        wrapped: Any = functools.lru_cache(maxsize)(function)
        kept: _Function = wrapped
        return kept

    return decorate
