"""The life of a process over the real wire."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Colony, Member
from pycolonies import (
    NEVER,
    AsyncColonies,
    ClientCall,
    Colonies,
    ColoniesConnectionError,
    ColoniesError,
    Conditions,
    FuncSpec,
    InvalidPrivateKeyError,
    InvalidRequestError,
    NoProcessAvailable,
    NotFoundError,
    PermissionDeniedError,
    Process,
    ServerError,
    WaitTimeoutError,
)
from pycolonies.testing import DevServer
from values import json_with
from workers import workers

pytestmark = pytest.mark.both_modes


def test_submit_assign_close(colony: Colony, executor: Member) -> None:
    client = colony.client
    submitted = colony.submit(executor, "helloworld")
    assert submitted.state == client.WAITING
    assert submitted.starttime == NEVER

    assigned = client.assign(colony.name, 10, executor.prvkey)
    assert assigned.processid == submitted.processid
    assert assigned.state == client.RUNNING
    assert assigned.assignedexecutorid == executor.id
    assert assigned.spec.args == ["helloworld"]

    client.close(assigned.processid, assigned.spec.args, executor.prvkey)
    closed = client.get_process(submitted.processid, executor.prvkey)
    assert closed.state == client.SUCCESSFUL
    assert closed.output == ["helloworld"]
    assert closed.submissiontime <= closed.starttime <= closed.endtime


def test_fail(colony: Colony, executor: Member) -> None:
    process = colony.submit(executor)
    colony.client.assign(colony.name, 10, executor.prvkey)
    colony.client.fail(process.processid, ["broken", "beyond repair"], executor.prvkey)
    failed = colony.client.get_process(process.processid, executor.prvkey)
    assert failed.state == colony.client.FAILED
    assert failed.errors == ["broken", "beyond repair"]


def test_set_output_stays_when_closed_without_one(colony: Colony, executor: Member) -> None:
    process = colony.submit(executor)
    colony.client.assign(colony.name, 10, executor.prvkey)
    colony.client.set_output(process.processid, ["kept"], executor.prvkey)
    colony.client.close(process.processid, [], executor.prvkey)
    assert colony.client.get_process(process.processid, executor.prvkey).output == ["kept"]


def test_lists_are_by_state_and_never_none(colony: Colony, executor: Member) -> None:
    client = colony.client
    assert client.list_processes(colony.name, 10, client.WAITING, executor.prvkey) == []
    process = colony.submit(executor)
    (listed,) = client.list_processes(colony.name, 10, client.WAITING, executor.prvkey)
    assert listed == process
    assert client.list_processes(colony.name, 10, client.RUNNING, executor.prvkey) == []


def test_remove(colony: Colony, executor: Member) -> None:
    process = colony.submit(executor)
    colony.client.remove_process(process.processid, executor.prvkey)
    with pytest.raises(NotFoundError, match="process not found"):
        colony.client.get_process(process.processid, executor.prvkey)


def test_remove_all(colony: Colony, executor: Member) -> None:
    for _ in range(3):
        colony.submit(executor)
    colony.client.remove_all_processes(colony.name, colony.prvkey)
    assert colony.client.stats(colony.name, executor.prvkey)["waitingprocesses"] == 0


def test_an_empty_queue_is_told_apart_from_trouble(colony: Colony, executor: Member) -> None:
    with pytest.raises(NoProcessAvailable) as nothing:
        colony.client.assign(colony.name, -1, executor.prvkey)
    assert isinstance(nothing.value, ColoniesConnectionError)  # what 1.x raises
    assert nothing.value.status == 404


def test_an_assign_takes_only_what_it_can_offer_enough_for(colony: Colony, executor: Member) -> None:
    client = colony.client
    spec = colony.spec("much")
    spec.conditions.cpu, spec.conditions.mem = "2000m", "1Gi"
    much = client.submit_func_spec(spec, executor.prvkey)
    for offer in ({"availablecpu": "1999m"}, {"availablemem": "1023Mi"}):
        with pytest.raises(NoProcessAvailable):
            client.assign(colony.name, -1, executor.prvkey, **offer)
    with pytest.raises(InvalidRequestError):
        client.assign(colony.name, -1, executor.prvkey, availablecpu="xm")
    got = client.assign(colony.name, -1, executor.prvkey, availablecpu="2000m", availablemem="1Gi")
    assert got.processid == much.processid


@pytest.mark.parametrize("paused", [False, True])
def test_an_executor_that_offers_nothing_gets_nothing_and_is_heard_from(
    colony: Colony, executor: Member, paused: bool
) -> None:
    client = colony.client

    def heard() -> str:
        return client.get_executor(colony.name, executor.name, executor.prvkey).lastheardfromtime

    before = heard()
    colony.submit(executor)
    if paused:
        client.pause_assignments(colony.name, colony.prvkey)
    with pytest.raises(ServerError, match="paused" if paused else "No process available"):
        client.assign(colony.name, -1, executor.prvkey, availablecpu=f"{-(2**63)}m")
    assert heard() > before


def test_a_waiting_assign_gets_what_is_submitted_later(colony: Colony, executor: Member) -> None:
    found: list[Process] = []

    def wait() -> None:
        while not found:  # a Colonies server does not wake it each time
            with contextlib.suppress(NoProcessAvailable):
                found.append(colony.client.assign(colony.name, 5, executor.prvkey))

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    process = colony.submit(executor)
    waiting.join(60)
    assert [assigned.processid for assigned in found] == [process.processid]


def test_refusals_say_what_who_and_the_remedy(colony: Colony) -> None:
    stranger = Member("stranger", "11" * 32)
    with pytest.raises(PermissionDeniedError) as refused:
        colony.client.get_colony(colony.name, stranger.prvkey)
    assert refused.value.status == 403
    assert refused.value.msgtype == "getcolonymsg"
    assert colony.name in refused.value.message
    assert "private key of a member" in str(refused.value)
    assert stranger.prvkey not in str(refused.value) + repr(refused.value)


def test_refusals_are_told_apart(colony: Colony, executor: Member) -> None:
    spec = colony.spec()
    spec.priority = 50001
    with pytest.raises(InvalidRequestError, match="priority outside range"):
        colony.client.submit_func_spec(spec, executor.prvkey)
    with pytest.raises(ServerError) as refused:
        colony.client.get_executor(colony.name, "unknown", executor.prvkey)
    assert refused.value.status == 500


def test_bad_input_is_rejected_before_anything_is_sent(colony: Colony, executor: Member) -> None:
    nowhere = Colonies("localhost", 1)  # whatever is sent there fails otherwise
    with pytest.raises(InvalidPrivateKeyError):
        nowhere.get_process("x", "no key")
    with pytest.raises(ValueError, match="nan"):
        nowhere.close("x", [float("nan")], executor.prvkey)
    with pytest.raises(ValueError, match="inf"):
        nowhere.close("x", [{"a": [float("-inf")]}], executor.prvkey)
    with pytest.raises(ValueError, match="object"):
        nowhere.close("x", [object()], executor.prvkey)
    with pytest.raises(TypeError):
        nowhere.get_process("x", None)  # type: ignore[arg-type]
    process = colony.submit(executor, "NaN", "Infinity")  # as texts they are fine
    assert process.spec.args == ["NaN", "Infinity"]


json_values = json_with(st.floats(-(2.0**53), 2.0**53))  # which every server writes alike


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(args=st.lists(json_values, max_size=4), kwargs=st.dictionaries(st.text(), json_values, max_size=4))
def test_any_json_value_makes_the_round_trip(
    colony: Colony, executor: Member, args: list[Any], kwargs: dict[str, Any]
) -> None:
    args, kwargs = _without_nul(args), _without_nul(kwargs)
    spec = FuncSpec(
        funcname="f",
        args=args,
        kwargs=kwargs,
        maxexectime=60,
        maxwaittime=-1,
        conditions=Conditions(colonyname=colony.name, executortype="echo"),
    )
    process = colony.client.submit_func_spec(spec, executor.prvkey)
    assert process.spec.args == args
    assert process.spec.kwargs == kwargs
    assigned = colony.client.assign(colony.name, 10, executor.prvkey)
    colony.client.close(assigned.processid, args, executor.prvkey)
    assert colony.client.get_process(process.processid, executor.prvkey).output == args


def _without_nul(value: Any) -> Any:
    """A server refuses U+0000 in what it stores."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("ending", ["close", "fail"])
