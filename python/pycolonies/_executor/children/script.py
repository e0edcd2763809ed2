"""The parent's script in a child: loaded for its functions, and left where it would start an executor."""

from __future__ import annotations

import importlib.util
import os
import sys
import types
from importlib.abc import InspectLoader
from pathlib import Path
from typing import Any

_NAME = "__mp_main__"  # as in multiprocessing: what is guarded by __name__ == "__main__" does not run

_loading = False


class _EnoughError(BaseException):
    """The script has come to where it starts its executor: all functions for it are defined."""


def leave_if_loading() -> None:
    """End the loading of the script here, in a child process; do nothing elsewhere.

    Whatever starts an executor calls this first. So a script whose last line is ``executor.run()`` works
    with child processes as it is: its children would start executors of their own otherwise.
    """
    if _loading:
        raise _EnoughError


def describe(*, script: bool) -> dict[str, Any]:
    """Return what a child has to know to find the same modules as this process, its script if it shall."""
    main = sys.modules["__main__"]
    name = getattr(getattr(main, "__spec__", None), "name", None)
    path = getattr(main, "__file__", None)
    # A package's or a folder's __main__ has no guard as a rule, so it is left out, as multiprocessing does.
    if not script or (name is not None and (name == "__main__" or name.endswith(".__main__"))):
        name = path = None
    return {
        "sys_path": [part or str(Path.cwd()) for part in sys.path],
        "sys_argv": list(sys.argv) if script else [""],
        "dir": str(Path.cwd()),
        "name": name,
        "path": str(Path(path).resolve()) if path is not None and name is None else None,
    }


def prepare(description: dict[str, Any]) -> None:
    """Make this process find the modules of the parent, and load the parent's script where one is named."""
    sys.path[:] = description["sys_path"]
    sys.argv[:] = description["sys_argv"]
    os.chdir(description["dir"])
    if description["name"] is not None:
        _run_module(description["name"])
    elif description["path"] is not None:
        _run_file(description["path"])


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
    global _loading  # noqa: PLW0603 (there is one script)
    _loading = True
    try:
        exec(code, module.__dict__)  # noqa: S102 (the script that the user runs)
    except _EnoughError:
        pass
    finally:
        _loading = False
