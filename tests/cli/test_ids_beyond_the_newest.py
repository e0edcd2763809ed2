"""Prefixes of ids are found among all processes and workflows, not only among those that a server lists."""

from __future__ import annotations

from commands import Commands
from conftest import Colony, Member
from pycolonies import FuncSpec, Workflow

#: More than a server lists of a state.
MANY = 105


def test_a_process_is_found_that_lists_show_no_longer(
    cli: Commands, colony: Colony, executor: Member
) -> None:
    # Of waiting processes a server lists those that wait longest.
    ids = [colony.submit(executor, "call").processid for _ in range(MANY)]
    for prefix in (ids[-1][:12], ids[-1][:10]):
        assert cli.json("process", "get", prefix)["processid"] == ids[-1]
    cli.piped("process", "cancel", ids[-1][:12])
    assert colony.client.get_process(ids[-1], executor.prvkey).state == 4
    missing = next(text for text in ("e" * 12, "d" * 12) if not any(each.startswith(text) for each in ids))
    assert "no id of a process begins with" in cli.piped("process", "get", missing, code=5).stderr
    short = next(one[:1] for one in ids if sum(each[:1] == one[:1] for each in ids) > 1)
    same = sum(each[:1] == short for each in ids)
    assert f"ambiguous, {same} ids" in cli.piped("process", "get", short, code=2).stderr


def test_a_workflow_is_found_that_lists_show_no_longer(
    cli: Commands, colony: Colony, executor: Member
) -> None:
    node = {"nodename": "a", "funcname": "f", "conditions": {"executortype": "echo"}}
    ids = []
    for _ in range(MANY):
        workflow = Workflow(colonyname=colony.name, functionspecs=[FuncSpec.model_validate(node)])
        ids.append(colony.client.submit_workflow(workflow, executor.prvkey).processgraphid)
    for processgraphid in (ids[0], ids[-1]):
        assert cli.json("workflow", "get", processgraphid[:12])["processgraphid"] == processgraphid
