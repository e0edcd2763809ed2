"""Public objects show the package that programs import them from: in tracebacks, reprs and pickles."""

from __future__ import annotations

import sys


def publish(module: str, package: str = "pycolonies") -> None:
    """Set the ``__module__`` of the classes and functions that a package exports from a module."""
    homes: dict[str, tuple[str, ...]] = vars(sys.modules[package])["_HOMES"]
    for name in homes.get(module.removeprefix("pycolonies."), ()):
        if hasattr(value := getattr(sys.modules[module], name), "__qualname__"):
            value.__module__ = package
