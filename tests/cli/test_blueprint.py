"""`pycolonies blueprint`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from commands import Commands
from conftest import Colony, Member


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Files with a definition, a blueprint of its kind, and a status."""
    contents: dict[str, Any] = {
        "definition": {
            "kind": "BlueprintDefinition",
            "metadata": {"name": "lamps"},
            "spec": {
                "names": {"kind": "Lamp"},
                "schema": {"properties": {"on": {"type": "boolean"}, "glow": {"type": "object"}}},
                "handler": {"executorType": "echo", "functionName": "reconcile"},
            },
        },
        "blueprint": {
            "kind": "Lamp",
            "metadata": {"name": "desk"},
            "spec": {"on": True, "glow": {"colour": "red"}},
        },
        "status": {"on": False},
        "nameless": {"kind": "Lamp"},
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return {name: str(tmp_path / f"{name}.json") for name in contents}


@pytest.fixture
def lamp(cli: Commands, files: dict[str, str]) -> None:
    cli.piped("blueprint", "definition", "add", "--spec", files["definition"])
    cli.piped("blueprint", "add", "--spec", files["blueprint"])


def test_definitions(cli: Commands, files: dict[str, str]) -> None:
    assert "No blueprint definitions found" in cli.piped("blueprint", "definition", "ls").stderr
    done = cli.piped("blueprint", "definition", "add", "--spec", files["definition"])
    assert "Kind=Lamp" in done.stderr
    assert cli.piped("blueprint", "definition", "ls").stdout.splitlines()[1].split() == [
        "lamps",
        "Lamp",
        "echo",
        "reconcile",
    ]
    assert cli.json("blueprint", "definition", "get", "--name", "lamps")["metadata"]["name"] == "lamps"
    shown = cli.drawn("blueprint", "definition", "get", "--name", "lamps")
    assert [line for line in shown if "glow" in line and "object" in line]
    cli.piped("blueprint", "definition", "remove", "--name", "lamps")
    cli.piped("blueprint", "definition", "get", "--name", "lamps", code=5)
    assert "metadata" in cli.piped("blueprint", "add", "--spec", files["nameless"], code=2).stderr


@pytest.mark.usefixtures("lamp")
def test_blueprints_are_shown_and_changed(cli: Commands, files: dict[str, str]) -> None:
    assert "desk" in cli.piped("blueprint", "ls").stdout
    assert cli.json("blueprint", "ls", "--kind", "Chair") == []
    changed = cli.piped("blueprint", "set", "--name", "desk", "--key", "glow.colour", "--value", "blue")
    assert "Reconciliation triggered" in changed.stderr
    cli.piped("blueprint", "set", "--name", "desk", "--key", "spec.on", "--value", "false")
    assert cli.json("blueprint", "get", "--name", "desk")["spec"] == {"on": False, "glow": {"colour": "blue"}}
    wrong = cli.piped("blueprint", "set", "--name", "desk", "--key", "glow.size", "--value", "1", code=2)
    assert "spec.glow has colour" in wrong.stderr
    cli.piped("blueprint", "update", "--spec", files["blueprint"])
    cli.piped("blueprint", "status", "--name", "desk", "--status", files["status"])
    found = cli.json("blueprint", "get", "--name", "desk")
    assert found["spec"]["on"]
    assert found["status"] == {"on": False}
    shown = cli.drawn("blueprint", "get", "--name", "desk")
    assert [line for line in shown if "glow" in line and '{"colour": "red"}' in line]


@pytest.mark.usefixtures("lamp")
def test_the_history_of_a_blueprint(cli: Commands) -> None:
    cli.piped("blueprint", "set", "--name", "desk", "--key", "on", "--value", "false")
    lines = cli.piped("blueprint", "history", "--name", "desk").stdout.splitlines()
    assert lines[0].split() == ["GENERATION", "CHANGE", "TIME", "CHANGED", "BY"]
    assert [line.split()[1] for line in lines[1:]] == ["update", "create"]
    first = cli.json("blueprint", "history", "--name", "desk", "--generation", lines[-1].split()[0])
    assert first["spec"]["on"] is True
    cli.piped("blueprint", "history", "--name", "desk", "-g", "99", code=5)


@pytest.mark.usefixtures("lamp")
def test_blueprints_are_reconciled_and_removed(cli: Commands) -> None:
    process = cli.json("blueprint", "reconcile", "--name", "desk", "--force")
    assert process["spec"]["kwargs"]["blueprintName"] == "desk"
    assert "ProcessID=" in cli.piped("blueprint", "reconcile", "--name", "desk").stderr
    cli.piped("blueprint", "remove", "--name", "desk")
    assert "No blueprints found" in cli.piped("blueprint", "ls").stderr


@pytest.mark.usefixtures("lamp")
def test_the_logs_of_those_who_reconcile(cli: Commands, colony: Colony, executor: Member) -> None:
    assert "No logs found" in cli.piped("blueprint", "log").stderr
    colony.client.add_executor_log(colony.name, executor.name, "screwed it in", executor.prvkey)
    for arguments in ([], ["--name", "desk"]):
        assert "screwed it in" in cli.piped("blueprint", "log", *arguments).stdout
    with cli.terminal("blueprint", "log", "--follow") as terminal:
        terminal.until("screwed it in")
        colony.client.add_executor_log(colony.name, executor.name, "it glows", executor.prvkey)
        terminal.until("it glows")


@pytest.mark.usefixtures("lamp")
def test_the_doctor(cli: Commands, colony: Colony, executor: Member) -> None:
    colony.client.assign(colony.name, 1, executor.prvkey)  # it lives
    assert "[OK] the cron reconcile-Lamp exists" in cli.piped("blueprint", "doctor").stdout
    cronid = next(cron["cronid"] for cron in cli.json("cron", "ls") if cron["name"] == "reconcile-Lamp")
    cli.piped("cron", "remove", "--cronid", cronid)
    ill = cli.piped("blueprint", "doctor", "--name", "desk", code=1)
    assert "[ERROR] the cron reconcile-Lamp is missing" in ill.stdout
    assert "was added" in cli.piped("blueprint", "doctor", "--fix").stdout
    assert all(finding["well"] for finding in cli.json("blueprint", "doctor"))
    colony.client.remove_executor(colony.name, executor.name, colony.prvkey)
    member = colony.executor("other")
    lost = cli.piped("blueprint", "doctor", code=1, variables={"COLONIES_PRVKEY": member.prvkey})
    assert "no approved executor of the type echo; there are: other" in lost.stdout
