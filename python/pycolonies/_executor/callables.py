"""Unwraps callables, and finds the parameter that receives the context.

Submitters, executors and children with injected code use this, so it imports none of their modules.
"""

from __future__ import annotations

import functools
import inspect
import re
import typing
from collections.abc import Mapping, Sequence
from typing import Any

#: Name of the parameter that receives the context if no parameter has its type as a hint.
CONTEXT = "ctx"

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_TEXT = r"(?:^|[^\w])(?:Async|Base)?Context(?:$|[^\w\[])"


def innermost(func: Any) -> Any:
    """Return the function whose signature a callable has, without partial objects and plain decorators."""
    while True:
        if isinstance(func, functools.partial):
            func = func.func
        elif hasattr(func, "__wrapped__") and not hasattr(func, "__signature__"):
            func = func.__wrapped__
        else:
            return func


def context_parameter(signature: inspect.Signature, hints: Mapping[str, Any] | None = None) -> str | None:
    """Return the name of the parameter that receives the context, or None.

    Args:
        signature: The function's signature.
        hints: Its evaluated type hints, or its annotations if they could not be evaluated.
    """
    for name, parameter in signature.parameters.items():
        if _is_context((hints or {}).get(name, parameter.annotation)):
            return name
    found = signature.parameters.get(CONTEXT)
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return None if found is None or found.kind in variable else CONTEXT


def _is_context(hint: object) -> bool:
    if isinstance(hint, str):
        return re.search(_TEXT, hint) is not None
    if isinstance(hint, type):
        # Comparing names spares submitters the import of the executor.
        return any(kind.__module__ == _MODULE and kind.__name__ == "BaseContext" for kind in hint.__mro__)
    return any(map(_is_context, typing.get_args(hint)))


_MODULE = f"{__package__}.context"


def place(
    signature: inspect.Signature, name: str, context: object, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call with the context among them.

    Args:
        signature: The function's signature.
        name: The parameter that receives the context.
        context: The context.
        args: The other positional arguments, in order.
        kwargs: The other arguments by name.
    """
    positional = [parameter for parameter in signature.parameters.values() if parameter.kind in _POSITIONAL]
    index = next((index for index, parameter in enumerate(positional) if parameter.name == name), None)
    if index is not None and len(args) >= index:
        return (*args[:index], context, *args[index:]), dict(kwargs)
    if index is not None and positional[index].kind is inspect.Parameter.POSITIONAL_ONLY:
        defaults = [parameter.default for parameter in positional[len(args) : index]]
        return (*args, *defaults, context), dict(kwargs)
    return tuple(args), {**kwargs, name: context}
