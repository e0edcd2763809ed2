"""A call that no executor can run says so: in its timeout, and at once in the command."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from conftest import Colony
from pycolonies import AsyncColonies, Colonies, Executor, WaitTimeoutError, Workflow, func_spec
from pycolonies._aio import explanation as aio_explanation
from pycolonies._waiting import explanation
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, DevServer

pytestmark = pytest.mark.both_modes

#: Longer than the polls that are not explained.
SHORT = 2.0
OPTIONS: dict[str, Any] = {"executortype": "addr", "maxexectime": 60}


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Explanations may take long: the machine may be busy."""
    for module in (explanation, aio_explanation):
        monkeypatch.setattr(module, "LONGEST", 30.0)


@pytest.fixture
def colonies(server: DevServer, colony: Colony) -> Colonies:
    """A client of a member, in a colony with executors of two types."""
    colony.executor("cli")
    return server.client(prvkey=colony.executor("adder").prvkey, colonyname=colony.name)


def reason(colony: Colony) -> str:
    return f"no executor of type 'addr' is registered in colony '{colony.name}' (there are: adder, cli)"


def by_result(colonies: Colonies) -> None:
    colonies.submit("add", **OPTIONS).result(timeout=SHORT)


def by_exception(colonies: Colonies) -> None:
    colonies.submit("add", **OPTIONS).exception(timeout=SHORT)


def by_wait(colonies: Colonies) -> None:
    colonies.wait(colonies.submit_func_spec(func_spec("add", [], str(colonies.colonyname), "addr")), SHORT)


def by_map(colonies: Colonies) -> None:
    list(colonies.map("add", [1, 2], timeout=SHORT, **OPTIONS))


def by_unordered_map(colonies: Colonies) -> None:
    list(colonies.map("add", [1, 2], timeout=SHORT, ordered=False, **OPTIONS))


def by_workflow(colonies: Colonies) -> None:
    workflow = Workflow(colonyname=str(colonies.colonyname))
    workflow.add("sum", after=[workflow.add("add", **OPTIONS)], **OPTIONS)
    colonies.wait_workflow(colonies.submit_workflow(workflow), timeout=SHORT)


def by_async_result(colonies: Colonies) -> None:
    async def run(client: AsyncColonies) -> None:
        await (await client.submit("add", **OPTIONS)).result(SHORT)

    asyncio.run(run(async_client(colonies)))


def by_async_map(colonies: Colonies) -> None:
    async def run(client: AsyncColonies) -> None:
        async for _ in client.map("add", [1, 2], timeout=SHORT, **OPTIONS):
            pass

    asyncio.run(run(async_client(colonies)))


def async_client(colonies: Colonies) -> AsyncColonies:
    key, name = colonies.endpoint.prvkey, colonies.colonyname
    return AsyncColonies(colonies.host, colonies.port, prvkey=key, colonyname=name)


@pytest.mark.parametrize(
    "wait",
    [
        by_result,
        by_exception,
        by_wait,
        by_map,
        by_unordered_map,
        by_workflow,
        by_async_result,
        by_async_map,
    ],
)
def test_a_timeout_says_that_no_executor_can_run_it(
    colonies: Colonies, colony: Colony, wait: Callable[[Colonies], None]
) -> None:
    with pytest.raises(WaitTimeoutError) as late:
        wait(colonies)
    assert late.value.reason == reason(colony)
    assert f": {reason(colony)}; it keeps waiting: start such an executor, or cancel it" in str(late.value)
    assert str(pickle.loads(pickle.dumps(late.value))) == str(late.value)


@pytest.mark.parametrize("wait", [by_wait, by_result, by_async_result])
def test_a_last_poll_that_is_cut_off_hides_no_reason(
    own_server: DevServer, wait: Callable[[Colonies], None]
) -> None:
    client = own_server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)
    own_server.faults.delay(SHORT * 0.7, "getprocessmsg")
    with pytest.raises(WaitTimeoutError) as late:
        wait(client)
    assert "no executor of type 'addr' is registered" in late.value.reason


def test_an_executor_that_waits_for_approval_is_named(colonies: Colonies, colony: Colony) -> None:
    name = colony.executor("addr", approve=False).name
    with pytest.raises(WaitTimeoutError) as late:
        by_result(colonies)
    assert late.value.reason == (
        f"no executor of type 'addr' is approved in colony '{colony.name}' (waiting for approval: {name})"
    )


def test_an_executor_that_has_left_is_not_counted(colonies: Colonies, colony: Colony) -> None:
    executor = Executor("addr", client=colonies, colony_prvkey=colony.prvkey)
    executor.function(lambda: None, name="add")
    with executor:
        pass
    with pytest.raises(WaitTimeoutError) as late:
        by_result(colonies)
    assert late.value.reason == reason(colony)


def test_a_name_that_no_executor_has_is_told(colonies: Colonies, colony: Colony) -> None:
    colony.executor("addr", name="addr-1")
    with pytest.raises(WaitTimeoutError) as late:
        colonies.submit("add", executorname="addr-2", **OPTIONS).result(timeout=SHORT)
    assert late.value.reason == (
        f"no executor named 'addr-2' of type 'addr' is registered in colony '{colony.name}' "
        "(there are: addr-1)"
    )


def test_a_busy_executor_is_not_blamed(colonies: Colonies, colony: Colony) -> None:
    colony.executor("addr")
    with pytest.raises(WaitTimeoutError, match="it goes on: wait again") as late:
        by_result(colonies)
    assert late.value.reason == ""


def test_a_running_process_is_not_blamed(colonies: Colonies, colony: Colony) -> None:
    executor = Executor("addr", client=colonies, colony_prvkey=colony.prvkey)
    executor.function(lambda ctx: ctx.wait(20), name="add")
    with executor:
        handle = colonies.submit("add", **OPTIONS)
        with pytest.raises(WaitTimeoutError) as late:
            handle.result(timeout=SHORT)
        handle.cancel()
    assert late.value.reason == ""


def test_a_server_that_is_away_does_not_delay_the_timeout(
    server: DevServer, colonies: Colonies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explanation, "LONGEST", 0.5)
    handle = colonies.submit("add", **OPTIONS)
    server.faults.delay(60, "getexecutorsmsg", times=1)
    with pytest.raises(WaitTimeoutError) as late:
        handle.result(timeout=SHORT)
    assert late.value.reason == ""
