"""``pycolonies blueprint definition``: the kinds of blueprints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import names
from pycolonies.cli._session import Session, Signer
from pycolonies.cli._specs import file_option, read_named
from pycolonies.cli._views import Fields, Table, View, word

if TYPE_CHECKING:
    from pycolonies import BlueprintDefinition

_definition_names = names(
    lambda colonies: (found["metadata"]["name"] for found in colonies.get_blueprint_definitions())
)


@click.group("definition", cls=Group)
def definition() -> None:
    """Define kinds of blueprints: their fields, and who reconciles them."""


@definition.command("add", signer=Signer.COLONY_OWNER)
@file_option("--spec", "the definition")
@with_session
def add(session: Session, spec: str) -> None:
    """Add a definition."""
    added = session.client.add_blueprint_definition(read_named(session, spec))
    session.done(
        "BlueprintDefinition added",
        added,
        BlueprintDefinitionID=added["blueprintdefinitionid"],
        Name=added["metadata"]["name"],
        Kind=kind_of(added),
    )


@definition.command("ls", watch=True)
@with_session
def ls(session: Session) -> None:
    """List the definitions of the colony."""

    def look() -> View:
        found = session.client.get_blueprint_definitions()
        rows = [(each["metadata"]["name"], kind_of(each), *handler_of(each)) for each in found]
        table = Table(("NAME", "KIND", "EXECUTOR TYPE", "FUNCTION"), rows)
        return View(found, *([table] if rows else []), empty="No blueprint definitions found")

    session.show(look)


@definition.command("get")
@click.option("--name", required=True, help="Name of the definition.", shell_complete=_definition_names)
@with_session
def get(session: Session, name: str) -> None:
    """Show a definition, and the fields that its blueprints have."""

    def look() -> View:
        found = session.client.get_blueprint_definition(name=name)
        executortype, funcname = handler_of(found)
        rows = [
            ("Name", found["metadata"]["name"]),
            ("BlueprintDefinitionID", found["blueprintdefinitionid"]),
            ("Kind", kind_of(found)),
            ("ExecutorType", executortype),
            ("Function", funcname),
        ]
        schema = found["spec"].get("schema") or {}
        required = schema.get("required") or []
        fields = [
            (field, str(rule.get("type", "")), str(field in required), word(rule.get("description", "")))
            for field, rule in (schema.get("properties") or {}).items()
        ]
        table = Table(("NAME", "TYPE", "REQUIRED", "DESCRIPTION"), fields, "Schema")
        return View(found, Fields(rows, "BlueprintDefinition"), *([table] if fields else []))

    session.show(look)


@definition.command("remove", signer=Signer.COLONY_OWNER)
@click.option("--name", required=True, help="Name of the definition.")
@with_session
def remove(session: Session, name: str) -> None:
    """Remove a definition of which there are no blueprints."""
    session.client.remove_blueprint_definition(name=name)
    session.done("BlueprintDefinition removed", ColonyName=session.colonyname, Name=name)


def kind_of(found: BlueprintDefinition) -> str:
    """Return the kind of the blueprints of a definition."""
    return str((found["spec"].get("names") or {}).get("kind", ""))


def handler_of(found: BlueprintDefinition) -> tuple[str, str]:
    """Return the type of the executors that reconcile the blueprints of a definition, and their function."""
    handler = found["spec"].get("handler") or {}
    return str(handler.get("executorType", "")), str(handler.get("functionName", ""))
