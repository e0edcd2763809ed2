"""Public objects show the package that programs import them from: in tracebacks, reprs and pickles."""

from __future__ import annotations

import sys


def publish(module: str) -> None:
    """Set the ``__module__`` of the classes and functions that `pycolonies` exports from a module."""
    homes: dict[str, tuple[str, ...]] = vars(sys.modules["pycolonies"])["_HOMES"]
    for name in homes.get(module.removeprefix("pycolonies."), ()):
        if hasattr(value := getattr(sys.modules[module], name), "__qualname__"):
            value.__module__ = "pycolonies"


def publish_for_tests(*classes: type) -> None:
    """Set the ``__module__`` of classes that `pycolonies.testing` exports."""
    for each in classes:
        each.__module__ = "pycolonies.testing"


def show_as(private: type, public: type) -> None:
    """Let a private class show the name of a public one."""
    private.__module__, private.__qualname__ = public.__module__, public.__qualname__
