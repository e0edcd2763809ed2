"""``pycolonies executor``: manage executors, and watch them work."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from pycolonies._rpc import environment
from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import executor_names, executor_types
from pycolonies.cli._errors import USAGE, CommandError
from pycolonies.cli._executor_run import run
from pycolonies.cli._executor_views import executor_list, executor_overview, executor_view
from pycolonies.cli._ids import EXECUTOR, positional
from pycolonies.cli._session import Session
from pycolonies.cli._specs import file_option, read_object
from pycolonies.cli._views import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycolonies import ExecutorRecord

_REMOVED = 3


@click.group(cls=Group, examples=("executor ls", "executor approve adder-1", "executor top"))
def executor() -> None:
    """Manage executors, and watch them work."""


executor.add_command(run)
_executor_name = positional(
    "--name", noun="name of the executor", metavar="NAME", shell_complete=executor_names
)


def _new_executor(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that describe a new executor."""
    for option in (
        click.option("--approve", is_flag=True, help="Approve the executor as well."),
        click.option(
            "--spec",
            type=click.Path(exists=True, dir_okay=False, allow_dash=True),
            metavar="FILE",
            help="JSON file with the executor; options override it.",
        ),
        click.option("--location", help="Name of its location."),
        click.option("--type", "executortype", help="Its type (COLONIES_EXECUTOR_TYPE)."),
        click.option("--name", help="Its name (COLONIES_EXECUTOR_NAME)."),
    ):
        command = option(command)
    return command


@executor.command("add", sends="addexecutormsg")
@_new_executor
@click.option("--executorid", metavar="ID", help="Id of its private key.")
@with_session
def add(session: Session, /, executorid: str | None, approve: bool, **described: str | None) -> None:
    """Add an executor to the colony."""
    record = _described(session, executorid, **described)
    if not record.get("executorid"):
        raise CommandError(
            "the executor has no id; give --executorid, the id of its key, "
            "or create a key with: pycolonies executor create",
            USAGE,
        )
    _add(session, record, approve=approve)


@executor.command("create", sends="addexecutormsg")
@_new_executor
@click.option(
    "--keypath",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="New file for its private key.",
)
@click.option("--idpath", metavar="FILE", type=click.Path(dir_okay=False), help="New file for its id.")
@with_session
def create(
    session: Session, /, keypath: str, idpath: str | None, approve: bool, **described: str | None
) -> None:
    """Create a private key, and add an executor with it.

    Only the owner of the key's file can read it.
    """
    from pycolonies import Crypto

    crypto = Crypto()
    prvkey = crypto.prvkey()
    record = _described(session, crypto.id(prvkey), **described)
    _write_new(keypath, prvkey)
    try:
        if idpath is not None:
            _write_new(idpath, record["executorid"])
        _add(session, record, approve=approve)
    except BaseException:  # a key without an executor is useless
        os.unlink(keypath)  # noqa: PTH108 (no other use of paths)
        raise


@executor.command("approve", sends="approveexecutormsg")
@_executor_name
@with_session
def approve(session: Session, name: str) -> None:
    """Approve an executor, so that it gets processes."""
    session.client.approve_executor(executorname=name)
    session.done("Executor approved", ExecutorName=name, ColonyName=session.colonyname)


@executor.command("reject", sends="rejectexecutormsg")
@_executor_name
@with_session
def reject(session: Session, name: str) -> None:
    """Reject an executor, so that it gets no processes."""
    session.client.reject_executor(executorname=name)
    session.done("Executor rejected", ExecutorName=name, ColonyName=session.colonyname)


@executor.command("remove", sends="removeexecutormsg")
@_executor_name
@with_session
def remove(session: Session, name: str) -> None:
    """Remove an executor; its processes are requeued."""
    session.client.remove_executor(executorname=name)
    session.done("Executor removed", ExecutorName=name, ColonyName=session.colonyname)


@executor.command("get", watch=True)
@positional(
    "--name", noun="name of the executor", metavar="NAME", required=False, shell_complete=executor_names
)
@click.option("--executorid", metavar="ID", type=EXECUTOR, help="Id of the executor, instead of the name.")
@with_session
def get(session: Session, name: str | None, executorid: str | None) -> None:
    """Show an executor and its functions."""
    if (name is None) == (executorid is None):
        raise click.UsageError("give --name or --executorid")

    def look() -> View:
        found = (
            session.client.get_executor_by_id(executorid or "")
            if name is None
            else session.client.get_executor(executorname=name)
        )
        functions = session.client.get_functions_by_executor(executorname=found["executorname"])
        return executor_view(found, functions)

    session.show(look)


