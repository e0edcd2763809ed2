"""Private keys as arguments: text becomes an opaque `PrivateKey` at the edge of the package."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast

from pycolonies._core import PrivateKey
from pycolonies._rpc.key_arguments import KEY_NAMES, Arguments, parameters, seal
from pycolonies.errors import ConfigurationError, InvalidPrivateKeyError

__all__ = ["BOTH_GIVEN", "Key", "PrivateKey", "seal", "seal_methods", "sealed"]

#: A private key: 64 hexadecimal digits, or a `PrivateKey`, which does not print.
Key: TypeAlias = str | PrivateKey

#: Said of a file that is named twice, in the words of 1.x.
BOTH_GIVEN = "Both 'fileid' and 'filename' cannot be set at the same time. Please provide only one."

_Class = TypeVar("_Class", bound=type)
_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def sealed(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Decorate a function so that it receives its ``prvkey`` and ``colony_prvkey`` as `PrivateKey`.

    Error reporters that show local variables then find no key, in the function or in anything it calls.
    """
    arguments = Arguments(function)

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            args, kwargs = arguments.sealed(args, kwargs)
        except (ConfigurationError, InvalidPrivateKeyError, TypeError) as invalid:
            named_twice = arguments.name_a_file_twice(args, kwargs)
            del args, kwargs
            if named_twice:  # 1.x says so, whatever the key
                raise ValueError(BOTH_GIVEN) from None
            raise invalid.with_traceback(None) from None  # the frames below hold the text
        return function(*args, **kwargs)

    async def call_async(*args: Any, **kwargs: Any) -> Any:
        try:
            pending = call(*args, **kwargs)
        finally:
            del args, kwargs
        return await pending

    async def iterate_async(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        try:
            pending = call(*args, **kwargs)
        finally:
            del args, kwargs
        async with aclosing(pending) as values:
            async for value in values:
                yield value

    wrapper: Callable[..., Any] = call
    if inspect.iscoroutinefunction(function):
        wrapper = call_async
    elif inspect.isasyncgenfunction(function):
        wrapper = iterate_async
    return cast("Callable[_Parameters, _Result]", functools.wraps(function)(wrapper))


def seal_methods(client: _Class) -> _Class:
    """Decorate a class so that its public methods, and those it inherits, are `sealed`."""
    for name, method in inspect.getmembers(client, inspect.isfunction):
        if name[0] != "_" and any(map(KEY_NAMES.intersection, parameters(method))):
            setattr(client, name, sealed(method))
    return client
