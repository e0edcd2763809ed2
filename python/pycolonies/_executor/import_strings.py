"""Import strings of functions and executors: ``file.py:name``, ``package.module:name``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pycolonies._executor.children import script

if TYPE_CHECKING:
    import types
    from collections.abc import Callable
    from typing import Any

    from pycolonies._executor.executor import Executor


class TargetError(Exception):
    """An import string does not name a function or an executor. The message gives the reason."""


def load(place: str) -> tuple[types.ModuleType, str]:
    """Load the module of an import string, up to the line that would start an executor.

    Args:
        place: ``file.py``, ``file.py:name``, ``package.module`` or ``package.module:name``.

    Returns:
        The module and the name in it, "" if there is none.

    Raises:
        TargetError: No such module exists, or it raises.
    """
    module, name = _split(place)
    is_file = module.endswith(".py") or "/" in module or "\\" in module
    path = Path(module)
    if is_file and not path.is_file():
        raise TargetError(f"the file {module} does not exist")
    # As `python3 file.py` and `python3 -m module` do.
    sys.path.insert(0, str((path.parent if is_file else Path()).resolve()))
    try:
        return script.load(path.stem if is_file else module, str(path.resolve()) if is_file else None), name
    except ModuleNotFoundError as error:
        if not is_file and error.name and (module == error.name or module.startswith(error.name + ".")):
            raise TargetError(f"there is no module {module}; for a file, write {module}.py") from None
        raise TargetError(f"{module} cannot be loaded: {error}") from error
    except Exception as error:
        raise TargetError(f"{module} cannot be loaded: {type(error).__name__}: {error}") from error


def find_function(place: str) -> Callable[..., Any]:
    """Return the function of an import string, such as ``file.py:add``.

    Raises:
        TargetError: It does not name a function.
    """
    module, name = load(place)
    if not name:
        raise TargetError(f"{place} must name a function: write {place}:FUNCTION")
    func: Any = getattr(module, name, None)
    if not callable(func):
        raise TargetError(
            f"{place.rpartition(':')[0]} has no function {name}{_suggestion(_functions(module))}"
        )
    found: Callable[..., Any] = func
    return found


def find_executor(place: str) -> Executor:
    """Return the executor of an import string; without a name, the only one in the module.

    Raises:
        TargetError: It does not name an executor, or the module has several.
    """
    from pycolonies._executor.executor import Executor

    module, name = load(place)
    executors = {key: value for key, value in vars(module).items() if isinstance(value, Executor)}
    if name:
        if name not in executors:
            raise TargetError(f"{place.rpartition(':')[0]} has no executor {name}{_suggestion(executors)}")
        return executors[name]
    distinct = {id(value): value for value in executors.values()}
    if not distinct:
        raise TargetError(
            f"{place} has no executor; write `executor = Executor(...)` at the top of the module"
        )
    if len(distinct) > 1:
        raise TargetError(
            f"{place} has several executors; name one: " + ", ".join(f"{place}:{key}" for key in executors)
        )
    return next(iter(distinct.values()))


def _split(place: str) -> tuple[str, str]:
    """Split an import string into module and name; the colon of a Windows drive is part of the path."""
    module, colon, name = place.rpartition(":")
    if colon and name.isidentifier() and module:
        return module, name
    return place, ""


def _functions(module: types.ModuleType) -> list[str]:
    return [
        key
        for key, value in vars(module).items()
        if callable(value)
        and not key.startswith("_")
        and getattr(value, "__module__", None) == module.__name__
    ]


def _suggestion(names: list[str] | dict[str, Executor]) -> str:
    return f"; it has: {', '.join(sorted(names))}" if names else ""
