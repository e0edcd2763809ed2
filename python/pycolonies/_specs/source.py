"""The source code of a function, for sending it with a process."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from pycolonies._syntax_trees import steadily


def source_of(func: Callable[..., Any]) -> str:
    """Return the dedented source code of a function, without decorators that register it.

    ``@executor.function`` belongs to the program that defines the function: the executor that receives the
    source code has no such name.

    Raises:
        ValueError: The source code is not available.
    """
    name = getattr(func, "__name__", repr(func))
    if name == "<lambda>":
        raise ValueError(
            "a function must have a name to be called on an executor, got a lambda; define it with def"
        )
    try:
        text = textwrap.dedent(inspect.getsource(func))
    except (OSError, TypeError):
        raise ValueError(
            f"the source code of {name} is not available (was it typed into an interpreter, or written in "
            "C?); put it into a file, or give the function's name and its source as code="
        ) from None
    return _without_registration(text, getattr(inspect.unwrap(func), "__globals__", {}))


def _without_registration(text: str, names: dict[str, Any]) -> str:
    function = steadily(lambda: ast.parse(text)).body[0]
    lines = text.splitlines(keepends=True)
    for decorator in getattr(function, "decorator_list", []):
        if _registers(decorator, names):
            for number in range(decorator.lineno - 1, decorator.end_lineno or decorator.lineno):
                lines[number] = ""
    return "".join(lines)


def _registers(decorator: ast.expr, names: dict[str, Any]) -> bool:
    """Return whether a decorator is ``executor.function``, with or without options."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name):
        return False
    owner = type(names.get(target.value.id))
    # By name, so that programs that only submit do not load the executor runtime.
    return any(
        base.__name__ == "Executor" and base.__module__.startswith("pycolonies") for base in owner.__mro__
    )
