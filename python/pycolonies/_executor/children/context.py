"""The context of a function that runs in a child process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pycolonies._executor.children.main import Inside


class ChildContext:
    """Stands for the context of the call in the parent.

    Attributes are copies, made when the call began; methods are carried out by the parent.
    """

    def __init__(
        self, inside: Inside, call: int, values: dict[str, Any], tells: frozenset[str], asks: frozenset[str]
    ) -> None:
        self._inside = inside
        self._call = call
        self._values = values
        self._tells = tells
        self._asks = asks

    @property
    def cancelled(self) -> bool:
        """True once the result will be discarded. The child is ended soon afterwards."""
        return self._inside.cancelled.is_set()

    def on_cancel(self, call: Callable[[], None]) -> None:
        """Register a function that is called on another thread when the result will be discarded."""
        self._inside.on_cancel = call

    def tell(self, name: str, *args: Any) -> None:
        """Call a method in the parent without waiting for it."""
        self._inside.tell(self._call, name, args, {})

    def ask(self, name: str, *args: Any) -> Any:
        """Call a method in the parent; return what it returns, raise what it raises."""
        return self._inside.ask(self._call, name, args, {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._values:
            return self._values[name]
        if name in self._tells:
            return self._method(self._inside.tell, name)
        if name in self._asks:
            return self._method(self._inside.ask, name)
        raise AttributeError(f"the context of a function in a child process has no {name!r}")

    def _method(self, send: Callable[..., Any], name: str) -> Callable[..., Any]:
        def method(*args: Any, **kwargs: Any) -> Any:
            return send(self._call, name, args, kwargs)

        method.__name__ = name
        return method
