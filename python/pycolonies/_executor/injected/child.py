"""Runs source code that came along with a process. Nothing else of the executor is in this child process."""

from __future__ import annotations
import __future__

import inspect
import linecache
import os
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pycolonies._executor.callables import CONTEXT, place

if TYPE_CHECKING:
    from pycolonies._executor.children.context import ChildContext
    from pycolonies._models import Process


class CodeContext(dict[str, Any]):
    """What a function finds in ``ctx``: a dictionary, as in 1.x and 2023, with `log` and `progress`."""

    def __init__(self, link: ChildContext, process: str, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self._link = link
        self._process = process

    def log(self, message: object) -> None:
        """Write a line into the log of the process."""
        self._link.log(_escaped(message))

    def progress(self, fraction: object, message: object = "") -> None:
        """Report the progress of the function; see `Context.progress`."""
        # As text: a number that is no JSON number must not fail the function.
        self._link.progress(str(fraction), _escaped(message))

    @property
    def cancelled(self) -> bool:
        """True once the result will be discarded."""
        return self._link.cancelled

    # Models take a fifth of a second to load, and few functions look at their process.
    def __missing__(self, key: str) -> Process:
        if key != "process":
            raise KeyError(key)
        from pycolonies._models import Process
        from pycolonies._rpc.encoding import read

        self[key] = process = read(Process, "assignprocessmsg", self._process.encode())
        return process

    def __contains__(self, key: object) -> bool:
        return key == "process" or super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[str]:
        self["process"]
        return super().__iter__()

    def keys(self) -> Any:
        self["process"]
        return super().keys()

    def values(self) -> Any:
        self["process"]
        return super().values()

    def items(self) -> Any:
        self["process"]
        return super().items()


def _escaped(message: object) -> str:
    return str(message).encode(errors="backslashreplace").decode()


def run(
    source: str,
    funcname: str,
    args: list[Any],
    kwargs: dict[str, Any],
    folder: str,
    server: tuple[str, int, bool, str, str] | None,
    *,
    link: ChildContext,
) -> list[Any]:
    """Run source code in an empty module, call the function in it, and return the output of the process."""
    os.chdir(folder)
    os.environ.update(HOME=folder, TMPDIR=folder)
    values = dict(link._values)  # noqa: SLF001 (the other half of this)
    context = CodeContext(link, values.pop("process"), values)
    names: dict[str, Any] = {"__name__": "__colonies__", "__builtins__": __builtins__}
    if server is not None:
        from pycolonies import Colonies, func_spec

        host, port, tls, colonyname, prvkey = server
        colonies = Colonies(host, port, tls, prvkey=prvkey, colonyname=colonyname)
        context.update(executor_prvkey=prvkey, colonies=colonies)
        names.update(colonies=colonies, func_spec=func_spec)
    _define(source, funcname, names)
    function = names.get(funcname)
    if not callable(function):
        raise NameError(f"the source code that came along defines no function {funcname}")  # noqa: TRY004 (no argument is of a wrong type)
    result = _call(function, args, kwargs, context)
    if inspect.iscoroutine(result):
        import asyncio

        result = asyncio.run(result)
    if result is None:
        return []
    return list(result) if isinstance(result, tuple) and result else [result]


def _define(source: str, funcname: str, names: dict[str, Any]) -> None:
    """Run source code: annotations are not evaluated, as names in them may be known to the sender only."""
    if source[:1].isspace():
        source = textwrap.dedent(source)  # 1.x sends functions as they stand in a class or a function
    file = f"<code of {funcname}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # for tracebacks
    code = compile(source, file, "exec", flags=__future__.annotations.compiler_flag, dont_inherit=True)
    exec(code, names)  # noqa: S102 (that is what it is for)


def _call(function: Any, args: list[Any], kwargs: dict[str, Any], context: CodeContext) -> Any:
    """Call a function, with its context where it takes one by the name of 1.x."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return function(*args, **kwargs)
    parameters = signature.parameters
    if CONTEXT in parameters:
        placed, named = place(signature, CONTEXT, context, args, kwargs)
        return function(*placed, **named)
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()):
        kwargs = {**kwargs, CONTEXT: context}
    return function(*args, **kwargs)
