"""Public objects show the package that programs import them from: in tracebacks, reprs and pickles."""

from __future__ import annotations

import sys

import pycolonies


def publish(module: str) -> None:
    """Set the ``__module__`` of the classes and functions that the package exports from a module."""
    homes: dict[str, tuple[str, ...]] = vars(pycolonies)["_HOMES"]
    for name in homes.get(module.removeprefix("pycolonies."), ()):
        if hasattr(value := getattr(sys.modules[module], name), "__qualname__"):
            value.__module__ = "pycolonies"
