"""`pycolonies cron` and `generator`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands import Commands
from conftest import Colony


@pytest.fixture
def workflow(tmp_path: Path) -> str:
    """A file with a workflow of two nodes, as the Colonies CLI takes it."""
    specs = [
        {"nodename": "a", "funcname": "gen_nums", "args": [7], "conditions": {"executortype": "echo"}},
        {
            "nodename": "b",
            "funcname": "sum_nums",
            "conditions": {"executortype": "echo", "dependencies": ["a"]},
        },
    ]
    path = tmp_path / "workflow.json"
    path.write_text(json.dumps(specs))
    return str(path)


def test_crons(cli: Commands, workflow: str, colony: Colony) -> None:
    assert "No crons found" in cli.piped("cron", "ls").stderr
    minutely = ["--name", "minutely", "--spec", workflow, "--cron", "0 * * * * *"]
    added = cli.json("cron", "add", *minutely)
    assert added["name"] == "minutely"
    assert added["cronexpression"] == "0 * * * * *"
    done = cli.piped(
        "cron", "add", "--name", "often", "--spec", workflow, "--interval", "30", "--waitprevious"
    )
    assert "Cron added" in done.stderr
    lines = cli.piped("cron", "ls").stdout.splitlines()
    assert [word in lines[0] for word in ("CRONID", "NAME", "NEXT RUN")] == [True] * 3
    assert any("every 30s" in line for line in lines)
    cronid = added["cronid"]
    shown = cli.drawn("cron", "get", "--cronid", cronid)
    assert [line for line in shown if "gen_nums" in line and "7" in line]
    assert [line for line in shown if "sum_nums" in line and " a " in line]
    cli.piped("cron", "run", "--cronid", cronid)
    assert colony.client.get_processgraphs(colony.name, prvkey=cli.environment["COLONIES_PRVKEY"])
    cli.piped("cron", "remove", "--cronid", cronid)
    assert [cron["name"] for cron in cli.json("cron", "ls")] == ["often"]


def test_a_cron_needs_a_time(cli: Commands, workflow: str) -> None:
    spec = ["cron", "add", "--name", "a", "--spec", workflow]
    assert "give --cron or --interval" in cli.piped(*spec, code=2).stderr
    assert "--random needs --interval" in cli.piped(*spec, "--random", "--cron", "0 * * * * *", code=2).stderr
    assert "File 'x' does not exist" in cli.piped(*spec[:-1], "x", "--interval", "5", code=2).stderr


def test_generators(cli: Commands, workflow: str, colony: Colony) -> None:
    assert "No generators found" in cli.piped("generator", "ls").stderr
    added = cli.json("generator", "add", "--name", "batch", "--spec", workflow, "--trigger", "2")
    assert added["trigger"] == 2
    assert added["timeout"] == -1
    generatorid = added["generatorid"]
    assert cli.json("generator", "get", "--name", "batch")["generatorid"] == generatorid
    cli.piped("generator", "pack", "--generatorid", generatorid, "--arg", "one")
    assert cli.json("generator", "get", "--generatorid", generatorid)["queuesize"] == 1
    cli.piped("generator", "pack", "--name", "batch", "--arg", "two")
    shown = cli.drawn("generator", "get", "--generatorid", generatorid)
    assert [line for line in shown if "gen_nums" in line]
    assert generatorid in cli.piped("generator", "ls").stdout
    cli.piped("generator", "pack", "--arg", "three", code=2)
    cli.piped("generator", "remove", "--name", "batch")
    assert cli.json("generator", "ls") == []
    cli.piped("generator", "get", "--generatorid", generatorid, code=5)
    assert colony.name
