"""Blueprints and their definitions over the real wire."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Colony, Member
from pycolonies import (
    Blueprint,
    BlueprintDefinition,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
)


@pytest.fixture
def definition(colony: Colony) -> BlueprintDefinition:
    described: dict[str, Any] = {
        "kind": "BlueprintDefinition",
        "metadata": {"name": "lamps", "colonyname": colony.name},
        "spec": {
            "names": {"kind": "Lamp"},
            "schema": {"properties": {"on": {"type": "boolean"}}},
            "handler": {"executorType": "echo", "functionName": "reconcile"},
        },
    }
    return colony.client.add_blueprint_definition(described, colony.prvkey)


@pytest.fixture
def blueprint(colony: Colony, executor: Member, definition: BlueprintDefinition) -> Blueprint:
    return colony.client.add_blueprint(lamp(colony), executor.prvkey)


def lamp(colony: Colony, name: str = "desk", **spec: object) -> dict[str, Any]:
    return {
        "kind": "Lamp",
        "metadata": {"name": name, "colonyname": colony.name},
        "spec": {"on": True, **spec},
    }


def test_definitions(colony: Colony, definition: BlueprintDefinition) -> None:
    client = colony.client
    assert definition["blueprintdefinitionid"]
    found = client.get_blueprint_definition(colony.name, "lamps", colony.prvkey)
    assert found["spec"]["names"]["kind"] == "Lamp"
    assert client.get_blueprint_definitions(colony.name, colony.prvkey) == [found]
    client.remove_blueprint_definition(colony.name, "lamps", colony.prvkey)
    assert client.get_blueprint_definitions(colony.name, colony.prvkey) == []
    with pytest.raises(NotFoundError):
        client.get_blueprint_definition(colony.name, "lamps", colony.prvkey)


def test_a_definition_in_use_stays(colony: Colony, blueprint: Blueprint) -> None:
    with pytest.raises(ConflictError):
        colony.client.remove_blueprint_definition(colony.name, "lamps", colony.prvkey)


def test_a_blueprint_is_made_so(colony: Colony, executor: Member, blueprint: Blueprint) -> None:
    client = colony.client
    process = client.assign(colony.name, 10, executor.prvkey)
    assert process.spec.funcname == "reconcile"
    assert process.spec.kwargs == {"kind": "Lamp", "blueprintName": "desk"}
    client.update_blueprint_status(colony.name, "desk", {"on": True}, executor.prvkey)
    found = client.get_blueprint(colony.name, "desk", executor.prvkey)
    assert found["blueprintid"] == blueprint["blueprintid"]
    assert found["status"] == {"on": True}


def test_lists_are_never_none(colony: Colony, executor: Member) -> None:
    assert colony.client.get_blueprints(colony.name, executor.prvkey) == []
    assert colony.client.get_blueprint_definitions(colony.name, executor.prvkey) == []


def test_blueprints_are_listed_by_kind_and_location(
    colony: Colony, executor: Member, blueprint: Blueprint
) -> None:
    listed = colony.client.get_blueprints
    ids = [found["blueprintid"] for found in listed(colony.name, executor.prvkey)]
    assert ids == [blueprint["blueprintid"]]
    assert len(listed(colony.name, executor.prvkey, kind="Lamp")) == 1
    assert listed(colony.name, executor.prvkey, kind="Chair") == []
    assert listed(colony.name, executor.prvkey, kind="Lamp", location="home") == []
    with pytest.raises(ValueError, match="together with kind"):
        listed(colony.name, executor.prvkey, location="home")


def test_changes_are_counted_and_kept(colony: Colony, executor: Member, blueprint: Blueprint) -> None:
    client, blueprintid = colony.client, blueprint["blueprintid"]
    changed = client.update_blueprint(lamp(colony, colour="red"), executor.prvkey)
    assert changed["metadata"]["generation"] == 1
    same = client.update_blueprint(lamp(colony, colour="red"), executor.prvkey)
    assert same["metadata"]["generation"] == 1
    forced = client.update_blueprint(lamp(colony, colour="red"), executor.prvkey, force_generation=True)
    assert forced["metadata"]["generation"] == 2
    history = client.get_blueprint_history(blueprintid, executor.prvkey)
    assert [change["changetype"] for change in history] == ["update", "update", "create"]
    assert len(client.get_blueprint_history(blueprintid, executor.prvkey, limit=1)) == 1


def test_reconciliation_is_asked_for(colony: Colony, executor: Member, blueprint: Blueprint) -> None:
    process = colony.client.reconcile_blueprint(colony.name, "desk", executor.prvkey, force=True)
    assert (process.spec.kwargs or {})["force"] is True
    assert colony.client.get_process(process.processid, executor.prvkey).spec.funcname == "reconcile"


def test_removing_a_blueprint_has_it_cleaned_up(
    colony: Colony, executor: Member, blueprint: Blueprint
) -> None:
    client = colony.client
    client.remove_blueprint(colony.name, "desk", executor.prvkey)
    with pytest.raises(NotFoundError):
        client.get_blueprint(colony.name, "desk", executor.prvkey)
    with pytest.raises(NotFoundError):
        client.get_blueprint_history(blueprint["blueprintid"], executor.prvkey)
    waiting = client.list_processes(colony.name, 10, client.WAITING, executor.prvkey)
    assert "cleanup" in [process.spec.funcname for process in waiting]


def test_what_does_not_fit_is_refused(colony: Colony, executor: Member, blueprint: Blueprint) -> None:
    with pytest.raises(InvalidRequestError, match="must be a boolean"):
        colony.client.add_blueprint(lamp(colony, "other", on="yes"), executor.prvkey)
    with pytest.raises(ConflictError):
        colony.client.add_blueprint(lamp(colony), executor.prvkey)
