"""``pycolonies generator``: workflows that are submitted when enough arguments have arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import names
from pycolonies.cli._ids import GENERATOR, by_id
from pycolonies.cli._schedule_views import seconds, workflow_table
from pycolonies.cli._specs import file_option, read_workflow
from pycolonies.cli._views import Column, View, fields, identity, listing, time_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pycolonies import Generator
    from pycolonies.cli._session import Session

_generator_names = names(lambda colonies: (found["name"] for found in colonies.get_generators()))

_LIST = [
    Column("GENERATORID", identity("generatorid")),
    Column("NAME", "name", cut=12),
    Column("TRIGGER", "trigger", rank=1),
    Column("INITIATOR NAME", "initiatorname", rank=2, cut=14),
]
_GENERATOR = [
    Column("ID", identity("generatorid")),
    Column("Name", "name"),
    Column("ColonyName", "colonyname"),
    Column("InitiatorName", "initiatorname"),
    Column("Trigger", "trigger"),
    Column("Timeout", lambda found: seconds(found["timeout"])),
    Column("QueueSize", "queuesize"),
    Column("FirstPack", time_of("firstpack")),
    Column("LastRun", time_of("lastrun")),
]


@click.group(cls=Group)
def generator() -> None:
    """Submit workflows for every N arguments."""


def _which(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a generator; the command gets `generatorid` and `name`."""
    named = click.option(
        "--name", help="Name of the generator, instead of the id.", shell_complete=_generator_names
    )
    which: Callable[..., Any] = by_id(GENERATOR, "--generatorid", required=False)(named(command))
    return which


@generator.command("add")
@click.option("--name", required=True, help="Name of the generator.")
@file_option("--spec", "the workflow")
@click.option(
    "--trigger", type=click.IntRange(min=1), required=True, metavar="N", help="Submit for every N arguments."
)
@click.option(
    "--timeout", type=int, default=-1, metavar="SECONDS", help="Then submit for fewer, too; -1 never does."
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
@click.option("--count", default=20, show_default=True, metavar="N", help="Show at most N.")
@with_session
def ls(session: Session, count: int) -> None:
    """List the generators of the colony."""
    session.show(
        lambda: listing(session.client.get_generators(count=count), _LIST, empty="No generators found")
    )


@generator.command("get", watch=True)
@_which
@with_session
def get(session: Session, generatorid: str | None, name: str | None) -> None:
    """Show a generator and its workflow."""

    def look() -> View:
        found = _found(session, generatorid, name)
        workflow = workflow_table(str(found["workflowspec"]))
        return View(found, fields(found, _GENERATOR, "Generator"), *workflow)

    session.show(look)


@generator.command("pack")
@_which
@click.option("--arg", required=True, metavar="TEXT", help="The argument.")
@with_session
def pack(session: Session, generatorid: str | None, name: str | None, arg: str) -> None:
    """Add an argument to a generator."""
    generatorid = _id(session, generatorid, name)
    session.client.pack_generator(generatorid, arg)
    session.done("Packed arg to generator", GeneratorID=generatorid, Arg=arg)


@generator.command("remove")
@_which
@with_session
def remove(session: Session, generatorid: str | None, name: str | None) -> None:
    """Remove a generator with its arguments."""
    generatorid = _id(session, generatorid, name)
    session.client.remove_generator(generatorid)
    session.done("Generator removed", GeneratorID=generatorid)


def _id(session: Session, generatorid: str | None, name: str | None) -> str:
    """Return the id; a name is looked up."""
    if generatorid is not None and name is None:
        return generatorid
    return _found(session, generatorid, name).generatorid


def _found(session: Session, generatorid: str | None, name: str | None) -> Generator:
    if (generatorid is None) == (name is None):
        raise click.UsageError("give --generatorid or --name")
    if generatorid is not None:
        return session.client.get_generator(generatorid)
    return session.client.resolve_generator(generatorname=name or "")