def test_wait_returns_when_a_process_ends_in_either_way(
    colony: Colony, executor: Member, ending: str
) -> None:
    process = colony.submit(executor)
    waited: list[Process] = []
    waiting = threading.Thread(target=lambda: waited.append(colony.client.wait(process, 60, executor.prvkey)))
    waiting.start()
    colony.client.assign(colony.name, 10, executor.prvkey)
    getattr(colony.client, ending)(process.processid, ["text"], executor.prvkey)
    waiting.join(60)
    (ended,) = waited
    if ending == "close":
        assert ended.state == colony.client.SUCCESSFUL
        assert ended.output == ["text"]
    else:
        assert ended.state == colony.client.FAILED
        assert ended.errors == ["text"]


def test_wait_returns_at_once_when_a_process_has_ended(colony: Colony, executor: Member) -> None:
    process = colony.submit(executor)
    colony.client.assign(colony.name, 10, executor.prvkey)
    colony.client.close(process.processid, ["x"], executor.prvkey)
    assert colony.client.wait(process, 0, executor.prvkey).output == ["x"]


def test_wait_in_vain_is_a_timeout(colony: Colony, executor: Member) -> None:
    process = colony.submit(executor)
    started = time.monotonic()
    with pytest.raises(WaitTimeoutError, match=process.processid) as timeout:
        colony.client.wait(process, 0.3, executor.prvkey)
    assert time.monotonic() - started >= 0.3
    assert isinstance(timeout.value, TimeoutError)
    assert isinstance(timeout.value, ColoniesError)


