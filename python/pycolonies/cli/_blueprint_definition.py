"""``pycolonies blueprint definition``: the kinds of blueprints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import names
from pycolonies.cli._ids import positional
from pycolonies.cli._session import Session
from pycolonies.cli._specs import file_option, read_named
from pycolonies.cli._views import Column, View, fields, identity, listing, table, word

if TYPE_CHECKING:
    from pycolonies import BlueprintDefinition

_definition_names = names(
    lambda colonies: (found["metadata"]["name"] for found in colonies.get_blueprint_definitions())
)


def kind_of(found: BlueprintDefinition) -> str:
    """Return the kind of the blueprints of a definition."""
    return str((found["spec"].get("names") or {}).get("kind", ""))


def handler_of(found: BlueprintDefinition) -> tuple[str, str]:
    """Return the type of the reconciling executors, and their function."""
    handler = found["spec"].get("handler") or {}
    return str(handler.get("executorType", "")), str(handler.get("functionName", ""))


_LIST = [
    Column("NAME", lambda each: each["metadata"]["name"], cut=12),
    Column("KIND", kind_of, cut=8),
    Column("EXECUTOR TYPE", lambda each: handler_of(each)[0], rank=1, cut=13),
    Column("FUNCTION", lambda each: handler_of(each)[1], rank=2, cut=8),
]
_DEFINITION = [
    Column("Name", lambda each: each["metadata"]["name"]),
    Column("BlueprintDefinitionID", identity("blueprintdefinitionid")),
    Column("Kind", kind_of),
    Column("ExecutorType", lambda each: handler_of(each)[0]),
    Column("Function", lambda each: handler_of(each)[1]),
]
_RULE = [
    Column("NAME", "name", cut=12),
    Column("TYPE", "type", rank=1),
    Column("REQUIRED", "required", rank=2),
    Column("DESCRIPTION", lambda rule: word(rule.get("description", "")), rank=3, cut=12),
]


@click.group("definition", cls=Group)
def definition() -> None:
    """Define kinds of blueprints, and who reconciles them."""


@definition.command("add", sends="addblueprintdefinitionmsg")
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


@definition.command("ls", sends="getblueprintdefinitionsmsg", watch=True)
@with_session
def ls(session: Session) -> None:
    """List the definitions of the colony."""

    def look() -> View:
        return listing(
            session.client.get_blueprint_definitions(), _LIST, empty="No blueprint definitions found"
        )

    session.show(look)


@definition.command("get", sends="getblueprintdefinitionmsg", watch=True)
@positional("--name", noun="name of the definition", metavar="NAME", shell_complete=_definition_names)
@with_session
def get(session: Session, name: str) -> None:
    """Show a definition and its fields."""

    def look() -> View:
        found = session.client.get_blueprint_definition(name=name)
        schema = found["spec"].get("schema") or {}
        required = schema.get("required") or []
        rules = [
            {**rule, "name": field, "required": field in required}
            for field, rule in (schema.get("properties") or {}).items()
        ]
        schema_table = [table(rules, _RULE, "Schema")] if rules else []
        return View(found, fields(found, _DEFINITION, "BlueprintDefinition"), *schema_table)

    session.show(look)


@definition.command("remove", sends="removeblueprintdefinitionmsg")
@positional("--name", noun="name of the definition", metavar="NAME", shell_complete=_definition_names)
@with_session
def remove(session: Session, name: str) -> None:
    """Remove a definition without blueprints."""
    session.client.remove_blueprint_definition(name=name)
    session.done("BlueprintDefinition removed", ColonyName=session.colonyname, Name=name)
