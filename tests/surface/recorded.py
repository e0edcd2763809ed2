"""The recorded surface of earlier versions."""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def surface(version: str) -> dict[str, Any]:
    """Returns what was recorded of a version."""
    recorded: dict[str, Any] = json.loads((HERE / f"pycolonies-{version}.json").read_text())
    return recorded


def signature(text: str) -> inspect.Signature:
    """Reads a signature as it was recorded; annotations are not looked at."""
    (function,) = ast.parse(f"def f{text}: pass").body
    assert isinstance(function, ast.FunctionDef)
    names = [argument.arg for argument in function.args.args]
    values = [ast.literal_eval(default) for default in function.args.defaults]
    defaults = [inspect.Parameter.empty] * (len(names) - len(values)) + values
    return inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
            for name, default in zip(names, defaults, strict=True)
        ]
    )
