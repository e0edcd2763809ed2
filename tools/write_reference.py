"""Write ``docs/reference/``, a page a subject, from the docstrings: just run this file."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pycolonies

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "python" / "pycolonies"
TARGET = ROOT / "docs" / "reference"

#: What the package exports, by where it lives.
HOMES: dict[str, tuple[str, ...]] = vars(pycolonies)["_HOMES"]

WRITTEN = "Written by `tools/write_reference.py` from the docstrings; do not edit.\n"
CALLS = (
    "Calls of `Colonies`, and with `await` of `AsyncColonies`. `colonyname` and `prvkey` may be left out "
    "where the client has its own; what stands between them is then given by name.\n"
)

#: Pages of what the package exports beside the calls: title, and the modules whose names stand on it.
PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "client": ("The client", ("_client", "_aio", "crypto")),
    "function-specs": ("Function specs and workflows", ("_specs", "_futures.workflow_result", "_compat")),
    "handles": ("Handles and pools", ("_futures.handle", "_futures.pool")),
    "executor": ("The executor runtime", ("_executor",)),
    "files": ("Files: settings, plans, progress", ("_files",)),
    "models": ("Models", ("_models",)),
    "records": ("Records", ("_records",)),
    "exceptions": ("Exceptions", ("errors",)),
}

_SECTIONS = ("Args:", "Returns:", "Raises:", "Attributes:", "Yields:")
_CONSTRUCTORS = {"Colonies": "_client/caller.py:Caller", "AsyncColonies": "_aio/caller.py:AsyncCaller"}

_Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def write() -> dict[str, str]:
    """Return the pages' texts by their names."""
    pages = dict(_call_pages())
    for name, (title, modules) in PAGES.items():
        lines = [f"# {title}\n", WRITTEN]
        for home, exported in HOMES.items():
            if home in modules or home.split(".")[0] in modules:
                for export in exported:
                    lines += _entry(_definition(home, export))
        pages[name] = "\n".join(lines).rstrip() + "\n"
    return dict(sorted(pages.items()))


def index() -> str:
    """Return the list of the pages, for the documentation's front page."""
    titles = {name: text.splitlines()[0].removeprefix("# ") for name, text in write().items()}
    return "".join(f"- [{title}](reference/{name}.md)\n" for name, title in titles.items())


def _call_pages() -> Iterator[tuple[str, str]]:
    for path in sorted((PACKAGE / "_client").glob("[a-z]*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name.endswith("Calls") and _public(node):
                title = (ast.get_docstring(node) or "").rstrip(".")
                lines = [f"# {title}\n", WRITTEN, CALLS]
                for method in _public(node):
                    lines += _entry(method)
                name = path.stem.strip("_")
                yield f"calls-{name}", "\n".join(lines).rstrip() + "\n"


def _definition(home: str, name: str) -> ast.stmt:
    """Return what defines an exported name: in its home or, where that is a package, in a file of it."""
    if name in _CONSTRUCTORS:
        file, _, name = _CONSTRUCTORS[name].partition(":")
        paths = [PACKAGE / file]
    else:
        path = PACKAGE / home.replace(".", "/")
        paths = [path.with_suffix(".py")] if not path.is_dir() else sorted(path.glob("*.py"))
        paths.append(PACKAGE / "_core.pyi")  # native classes
    for path in paths:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, _Documented) and node.name == name:
                return node
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return node
    raise LookupError(f"nothing defines {name} in {home}")


def _public(node: ast.ClassDef) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    found = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [one for one in found if one.name[0] != "_" and ast.get_docstring(one)]


def _entry(node: ast.stmt) -> list[str]:
    if not isinstance(node, _Documented):
        return [f"## `{ast.unparse(node)}`", ""]
    name = {"Caller": "Colonies", "AsyncCaller": "AsyncColonies"}.get(node.name, node.name)
    lines = [f"## {name}", ""]
    if isinstance(node, ast.ClassDef):
        constructor = [
            one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"
        ]
        lines += [
            _signature(name, constructor[0]) if constructor else f"```python\nclass {_bases(node, name)}\n```"
        ]
        lines += ["", *_prose(node), *_fields(node)]
        for method in _public(node):
            is_property = any(ast.unparse(one) == "property" for one in method.decorator_list)
            lines += [f"### {name}.{method.name}", ""]
            lines += ["A property.", ""] if is_property else [_signature(method.name, method), ""]
            lines += _prose(method)
        return lines
    return [*lines, _signature(name, node), "", *_prose(node)]


def _bases(node: ast.ClassDef, name: str) -> str:
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    return f"{name}({bases})" if bases else name


def _fields(node: ast.ClassDef) -> list[str]:
    fields = [
        one for one in node.body if isinstance(one, ast.AnnAssign) and ast.unparse(one.target)[0] != "_"
    ]
    return [*(f"- `{ast.unparse(one)}`" for one in fields), ""] if fields else []


def _signature(name: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    parts = [
        _parameter(argument, default)
        for argument, default in zip(plain, defaults, strict=True)
        if argument.arg not in {"self", "cls"}
    ]
    if arguments.vararg:
        parts.append(f"*{_parameter(arguments.vararg, None)}")
    elif arguments.kwonlyargs:
        parts.append("*")
    parts += [
        _parameter(argument, default)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    if arguments.kwarg:
        parts.append(f"**{_parameter(arguments.kwarg, None)}")
    returns = f" -> {ast.unparse(node.returns)}" if node.returns and node.name != "__init__" else ""
    line = f"{name}({', '.join(parts)}){returns}"
    if len(line) > 100:  # noqa: PLR2004 (as wide as a page)
        line = "\n".join([f"{name}(", *(f"    {part}," for part in parts), f"){returns}"])
    return f"```python\n{line}\n```"


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    text = argument.arg + (f": {ast.unparse(argument.annotation)}" if argument.annotation else "")
    given = ast.unparse(default) if default is not None else ""
    if given in {"", "REQUIRED"}:
        return text
    return f"{text} = {'...' if given == 'OWN' else given}"


def _prose(node: _Documented) -> list[str]:
    """Return a docstring as Markdown: sections become lists, indented code becomes blocks."""
    lines: list[str] = []
    paragraphs = (ast.get_docstring(node) or "").replace("``", "`").split("\n\n")
    after_colons = False
    for paragraph in paragraphs:
        title, _, rest = paragraph.partition("\n")
        if title in _SECTIONS:
            lines += [f"*{title.rstrip(':')}*", "", *_items(textwrap.dedent(rest)), ""]
        elif paragraph.startswith("    "):
            lines += ["```python" if after_colons else "```text", textwrap.dedent(paragraph), "```", ""]
            continue
        elif paragraph.strip() != "::":
            text = " ".join(paragraph.split())
            lines += [text.removesuffix(":") if text.endswith("::") else text, ""]
        after_colons = paragraph.endswith("::")
    return lines


def _items(text: str) -> list[str]:
    items: list[str] = []
    for line in text.splitlines():
        if line.startswith(" ") and items:
            items[-1] += f" {line.strip()}"
            continue
        name, colon, rest = line.partition(": ")
        named = colon and " " not in name
        if named:
            items.append(f"- `{name}`: {rest}")
        elif items and not items[-1].startswith("- "):
            items[-1] += f" {line}"
        else:
            items.append(line)
    return items


if __name__ == "__main__":
    TARGET.mkdir(exist_ok=True)
    for page in TARGET.glob("*.md"):
        page.unlink()
    for written, page_text in write().items():
        (TARGET / f"{written}.md").write_text(page_text)
