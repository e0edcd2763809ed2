"""Write the awaitable calls, ``pycolonies/_aio/calls.py`` and others, from the blocking ones: run this file.

Each method becomes a coroutine with the same body, in which calls that wait are awaited. So what a call
sends, how it reads the reply and what it refuses is written once.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "python" / "pycolonies"
TARGET = PACKAGE / "_aio" / "calls.py"

#: Calls that differ are written by hand, in ``_aio/caller.py`` and ``_aio/futures.py``.
BY_HAND = {
    "assign",
    "call",
    "follow_channel",
    "follow_process",
    "follow_processes",
    "from_env",
    "get_handle",
    "map",
    "resubmit",
    "schedule",
    "submit",
    "subscribe_channel",
    "wait",
    "wait_workflow",
    "with_options",
}
#: Private methods for which the calls above have their own form.
BY_HAND_PRIVATE = {
    "_connect_on_loop",
    "_endpoint",
    "_handle_of",
    "_next_assigned",
    "_records_of",
    "_spec_of",
    "_store",
    "_watcher",
    "_workflow_result",
}
#: Subjects whose calls move files. They run in threads, as storage does.
IN_THREADS = {"transfers"}

#: Functions that wait, as they are written in the blocking sources.
WAITS = re.compile(
    r".*\.(call|call_within|call_unsigned)"
    r"|(.*\.transport|self\._server|self\._transport)\.subscribe"
    r"|(.*[._])?(socket|subscription|connection)\.(send|next|close|connect|ask)"
    r"|waiting\.ask|(listener|ears)\.(hear|close)"
    r"|green\.pause|time\.sleep"
    r"|explain"
)
#: Generators of other modules that wait.
ITERATES = {"poll", "process_steps"}
#: Types that have another form in event loops.
RENAMED = {"Endpoint": "AsyncEndpoint", "Transport": "AsyncTransport"}
#: What generators return. A `Generator` without a subscript is a record.
GENERATORS = {"Generator", "Iterator"}

HEADER = '''\
"""{summary}. Written by ``tools/write_async_calls.py``; do not edit."""
{excuses}
from __future__ import annotations

'''


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """Yield the modules with the blocking calls."""
    for path in sorted((PACKAGE / "_client").glob("[a-z]*.py")):
        yield path, ast.parse(path.read_text())


def calls() -> Iterator[tuple[ast.FunctionDef, str]]:
    """Yield each public call of the blocking client, with its subject."""
    for path, module in modules():
        for method, _ in _methods(module):
            if method.name[0] != "_":
                yield method, path.stem


def _methods(module: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.ClassDef]]:
    for node in module.body:
        if isinstance(node, ast.ClassDef) and node.name.endswith("Calls"):
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    yield method, node


class _Awaiting(ast.NodeTransformer):
    """Awaits what waits.

    Args:
        waiting: Names of the functions and methods that have become coroutines.
        iterating: Names of those that have become asynchronous generators.
    """

    def __init__(self, waiting: set[str], iterating: set[str]) -> None:
        self._waiting = waiting
        self._iterating = iterating
        self.waits = False

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Await a call that waits."""
        self.generic_visit(node)
        if WAITS.fullmatch(_written(node.func)) or _called(node) in self._waiting:
            self.waits = True
            return ast.Await(node)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.AST]:
        """Take the values of another generator one by one: asynchronous generators have no ``yield from``."""
        if isinstance(node.value, ast.YieldFrom) and self._iterates(node.value.value):
            self.waits = True
            inner = self.visit(node.value.value)
            text = f"async with aclosing({ast.unparse(inner)}) as inner:\n"
            return [*ast.parse(text + " async for value in inner:\n  yield value").body]
        if isinstance(node.value, ast.YieldFrom):
            inner = self.visit(node.value.value)
            return [*ast.parse(f"for value in {ast.unparse(inner)}:\n yield value").body]
        return self.generic_visit(node)

    def visit_With(self, node: ast.With) -> ast.AST:
        """Enter what connects."""
        self.generic_visit(node)
        if not any(_written(item.context_expr).partition("(")[0].endswith(".follow") for item in node.items):
            return node
        self.waits = True
        return ast.AsyncWith(items=node.items, body=node.body)

    def visit_For(self, node: ast.For) -> ast.AST:
        """Iterate over what waits."""
        self.generic_visit(node)
        if not self._iterates(node.iter):
            return node
        self.waits = True
        text = ast.unparse(node.iter)
        loop = ast.AsyncFor(target=node.target, iter=ast.Name("inner"), body=node.body, orelse=node.orelse)
        outer = ast.parse(f"async with aclosing({text}) as inner:\n pass").body[0]
        assert isinstance(outer, ast.AsyncWith)
        outer.body = [loop]
        return outer

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Rename types that have another form."""
        return ast.Name(RENAMED.get(node.id, node.id), node.ctx)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Rename the types of generators."""
        self.generic_visit(node)
        if not (isinstance(node.value, ast.Name) and node.value.id in GENERATORS):
            return node
        yielded = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
        return ast.parse(f"AsyncGenerator[{ast.unparse(yielded)}, None]", mode="eval").body

    def _iterates(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and _called(node) in self._iterating


def _written(node: ast.AST) -> str:
    return ast.unparse(node).replace("\n", " ")


def _called(node: ast.Call) -> str | None:
    """Return the name of what is called, if it is a method of ``self`` or a function."""
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        return node.func.attr if node.func.value.id == "self" else None
    return node.func.id if isinstance(node.func, ast.Name) else None


def _functions(nodes: list[ast.FunctionDef]) -> tuple[set[str], set[str]]:
    """Return the names of the functions that wait: coroutines, and generators."""
    waiting: set[str] = set()
    iterating: set[str] = set(ITERATES)
    while True:
        before = len(waiting) + len(iterating)
        for node in nodes:
            copy = ast.parse(ast.unparse(node)).body[0]
            awaiting = _Awaiting(waiting, iterating)
            awaiting.visit(copy)
            if awaiting.waits:
                (iterating if _yields(node) else waiting).add(node.name)
        if len(waiting) + len(iterating) == before:
            return waiting, iterating


def _yields(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))


