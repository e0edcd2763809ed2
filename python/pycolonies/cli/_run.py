"""``pycolonies run``: a Python function of a file, run on an executor."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from pycolonies._rpc import environment
from pycolonies.cli._commands import Command, several, with_session
from pycolonies.cli._errors import USAGE, CommandError
from pycolonies.cli._session import Session
from pycolonies.cli._specs import json_or_text
from pycolonies.cli._submission import (
    Waiting,
    check,
    ended_process,
    max_exec_time,
    max_retries,
    target_name,
    target_type,
    wait_timeout_option,
)
from pycolonies.cli._views import word


def _functions(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete names of files, and after the colon the functions of the file, which is not run."""
    file, colon, begun = incomplete.rpartition(":")
    if not colon:
        return [CompletionItem(incomplete, type="file")]
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [CompletionItem(f"{file}:{name}") for name in functions if name.startswith(begun)]


@click.command(cls=Command, examples=("run numbers.py:total 1 2 3 --targettype python-executor",))
@click.argument("function", metavar="FILE:FUNCTION", shell_complete=_functions)
@click.argument("args", nargs=-1, metavar="[ARGS]...")
@several("--kwargs", metavar="NAME:VALUE,...", help="Named arguments.")
@target_type(" (COLONIES_EXECUTOR_TYPE)")
@target_name
@max_exec_time
@max_retries(0)
@click.option("--follow", is_flag=True, help="Print its log to stderr while it runs.")
@wait_timeout_option
@with_session
def run(
    session: Session,
    /,
    function: str,
    args: Sequence[str],
    kwargs: Sequence[str],
    targettype: str | None,
    follow: bool,
    wait_timeout: float | None,
    **options: Any,
) -> None:
    """Run a Python function of a file on an executor.

    The function's source code is sent along, so it must import everything it needs. Arguments are sent as
    JSON if they are JSON, else as text; after --, they may begin with a dash. The result is printed.
    """
    from pycolonies._specs.call import call_spec

    func = _load(function)
    given = {"executorname": options.pop("targetname"), **options, "code": True}
    if executortype := targettype or environment.text("COLONIES_EXECUTOR_TYPE"):
        given["executortype"] = executortype
    named = {}
    for text in kwargs:
        name, colon, value = text.partition(":")
        if not colon:
            raise CommandError(f"--kwargs is {text!r}; write it as name:value", USAGE)
        named[name] = json_or_text(value)
    try:
        spec = call_spec(func, [json_or_text(text) for text in args], named, session.colonyname, given)
    except TypeError as misfit:
        raise CommandError(str(misfit), USAGE) from None
    process = session.client.submit_func_spec(spec)
    limit = float("inf") if wait_timeout is None else wait_timeout
    waiting = Waiting(wait=True, follow=follow, out=True, timeout=limit)
    ended = ended_process(session, process.processid, waiting)
    check(ended)
    output = ended.output or []
    if session.json:
        session.print_json(output)
    else:
        for value in output:
            session.text(word(value))


def _load(place: str) -> Callable[..., Any]:
    """Return a function of a file or a module.

    Raises:
        CommandError: The place names no function, or its module cannot be loaded.
    """
    from pycolonies._executor.import_strings import TargetError, find_function

    try:
        return find_function(place)
    except TargetError as error:
        raise CommandError(str(error), USAGE) from None
