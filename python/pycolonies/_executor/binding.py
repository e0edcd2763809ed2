"""Converts the arguments of a process to those of a function, by its signature and type hints."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, ValidationError, validate_call

from pycolonies._executor.callables import context_parameter, innermost, place
from pycolonies._misfits import misfits, path
from pycolonies._records import FunctionArgument
from pycolonies._typed_dicts import prepare
from pycolonies.errors import ArgumentsError


class Binding:
    """The arguments that a function expects. Everything that does not depend on a call is prepared once.

    Args:
        func: The function.
        name: Its name in error messages.
        any_type: Whether hints may name types without a JSON form, as a codec can create such values.

    Raises:
        TypeError: A hint cannot be evaluated, or is not a type that values can be validated against.
    """

    def __init__(self, func: Callable[..., Any], name: str, *, any_type: bool = False) -> None:
        self._name = name
        signature = inspect.signature(func)
        hints = _hints(func, name)
        self._signature = signature
        #: Name of the parameter that receives the context; None if the function has none.
        self.context = context_parameter(signature, hints)
        parameters = [
            parameter.replace(annotation=hints.get(parameter.name, Any))
            for parameter in signature.parameters.values()
            if parameter.name != self.context
        ]
        self.arguments = [_described(parameter) for parameter in parameters if parameter.name != "return"]
        self._collect = _collector(name, parameters, any_type=any_type)
        self._places = [
            parameter.name
            for parameter in parameters
            if parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        ]
        #: Name of the parameter that collects all further arguments.
        self._rest = next(
            (one.name for one in parameters if one.kind is inspect.Parameter.VAR_POSITIONAL), None
        )

    def __call__(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments, converted to the function's type hints.

        Raises:
            ArgumentsError: They do not fit.
        """
        try:
            collected: tuple[tuple[Any, ...], dict[str, Any]] = self._collect(*args, **kwargs)
        except ValidationError as misfit:
            raise ArgumentsError(self._name, self._described(misfit)) from None
        return collected

    def with_context(
        self, args: Sequence[Any], kwargs: Mapping[str, Any], context: object
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments with the context among them, where the function has a parameter for it."""
        if self.context is None:
            return tuple(args), dict(kwargs)
        return place(self._signature, self.context, context, args, kwargs)

    def _described(self, misfit: ValidationError) -> str:
        """Return a clause for each argument that does not fit."""
        return "; ".join(f"{self._argument(*place)}: {text}" for place, text in misfits(misfit))

    def _argument(self, first: int | str, *inner: int | str) -> str:
        """Return the name of an argument in messages: its number if it has one, and its parameter."""
        if not isinstance(first, int):
            return f"argument {path((first, *inner))}"
        name = self._places[first] if first < len(self._places) else self._rest
        return f"argument {first + 1}" + (f" ({path((name, *inner))})" if name else "")


def _hints(func: Callable[..., Any], name: str) -> dict[str, Any]:
    from pycolonies._executor.context import AsyncContext, Context

    target = innermost(func)
    if not inspect.isroutine(target):
        target = type(target).__call__
    # Programs may import these for type checkers only.
    known = {"Context": Context, "AsyncContext": AsyncContext}
    try:
        hints = typing.get_type_hints(target, localns=known, include_extras=True)
    except NameError as fault:
        raise TypeError(
            f"the type hints of {name} cannot be evaluated: {fault}; arguments are checked against them, "
            "so what they name must be imported when the program runs, not for type checkers only"
        ) from None
    prepare(*hints.values())
    return hints


def _collector(name: str, parameters: list[inspect.Parameter], *, any_type: bool) -> Callable[..., Any]:
    """Return a function that returns its arguments, converted to the type hints."""

    def collect(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return args, kwargs

    collect.__name__ = collect.__qualname__ = name
    collect.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # inspect reads it
    collect.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    try:
        return validate_call(config=ConfigDict(arbitrary_types_allowed=any_type))(collect)
    except Exception as fault:  # noqa: BLE001 (pydantic has many)
        raise TypeError(
            f"values cannot be checked against the type hints of {name}: {fault}; "
            "use types that pydantic knows, or Any"
        ) from None


def _described(parameter: inspect.Parameter) -> FunctionArgument:
    described = FunctionArgument(
        name=parameter.name,
        required=parameter.default is inspect.Parameter.empty
        and parameter.kind not in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD),
    )
    if parameter.annotation is not Any:
        described["type"] = inspect.formatannotation(parameter.annotation)
    return described
