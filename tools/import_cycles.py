"""Print the import cycles of the package, the largest first: just run this file.

Imports inside functions and for type checkers count, too: modules in a cycle can only be understood together.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "python" / "pycolonies"


def cycles() -> list[list[str]]:
    """Return the modules of each cycle, the largest cycle first."""
    found = [sorted(component) for component in _components(imports()) if len(component) > 1]
    return sorted(found, key=len, reverse=True)


def imports() -> dict[str, set[str]]:
    """Return what each module of the package imports, modules of other packages included."""
    modules = {_name(path): path for path in PACKAGE.rglob("*.py")}
    return {name: set(_imports(path, modules)) - {name} for name, path in modules.items()}


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in modules else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield from _imported_late(node)


def _imported_late(node: ast.Call) -> Iterator[str]:
    """Return the module of ``import_module("pycolonies._futures.map")``."""
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name == "import_module" and node.args and isinstance(node.args[0], ast.Constant):
        yield str(node.args[0].value)


def _components(imports: dict[str, set[str]]) -> list[set[str]]:
    """Return the strongly connected components: sets of modules that each reach all others."""
    reached = {name: _reach(name, imports) for name in imports}
    components: list[set[str]] = []
    seen: set[str] = set()
    for name in imports:
        if name not in seen:
            component = {other for other in reached[name] if name in reached[other]} | {name}
            components.append(component)
            seen |= component
    return components


def _reach(start: str, imports: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    pending = [start]
    while pending:
        for name in imports.get(pending.pop(), ()):
            if name in imports and name not in found:
                found.add(name)
                pending.append(name)
    return found


if __name__ == "__main__":
    for modules in cycles():
        print(len(modules), *modules)
