"""Private keys as arguments: text becomes an opaque `PrivateKey` at the edge of the package."""

from __future__ import annotations

import functools
import inspect
import string
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast

from pycolonies._core import PrivateKey
from pycolonies.errors import ConfigurationError, InvalidPrivateKeyError

__all__ = ["BOTH_GIVEN", "Key", "PrivateKey", "seal", "seal_methods", "sealed"]

#: A private key: 64 hexadecimal digits, or a `PrivateKey`, which does not print.
Key: TypeAlias = str | PrivateKey

_NAMES = frozenset({"prvkey", "colony_prvkey"})
#: Arguments that name a file; a call has one of them.
_FILE = frozenset({"fileid", "filename"})
#: Said of a file that is named twice, in the words of 1.x.
BOTH_GIVEN = "Both 'fileid' and 'filename' cannot be set at the same time. Please provide only one."
#: Arguments that a private key is mistaken for.
_ADDRESS = frozenset({"host", "port", "hosts"})
_HEX = frozenset(string.hexdigits)
#: Digits that make a text a private key, also one that was cut, extended or mistyped.
_MOST = 56

_Class = TypeVar("_Class", bound=type)
_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def seal(value: Any) -> Any:
    """Return the `PrivateKey` of a non-empty text, and any other value unchanged.

    White space around the text does not count: files with secrets end with a line break.

    Raises:
        InvalidPrivateKeyError: The text is not a private key.
    """
    if not isinstance(value, str) or not value:
        return value
    try:
        return PrivateKey(value.strip())
    except InvalidPrivateKeyError as invalid:
        del value
        raise invalid.with_traceback(None) from None


class _Arguments:
    """Seals the arguments of one function.

    Args:
        function: Its signature says where the keys are.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        positional, others = _parameters(function)
        any_setting = "settings" in others  # **settings: Unpack[ClientSettings]

        def positions(names: Iterable[str]) -> list[tuple[int, str]]:
            return [
                (positional.index(name) if name in positional else sys.maxsize, name)
                for name in names
                if name in positional or name in others or any_setting
            ]

        self._keys, self._address = positions(_NAMES), positions(_ADDRESS)
        self._files = positions(_FILE) if _FILE.issubset({*positional, *others}) else []

    def name_a_file_twice(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Return whether a call names a file by id and by name."""
        given = [kwargs.get(name, args[at] if len(args) > at else None) for at, name in self._files]
        return bool(given) and None not in given

    def sealed(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments with `PrivateKey` in the place of text."""
        for position, name in self._address:
            value = kwargs.get(name, args[position] if len(args) > position else None)
            if any(map(_looks_like_key, value if isinstance(value, (list, tuple)) else [value])):
                raise ConfigurationError(
                    f"{name} looks like a private key or an id; write Colonies(host, port, tls, prvkey=...)"
                )
        for position, name in self._keys:
            if name in kwargs:
                kwargs[name] = seal(kwargs[name])
            elif len(args) > position:
                args = (*args[:position], seal(args[position]), *args[position + 1 :])
        return args, kwargs


def sealed(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Decorate a function so that it receives its ``prvkey`` and ``colony_prvkey`` as `PrivateKey`.

    Error reporters that show local variables then find no key, in the function or in anything it calls.
    """
    arguments = _Arguments(function)

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            args, kwargs = arguments.sealed(args, kwargs)
        except (ConfigurationError, InvalidPrivateKeyError) as invalid:
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
        if name[0] != "_" and any(map(_NAMES.intersection, _parameters(method))):
            setattr(client, name, sealed(method))
    return client


def _parameters(function: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of a function's positional parameters, and of its other ones.

    `inspect.signature` takes 50 times as long, and programs pay for it when they start.
    """
    code = inspect.unwrap(function).__code__
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_varnames[: code.co_argcount], code.co_varnames[code.co_argcount : count]


def _looks_like_key(value: object) -> bool:
    if isinstance(value, str):
        return len(value) - _MOST < _MOST // 4 and sum(map(_HEX.__contains__, value)) >= _MOST
    return isinstance(value, PrivateKey)