def _awaited(function: ast.FunctionDef, waiting: set[str], iterating: set[str]) -> ast.stmt:
    """Return a function whose body awaits, with the first line of its docstring."""
    summary = (ast.get_docstring(function) or "").splitlines()[:1]
    body = function.body[1:] if summary else function.body
    if summary:
        body = [ast.Expr(ast.Constant(summary[0])), *body]
    copy = ast.FunctionDef(**{**dict(ast.iter_fields(function)), "body": body})
    _Awaiting(waiting, iterating).visit(copy)
    for name in ("enter", "exit"):
        if copy.name == f"__{name}__":
            copy.name = f"__a{name}__"
    if function.name in waiting | iterating:
        return ast.AsyncFunctionDef(**dict(ast.iter_fields(copy)))
    return copy


def _in_thread(call: ast.FunctionDef) -> str:
    """Return a call that moves files: it runs in a thread. A callback is called in the event loop."""
    summary = (ast.get_docstring(call) or "").splitlines()[0]
    given = [argument.arg for argument in call.args.args[1:]]
    given += [
        f"{name}=self._in_loop({name})" if name == "on_progress" else f"{name}={name}"
        for name in (argument.arg for argument in call.args.kwonlyargs)
    ]
    returns = ast.unparse(call.returns) if call.returns else "None"
    return (
        f"async def {call.name}({ast.unparse(call.args)}) -> {returns}:\n"
        f'    """{summary}"""\n'
        f"    return await self._run({', '.join([f'self._sync.{call.name}', *given])})\n"
    )


def _origins(path: Path, module: ast.Module) -> dict[str, str]:
    """Return an import statement for each name that a module has."""
    return {**_imported(module), **_defined(path, module)}


