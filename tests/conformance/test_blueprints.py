"""Blueprints and their definitions."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Colony, Member
from pycolonies import Blueprint, BlueprintDefinition, ConflictError, InvalidRequestError, NotFoundError


@pytest.fixture
def definition(colony: Colony) -> BlueprintDefinition:
    kind = f"Lamp-{colony.name}"  # a server knows the kinds of all colonies by name alone
    described: dict[str, Any] = {
        "kind": "BlueprintDefinition",
        "metadata": {"name": "lamps", "colonyname": colony.name},
        "spec": {
            "names": {"kind": kind},
            "schema": {"properties": {"on": {"type": "boolean"}}},
            "handler": {"executorType": "echo", "functionName": "reconcile"},
        },
    }
    return colony.client.add_blueprint_definition(described, colony.prvkey)


@pytest.fixture
def kind(definition: BlueprintDefinition) -> str:
    return str(definition["spec"]["names"]["kind"])


@pytest.fixture
def blueprint(colony: Colony, executor: Member, kind: str) -> Blueprint:
    return colony.client.add_blueprint(lamp(colony, kind), executor.prvkey)


def lamp(colony: Colony, kind: str, name: str = "desk", **spec: object) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, "colonyname": colony.name}, "spec": {"on": True, **spec}}


def test_definitions(colony: Colony, definition: BlueprintDefinition, kind: str) -> None:
    client = colony.client
    assert definition["blueprintdefinitionid"]
    found = client.get_blueprint_definition(colony.name, "lamps", colony.prvkey)
    assert found["spec"]["names"]["kind"] == kind
    assert client.get_blueprint_definitions(colony.name, colony.prvkey) == [found]
    client.remove_blueprint_definition(colony.name, "lamps", colony.prvkey)
    assert client.get_blueprint_definitions(colony.name, colony.prvkey) == []
    with pytest.raises(NotFoundError):
        client.get_blueprint_definition(colony.name, "lamps", colony.prvkey)


def test_a_blueprint_is_made_so(colony: Colony, executor: Member, blueprint: Blueprint, kind: str) -> None:
    client, key = colony.client, executor.prvkey
    process = client.assign(colony.name, 10, key)
    assert process.spec.funcname == "reconcile"
    client.update_blueprint_status(colony.name, "desk", {"on": True}, key)
    found = client.get_blueprint(colony.name, "desk", key)
    assert found["blueprintid"] == blueprint["blueprintid"]
    assert found["status"] == {"on": True}
    for listed in (
        client.get_blueprints(colony.name, key),
        client.get_blueprints(colony.name, key, kind=kind),
    ):
        assert [one["blueprintid"] for one in listed] == [blueprint["blueprintid"]]
    asked = client.reconcile_blueprint(colony.name, "desk", key, force=True)
    assert asked.spec.funcname == "reconcile"


def test_changes_are_counted_and_kept(
    colony: Colony, executor: Member, blueprint: Blueprint, kind: str
) -> None:
    client, key = colony.client, executor.prvkey
    changed = client.update_blueprint(lamp(colony, kind, colour="red"), key)
    forced = client.update_blueprint(lamp(colony, kind, colour="red"), key, force_generation=True)
    assert changed["metadata"]["generation"] == 1
    assert forced["metadata"]["generation"] == 2
    history = client.get_blueprint_history(blueprint["blueprintid"], key)
    assert [change["changetype"] for change in history] == ["update", "update", "create"]


def test_what_is_used_stays_and_what_does_not_fit_is_refused(
    colony: Colony,
    executor: Member,
    blueprint: Blueprint,
    kind: str,
) -> None:
    client, key = colony.client, executor.prvkey
    with pytest.raises(ConflictError):
        client.remove_blueprint_definition(colony.name, "lamps", colony.prvkey)
    with pytest.raises(InvalidRequestError, match="must be a boolean"):
        client.add_blueprint(lamp(colony, kind, "other", on="yes"), key)
    client.remove_blueprint(colony.name, "desk", key)
    with pytest.raises(NotFoundError):
        client.get_blueprint(colony.name, "desk", key)