@executor.command("ls", watch=True, examples=("executor ls", "executor ls --type adder --full"))
@click.option("--type", "executortype", shell_complete=executor_types, help="Only this type.")
@click.option("--location", help="Only this location.")
@click.option(
    "-f", "--filter", "text", default="", metavar="TEXT", help="Only with this in the name or type."
)
@click.option("--all", "removed", is_flag=True, help="Show removed executors, too.")
@click.option("--full", is_flag=True, help="Show everything about each.")
@with_session
def ls(
    session: Session,
    executortype: str | None,
    location: str | None,
    text: str,
    removed: bool,
    full: bool,
) -> None:
    """List the executors of the colony."""

    def wanted(one: ExecutorRecord) -> bool:
        return (
            (removed or one["state"] != _REMOVED)
            and executortype in (None, one["executortype"])
            and location in (None, one.get("locationname"))
            and (text in one["executorname"] or text in one["executortype"])
        )

    def look() -> View:
        found = [one for one in session.client.list_executors() if wanted(one)]
        if not full:
            return executor_list(found, empty="No executors found")
        functions = session.client.get_functions_by_colony()
        views = [
            executor_view(one, [each for each in functions if each["executorname"] == one["executorname"]])
            for one in found
        ]
        return View(found, *(block for view in views for block in view.blocks), empty="No executors found")

    session.show(look)


@executor.command("top", watch=True, examples=("executor top", "executor top --once"))
@click.option("--once", is_flag=True, help="Show it once.")
@with_session
def top(session: Session, once: bool) -> None:
    """Show what each executor is doing, full screen.

    Keys: arrows select an executor, enter opens it, / filters, s sorts, q quits.
    """
    from pycolonies.cli._screen import Action

    if session.watch is None and not once:
        session.watch = 2.0

    def look() -> View:
        client = session.client
        found = [one for one in client.list_executors() if one["state"] != _REMOVED]
        running = client.list_processes(count=100, state=client.RUNNING)
        return executor_overview(found, running, client.get_functions_by_colony())

    def details(name: str) -> View:
        found = session.client.get_executor(executorname=name)
        return executor_view(found, session.client.get_functions_by_executor(executorname=name))

    session.show(look, {"enter": Action("open", look=details)})


@executor.command("chid", sends="changeexecutoridmsg")
@click.option("--executorid", required=True, metavar="ID", help="Id of the new key.")
@with_session
def chid(session: Session, executorid: str) -> None:
    """Change the id of your executor to that of a new key."""
    session.client.change_executor_id(executorid=executorid)
    session.done("Changed executor id", ExecutorID=executorid)


@executor.command("update", sends="updateexecutormsg")
@_executor_name
@file_option("--spec", "its hardware and software")
@with_session
def update(session: Session, name: str, spec: str) -> None:
    """Report the hardware and software of your executor."""
    session.client.update_executor(executorname=name, capabilities=read_object(spec))
    session.done("Executor updated", ExecutorName=name)


@executor.command("allocate", sends="reportallocationmsg")
@_executor_name
@file_option("--spec", 'the allocations, {"projects": {"NAME": {...}}}')
@with_session
def allocate(session: Session, name: str, spec: str) -> None:
    """Report how your executor is allocated to projects."""
    session.client.report_allocations(executorname=name, allocations=read_object(spec))
    session.done("Allocations reported", ExecutorName=name)


def _described(
    session: Session,
    executorid: str | None,
    *,
    spec: str | None,
    name: str | None,
    executortype: str | None,
    location: str | None,
) -> dict[str, Any]:
    """Return the record of a new executor, from options, file and variables."""
    record = read_object(spec) if spec is not None else {}
    given = {
        "executorid": executorid,
        "executorname": name,
        "executortype": executortype,
        "locationname": location,
    }
    record.update({field: value for field, value in given.items() if value is not None})
    record.setdefault("colonyname", session.colonyname)
    for field, option in (("executorname", "--name"), ("executortype", "--type")):
        variable = f"COLONIES_EXECUTOR_{option[2:].upper()}"
        record[field] = record.get(field) or environment.text(variable)
        if not record[field]:
            raise CommandError(f"the executor has no {option[2:]}; give {option}, or set {variable}", USAGE)
    return record


def _add(session: Session, record: dict[str, Any], *, approve: bool) -> None:
    added = session.client.add_executor(record)
    name = added["executorname"]
    if approve:
        session.client.approve_executor(executorname=name)
        added["state"] = 1
    session.done(
        "Executor added and approved" if approve else "Executor added",
        added,
        ExecutorName=name,
        ExecutorID=added["executorid"],
        ColonyName=session.colonyname,
    )


def _write_new(path: str, text: str) -> None:
    """Write a new file that only its owner can read."""
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123 (the file must be new, and readable by its owner alone)
            file.write(text + "\n")
    except FileExistsError:
        raise CommandError(f"{path} exists already; a key is never overwritten", USAGE) from None
