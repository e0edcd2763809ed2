"""The arguments of a call with a private key: the key becomes opaque, and in a wrong place it is refused."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from pycolonies._core import PrivateKey
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._shown import HIDDEN, looks_like_key
from pycolonies.errors import ConfigurationError, InvalidPrivateKeyError

#: Annotations of the settings of clients, which `pycolonies._rpc.settings` adds.
SETTINGS: dict[str, object] = {}
#: Arguments that are private keys.
KEY_NAMES = frozenset({"prvkey", "colony_prvkey"})
#: Arguments that name a file; a call has one of them.
_FILE = frozenset({"fileid", "filename"})
#: Arguments that a private key is mistaken for.
_ADDRESS = frozenset({"host", "port", "hosts"})
#: Digits of a private key.
_DIGITS = 64
#: Digits that a key in a wrong place may have too many or too few, as with ``0x``.
_TOLERANCE = 2
#: Types of arguments for which every text is refused.
_NOT_TEXT = frozenset(
    {
        "Allocations", "Blueprint", "BlueprintDefinition", "Callable", "Capabilities", "Colonies", "Colony",
        "ExecutorRecord", "FuncSpec", "Generator", "Location", "Mapping", "None", "Process", "SyncPlan",
        "Tell", "User", "Workflow", "bool", "datetime", "dict", "float", "int", "list", "timedelta",
    }
)  # fmt: skip


def seal(value: Any) -> Any:
    """Return the `PrivateKey` of a non-empty text. Keys, None and defaults are returned unchanged.

    White space around the text does not count: files with secrets end with a line break.

    Raises:
        InvalidPrivateKeyError: The text is not a private key.
        TypeError: The value is neither text nor a key.
    """
    if not value or value is OWN or value is REQUIRED or isinstance(value, PrivateKey):
        return value
    if not isinstance(value, str):
        kind = type(value).__name__
        del value
        raise TypeError(f"a private key must be a str or a PrivateKey, got {kind}")
    try:
        return PrivateKey(value.strip())
    except InvalidPrivateKeyError as invalid:
        del value
        raise invalid.with_traceback(None) from None


class _Hidden:
    """Replaces a text that looks like a private key, in the place of an argument that cannot be text."""

    def __repr__(self) -> str:
        return HIDDEN


class Arguments:
    """Seals the arguments of one function.

    Args:
        function: Its signature says where the keys are.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = inspect.unwrap(function)
        # A form of 2023 takes ids in other places, and under other names.
        self._has_other_form = self._function is not function
        self._positional, others = parameters(function)
        self._takes_settings = "settings" in others  # **settings: Unpack[ClientSettings]
        self._refused: dict[str, bool] = {}

        def positions(names: Iterable[str]) -> list[tuple[int, str]]:
            return [
                (self._positional.index(name) if name in self._positional else sys.maxsize, name)
                for name in names
                if name in self._positional or name in others or self._takes_settings
            ]

        self._keys, self._address = positions(KEY_NAMES), positions(_ADDRESS)
        self._files = positions(_FILE) if _FILE.issubset({*self._positional, *others}) else []

    def name_a_file_twice(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Return whether a call names a file by id and by name."""
        given = [kwargs.get(name, args[at] if len(args) > at else None) for at, name in self._files]
        return bool(given) and None not in given

    def sealed(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments with `PrivateKey` in the place of text.

        Raises:
            ConfigurationError: A key is in the place of an address, or of text that would be sent.
            InvalidPrivateKeyError: A key is malformed.
            TypeError: A key is neither text nor a `PrivateKey`.
        """
        for position, name in self._address:
            value = kwargs.get(name, args[position] if len(args) > position else None)
            if any(map(_is_key, value if isinstance(value, (list, tuple)) else [value])):
                raise ConfigurationError(
                    f"{name} looks like a private key or an id; write Colonies(host, port, tls, prvkey=...)"
                )
        for position, name in self._keys:
            if name in kwargs:
                kwargs[name] = seal(kwargs[name])
            elif len(args) > position and not (self._is_other_form(args)):
                args = (*args[:position], seal(args[position]), *args[position + 1 :])
        texts = [(name, value) for name, value in self._named(args, kwargs) if _is_as_long(value)]
        if texts:
            self._refuse_own_key(texts, args, kwargs)
            if any(self._refuses(name) for name, _ in texts):
                return self._hidden(args, kwargs)
        return args, kwargs

    def _is_other_form(self, args: tuple[Any, ...]) -> bool:
        return self._has_other_form and len(args) > len(self._positional)

    def _named(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield the arguments with their names; positional ones beyond the parameters have the name ""."""
        names = chain(self._positional, ("" for _ in args))
        return chain(zip(names, args, strict=False), kwargs.items())

    def _refuse_own_key(
        self, texts: list[tuple[str, str]], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Refuse the text of the key that signs the call in another place: it would be sent."""
        keys = [value for _, value in self._named(args, kwargs) if isinstance(value, PrivateKey)]
        own = getattr(args[0], "_own_prvkey", None) if args else None
        for name, text in texts:
            if name not in KEY_NAMES and any(
                key.reveal() == text.strip().lower() for key in (*keys, own) if key is not None
            ):
                raise ConfigurationError(
                    f"{name or 'an argument'} must not be the private key of this call; pass it as prvkey="
                )

    def _hidden(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments without texts that may be keys where the function refuses any text."""
        named = list(self._named(args, {}))
        return tuple(self._hide(name, value) for name, value in named), {
            name: self._hide(name, value) for name, value in kwargs.items()
        }

    def _hide(self, name: str, value: Any) -> Any:
        return _Hidden() if _is_as_long(value) and self._refuses(name) and looks_like_key(value) else value

    def _refuses(self, name: str) -> bool:
        """Return whether the function refuses any text for the argument of this name."""
        known = self._refused.get(name)
        if known is None:
            known = self._refuses_any_text(name)
            if name in self._positional:  # names of others are the caller's, of which there may be many
                self._refused[name] = known
        return known

    def _refuses_any_text(self, name: str) -> bool:
        if self._has_other_form:
            return False
        if name in KEY_NAMES:  # given twice
            return True
        annotations = self._function.__annotations__
        if name in annotations:
            return _refuses_text(annotations[name])
        if self._takes_settings:
            return name not in SETTINGS or _refuses_text(SETTINGS[name])
        return not self._function.__code__.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)


def parameters(function: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of a function's positional parameters, and of its other ones.

    `inspect.signature` takes 50 times as long, and programs pay for it when they start.
    """
    code = inspect.unwrap(function).__code__
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_varnames[: code.co_argcount], code.co_varnames[code.co_argcount : count]


def _refuses_text(annotation: object) -> bool:
    """Return whether an annotation, as it is written, names only types that no text has."""
    written = getattr(annotation, "__forward_arg__", annotation)
    if not isinstance(written, str):
        return False
    kinds = {part.split("[")[0].strip() for part in written.split("|")}
    return kinds <= _NOT_TEXT


def _is_as_long(value: object) -> bool:
    return isinstance(value, str) and abs(len(value) - _DIGITS) <= _TOLERANCE


def _is_key(value: object) -> bool:
    return isinstance(value, PrivateKey) or looks_like_key(value)
