"""Write the awaitable calls, ``pycolonies/_aio/calls.py``, from the blocking ones: just run this file."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "python" / "pycolonies"
TARGET = PACKAGE / "_aio" / "calls.py"

#: Calls that take long are written by hand, in ``_aio/caller.py`` and ``_aio/futures.py``.
BY_HAND = {
    "assign",
    "follow_channel",
    "follow_process",
    "follow_processes",
    "from_env",
    "get_handle",
    "map",
    "submit",
    "subscribe_channel",
    "wait",
    "wait_workflow",
}

HEADER = '''\
"""The calls that are one message each. Written by ``tools/write_async_calls.py``; do not edit."""

from __future__ import annotations

{imports}

class AsyncCalls(AsyncCaller):
    """The calls that are one message each; `Colonies` tells what they take, return and raise."""
'''


def calls() -> Iterator[tuple[ast.FunctionDef, dict[str, str]]]:
    """Yield each public call of the blocking client, with where its module imports names from."""
    for path in sorted((PACKAGE / "_client").glob("[a-z]*.py")):
        module = ast.parse(path.read_text())
        origins = {
            alias.name: node.module
            for node in module.body
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        for node in module.body:
            if isinstance(node, ast.ClassDef) and (node.name.endswith("Calls")):
                for method in node.body:
                    if isinstance(method, ast.FunctionDef) and method.name[0] != "_":
                        yield method, origins


def write() -> str:
    """Return the module's text."""
    found = [(call, origins) for call, origins in calls() if call.name not in BY_HAND]
    imports: dict[str, set[str]] = {"pycolonies._aio.caller": {"AsyncCaller"}}
    bodies = []
    for call, origins in found:
        for name in _names(call) & origins.keys():
            imports.setdefault(origins[name], set()).add(name)
        bodies.append(_method(call))
    lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(imports.items())]
    text = HEADER.format(imports="\n".join(lines)) + "\n" + "\n".join(bodies)
    for command in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(TARGET), "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return text


def _names(call: ast.FunctionDef) -> set[str]:
    """Return the names that a call's signature uses."""
    parts: list[ast.AST] = [call.args, *([call.returns] if call.returns else [])]
    return {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}


def _value(argument: str) -> str:
    """Return what is handed on; a callback is called in the event loop."""
    return f"self._in_loop({argument})" if argument == "on_progress" else argument


def _method(call: ast.FunctionDef) -> str:
    summary = (ast.get_docstring(call) or "").splitlines()[0]
    given = [argument.arg for argument in call.args.args[1:]]
    given += [f"{argument.arg}={_value(argument.arg)}" for argument in call.args.kwonlyargs]
    returns = ast.unparse(call.returns) if call.returns else "None"
    arguments = ", ".join([f"self._sync.{call.name}", *given])
    return (
        f"    async def {call.name}({ast.unparse(call.args)}) -> {returns}:\n"
        f'        """{summary}"""\n'
        f"        return await self._run({arguments})\n"
    )


if __name__ == "__main__":
    TARGET.write_text(write())
