"""Workflows, crons and generators."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conftest import Colony, Member
from polling import until
from pycolonies import Colonies, ProcessGraph, ServerError, Workflow

NEVER_AGAIN = "0 0 0 1 1 *"  # on New Year's day


@pytest.fixture
def workflow(colony: Colony) -> Workflow:
    first, second = colony.spec("a"), colony.spec("b")
    first.nodename, second.nodename = "first", "second"
    second.conditions.dependencies = ["first"]
    return Workflow(colonyname=colony.name, functionspecs=[first, second])


@pytest.fixture
def graph(colony: Colony, executor: Member, workflow: Workflow) -> ProcessGraph:
    return colony.client.submit_workflow(workflow, executor.prvkey)


def test_a_workflow_runs(colony: Colony, executor: Member, graph: ProcessGraph) -> None:
    client, key = colony.client, executor.prvkey
    assert graph.state == Colonies.WAITING
    for node in ("first", "second"):
        process = client.assign(colony.name, 10, key)
        assert process.spec.nodename == node
        client.close(process.processid, [node], key)
    assert client.wait_workflow(graph, 60, key)["second"] == "second"
    found = client.get_processgraph(graph.processgraphid, key)
    assert found.state == Colonies.SUCCESSFUL
    second = client.find_process("second", found.processids, key)
    assert second is not None
    assert second.input == ["first"]
    assert second.output == ["second"]
    processes = client.get_processes_for_workflow(graph.processgraphid, colony.name, key)
    assert {process.processid for process in processes} == set(found.processids)


def test_graphs_are_listed_and_removed(colony: Colony, executor: Member, workflow: Workflow) -> None:
    client, key = colony.client, executor.prvkey
    ids = {client.submit_workflow(workflow, key).processgraphid for _ in range(2)}
    for state in (None, Colonies.WAITING):
        listed = client.get_processgraphs(colony.name, 10, key, state)
        assert {found.processgraphid for found in listed} == ids
    assert client.get_processgraphs(colony.name, 10, key, Colonies.FAILED) == []
    gone = ids.pop()
    client.remove_processgraph(gone, key)
    with pytest.raises(ServerError):
        client.get_processgraph(gone, key)
    client.remove_all_processgraphs(colony.name, colony.prvkey)
    assert client.get_processgraphs(colony.name, 10, key) == []


def test_a_graph_is_cancelled(colony: Colony, executor: Member, graph: ProcessGraph) -> None:
    colony.client.cancel_processgraph(graph.processgraphid, executor.prvkey)
    found = colony.client.get_processgraph(graph.processgraphid, executor.prvkey)
    assert found.state == Colonies.CANCELLED


def test_a_running_process_gets_a_child(colony: Colony, executor: Member, graph: ProcessGraph) -> None:
    client, key = colony.client, executor.prvkey
    parent = client.assign(colony.name, 10, key)
    spec = colony.spec("more")
    child = client.add_child(graph.processgraphid, parent.processid, "", spec, "third", False, key)
    assert child.parents == [parent.processid]
    assert child.processid in client.get_processgraph(graph.processgraphid, key).processids


def test_a_cron_comes_and_goes(colony: Colony, executor: Member, workflow: Workflow) -> None:
    client, key = colony.client, executor.prvkey
    cron = client.add_cron("cron", NEVER_AGAIN, True, workflow, colony.name, key)
    found = client.get_cron(cron["cronid"], key)
    assert found["name"] == "cron"
    assert found["cronexpression"] == NEVER_AGAIN
    assert found["interval"] == -1
    assert found["waitforprevprocessgraph"] is True
    assert Workflow(**json.loads(found["workflowspec"])) == workflow
    assert [listed["cronid"] for listed in client.get_crons(colony.name, 10, key)] == [cron["cronid"]]
    client.run_cron(cron["cronid"], key)
    (graph,) = client.get_processgraphs(colony.name, 10, key)
    assert client.get_cron(cron["cronid"], key)["prevprocessgraphid"] == graph.processgraphid
    client.del_cron(cron["cronid"], key)
    assert client.get_crons(colony.name, 10, key) == []
    with pytest.raises(ServerError):
        client.get_cron(cron["cronid"], key)


def test_a_cron_runs_by_itself(colony: Colony, executor: Member, workflow: Workflow) -> None:
    client, key = colony.client, executor.prvkey
    cron = client.add_cron("cron", "", False, workflow, colony.name, key, interval=1)
    until(lambda: len(client.get_processgraphs(colony.name, 10, key)) >= 2)
    client.del_cron(cron["cronid"], key)


def test_a_generator_submits_what_was_packed(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    node = colony.spec()
    node.nodename = "node"
    described: dict[str, Any] = {
        "name": "generator",
        "colonyname": colony.name,
        "workflowspec": Workflow(colonyname=colony.name, functionspecs=[node]),
        "trigger": 2,
        "timeout": 0,
    }
    generatorid = client.add_generator(described, key)["generatorid"]
    assert client.resolve_generator(colony.name, "generator", key)["generatorid"] == generatorid
    assert [found["trigger"] for found in client.get_generators(colony.name, key)] == [2]
    for arg in ("one", "two", "three"):
        client.pack_generator(generatorid, arg, key)
    # Servers may wake another executor for it than the one that waits, so it is asked for when it is there.
    until(lambda: bool(client.get_processgraphs(colony.name, 10, key)))
    assert client.assign(colony.name, 10, key).spec.args == ["one", "two"]
    until(lambda: client.get_generator(generatorid, key)["queuesize"] == 1)
    client.remove_generator(generatorid, key)
    assert client.get_generators(colony.name, key) == []
    with pytest.raises(ServerError):
        client.get_generator(generatorid, key)


def test_failed_work_is_submitted_again(colony: Colony, executor: Member, graph: ProcessGraph) -> None:
    client, key = colony.client, executor.prvkey
    process = client.assign(colony.name, 10, key)
    client.fail(process.processid, ["no luck"], key)
    until(lambda: client.get_processgraph(graph.processgraphid, key).state == client.FAILED)
    assert process.processid in [found.processid for found in client.failed(colony.name, key)]
    again = client.resubmit(process.processid, key)
    assert client.assign(colony.name, 10, key).processid == again.processid
    client.close(again.processid, ["done"], key)
    assert len(client.resubmit_workflow(graph, key).processids) == 2


def test_a_call_far_ahead_is_scheduled(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    cron = client.schedule(colony.spec("later"), key, countdown=3600, colonyname=colony.name)
    assert client.get_cron(cron["cronid"], key)["name"] == cron["name"]
