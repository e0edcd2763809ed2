"""``pycolonies function``: call functions, and list them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from pycolonies._rpc import deep
from pycolonies._units import duration
from pycolonies.cli._commands import Group, several, with_session
from pycolonies.cli._completion import executor_names, function_names
from pycolonies.cli._errors import MISSING, USAGE, CommandError
from pycolonies.cli._ids import EXECUTOR, FUNCTION, by_id
from pycolonies.cli._session import Session
from pycolonies.cli._specs import file_option, read_func_spec
from pycolonies.cli._submission import (
    Waiting,
    max_exec_time,
    max_retries,
    submit,
    target_name,
    target_type,
    waiting_options,
)
from pycolonies.cli._views import Fields, View

if TYPE_CHECKING:
    from pycolonies import Function


@click.group(cls=Group)
def function() -> None:
    """Call functions, and list them."""


@function.command(
    "submit", examples=("function submit --spec add.json", "function submit --spec - --wait --out")
)
@file_option("--spec", "the function spec")
@click.option("--label", help="Label of the process.")
@click.option("--snapshot", is_flag=True, help="Create the snapshots that the spec mounts.")
@waiting_options
@with_session
def submit_spec(session: Session, spec: str, label: str | None, snapshot: bool, waiting: Waiting) -> None:
    """Submit a function spec.

    With --wait the exit code is 0 if the process succeeded, else 1.
    """
    wanted = read_func_spec(session, spec)
    if label is not None:
        wanted.label = label
    submit(session, wanted, waiting, snapshot=snapshot)


@function.command(
    "exec",
    examples=(
        "function exec --func add --targettype adder --args 1,2 --out",
        'function exec --func add --targettype adder --args-json "[1, 2]"',
    ),
)
@click.option(
    "--func", required=True, shell_complete=function_names, metavar="NAME", help="Name of the function."
)
@several("--args", metavar="TEXT,...", help="Arguments: texts.")
@several("--kwargs", metavar="NAME:TEXT,...", help="Named arguments: texts; args is a list.")
@click.option("--args-json", metavar="JSON", help="Arguments of any type: a JSON list or object.")
@several("--env", metavar="NAME=TEXT,...", help="Environment variables of the process.")
@target_type()
@target_name
@click.option("--targetid", metavar="ID", type=EXECUTOR, help="Id of the executor that runs it.")
@click.option(
    "--priority", default=0, show_default=True, metavar="N", help="Each step counts as a day of waiting."
)
@click.option(
    "--maxwaittime",
    default=-1,
    show_default=True,
    metavar="SECONDS",
    help="Longest time to wait for an executor; -1 is no limit.",
)
@max_exec_time
@max_retries(-1)
@click.option("--label", default="", help="Label of the process.")
@several("--channels", metavar="NAME,...", help="Names of its channels.")
@click.option("--snapshot", is_flag=True, help="Create the snapshots that the spec mounts.")
@waiting_options
@with_session
def exec_(session: Session, /, waiting: Waiting, snapshot: bool, **given: Any) -> None:
    """Call a function.

    With --wait, --follow or --out the exit code is 0 if the process succeeded, else 1.
    """
    from pycolonies import func_spec

    executortype, executorname = _target(session, given["targettype"], given["targetname"], given["targetid"])
    args, kwargs = _arguments(given["args"], given["kwargs"], given["args_json"])
    spec = func_spec(
        given["func"],
        args,
        session.colonyname,
        executortype,
        executorname,
        priority=given["priority"],
        maxexectime=given["maxexectime"],
        maxretries=given["maxretries"],
        maxwaittime=given["maxwaittime"],
        kwargs=kwargs,
    )
    spec.nodename = ""
    spec.env = dict(_pair(text, "=", "--env") for text in given["env"])
    spec.label = given["label"]
    spec.channels = given["channels"]
    submit(session, spec, waiting, snapshot=snapshot)


@function.command("ls", watch=True)
@click.option("--name", shell_complete=executor_names, help="Only this executor.")
@with_session
def ls(session: Session, name: str | None) -> None:
    """List functions and their statistics."""

    def look() -> View:
        found = (
            session.client.get_functions_by_colony()
            if name is None
            else session.client.get_functions_by_executor(executorname=name)
        )
        blocks = [_fields(alike) for alike in _alike(found)]
        return View(found, *blocks, empty=f"No functions found in colony {session.colonyname}")

    session.show(look)


@function.command("register", sends="addfunctionmsg")
@click.option("--name", required=True, shell_complete=executor_names, help="Name of the executor.")
@click.option("--func", required=True, help="Name of the function.")
@several("--args", metavar="NAME,...", help="Names of its arguments.")
@click.option("--desc", default="", help="What the function does.")
@with_session
def register(session: Session, name: str, func: str, args: list[str], desc: str) -> None:
    """Register a function of your executor."""
    added = session.client.add_function(
        executorname=name, funcname=func, args=[{"name": arg} for arg in args], description=desc
    )
    session.done(
        "Function added",
        added,
        FunctionID=added["functionid"],
        ExecutorName=name,
        ColonyName=session.colonyname,
        FuncName=func,
    )


@function.command("remove", sends="removefunctionmsg")
@by_id(FUNCTION, "--functionid", required=False)
@click.option("--name", shell_complete=executor_names, help="Its executor, instead of the id.")
@click.option("--func", shell_complete=function_names, help="Name of the function, instead of the id.")
@with_session
def remove(session: Session, functionid: str | None, name: str | None, func: str | None) -> None:
    """Remove a function of your executor."""
    if functionid is None:
        if name is None or func is None:
            raise click.UsageError("give --functionid, or --name and --func")
        offered = session.client.get_functions_by_executor(executorname=name)
        ids = [found["functionid"] for found in offered if found["funcname"] == func]
        if not ids:
            raise CommandError(f"executor {name} has no function {func}", MISSING)
        functionid = str(ids[0])
    session.client.remove_function(functionid)
    session.done("Function removed", FunctionID=functionid, ColonyName=session.colonyname)


def _target(
    session: Session, executortype: str | None, name: str | None, executorid: str | None
) -> tuple[str, str | None]:
    """Return the type and name of the executors that may run a process."""
    if executortype is None and name is None and executorid is None:
        raise click.UsageError("give --targettype, --targetname or --targetid")
    if executorid is not None:
        name = session.client.get_executor_by_id(executorid)["executorname"]
    if executortype is None and name is not None:
        executortype = session.client.get_executor(executorname=name)["executortype"]
    return executortype or "", name


def _arguments(
    args: Sequence[str], kwargs: Sequence[str], text: str | None
) -> tuple[list[Any], dict[str, Any]]:
    named: dict[str, Any] = dict(_pair(pair, ":", "--kwargs") for pair in kwargs)
    if "args" in named:
        named["args"] = named["args"].split(",")
    if text is None:
        return list(args), named
    try:
        found = deep.loads(text)
    except ValueError as wrong:
        raise CommandError(f"--args-json is not JSON: {wrong}", USAGE) from None
    if isinstance(found, dict):
        return list(args), {**named, **found}
    if isinstance(found, list):
        return [*args, *found], named
    raise CommandError("--args-json must be a JSON list or object", USAGE)


def _pair(text: str, separator: str, option: str) -> tuple[str, str]:
    name, found, value = text.partition(separator)
    if not found or not name:
        raise CommandError(f"{option} is {text!r}; write it as name{separator}value", USAGE)
    return name, value


def _alike(found: Sequence[Function]) -> list[list[Function]]:
    """Group the functions of one name by the type of their executors."""
    together: dict[tuple[str, str], list[Function]] = {}
    for one in found:
        together.setdefault((one.get("executortype", ""), one["funcname"]), []).append(one)
    return list(together.values())


def _fields(alike: Sequence[Function]) -> Fields:
    """Return a function of all its executors; averages weigh by calls."""
    first = alike[0]
    called = [one for one in alike if one["counter"]]
    calls = sum(one["counter"] for one in called)
    # The executor passes the context.
    names = ",".join(arg["name"] for arg in first.get("args") or [] if arg["name"] != "ctx")

    def average(name: str) -> float:
        return sum(one[name] * one["counter"] for one in called) / calls if calls else 0.0

    rows = [
        ("FuncName", f"{first['funcname']}({names})"),
        ("Calls", str(calls)),
        ("Served by", f"{len(alike)} executors"),
        ("MinWaitTime", duration(min((one["minwaittime"] for one in called), default=0.0))),
        ("MaxWaitTime", duration(max((one["maxwaittime"] for one in called), default=0.0))),
        ("AvgWaitTime", duration(average("avgwaittime"))),
        ("MinExecTime", duration(min((one["minexectime"] for one in called), default=0.0))),
        ("MaxExecTime", duration(max((one["maxexectime"] for one in called), default=0.0))),
        ("AvgExecTime", duration(average("avgexectime"))),
    ]
    further = (("ExecutorType", first.get("executortype")), ("Description", first.get("description")))
    return Fields([*rows, *((name, text) for name, text in further if text)], "Function")
