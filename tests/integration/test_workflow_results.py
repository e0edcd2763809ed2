"""Waiting for workflows, over the real wire."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from conftest import Colony, Member
from pycolonies import (
    AsyncColonies,
    ClientCall,
    Colonies,
    FuncSpec,
    ProcessGraph,
    ServerError,
    WaitTimeoutError,
    Workflow,
    WorkflowFailedError,
    func_spec,
)
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, EXECUTOR_TYPE, DevServer
from workers import run_one, workers

pytestmark = pytest.mark.both_modes


@pytest.fixture
def bound(colony: Colony, executor: Member) -> Colonies:
    return Colonies(colony.client.host, colony.client.port, prvkey=executor.prvkey, colonyname=colony.name)


def diamond(colony: Colony, **options: Any) -> Workflow:
    workflow = Workflow(colonyname=colony.name, executortype="echo", **{"maxexectime": 60, **options})
    start = workflow.add("echo", "start", args=[1])

    def spec(name: str, *args: Any) -> FuncSpec:
        return func_spec(name, args, colony.name, "echo", **{"maxexectime": 60, **options})

    sides = [
        workflow.add(spec("double", number), name, after=[start]) for number, name in enumerate(["l", "r"])
    ]
    workflow.add(spec("echo", "e", "f"), "end", after=sides)
    return workflow


def test_results_are_by_node(bound: Colonies, colony: Colony) -> None:
    graph = bound.submit_workflow(diamond(colony))
    with workers(colony):
        result = bound.wait_workflow(graph, 60, progress=True)  # shown on terminals only
    assert dict(result) == {"start": 1, "l": 0, "r": 2, "end": ["e", "f"]}
    assert len(result) == 4
    assert "end" in result
    assert "middle" not in result
    assert result.process("l").spec.funcname == "double"
    assert result.graph.state == Colonies.SUCCESSFUL
    assert result.graph.tree().startswith("start [successful]\n├── l [successful]\n│   └── end")
    assert repr(result) == f"<WorkflowResult of {graph.processgraphid}: start, l, end, r>"
    with pytest.raises(KeyError):
        result["middle"]
    assert bound.wait_workflow(graph.processgraphid)["r"] == 2


def test_a_failure_names_the_nodes(bound: Colonies, colony: Colony) -> None:
    workflow = diamond(colony)
    workflow.functionspecs[1].funcname = "divide"
    workflow.functionspecs[1].args = [1, 0]
    graph = bound.submit_workflow(workflow)
    with workers(colony), pytest.raises(WorkflowFailedError) as failed:
        bound.wait_workflow(graph, 60)
    fault = failed.value
    assert fault.failed == {"l": ["ZeroDivisionError: division by zero"]}
    text = f"process graph {graph.processgraphid} failed: l: ZeroDivisionError: division by zero"
    assert str(fault) == str(pickle.loads(pickle.dumps(fault))) == text
    assert fault.state == Colonies.FAILED


def test_a_cancelled_workflow(bound: Colonies, colony: Colony) -> None:
    graph = bound.submit_workflow(diamond(colony))
    bound.cancel_processgraph(graph.processgraphid)
    with pytest.raises(WorkflowFailedError, match=f"process graph {graph.processgraphid} was cancelled"):
        bound.wait_workflow(graph, 60)


def test_time_can_be_over(bound: Colonies, colony: Colony) -> None:
    graph = bound.submit_workflow(diamond(colony))
    with pytest.raises(WaitTimeoutError, match=f"graph {graph.processgraphid} did not end within 0.1"):
        bound.wait_workflow(graph, 0.1)
    with pytest.raises(ServerError, match="graph is nil"):
        bound.wait_workflow("0" * 64, 60)


def test_retries_are_waited_for(server: DevServer, bound: Colonies, colony: Colony, executor: Member) -> None:
    graph = bound.submit_workflow(diamond(colony, maxexectime=500, maxretries=3))
    bound.assign(timeout=60)
    server.advance(510)
    with workers(colony):
        result = bound.wait_workflow(graph, 60)
    assert result.process("start").retries == 1
    assert result["end"] == ["e", "f"]
    del executor


def test_nodes_that_were_added_meanwhile_are_there(bound: Colonies, colony: Colony, executor: Member) -> None:
    graph = bound.submit_workflow(diamond(colony))
    start = bound.assign(timeout=60)
    for number in range(2):
        spec = colony.spec(number)
        bound.add_child(graph.processgraphid, start.processid, "", spec, nodename="child", insert=False)
    bound.close(start.processid, [])
    with workers(colony):
        result = bound.wait_workflow(graph, 60)
    assert result["child"] == 0
    assert result["child-2"] == 1
    assert result["start"] is None
    del executor


def test_faults_are_outlasted() -> None:
    with DevServer() as server:
        client = server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)
        workflow = Workflow(colonyname=COLONY_NAME, executortype=EXECUTOR_TYPE)
        workflow.add("f")
        steps = client._workflow_steps(client.submit_workflow(workflow), 20, EXECUTOR_PRVKEY)
        assert isinstance(next(steps), ProcessGraph)
        server.faults.drop_next("getprocessgraphmsg", times=3)
        process = client.assign(timeout=60)
        client.close(process.processid, ["done"])
        *_, last = (seen for seen in steps if seen is not None)
        assert last.state == Colonies.SUCCESSFUL


def test_reasons_and_results_outlast_lost_answers(
    own_server: DevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pycolonies._waiting.backoff.FIRST", 0.01)
    client = own_server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)

    def run(end: str) -> ProcessGraph:
        workflow = Workflow(colonyname=COLONY_NAME, executortype=EXECUTOR_TYPE)
        workflow.add("f")
        graph = client.submit_workflow(workflow)
        process = client.assign(timeout=10)
        if end == "good":
            client.close(process.processid, [7])
        else:
            client.fail(process.processid, ["wrong"])
        client.get_processgraph(graph.processgraphid)
        return graph

    async def results(graph: ProcessGraph) -> dict[str, Any]:
        async with AsyncColonies(
            client.host, client.port, prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME
        ) as colonies:
            return dict(await colonies.wait_workflow(graph, 20))

    def waited(graph: ProcessGraph) -> dict[str, Any]:
        return dict(client.wait_workflow(graph, 20))

    def awaited(graph: ProcessGraph) -> dict[str, Any]:
        return asyncio.run(results(graph))

    good, bad = run("good"), run("bad")
    for wait in (waited, awaited):
        own_server.faults.drop_next("getprocessmsg", times=3)
        assert wait(good) == {"f": 7}
        own_server.faults.drop_next("getprocessmsg", times=3)
        with pytest.raises(WorkflowFailedError) as failed:
            wait(bad)
        assert failed.value.failed == {"f": ["wrong"]}


@pytest.mark.parametrize(("end", "state"), [("good", Colonies.SUCCESSFUL), ("bad", Colonies.FAILED)])
def test_a_graph_whose_end_was_never_stored_ends_with_its_nodes(
    server: DevServer, colony: Colony, executor: Member, monkeypatch: pytest.MonkeyPatch, end: str, state: int
) -> None:
    """A server that is killed between the end of the last node and that of the graph leaves it running."""

    def forget_the_end(call: ClientCall) -> Iterator[None]:
        yield
        if call.msgtype == "getprocessgraphmsg":
            call.value = {**call.value, "state": Colonies.RUNNING}

    client = Colonies(
        server.host, server.port, prvkey=executor.prvkey, colonyname=colony.name, middleware=[forget_the_end]
    )
    workflow = Workflow(colonyname=colony.name, functionspecs=[])
    first = workflow.add("echo", args=[1], executortype="echo")
    workflow.add("echo", executortype="echo", after=[first])
    graph = client.submit_workflow(workflow)
    while (process := client.assign(timeout=10)) and process.spec.nodename == "echo":
        if end == "bad":
            client.fail(process.processid, ["wrong"])
            break
        client.close(process.processid, [1])
    else:
        client.close(process.processid, [2])
    with pytest.raises(WaitTimeoutError):  # it may be stored in a moment
        client.wait_workflow(graph, 0.3)
    monkeypatch.setattr("pycolonies._waiting.endings.GRAPH_WITHIN", 0.1)
    if state == Colonies.SUCCESSFUL:
        assert list(dict(client.wait_workflow(graph, 20)).values()) == [1, 2]
    else:
        with pytest.raises(WorkflowFailedError) as failed:
            client.wait_workflow(graph, 20)
        assert (failed.value.state, failed.value.failed) == (Colonies.FAILED, {"echo": ["wrong"]})


def test_await_a_workflow(bound: Colonies, colony: Colony) -> None:
    async def test() -> None:
        async with AsyncColonies(
            bound.host, bound.port, prvkey=bound.endpoint.prvkey, colonyname=colony.name
        ) as colonies:
            graph = await colonies.submit_workflow(diamond(colony))
            with pytest.raises(WaitTimeoutError):
                await colonies.wait_workflow(graph, 0.1)
            with workers(colony):
                assert (await colonies.wait_workflow(graph, 60))["r"] == 2
            graph = await colonies.submit_workflow(diamond(colony))
            await colonies.cancel_processgraph(graph.processgraphid)
            with pytest.raises(WorkflowFailedError):
                await colonies.wait_workflow(graph)

    asyncio.run(test())


def test_one_process_is_enough(bound: Colonies, colony: Colony, executor: Member) -> None:
    workflow = Workflow(colonyname=colony.name, executortype="echo")
    workflow.add("echo", args=["x"])
    graph = bound.submit_workflow(workflow)
    run_one(colony, executor.prvkey)
    assert dict(bound.wait_workflow(graph, 60)) == {"echo": "x"}
