"""Failed processes and workflows are found, and submitted again."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from pycolonies import (
    AsyncColonies,
    Executor,
    NotFoundError,
    Process,
    ProcessFailedError,
    ProcessGraph,
    Workflow,
    WorkflowFailedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Colony
    from pycolonies import Colonies
    from pycolonies.testing import DevServer

pytestmark = pytest.mark.both_modes

PATIENCE = 60


class Shop:
    """An executor whose functions fail until they are repaired."""

    def __init__(self, colony: Colony) -> None:
        self.broken = {"pay", "ship"}
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.client: Colonies = colony.client.bind(prvkey=colony.user().prvkey, colonyname=colony.name)
        self.executor = Executor(
            "shop", client=colony.client, colonyname=colony.name, colony_prvkey=colony.prvkey
        )
        for name in ("order", "pay", "ship", "report"):
            self.executor.function(self._function(name), name=name)

    def _function(self, name: str) -> Any:
        def work(*given: Any) -> str:
            self.calls.append((name, given))
            if name in self.broken:
                raise RuntimeError(f"{name} is broken")
            return f"{name}({', '.join(map(str, given))})"

        return work

    def fails(self, name: str, *args: Any, **options: Any) -> Process:
        handle = self.client.submit(name, args=args, executortype="shop", maxexectime=60, **options)
        with pytest.raises(ProcessFailedError):
            handle.result(PATIENCE)
        return handle.process

    def workflow(self, *nodes: tuple[str, str, list[str]]) -> ProcessGraph:
        """Runs a workflow of nodes, each with name, function and what it waits for, until it has failed."""
        workflow = Workflow(colonyname=self.client.colonyname, executortype="shop", maxexectime=60)
        for name, function, after in nodes:
            workflow.add(function, name, after=after, args=[] if after else [name])
        graph = self.client.submit_workflow(workflow)
        with pytest.raises(WorkflowFailedError):
            self.client.wait_workflow(graph, PATIENCE)
        self.calls.clear()
        self.broken.clear()
        return graph


@pytest.fixture
def shop(colony: Colony) -> Iterator[Shop]:
    shop = Shop(colony)
    with shop.executor:
        yield shop


def test_failed_processes_are_listed_newest_first(shop: Shop) -> None:
    first = shop.fails("pay", 1)
    second = shop.fails("ship", 2, label="urgent")
    shop.client.submit("order", executortype="shop").result(PATIENCE)
    failed = shop.client.failed
    assert [process.processid for process in failed()] == [second.processid, first.processid]
    assert [process.processid for process in failed(funcname="pay")] == [first.processid]
    assert [process.processid for process in failed(label="urgent")] == [second.processid]
    assert failed(funcname="pay", label="urgent") == []
    assert len(failed(since=timedelta(hours=1))) == len(failed(since=3600)) == 2
    assert len(failed(since=datetime.now(timezone.utc) - timedelta(minutes=5))) == 2
    assert failed()[0].errors[0] == "RuntimeError: ship is broken"


def test_time_limits_of_the_list_count(server: DevServer, shop: Shop) -> None:
    first = shop.fails("pay")
    server.advance(7200)
    second = shop.fails("ship")
    found = shop.client.failed(since=3600)
    assert [process.processid for process in found] == [second.processid]
    assert [process.processid for process in shop.client.failed()] == [second.processid, first.processid]


@pytest.mark.parametrize(
    ("since", "error"),
    [(-1, ValueError), (float("nan"), ValueError), ("today", TypeError), (True, TypeError)],
)
def test_what_is_no_time_is_refused(shop: Shop, since: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="since must"):
        shop.client.failed(since=since)


def test_a_process_is_submitted_again_as_it_was(shop: Shop) -> None:
    before = shop.fails("pay", 1, kwargs={}, label="urgent", priority=7, env={"A": "b"})
    shop.broken.clear()
    again = shop.client.resubmit(before.processid)
    assert again.result(PATIENCE) == "pay(1)"
    assert again.processid != before.processid
    spec, old = again.process.spec, before.spec
    assert spec.label == "urgent"
    assert spec.priority == 7
    assert spec.maxexectime == 60
    assert spec.args == [1]
    assert spec.env == {"A": "b", "PYCOLONIES_RESUBMITTED": before.processid}
    assert spec.conditions == old.conditions
    assert shop.client.get_process(before.processid).state == shop.client.FAILED


def test_a_process_is_submitted_again_with_other_arguments(shop: Shop) -> None:
    before = shop.fails("pay", 1)
    shop.broken.clear()
    assert shop.client.resubmit(before.processid, args=[2, "b"]).result(PATIENCE) == "pay(2, b)"
    with pytest.raises(TypeError, match=r"args\[0\]"):
        shop.client.resubmit(before.processid, args=[object()])
    with pytest.raises(NotFoundError):
        shop.client.resubmit("0" * 64)


def test_a_node_of_a_workflow_is_submitted_again_by_itself(shop: Shop) -> None:
    graph = shop.workflow(("a", "order", []), ("b", "pay", ["a"]))
    failed = next(process for process in shop.client.failed() if process.spec.funcname == "pay")
    assert failed.processgraphid == graph.processgraphid
    again = shop.client.resubmit(failed.processid)
    assert again.result(PATIENCE) == "pay(order(a))"
    assert again.process.processgraphid == ""
    assert again.process.spec.conditions.dependencies == []


def test_only_what_failed_of_a_workflow_is_done_again(shop: Shop) -> None:
    graph = shop.workflow(
        ("a", "order", []),
        ("b", "pay", ["a"]),
        ("c", "report", ["b"]),
    )
    again = shop.client.resubmit_workflow(graph)
    result = shop.client.wait_workflow(again, PATIENCE)
    assert dict(result) == {"b": "pay(order(a))", "c": "report(pay(order(a)))"}
    assert shop.calls == [("pay", ("order(a)",)), ("report", ("pay(order(a))",))]
    assert result.process("b").spec.env["PYCOLONIES_RESUBMITTED"] in graph.processids
    with pytest.raises(ValueError, match="only_failed=False does all of them again"):
        shop.client.resubmit_workflow(again.processgraphid)
    shop.calls.clear()
    everything = shop.client.resubmit_workflow(graph.processgraphid, only_failed=False)
    assert dict(shop.client.wait_workflow(everything, PATIENCE)) == {
        "a": "order(a)",
        "b": "pay(order(a))",
        "c": "report(pay(order(a)))",
    }


def test_successful_parents_run_again_beside_failed_ones(shop: Shop) -> None:
    graph = shop.workflow(
        ("a", "order", []),
        ("b", "order", ["a"]),
        ("c", "pay", ["a"]),
        ("d", "report", ["b", "c"]),
    )
    result = shop.client.wait_workflow(shop.client.resubmit_workflow(graph), PATIENCE)
    assert set(result) == {"b", "c", "d"}
    assert sorted(result["d"].removeprefix("report(").removesuffix(")").split(", ")) == [
        "order(order(a))",
        "pay(order(a))",
    ]


def test_it_works_awaited(server: DevServer, shop: Shop) -> None:
    before = shop.fails("pay", 1)
    graph = shop.workflow(("a", "order", []), ("b", "ship", ["a"]))

    async def program() -> None:
        settings: dict[str, Any] = {
            "prvkey": shop.client.endpoint.prvkey,
            "colonyname": shop.client.colonyname,
        }
        async with AsyncColonies("127.0.0.1", server.port, **settings) as client:
            assert before.processid in [process.processid for process in await client.failed(funcname="pay")]
            assert await (await client.resubmit(before.processid, args=[3])) == "pay(3)"
            again = await client.resubmit_workflow(graph)
            result = await client.wait_workflow(again, PATIENCE)
            assert dict(result) == {"b": "ship(order(a))"}

    asyncio.run(program())
