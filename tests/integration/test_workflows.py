"""Workflows and their process graphs over the real wire."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conftest import Colony, Member
from pycolonies import (
    AsyncColonies,
    Colonies,
    InvalidRequestError,
    InvalidWorkflowError,
    ProcessGraph,
    ServerError,
    Workflow,
)

pytestmark = pytest.mark.both_modes


def gen_nums(count: int) -> list[int]:
    return list(range(count))


def sum_nums(*numbers: int) -> int:
    return sum(numbers)


def chain(colony: Colony, *names: str) -> Workflow:
    """Nodes of which each waits for the one before."""
    specs = []
    for before, name in zip((None, *names), names, strict=False):
        spec = colony.spec()
        spec.nodename = name
        spec.conditions.dependencies = [before] if before else []
        specs.append(spec)
    return Workflow(colonyname=colony.name, functionspecs=specs)


def submit(colony: Colony, executor: Member, *names: str) -> ProcessGraph:
    return colony.client.submit_workflow(chain(colony, *names), executor.prvkey)


@contextmanager
def counted_calls(client: Colonies) -> Iterator[list[str]]:
    """Collects the types of the messages that a client sends."""
    sent: list[str] = []
    transport = client.endpoint.transport

    class Counting:
        subscribe = transport.subscribe

        def call(self, msgtype: str, *args: Any) -> bytes:
            sent.append(msgtype)
            return transport.call(msgtype, *args)

    client.endpoint = client.endpoint.bind(transport=Counting())
    try:
        yield sent
    finally:
        client.endpoint = client.endpoint.bind(transport=transport)


def test_outputs_become_inputs(colony: Colony, executor: Member) -> None:
    client = colony.client
    graph = submit(colony, executor, "first", "second")
    assert graph.state == client.WAITING
    assert len(graph.processids) == 2
    first = client.assign(colony.name, 10, executor.prvkey)
    assert first.spec.nodename == "first"
    client.close(first.processid, ["x", 1], executor.prvkey)
    second = client.assign(colony.name, 10, executor.prvkey)
    assert second.input == ["x", 1]
    assert second.parents == [first.processid]
    client.close(second.processid, [], executor.prvkey)
    done = client.get_processgraph(graph.processgraphid, executor.prvkey)
    assert done.state == client.SUCCESSFUL
    assert sorted(node.data["label"] for node in done.nodes) == ["first", "second"]
    assert [(edge.source, edge.target) for edge in done.edges] == [tuple(graph.processids)]


def test_lists_are_by_state_and_never_none(colony: Colony, executor: Member) -> None:
    client = colony.client
    assert client.get_processgraphs(colony.name, 10, executor.prvkey) == []
    older, newer = (submit(colony, executor, "a").processgraphid for _ in range(2))
    listed = client.get_processgraphs(colony.name, 10, executor.prvkey)
    assert [graph.processgraphid for graph in listed] == [newer, older]
    assert listed[0]["colonyname"] == colony.name
    assert client.get_processgraphs(colony.name, 10, executor.prvkey, client.RUNNING) == []
    with pytest.raises(InvalidRequestError):
        client.get_processgraphs(colony.name, 10, executor.prvkey, state=7)


def test_processes_of_a_workflow(colony: Colony, executor: Member) -> None:
    graph = submit(colony, executor, "a", "b", "c")
    processes = colony.client.get_processes_for_workflow(graph.processgraphid, colony.name, executor.prvkey)
    assert [process.spec.nodename for process in processes] == ["a", "b", "c"]
    few = colony.client.get_processes_for_workflow(graph.processgraphid, colony.name, executor.prvkey, 2)
    assert few == processes[:2]


@pytest.mark.parametrize(("nodename", "calls"), [("n0", 1), ("n9", 3), ("none", 2)])
def test_finding_a_process_does_not_ask_for_each(
    colony: Colony, executor: Member, nodename: str, calls: int
) -> None:
    graph = submit(colony, executor, *(f"n{number}" for number in range(10)))
    with counted_calls(colony.client) as sent:
        found = colony.client.find_process(nodename, graph.processids, executor.prvkey)
    assert (found.spec.nodename if found else "none") == nodename
    assert len(sent) == calls


def test_finding_among_nothing_and_outside_of_graphs(colony: Colony, executor: Member) -> None:
    client = colony.client
    assert client.find_process("a", [], executor.prvkey) is None
    single, other = colony.submit(executor), colony.submit(executor)
    ids = [single.processid, other.processid]
    assert client.find_process("none", ids, executor.prvkey) is None
    graph = submit(colony, executor, "a", "b")
    found = client.find_process("b", [*ids, *graph.processids], executor.prvkey)
    assert found is not None
    assert found.processid == graph.processids[1]
    found = client.find_process("echo", [*graph.processids, *ids], executor.prvkey)
    assert found is not None
    assert found.processid == single.processid


def test_children_are_added_to_a_running_process(colony: Colony, executor: Member) -> None:
    client = colony.client
    graph = submit(colony, executor, "a")
    parent = client.assign(colony.name, 10, executor.prvkey)
    spec = colony.spec("argument")
    child = client.add_child(
        graph.processgraphid, parent.processid, "", spec, "child", False, executor.prvkey
    )
    assert child.spec.nodename == "child"
    assert child.parents == [parent.processid]
    assert child.waitforparents
    assert spec.nodename == "echo"  # what was passed in is left alone
    client.close(parent.processid, [], executor.prvkey)
    assert client.assign(colony.name, 10, executor.prvkey).processid == child.processid


def test_cancel_a_graph(colony: Colony, executor: Member) -> None:
    client = colony.client
    graph = submit(colony, executor, "a", "b")
    client.cancel_processgraph(graph.processgraphid, executor.prvkey)
    states = {
        process.state
        for process in client.get_processes_for_workflow(graph.processgraphid, colony.name, executor.prvkey)
    }
    assert states == {client.CANCELLED}


def test_wait_for_a_process_that_is_cancelled_with_its_graph(colony: Colony, executor: Member) -> None:
    client = colony.client
    graph = submit(colony, executor, "a")
    (process,) = client.get_processes_for_workflow(graph.processgraphid, colony.name, executor.prvkey)
    ended: list[int] = []
    waiting = threading.Thread(target=lambda: ended.append(client.wait(process, 60, executor.prvkey).state))
    waiting.start()
    client.cancel_processgraph(graph.processgraphid, executor.prvkey)
    waiting.join(60)
    assert ended == [client.CANCELLED]


def test_remove(colony: Colony, executor: Member) -> None:
    client = colony.client
    graph = submit(colony, executor, "a")
    client.remove_processgraph(graph.processgraphid, executor.prvkey)
    with pytest.raises(ServerError, match="graph is nil"):
        client.get_processgraph(graph.processgraphid, executor.prvkey)


def test_remove_all_of_a_state(colony: Colony, executor: Member) -> None:
    client = colony.client
    submit(colony, executor, "running")
    client.assign(colony.name, 10, executor.prvkey)
    submit(colony, executor, "waiting")
    client.remove_all_processgraphs(colony.name, colony.prvkey)
    assert client.get_processgraphs(colony.name, 10, executor.prvkey) == []
    assert len(client.get_processgraphs(colony.name, 10, executor.prvkey, client.RUNNING)) == 1
    client.remove_all_processgraphs(colony.name, colony.prvkey, state=-1)
    assert client.get_processgraphs(colony.name, 10, executor.prvkey, client.RUNNING) == []


def test_a_faulty_workflow_is_refused_before_it_is_sent(colony: Colony, executor: Member) -> None:
    workflow = chain(colony, "first", "second")
    workflow.functionspecs[1].conditions.dependencies = ["frist"]
    text = "node 'second' depends on 'frist', which is not a node of this workflow; did you mean 'first'?"
    with counted_calls(colony.client) as sent:
        for form in (workflow, workflow.model_dump(by_alias=True)):
            with pytest.raises(InvalidWorkflowError, match=re.escape(text)) as caught:
                colony.client.submit_workflow(form, executor.prvkey)
            assert caught.value.nodes == ("second", "frist")
    assert sent == []


def test_a_workflow_of_functions(colony: Colony, executor: Member) -> None:
    client = colony.client
    workflow = Workflow(colonyname=colony.name, executortype="echo", maxexectime=60)
    numbers = workflow.add(gen_nums, args=[2])
    workflow.add(sum_nums, after=[numbers], maxretries=1)
    graph = client.submit_workflow(workflow, executor.prvkey)
    arrow = ["flowchart TD", '    n0["gen_nums"]:::waiting', '    n1["sum_nums"]:::waiting', "    n0 --> n1"]
    assert graph.mermaid().splitlines()[:4] == arrow
    read = client.get_processgraph(graph.processgraphid, executor.prvkey)
    assert {(node.id, node.type, *node.data.values()) for node in graph.nodes} == {
        (node.id, node.type, *node.data.values()) for node in read.nodes
    }
    assert graph.edges == read.edges
    first = client.assign(colony.name, 10, executor.prvkey)
    assert first.spec.funcname == "gen_nums"
    assert first.spec.args == [2]
    assert first.spec.env == {}
    assert first.spec.maxexectime == 60
    assert first.spec.maxretries == -1
    client.close(first.processid, [1, 2], executor.prvkey)
    second = client.assign(colony.name, 10, executor.prvkey)
    assert second.input == [1, 2]
    assert second.spec.maxretries == 1
    graph = client.get_processgraph(graph.processgraphid, executor.prvkey)
    assert graph.tree() == "gen_nums [successful]\n└── sum_nums [running]\n"


def test_listed_graphs_cannot_be_drawn(colony: Colony, executor: Member) -> None:
    submit(colony, executor, "a")
    (listed,) = colony.client.get_processgraphs(colony.name, 10, executor.prvkey)
    with pytest.raises(ValueError, match=r"get_processgraph\(processgraphid\)"):
        listed.mermaid()


def read_all(colony: Colony, executor: Member) -> int:
    """Lists the graphs of a colony, and reads each of them."""
    client, key = colony.client, executor.prvkey
    listed = client.get_processgraphs(colony.name, 100, key)
    for graph in listed:
        assert len(client.get_processgraph(graph.processgraphid, key).processids) == 2
    return len(listed)


async def read_all_in_a_loop(colony: Colony, executor: Member) -> int:
    async with AsyncColonies(colony.client.host, colony.client.port) as client:
        listed = await client.get_processgraphs(colony.name, 100, executor.prvkey)
        for graph in listed:
            found = await client.get_processgraph(graph.processgraphid, executor.prvkey)
            assert len(found.processids) == 2
        return len(listed)


@pytest.mark.parametrize("kind", ["blocking", "awaitable"])
def test_workflows_can_be_read_while_others_are_submitted(
    colony: Colony, executor: Member, kind: str
) -> None:
    def submit_some() -> None:
        for _ in range(10):
            submit(colony, executor, "a", "b")

    submitter = threading.Thread(target=submit_some)
    submitter.start()
    found = 0
    while submitter.is_alive() or found < 10:
        if kind == "blocking":
            found = read_all(colony, executor)
        else:
            found = asyncio.run(read_all_in_a_loop(colony, executor))
    submitter.join()


def test_a_graph_that_never_gets_its_nodes_is_refused(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    nodes = [
        {"nodename": name, "funcname": "f", "conditions": {"executortype": "echo", "dependencies": after}}
        for name, after in [("a", []), ("b", ["missing"])]
    ]
    with pytest.raises(ServerError):  # a client refuses it, too, but not every client does
        client.endpoint.signing(key).call(
            "submitworkflowspecmsg", spec={"colonyname": colony.name, "functionspecs": nodes}
        )
    with pytest.raises(InvalidRequestError, match="Failed to iterate processgraph"):
        client.get_processgraphs(colony.name, 10, key)
