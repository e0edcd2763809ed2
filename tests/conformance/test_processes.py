"""The life of processes, and what is attached to them."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Colony, Member
from pycolonies import (
    Colonies,
    InvalidRequestError,
    NoProcessAvailable,
    NotFoundError,
    PermissionDeniedError,
    Process,
    WaitTimeoutError,
    func_spec,
)

VALUES: list[Any] = [1, -2.5, "räksmörgås", True, None, [1, [2]], {"a": {"b": []}}]


@pytest.fixture
def running(colony: Colony, executor: Member) -> Process:
    colony.submit(executor)
    return colony.client.assign(colony.name, 10, executor.prvkey)


def test_values_of_all_types_travel_both_ways(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    spec = func_spec("echo", VALUES, colony.name, "echo", kwargs={"k": VALUES}, maxexectime=60)
    submitted = client.submit_func_spec(spec, key)
    assigned = client.assign(colony.name, 10, key)
    assert assigned.processid == submitted.processid
    assert assigned.state == Colonies.RUNNING
    assert assigned.spec.args == VALUES
    assert assigned.spec.kwargs == {"k": VALUES}
    client.set_output(assigned.processid, ["for now"], key)
    assert client.get_process(assigned.processid, key).output == ["for now"]
    client.close(assigned.processid, VALUES, key)
    ended = client.wait(submitted, 60, key)
    assert ended.state == Colonies.SUCCESSFUL
    assert ended.output == VALUES


def test_a_handle_brings_the_result(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    submitted = client.submit(colony.spec("x"), key)
    client.close(client.assign(colony.name, 10, key).processid, ["x"], key)
    assert client.get_handle(submitted.processid, key).result(60) == "x"


def test_a_failed_process_ends_a_wait(colony: Colony, executor: Member, running: Process) -> None:
    colony.client.fail(running.processid, ["no", "luck"], executor.prvkey)
    ended = colony.client.wait(running, 60, executor.prvkey)
    assert ended.state == Colonies.FAILED
    assert ended.errors == ["no", "luck"]
    with pytest.raises(InvalidRequestError):
        colony.client.close(running.processid, [], executor.prvkey)


def test_a_cancelled_process_ends_a_wait(colony: Colony, executor: Member, running: Process) -> None:
    colony.client.cancel_process(running.processid, executor.prvkey)
    assert colony.client.wait(running, 60, executor.prvkey).state == Colonies.CANCELLED


def test_waiting_in_vain(colony: Colony, executor: Member, running: Process) -> None:
    with pytest.raises(WaitTimeoutError):
        colony.client.wait(running, 0.2, executor.prvkey)


def test_nothing_to_do(colony: Colony, executor: Member) -> None:
    for timeout in (-1, 1):
        with pytest.raises(NoProcessAvailable):
            colony.client.assign(colony.name, timeout, executor.prvkey)


def test_only_what_fits_is_assigned(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    spec = colony.spec()
    spec.conditions.cpu, spec.conditions.mem = "2000m", "2Gi"
    client.submit_func_spec(spec, key)
    with pytest.raises(NoProcessAvailable):
        client.assign(colony.name, -1, key, availablecpu="1000m", availablemem="4Gi")
    with pytest.raises(NoProcessAvailable):
        client.assign(colony.name, -1, key, availablecpu="4000m", availablemem="1Gi")
    assert (
        client.assign(colony.name, 10, key, availablecpu="2000m", availablemem="2Gi").spec.funcname == "echo"
    )


def test_processes_are_listed(colony: Colony, executor: Member) -> None:
    client, key, user = colony.client, executor.prvkey, colony.user()
    labelled = colony.spec()
    labelled.label = "mine"
    first = client.submit_func_spec(labelled, user.prvkey).processid
    second = client.submit_func_spec(colony.spec(executortype="other"), key).processid

    def listed(**filters: str) -> set[str]:
        found = client.list_processes(colony.name, 10, Colonies.WAITING, key, **filters)
        return {process.processid for process in found}

    assert listed() == {first, second}
    assert listed(label="mine") == {first}
    assert listed(executortype="other") == {second}
    assert listed(initiator=user.name) == {first}
    assert client.list_processes(colony.name, 10, Colonies.FAILED, key) == []
    with pytest.raises(InvalidRequestError):
        client.list_processes(colony.name, 101, Colonies.WAITING, key)


def test_history(colony: Colony, executor: Member, running: Process) -> None:
    ask = colony.client.get_process_history
    for executorid in ("", executor.id):
        found = ask(colony.name, 3600, Colonies.RUNNING, executor.prvkey, executorid=executorid)
        assert [process.processid for process in found] == [running.processid]
    assert ask(colony.name, 3600, Colonies.FAILED, executor.prvkey) == []


def test_processes_are_removed(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    process = colony.submit(executor)
    client.remove_process(process.processid, key)
    with pytest.raises(NotFoundError):
        client.get_process(process.processid, key)
    colony.submit(executor)
    with pytest.raises(PermissionDeniedError):
        client.remove_all_processes(colony.name, key)
    client.remove_all_processes(colony.name, colony.prvkey, Colonies.WAITING)
    assert client.list_processes(colony.name, 10, Colonies.WAITING, key) == []


def test_attributes(colony: Colony, executor: Member, running: Process) -> None:
    client, key = colony.client, executor.prvkey
    added = client.add_attribute(running.processid, "key", "value", key)
    assert added.targetid == running.processid
    assert added.key == "key"
    assert added.value == "value"
    assert added.attributetype == 1
    assert client.get_attribute(added.attributeid, key) == added
    (attribute,) = client.get_process(running.processid, key).attributes or []
    assert attribute["value"] == "value"
    with pytest.raises(InvalidRequestError):
        client.get_attribute("0" * 64, key)


def test_logs(colony: Colony, executor: Member, running: Process) -> None:
    client, key, name = colony.client, executor.prvkey, executor.name
    assert client.get_process_log(colony.name, running.processid, 10, 0, key) == []
    for line in ("one", "two", "a needle"):
        client.add_log(running.processid, line, key)
    lines = client.get_process_log(colony.name, running.processid, 10, 0, key)
    assert [line["message"] for line in lines] == ["one", "two", "a needle"]
    assert client.get_process_log(colony.name, running.processid, 10, lines[0]["timestamp"], key) == lines[1:]
    assert client.get_process_log(colony.name, running.processid, 1, 0, key, latest=True) == lines[2:]
    client.add_executor_log(colony.name, name, "by itself", key)
    by_executor = client.get_executor_log(colony.name, name, 10, 0, key)
    assert [line["message"] for line in by_executor] == ["one", "two", "a needle", "by itself"]
    assert [line["message"] for line in client.search_logs(colony.name, "needle", key)] == ["a needle"]