def test_wait_for_nothing_is_told(colony: Colony, executor: Member) -> None:
    process = colony.submit(executor)
    colony.client.remove_process(process.processid, executor.prvkey)
    with pytest.raises(NotFoundError):
        colony.client.wait(process, 5, executor.prvkey)


def test_cancel(colony: Colony, executor: Member) -> None:
    process = colony.submit(executor)
    colony.client.cancel_process(process.processid, executor.prvkey)
    assert colony.client.wait(process, 5, executor.prvkey).state == colony.client.CANCELLED
    with pytest.raises(InvalidRequestError, match="already cancelled"):
        colony.client.cancel_process(process.processid, executor.prvkey)


def test_lists_take_one_filter(colony: Colony, executor: Member) -> None:
    client, user = colony.client, colony.user()
    by_executor = colony.submit(executor)
    by_user = client.submit_func_spec(colony.spec(executortype="other"), user.prvkey)
    labelled = colony.spec()
    labelled.label = "red"
    by_label = client.submit_func_spec(labelled, executor.prvkey)

    def ids(**used: str) -> set[str]:
        found = client.list_processes(colony.name, 10, client.WAITING, executor.prvkey, **used)
        return {process.processid for process in found}

    assert ids() == {by_executor.processid, by_user.processid, by_label.processid}
    assert ids(executortype="other") == {by_user.processid}
    assert ids(initiator=user.name) == {by_user.processid}
    assert ids(label="red") == {by_label.processid}
    with pytest.raises(ValueError, match="executortype and label"):
        ids(executortype="other", label="red")


def test_history(colony: Colony, executor: Member) -> None:
    client = colony.client
    first, second = colony.submit(executor), colony.submit(executor)
    found = client.get_process_history(colony.name, 60, client.WAITING, executor.prvkey)
    assert [process.processid for process in found] == [first.processid, second.processid]
    client.assign(colony.name, 10, executor.prvkey)
    held = client.get_process_history(
        colony.name, 60, client.RUNNING, executor.prvkey, executorid=executor.id
    )
    assert [process.processid for process in held] == [first.processid]
    assert client.get_process_history(colony.name, 60, client.FAILED, executor.prvkey) == []


