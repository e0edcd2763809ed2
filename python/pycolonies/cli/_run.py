"""``pycolonies run``: a Python function of a file, run on an executor."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import click

from pycolonies.cli._commands import Command, several, with_session
from pycolonies.cli._completion import executor_names, executor_types
from pycolonies.cli._errors import USAGE, Fault
from pycolonies.cli._session import Session
from pycolonies.cli._submission import Waiting, check, ended_process
from pycolonies.cli._views import word


@click.command(cls=Command)
@click.argument("function", metavar="FILE:FUNCTION")
@click.argument("args", nargs=-1, metavar="[ARGS]...")
@several("--kwargs", metavar="NAME:VALUE,...", help="Arguments with names.")
@click.option(
    "--targettype",
    shell_complete=executor_types,
    help="Type of the executors that may run it. Variable: COLONIES_EXECUTOR_TYPE.",
)
@click.option(
    "--targetname", shell_complete=executor_names, help="Name of the only executor that may run it."
)
@click.option(
    "--maxexectime", default=-1, show_default=True, help="Seconds until it is taken from its executor."
)
@click.option("--maxretries", default=0, show_default=True, help="How often it is then tried again.")
@click.option("--follow", is_flag=True, help="Print its log, to stderr, while it runs.")
@click.option("--wait-timeout", type=click.FloatRange(min=0), help="Seconds to wait for the result.")
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
    """Run a Python function of a file on an executor, and print its result.

    The function's source code is sent along, so it must import what it needs by itself. Arguments that are
    JSON are sent as what they say, all others as text; after --, they may begin with a dash.

    \b
    pycolonies run numbers.py:total 1 2 3 --targettype python-executor
    """  # noqa: D301 (click leaves lines below \b as they are)
    from pycolonies._specs.call import call_spec

    func = _load(function)
    given = {"executorname": options.pop("targetname"), **options, "code": True}
    if executortype := targettype or os.getenv("COLONIES_EXECUTOR_TYPE"):
        given["executortype"] = executortype
    named = {}
    for text in kwargs:
        name, colon, value = text.partition(":")
        if not colon:
            raise Fault(f"--kwargs is {text!r}; write it as name:value", USAGE)
        named[name] = _value(value)
    try:
        spec = call_spec(func, [_value(text) for text in args], named, session.colonyname, given)
    except TypeError as misfit:
        raise Fault(str(misfit), USAGE) from None
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
            click.echo(word(value))


def _load(place: str) -> Callable[..., Any]:
    """Return a function of a file or a module.

    Raises:
        Fault: The place names no function, or its module cannot be loaded.
    """
    from pycolonies._executor.target import TargetError, find_function

    try:
        return find_function(place)
    except TargetError as error:
        raise Fault(str(error), USAGE) from None


def _value(text: str) -> Any:
    """Return the value that a text is as JSON, or the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
