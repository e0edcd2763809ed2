"""`pycolonies workflow`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from commands import Commands
from conftest import Colony, Member


def _node(name: str, *dependencies: str) -> dict[str, Any]:
    conditions = {"executortype": "echo", "dependencies": list(dependencies)}
    return {"nodename": name, "funcname": "echo", "args": [name], "conditions": conditions}


@pytest.fixture
def spec(tmp_path: Path) -> str:
    """A file with a diamond of nodes."""
    path = tmp_path / "workflow.json"
    path.write_text(json.dumps([_node("a"), _node("b", "a"), _node("c", "a"), _node("d", "b", "c")]))
    return str(path)


def _carry_out(colony: Colony, executor: Member, *, fails: str = "") -> str:
    process = colony.client.assign(colony.name, 10, executor.prvkey)
    if process.spec.nodename == fails:
        colony.client.fail(process.processid, ["no luck"], executor.prvkey)
    else:
        colony.client.close(process.processid, [f"{process.spec.nodename} done"], executor.prvkey)
    return process.spec.nodename


def test_a_workflow_is_drawn_while_it_goes_on(
    cli: Commands, colony: Colony, executor: Member, spec: str
) -> None:
    with cli.terminal("workflow", "submit", "--spec", spec, "--wait", "--out") as terminal:
        assert "0 of 4 nodes" in "\n".join(terminal.until("of 4 nodes"))
        assert terminal.until("a [waiting]")
        assert _carry_out(colony, executor) == "a"
        terminal.until("a [successful]")
        assert "├── b [waiting]" in terminal.lines
        assert {_carry_out(colony, executor), _carry_out(colony, executor)} == {"b", "c"}
        terminal.until("3 of 4 nodes")
        _carry_out(colony, executor)
        lines = terminal.end()
        assert lines[-1] == "d done"
        assert terminal.child.exitstatus == 0


@pytest.mark.parametrize("options", [[], ["--json"], ["--wait", "--wait-timeout", "0.3"]])
def test_nodes_that_no_executor_can_run_are_named_at_once(
    cli: Commands, colony: Colony, executor: Member, tmp_path: Path, options: list[str]
) -> None:
    nodes = [_node("a"), _node("b", "a"), _node("c", "b"), _node("d", "c")]
    for node in nodes[1:3]:
        node["conditions"]["executortype"] = "addr"
    nodes[3]["conditions"]["executortype"] = "other"
    path = tmp_path / "unserved.json"
    path.write_text(json.dumps(nodes))
    done = cli.piped(
        "workflow", "submit", "--spec", str(path), *options, code=6 if "--wait" in options else 0
    )
    registered = f"is registered in colony '{colony.name}' (there are: echo)"
    assert f"no executor of type 'addr' {registered}; node 'b' (and 1 more) waits for one" in done.stderr
    assert f"no executor of type 'other' {registered}; node 'd' waits for one" in done.stderr
    assert "'echo' is" not in done.stderr
    assert "no executor" not in done.stdout


def test_a_workflow_with_executors_for_all_nodes_has_no_warning(
    cli: Commands, colony: Colony, executor: Member, spec: str
) -> None:
    assert "no executor" not in cli.piped("workflow", "submit", "--spec", spec).stderr


@pytest.mark.both_modes
def test_what_fails_is_named(cli: Commands, colony: Colony, executor: Member, spec: str) -> None:
    submitted = cli.piped("workflow", "submit", "--spec", spec)
    workflowid = submitted.stderr.split("WorkflowID=")[1].split()[0]
    late = cli.piped("workflow", "watch", "--workflowid", workflowid, "--wait-timeout", "0", code=6)
    assert "did not end within 0 seconds" in late.stderr
    _carry_out(colony, executor, fails="a")
    watched = cli.piped("workflow", "watch", "--workflowid", workflowid, code=1)
    assert " Node failed" in watched.stderr
    assert "NodeName=a" in watched.stderr
    assert f"Error: workflow {workflowid} failed: node a: no luck" in watched.stderr
    assert cli.piped("workflow", "watch", "--workflowid", workflowid, "--json", code=1).stdout
    assert workflowid in cli.piped("workflow", "psf").stdout


def test_a_workflow_is_shown_and_drawn(
    cli: Commands, colony: Colony, executor: Member, spec: str, tmp_path: Path
) -> None:
    graph = cli.json("workflow", "submit", "--spec", spec)
    workflowid = graph["processgraphid"]
    shown = cli.drawn("workflow", "get", "--workflowid", workflowid, columns=250)
    assert f"│ WorkflowID     │ {workflowid} │" in shown
    assert shown[shown.index("Nodes:") + 1 :][:2] == ["a [waiting]", "├── b [waiting]"]
    assert len(cli.json("workflow", "get", "--workflowid", workflowid)["processids"]) == 4
    node = cli.json("workflow", "node", "--workflowid", workflowid, "--name", "c")
    assert node["spec"]["nodename"] == "c"
    assert "has no node x" in cli.piped(
        "workflow", "node", "--workflowid", workflowid, "--name", "x", code=5
    ).stderr  # fmt: skip

    draw = ["workflow", "graph", "--workflowid", workflowid]
    assert cli.piped(*draw, "--direction", "LR").stdout.startswith("flowchart LR")
    assert cli.piped("workflow", "graph", "--spec", spec, "--format", "dot").stdout.startswith("digraph")
    assert cli.piped("workflow", "graph", "--spec", spec, "--format", "tree").stdout.startswith("a\n├── b\n")
    picture = tmp_path / "picture.svg"
    cli.piped(*draw, "--format", "svg", "--output", str(picture))
    assert "<svg" in picture.read_text()
    assert cli.json(*draw)["format"] == "mermaid"
    assert "give --workflowid or --spec" in cli.piped("workflow", "graph", code=2).stderr

    child = tmp_path / "child.json"
    child.write_text(json.dumps(_node("e")))
    parent = colony.client.assign(colony.name, 10, executor.prvkey).processid
    added = cli.json(
        "workflow", "addchild", "--workflowid", workflowid, "--parent", parent,
        "--nodename", "e", "--spec", str(child),
    )  # fmt: skip
    assert added["parents"] == [parent]


def test_lists_of_each_state(cli: Commands, colony: Colony, executor: Member, spec: str) -> None:
    first = cli.json("workflow", "submit", "--spec", spec)["processgraphid"]
    assert first in cli.piped("workflow", "psw").stdout
    for _ in range(4):
        _carry_out(colony, executor)
    assert first in cli.piped("workflow", "pss").stdout
    second = cli.json("workflow", "submit", "--spec", spec)["processgraphid"]
    _carry_out(colony, executor)
    assert second in cli.piped("workflow", "ps").stdout
    cli.piped("workflow", "cancel", "--workflowid", second)
    assert second in cli.piped("workflow", "psc").stdout
    assert [found["processgraphid"] for found in cli.json("workflow", "ls")] == [second, first]
    assert "No failed workflows found" in cli.piped("workflow", "psf").stderr
    cli.piped("workflow", "remove", "--workflowid", second)
    cli.piped("workflow", "removeall", "--successful", typed="YES\n")
    assert cli.json("workflow", "ls") == []


def test_what_is_wrong_with_a_workflow_is_told_before_it_is_sent(cli: Commands, tmp_path: Path) -> None:
    path = tmp_path / "workflow.json"
    for content, told in (
        ([_node("a", "x")], "depends on 'x'"),
        ([_node("a"), _node("a")], "node names must be unique, got 'a'"),
        (_node("a"), "pycolonies function submit --spec"),
        ([1], "must contain a function spec"),
    ):
        path.write_text(json.dumps(content))
        assert told in cli.piped("workflow", "submit", "--spec", str(path), code=2).stderr