def test_a_process_whose_wake_up_is_lost_comes_within_the_wait(colony: Colony, executor: Member) -> None:
    user = colony.user()
    client = colony.client.bind(prvkey=executor.prvkey, colonyname=colony.name)
    for number in range(20):
        with ThreadPoolExecutor(1) as thread:
            assigned = thread.submit(client.assign, timeout=30)
            time.sleep(number % 5 / 100)  # while the server registers the request
            process = colony.submit(user, number)
            assert assigned.result().processid == process.processid
        client.close(process.processid, [])


def test_an_awaited_process_whose_wake_up_is_lost_comes_within_the_wait(
    colony: Colony, executor: Member
) -> None:
    async def test() -> None:
        async with AsyncColonies(
            colony.client.host, colony.client.port, prvkey=executor.prvkey, colonyname=colony.name
        ) as client:
            for number in range(20):
                assigned = asyncio.create_task(client.assign(timeout=30))
                await asyncio.sleep(number % 5 / 100)
                process = await client.submit_func_spec(colony.spec(number))
                assert (await assigned).processid == process.processid
                await client.close(process.processid, [])

    asyncio.run(test())


def test_an_assigned_process_has_its_env(colony: Colony, executor: Member) -> None:
    user, shared = colony.user(), colony.client
    client = Colonies(shared.host, shared.port, prvkey=executor.prvkey, colonyname=colony.name)
    for number in range(30):
        spec = colony.spec(number)
        spec.env = {"number": str(number), "more": "x" * 1000}
        with ThreadPoolExecutor(1) as thread:
            waiting = thread.submit(client.assign, timeout=30)
            process = client.submit_func_spec(spec, user.prvkey)
            assigned = waiting.result()
        assert assigned.processid == process.processid
        assert assigned.spec.env == spec.env
        assert {one.key: one.value for one in assigned.attributes or []} == spec.env
        assert assigned.assignedexecutorid == executor.id
        client.close(process.processid, [])


def test_an_awaited_process_has_its_env(colony: Colony, executor: Member) -> None:
    async def test() -> None:
        async with AsyncColonies(
            colony.client.host, colony.client.port, prvkey=executor.prvkey, colonyname=colony.name
        ) as client:
            for number in range(30):
                spec = colony.spec(number)
                spec.env = {"number": str(number)}
                waiting = asyncio.create_task(client.assign(timeout=30))
                await asyncio.sleep(0)
                process = await client.submit_func_spec(spec)
                assigned = await waiting
                assert assigned.processid == process.processid
                assert assigned.spec.env == spec.env
                assert {one.key: one.value for one in assigned.attributes or []} == spec.env
                await client.close(process.processid, [])

    asyncio.run(test())


@pytest.mark.parametrize(
    ("seed", "never"),
    [
        (0, "0001-01-01T01:12:12+01:12"),  # Stockholm
        (1, "0000-12-31T19:03:58-04:56"),  # New York; Python has no year 0
        (2, "0001-01-01T05:53:28+05:53"),  # Calcutta
        (3, "0001-01-01T00:00:00Z"),
    ],
)
def test_times_are_the_same_in_all_zones(seed: int, never: str) -> None:
    replies: list[dict[str, Any]] = []

    def keep(call: ClientCall) -> Iterator[None]:
        yield
        if call.msgtype == "getprocessmsg":
            replies.append(call.value)

    with DevServer(realistic=True, seed=seed) as server:
        before = datetime.now(timezone.utc)
        colony = Colony(server.client())
        user = colony.user()
        client = Colonies(server.host, server.port, prvkey=user.prvkey, middleware=[keep])
        process = client.get_process(colony.submit(user, 1).processid)
        assert timedelta(0) <= process.submissiontime - before < timedelta(minutes=5)
        assert process.starttime == NEVER
        assert process.endtime == NEVER
        assert process.model_dump(mode="json")["starttime"] == "0001-01-01T00:00:00Z"
        with workers(colony):
            ended = client.wait(process, 60)
        assert before < ended.starttime <= ended.endtime < before + timedelta(minutes=5)
    assert replies[0]["starttime"] == replies[0]["endtime"] == never
    # The client replaces times that it can't read by NEVER; `of` refuses them.
    assert Process.of(replies[0]) == process
    assert Process.of(replies[-1]) == ended