def _imported(module: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module and node.module != "__future__":
            for alias in node.names:
                renamed = f" as {alias.asname}" if alias.asname else ""
                if alias.name not in GENERATORS or node.module != "collections.abc":
                    found[alias.asname or alias.name] = f"from {node.module} import {alias.name}{renamed}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.name] = f"import {alias.name}"
    return found


def _defined(path: Path, module: ast.Module) -> dict[str, str]:
    own = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    found: dict[str, str] = {}
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = f"from {own} import {node.name}"
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        found[name.id] = f"from {own} import {name.id}"
    return found


#: What the written modules use beside what the blocking ones import.
KNOWN = {
    "AsyncEndpoint": "from pycolonies._aio.endpoint import AsyncEndpoint",
    "AsyncGenerator": "from collections.abc import AsyncGenerator",
    "aclosing": "from contextlib import aclosing",
    "AsyncCaller": "from pycolonies._aio.caller import AsyncCaller",
    "AsyncSocket": "from pycolonies._aio.transport import AsyncSocket",
    "AsyncTransport": "from pycolonies._aio.transport import AsyncTransport",
    "EndListener": "from pycolonies._aio.listener import EndListener",
    "ResumingSubscription": "from pycolonies._aio.subscription import ResumingSubscription",
    "explain": "from pycolonies._aio.explanation import explain",
    "poll": "from pycolonies._aio.polling import poll",
    "process_steps": "from pycolonies._aio.process_steps import process_steps",
    "sleep": "from asyncio import sleep",
}


def _finished(summary: str, body: str, origins: dict[str, str], target: Path, excuses: str = "") -> str:
    """Return the text of a module with its imports, in the form that ruff gives it."""
    body = re.sub(r"\b(green\.pause|time\.sleep)\b", "sleep", body)
    tree = ast.parse(body)
    defined = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - defined
    known = {**origins, **KNOWN}
    imports = "\n".join(sorted({known[name] for name in used if name in known}))
    text = HEADER.format(summary=summary, excuses=excuses) + imports + "\n\n" + body
    for command in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(target), "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout
    return text


def write() -> str:
    """Return the text of the module with the calls."""
    origins: dict[str, str] = {}
    methods: list[ast.FunctionDef] = []
    helpers: list[ast.FunctionDef] = []
    threaded: list[str] = []
    for path, module in modules():
        origins.update(_origins(path, module))
        found = [method for method, _ in _methods(module)]
        if path.stem in IN_THREADS:
            threaded += [_in_thread(method) for method in found if method.name[0] != "_"]
            continue
        methods += [method for method in found if method.name not in BY_HAND | BY_HAND_PRIVATE]
        helpers += [node for node in module.body if isinstance(node, ast.FunctionDef)]
    waiting, iterating = _functions([*methods, *helpers])
    awaited = [
        ast.unparse(ast.fix_missing_locations(_awaited(method, waiting, iterating))) for method in methods
    ] + threaded
    functions = [
        ast.unparse(ast.fix_missing_locations(_awaited(helper, waiting, iterating)))
        for helper in helpers
        if helper.name in waiting | iterating
    ]
    doc = '"""The calls that are one message each; `Colonies` documents what they take, return and raise."""'
    body = f"class AsyncCalls(AsyncCaller):\n    {doc}\n\n"
    body += "\n\n".join(re.sub("^", "    ", text, flags=re.MULTILINE) for text in awaited)
    excuses = "# ruff: noqa: PLR2004 (the reasons are where this is written from)\n"
    return _finished("The awaitable calls", body + "\n\n" + "\n\n".join(functions), origins, TARGET, excuses)


#: Types of the blocking modules below, and what event loops have instead.
TYPES = {"_core.Subscription": "AsyncSocket"}
#: Whole modules that are written: where they go.
WHOLE = {
    PACKAGE / source: PACKAGE / "_aio" / Path(source).name
    for source in (
        "_rpc/subscription.py",
        "_waiting/listener.py",
        "_waiting/polling.py",
        "_waiting/process_steps.py",
        "_waiting/explanation.py",
    )
}


def write_whole(path: Path, target: Path) -> str:
    """Return the text of a module in which all classes and functions wait in an event loop."""
    module = ast.parse(path.read_text())
    nodes = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    waiting, iterating = _functions(nodes)
    body: list[ast.stmt] = []
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            node.body = [
                _awaited(item, waiting, iterating) if isinstance(item, ast.FunctionDef) else item
                for item in node.body
            ]
            body.append(node)
        elif isinstance(node, ast.FunctionDef):
            body.append(_awaited(node, waiting, iterating))
    text = ast.unparse(ast.fix_missing_locations(ast.Module(body, [])))
    for name, other in TYPES.items():
        text = re.sub(rf"(?<![\w.]){re.escape(name)}\b", other, text)
    summary = (ast.get_docstring(module) or "").splitlines()[0].rstrip(".")
    return _finished(summary, text, _origins(path, module), target)


if __name__ == "__main__":
    TARGET.write_text(write())
    for source, target in WHOLE.items():
        target.write_text(write_whole(source, target))
