"""``pycolonies blueprint``: desired states, and the executors that bring them about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pycolonies.cli._blueprint_definition import definition
from pycolonies.cli._blueprint_diagnostics import doctor, history, show_log
from pycolonies.cli._blueprint_views import blueprint_list, blueprint_view
from pycolonies.cli._commands import Group, with_session
from pycolonies.cli._completion import names
from pycolonies.cli._errors import USAGE, CommandError
from pycolonies.cli._ids import positional
from pycolonies.cli._specs import file_option, json_or_text, read_named, read_object

if TYPE_CHECKING:
    from pycolonies import Blueprint
    from pycolonies.cli._session import Session

_blueprint_names = names(lambda colonies: (found["metadata"]["name"] for found in colonies.get_blueprints()))


@click.group(cls=Group)
def blueprint() -> None:
    """Describe a desired state, and compare it with the actual one."""


for _command in (definition, history, show_log, doctor):
    blueprint.add_command(_command)


_name = positional("--name", noun="name of the blueprint", metavar="NAME", shell_complete=_blueprint_names)


@blueprint.command("add", sends="addblueprintmsg")
@file_option("--spec", "the blueprint")
@with_session
def add(session: Session, spec: str) -> None:
    """Add a blueprint, and call its handler."""
    added = session.client.add_blueprint(read_named(session, spec))
    _done(session, "Blueprint added", added)


@blueprint.command("update", sends="updateblueprintmsg")
@file_option("--spec", "the blueprint")
@click.option("--force", is_flag=True, help="Make a new generation even if nothing has changed.")
@with_session
def update(session: Session, spec: str, force: bool) -> None:
    """Replace a blueprint, and call its handler."""
    updated = session.client.update_blueprint(read_named(session, spec), force_generation=force)
    _done(session, "Blueprint updated", updated)


@blueprint.command("set")
@_name
@click.option("--key", required=True, metavar="FIELD", help="Field of the spec, such as env.TZ.")
@click.option("--value", required=True, metavar="VALUE", help="New value: JSON, or else a text.")
@with_session
def set_field(session: Session, name: str, key: str, value: str) -> None:
    """Change a field of a blueprint, and reconcile it."""
    client = session.client
    found = client.get_blueprint(name=name)
    fields, last = _field(found["spec"] or {}, key, name)
    fields[last] = json_or_text(value)
    updated = client.update_blueprint(found)
    session.info("Blueprint field updated", Name=name, Key=key, Value=value)
    process = client.reconcile_blueprint(name=name)
    session.done("Reconciliation triggered", updated, ProcessID=process.processid)


@blueprint.command("get", sends="getblueprintmsg", watch=True)
@_name
@with_session
def get(session: Session, name: str) -> None:
    """Show a blueprint: desired and actual state."""
    session.show(lambda: blueprint_view(session.client.get_blueprint(name=name)))


@blueprint.command("ls", sends="getblueprintsmsg", watch=True)
@click.option("--kind", help="Only this kind.")
@click.option("--location", help="Only this location.")
@with_session
def ls(session: Session, kind: str | None, location: str | None) -> None:
    """List the blueprints of the colony."""
    session.show(lambda: blueprint_list(session.client.get_blueprints(kind=kind, location=location)))


@blueprint.command("status")
@_name
@file_option("--status", "an object")
@with_session
def status(session: Session, name: str, status: str) -> None:
    """Report the actual state, as the reconciling executor."""
    session.client.update_blueprint_status(name=name, status=read_object(status))
    session.done("Blueprint status updated", Name=name)


@blueprint.command("reconcile")
@_name
@click.option("-f", "--force", is_flag=True, help="Recreate everything.")
@with_session
def reconcile(session: Session, name: str, force: bool) -> None:
    """Reconcile a blueprint now."""
    process = session.client.reconcile_blueprint(name=name, force=force)
    session.done(
        "Submitted reconciliation process",
        process,
        BlueprintName=name,
        ProcessID=process.processid,
        Force=str(force).lower(),
    )


@blueprint.command("remove", sends="removeblueprintmsg")
@_name
@with_session
def remove(session: Session, name: str) -> None:
    """Remove a blueprint, and call its handler."""
    session.client.remove_blueprint(name=name)
    session.done("Blueprint removed", ColonyName=session.colonyname, Name=name)


def _done(session: Session, message: str, changed: Blueprint) -> None:
    session.done(
        message,
        changed,
        BlueprintID=changed["blueprintid"],
        Name=changed["metadata"]["name"],
        Kind=changed["kind"],
        Generation=changed["metadata"].get("generation", 0),
    )


def _field(spec: dict[str, Any], key: str, name: str) -> tuple[dict[str, Any], str]:
    """Return the object that has a field, and the field's name in it."""
    steps = key.removeprefix("spec.").split(".")
    fields: Any = spec
    for position, step in enumerate(steps):
        if not isinstance(fields, dict) or step not in fields:
            there = ", ".join(sorted(fields)) if isinstance(fields, dict) else "no fields"
            place = ".".join(["spec", *steps[:position]])
            raise CommandError(f"the blueprint {name} has no {key}: {place} has {there}", USAGE)
        if position < len(steps) - 1:
            fields = fields[step]
    return fields, steps[-1]
