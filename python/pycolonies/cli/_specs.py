"""Specs in JSON files, as in the Colonies CLI."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from pycolonies._rpc import deep
from pycolonies.cli._errors import USAGE, CommandError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from pycolonies import FuncSpec, Workflow
    from pycolonies.cli._session import Session

#: Limits that a spec leaves out are none.
_NO_LIMITS = {"maxwaittime": -1, "maxexectime": -1}


#: Fields of a workflow, which may be written in any letter case.
_WORKFLOW = ("colonyname", "functionspecs")


def read_json(path: str) -> Any:
    """Read a JSON file; ``-`` is stdin.

    Raises:
        CommandError: It cannot be read, or is not JSON; the message has the line.
    """
    with click.open_file(path, encoding="utf-8") as file:
        text = file.read()
    try:
        return deep.loads(text)
    except ValueError as wrong:
        raise CommandError(f"{path} is not JSON: {wrong}", USAGE) from None


def json_or_text(text: str) -> Any:
    """Return the value that a text is as JSON, or the text.

    Raises:
        CommandError: It is a number that Python doesn't read.
    """
    try:
        return deep.loads(text)
    except json.JSONDecodeError:
        return text
    except ValueError as wrong:  # thousands of digits
        raise CommandError(
            f"{text[:20]}... can't be sent as a number: {wrong}; write it as text, in quotes", USAGE
        ) from None


def read_object(path: str) -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Raises:
        CommandError: It cannot be read, or has another value.
    """
    found = read_json(path)
    if not isinstance(found, dict):
        raise CommandError(f"{path} must contain a JSON object, {{...}}", USAGE)
    return found


def file_option(name: str, of: str, *, required: bool = True) -> Callable[[Any], Any]:
    """Add the option that names a JSON file.

    Args:
        name: The option's.
        of: What the file holds.
        required: Whether the command needs it.
    """
    return click.option(
        name,
        required=required,
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, allow_dash=True),
        help=f"JSON file with {of}; - is stdin.",
    )


def read_named(session: Session, path: str) -> Any:
    """Read an object whose metadata has a name; where that has no colony, it gets the session's.

    Raises:
        CommandError: The file holds none.
    """
    found = read_object(path)
    metadata = found.setdefault("metadata", {})
    if not isinstance(metadata, dict) or not metadata.get("name"):
        raise CommandError(f"{path}: metadata must be an object with a name", USAGE)
    metadata.setdefault("colonyname", session.colonyname)
    return found


def read_func_spec(session: Session, path: str) -> FuncSpec:
    """Read a function spec; where it names no colony, it gets the session's.

    The spelling of 2023, with ``func`` and ``colonyid``, is read, too.

    Raises:
        CommandError: The file holds none.
    """
    found = read_json(path)
    if isinstance(found, list) or (isinstance(found, dict) and "functionspecs" in map(str.lower, found)):
        raise CommandError(
            f"{path} contains a workflow; submit it with: pycolonies workflow submit --spec {path}", USAGE
        )
    return func_spec_of(session, found, path)


def func_spec_of(session: Session, found: object, path: str) -> FuncSpec:
    """Return JSON values as a function spec, as `read_func_spec` does."""
    from pycolonies import Conditions, FuncSpec
    from pycolonies import _checks as checks

    if not isinstance(found, dict):
        raise CommandError(f"{path} must contain a function spec, a JSON object", USAGE)
    fields = {**_NO_LIMITS, **checks.canonical(FuncSpec, found)}
    try:
        checks.refuse_impossible(fields)
    except ValueError as wrong:
        raise CommandError(f"{path}: {wrong}", USAGE) from None
    if "func" in fields:
        fields.setdefault("funcname", fields.pop("func"))
    if not isinstance(conditions := fields.get("conditions") or {}, dict):
        raise CommandError(f"{path}: conditions must be a JSON object", USAGE)
    conditions = {name: value for name, value in conditions.items() if name != "colonyid"}
    conditions["colonyname"] = conditions.get("colonyname") or session.colonyname
    fields["conditions"] = conditions
    if not fields.get("funcname"):
        raise CommandError(f"{path}: funcname is missing", USAGE)
    _warn_of_strangers(session, path, FuncSpec, fields)
    _warn_of_strangers(session, path, Conditions, conditions)
    spec: FuncSpec = checked(FuncSpec, fields, path)
    return spec


def read_workflow(session: Session, path: str) -> Workflow:
    """Read a workflow: an object with ``functionspecs``, or a list of function specs.

    Raises:
        CommandError: The file holds none.
    """
    from pycolonies import Workflow

    found = read_json(path)
    fields: Any = {"functionspecs": found} if isinstance(found, list) else found
    if isinstance(fields, dict):
        fields = {name.lower() if name.lower() in _WORKFLOW else name: fields[name] for name in fields}
    if not isinstance(fields, dict) or not isinstance(fields.get("functionspecs"), list):
        hint = f"; submit it with: pycolonies function submit --spec {path}" if _is_func_spec(found) else ""
        raise CommandError(f"{path} must contain a workflow, a JSON list of function specs{hint}", USAGE)
    specs = [func_spec_of(session, spec, path) for spec in fields["functionspecs"]]
    return Workflow(colonyname=fields.get("colonyname") or session.colonyname, functionspecs=specs)


def checked(model: Any, fields: Mapping[str, Any], path: str) -> Any:
    """Return fields as a model.

    Raises:
        CommandError: A field does not fit; it is named.
    """
    from pydantic import ValidationError

    from pycolonies._misfits import described

    try:
        return model.model_validate(dict(fields))
    except ValidationError as misfit:
        raise CommandError(f"{path}: {described(misfit)}", USAGE) from None


def _is_func_spec(found: object) -> bool:
    return isinstance(found, dict) and bool({"funcname", "func", "conditions"} & set(map(str.lower, found)))


def _warn_of_strangers(
    session: Session, path: str, model: type[BaseModel], fields: Mapping[str, object]
) -> None:
    """Warn of unknown field names; they are sent, as a newer server may know them."""
    known = [field.alias or name for name, field in model.model_fields.items()]
    for name in fields:
        if name not in known and (near := difflib.get_close_matches(name, known, 1)):
            session.warn(f"{path}: {model.__name__} has no field {name}; did you mean {near[0]}?")
