"""Loads the parent's script in a child for its functions, up to the line that starts an executor."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import types
from collections.abc import Iterator, Sequence
from importlib.abc import InspectLoader
from pathlib import Path
from typing import Any

_LIBRARY = os.path.dirname(os.__file__)  # noqa: PTH120 (text, as in sys.path)
_NAME = "__mp_main__"  # as in multiprocessing: what is guarded by __name__ == "__main__" does not run

_loading = False

#: Modules that `load` loaded in this process, with their files: child processes load them the same way.
_loaded: dict[str, str | None] = {}


class _EnoughError(BaseException):
    """The module has reached the line that starts its executor: everything before it is defined."""


def leave_if_loading() -> None:
    """Stop loading the module here if `load` or a child process loads it; otherwise do nothing.

    Everything that starts an executor calls this first. So a module whose last line is ``executor.run()``
    can be loaded for its functions.
    """
    if _loading:
        raise _EnoughError


def load(name: str, path: str | None = None) -> types.ModuleType:
    """Import a module up to the line that would start an executor, and keep it in ``sys.modules``.

    Args:
        name: Name of the module.
        path: Its file, if `name` cannot be imported by itself.

    Raises:
        ModuleNotFoundError: No such module exists.
        Exception: Whatever the module raises.
    """
    spec = (
        importlib.util.find_spec(name) if path is None else importlib.util.spec_from_file_location(name, path)
    )
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"no module named {name!r}", name=name, path=path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _stopping_at_the_start():
            spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    _loaded[name] = path
    return module


@contextlib.contextmanager
def _stopping_at_the_start() -> Iterator[None]:
    global _loading  # noqa: PLW0603 (modules are loaded one after the other)
    before, _loading = _loading, True
    try:
        yield
    except _EnoughError:
        pass
    finally:
        _loading = before


def describe(*, script: bool, sandboxed: bool = False) -> dict[str, Any]:
    """Return what a child needs to find the same modules as this process, and optionally its script."""
    main = sys.modules["__main__"]
    name = getattr(getattr(main, "__spec__", None), "name", None)
    path = getattr(main, "__file__", None)
    # A package's or a folder's __main__ has no guard as a rule, so it is left out, as multiprocessing does.
    if not script or (name is not None and (name == "__main__" or name.endswith(".__main__"))):
        name = path = None
    return {
        "sys_path": search_path(sys.path, str(Path.cwd())),
        "sys_argv": list(sys.argv) if script else [""],
        "dir": None if sandboxed else str(Path.cwd()),
        "name": name,
        "path": str(Path(path).resolve()) if path is not None and name is None else None,
        "loaded": dict(_loaded) if script else {},
    }


def search_path(path: Sequence[str], directory: str) -> list[str]:
    """Return where a child looks for modules: as the parent, but for the working directory.

    Its files may have the names of modules of the standard library, so it comes after that.

    Args:
        path: The parent's ``sys.path``.
        directory: The working directory.
    """
    rest = [part for part in path if part not in ("", ".", directory)]
    if len(rest) == len(path):
        return rest
    ends = [
        at for at, part in enumerate(rest, 1) if part.startswith(_LIBRARY) and "site-packages" not in part
    ]
    at = max(ends, default=0)
    return [*rest[:at], directory, *rest[at:]]


def prepare(description: dict[str, Any]) -> None:
    """Make this process find the modules of the parent, and load the parent's script where one is named."""
    sys.path[:] = description["sys_path"]
    sys.argv[:] = description["sys_argv"]
    if description["dir"] is not None:  # the working directory of a sandbox
        os.chdir(description["dir"])
    if description["name"] is not None:
        _run_module(description["name"])
    elif description["path"] is not None:
        _run_file(description["path"])
    for name, path in description["loaded"].items():
        load(name, path)


def _run_module(name: str) -> None:
    spec = importlib.util.find_spec(name)
    if spec is None or not isinstance(spec.loader, InspectLoader):
        return
    code = spec.loader.get_code(name)
    if code is not None:
        module = _module()
        module.__spec__, module.__package__, module.__file__ = spec, spec.parent, spec.origin
        _run(code, module)


def _run_file(path: str) -> None:
    module = _module()
    module.__file__ = path
    _run(compile(Path(path).read_bytes(), path, "exec"), module)


def _module() -> types.ModuleType:
    module = types.ModuleType(_NAME)
    sys.modules["__main__"] = sys.modules[_NAME] = module
    return module


def _run(code: types.CodeType, module: types.ModuleType) -> None:
    with _stopping_at_the_start():
        exec(code, module.__dict__)  # noqa: S102 (the script that the user runs)
