"""``pycolonies generator``: workflows that are submitted when enough arguments have come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import names
from pycolonies.cli._schedule_views import seconds, workflow_table
from pycolonies.cli._specs import file_option, read_workflow
from pycolonies.cli._times import moment
from pycolonies.cli._views import Fields, Table, View

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pycolonies import Generator
    from pycolonies.cli._session import Session

_generator_ids = names(lambda colonies: (found["generatorid"] for found in colonies.get_generators()))
_generator_names = names(lambda colonies: (found["name"] for found in colonies.get_generators()))


@click.group(cls=Group)
def generator() -> None:
    """Submit workflows when enough arguments have come in, or after a while."""


def _generatorid(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a generator; the command gets its id."""
    command = click.option("--name", help="Its name, in place of the id.", shell_complete=_generator_names)(
        command
    )
    return click.option(
        "--generatorid", metavar="ID", shell_complete=_generator_ids, help="Id of the generator."
    )(command)


@generator.command("add")
@click.option("--name", required=True, help="Name of the generator.")
@file_option("--spec", "the workflow")
@click.option("--trigger", type=click.IntRange(min=1), required=True, help="How many arguments are enough.")
@click.option(
    "--timeout", type=int, default=-1, help="Seconds after which fewer are enough, too; -1 for never."
)
@with_session
def add(session: Session, name: str, spec: str, trigger: int, timeout: int) -> None:
    """Add a generator."""
    added = session.client.add_generator(
        {
            "colonyname": session.colonyname,
            "name": name,
            "workflowspec": read_workflow(session, spec),
            "trigger": trigger,
            "timeout": timeout,
        }
    )
    session.done(
        "Generator added",
        added,
        GeneratorID=added["generatorid"],
        GeneratorName=name,
        Trigger=trigger,
        Timeout=timeout,
    )


@generator.command("ls", watch=True)
@click.option("--count", default=20, show_default=True, help="How many at the most.")
@with_session
def ls(session: Session, count: int) -> None:
    """List the generators of the colony."""

    def look() -> View:
        found = session.client.get_generators(count=count)
        rows = [
            (
                each["generatorid"],
                each["name"],
                str(each["trigger"]),
                each["initiatorname"],
            )
            for each in found
        ]
        table = Table(("GENERATORID", "NAME", "TRIGGER", "INITIATOR NAME"), rows)
        return View(found, *([table] if rows else []), empty="No generators found")

    session.show(look)


@generator.command("get", watch=True)
@_generatorid
@with_session
def get(session: Session, generatorid: str | None, name: str | None) -> None:
    """Show a generator, and the workflow that it submits."""

    def look() -> View:
        found = _found(session, generatorid, name)
        rows = [
            ("ID", found["generatorid"]),
            ("Name", found["name"]),
            ("ColonyName", found["colonyname"]),
            ("InitiatorName", found["initiatorname"]),
            ("Trigger", str(found["trigger"])),
            ("Timeout", seconds(found["timeout"])),
            ("QueueSize", str(found["queuesize"])),
            ("FirstPack", moment(found["firstpack"])),
            ("LastRun", moment(found["lastrun"])),
        ]
        return View(found, Fields(rows, "Generator"), *workflow_table(str(found["workflowspec"])))

    session.show(look)


@generator.command("pack")
@_generatorid
@click.option("--arg", required=True, help="The argument, a text.")
@with_session
def pack(session: Session, generatorid: str | None, name: str | None, arg: str) -> None:
    """Give a generator an argument."""
    generatorid = _id(session, generatorid, name)
    session.client.pack_generator(generatorid, arg)
    session.done("Packed arg to generator", GeneratorID=generatorid, Arg=arg)


@generator.command("remove")
@_generatorid
@with_session
def remove(session: Session, generatorid: str | None, name: str | None) -> None:
    """Remove a generator, with the arguments that it holds."""
    generatorid = _id(session, generatorid, name)
    session.client.remove_generator(generatorid)
    session.done("Generator removed", GeneratorID=generatorid)


def _id(session: Session, generatorid: str | None, name: str | None) -> str:
    """Return the id, which the server has to be asked for where a name was given."""
    if generatorid is not None and name is None:
        return generatorid
    return _found(session, generatorid, name).generatorid


def _found(session: Session, generatorid: str | None, name: str | None) -> Generator:
    if (generatorid is None) == (name is None):
        raise click.UsageError("give --generatorid or --name")
    if generatorid is not None:
        return session.client.get_generator(generatorid)
    return session.client.resolve_generator(generatorname=name or "")
