"""Clients with their own key and colony, and several servers."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from badserver import bad_server, close
from conftest import Colony, Member
from ports import reserved_port
from proxy import wire_to
from pycolonies import (
    Colonies,
    ColoniesConnectionError,
    Conditions,
    ConfigurationError,
    ConnectError,
    FuncSpec,
    NoProcessAvailable,
    Workflow,
)
from pycolonies._rpc.servers import addresses


@pytest.fixture
def bound(colony: Colony, executor: Member) -> Colonies:
    client = colony.client
    return Colonies(client.host, client.port, prvkey=executor.prvkey, colonyname=colony.name)


def test_neither_key_nor_colony_is_named(bound: Colonies, colony: Colony, executor: Member) -> None:
    process = bound.submit_func_spec(colony.spec("x"))
    assert bound.list_processes(state=bound.WAITING) == [process]
    assigned = bound.assign(timeout=60)
    bound.add_log(assigned.processid, "at work")
    assert len(bound.get_process_log(processid=assigned.processid)) == 1
    bound.close(assigned.processid, ["done"])
    assert bound.wait(process, 60).output == ["done"]
    assert bound.get_executor(executorname=executor.name)["executorid"] == executor.id
    assert bound.add_function(executorname=executor.name, funcname="f")["colonyname"] == colony.name
    assert bound.stats()["successfulprocesses"] == 1


def test_owners_need_not_name_their_key(colony: Colony) -> None:
    client = Colonies(colony.client.host, colony.client.port, prvkey=colony.prvkey, colonyname=colony.name)
    added = client.add_executor({"executorname": "a", "executorid": colony.id, "executortype": "echo"})
    assert added["colonyname"] == colony.name
    client.approve_executor(executorname="a")
    client.remove_executor(executorname="a")


def test_what_is_named_wins(bound: Colonies, colony: Colony) -> None:
    another = Colony(colony.client)
    executor = another.executor()
    process = another.submit(executor)
    assert bound.assign(another.name, 10, executor.prvkey).processid == process.processid
    with pytest.raises(NoProcessAvailable):
        bound.assign(timeout=-1)


def test_records_and_specs_get_the_colony_where_they_name_none(bound: Colonies, colony: Colony) -> None:
    spec = FuncSpec(funcname="f", maxexectime=10, conditions=Conditions(executortype="echo"))
    process = bound.submit_func_spec(spec)
    assert process.spec.conditions.colonyname == colony.name
    assert spec.conditions.colonyname == ""
    bound.add_location({"name": "home", "locationid": "1"}, colony.prvkey)
    assert bound.get_location(name="home")["colonyname"] == colony.name
    workflow = Workflow(colonyname=colony.name, functionspecs=[colony.spec()])
    generator = bound.add_generator({"name": "g", "workflowspec": workflow, "trigger": 1})
    assert generator["colonyname"] == colony.name


def test_modern_calls_with_two_arguments_are_no_forms_of_2023(bound: Colonies, colony: Colony) -> None:
    owner = Colonies(bound.host, bound.port, prvkey=colony.prvkey, colonyname=colony.name)
    pending = colony.executor(approve=False)
    owner.approve_executor(colony.name, pending.name)
    assert bound.get_executor(executorname=pending.name)["state"] == 1
    owner.reject_executor(executorname=pending.name)
    assert bound.get_executor(executorname=pending.name)["state"] == 2


def test_what_is_missing_is_told() -> None:
    nowhere = Colonies("localhost", 1)
    with pytest.raises(TypeError, match="prvkey is missing"):
        nowhere.get_process("id")
    with pytest.raises(TypeError, match="colonyname is missing"):
        nowhere.stats(prvkey="11" * 32)
    nowhere = Colonies("localhost", 1, prvkey="11" * 32, colonyname="dev")
    with pytest.raises(TypeError, match="executorname is missing"):
        nowhere.get_executor()
    with pytest.raises(TypeError, match="timeout is missing"):
        nowhere.assign()
    with pytest.raises(TypeError, match="prvkey must be a string, got None"):
        nowhere.get_process("id", None)  # type: ignore[arg-type]  # an unset variable is no own key


def _calls() -> Iterator[Any]:
    for name, method in inspect.getmembers(Colonies, callable):
        if not name.startswith("_") and name != "create_func_spec" and "2023" not in (method.__doc__ or ""):
            yield pytest.param(name, inspect.signature(method).parameters, id=name)


@pytest.mark.parametrize(("name", "parameters"), list(_calls()))
def test_key_and_colony_can_be_left_out_of_every_call(name: str, parameters: Any) -> None:
    empty = inspect.Parameter.empty
    for own in ("prvkey", "colonyname", "colony_name"):
        assert own not in parameters or parameters[own].default is not empty, name


def test_what_is_required_is_asked_for_by_every_call() -> None:
    """No default that stands for nothing reaches a server."""
    nowhere = Colonies("localhost", 1, prvkey="11" * 32, colonyname="dev")
    asked = 0
    for parameters in (case.values for case in _calls()):
        name, signature = parameters
        required = [key for key, value in signature.items() if repr(value.default) == "<required>"]
        for left_out in required:
            given: dict[str, Any] = {key: "x" for key in required if key != left_out}
            with pytest.raises(TypeError, match="is missing"):
                _run(getattr(nowhere, name), given)
            asked += 1
    assert asked > 20


def _run(call: Any, arguments: dict[str, Any]) -> None:
    result = call(**arguments)
    next(result)  # iterators begin when they are asked


def test_the_key_is_shown_nowhere() -> None:
    client = Colonies("localhost", 1, prvkey="11" * 32, colonyname="dev")
    assert "1111" not in repr(client) + str(inspect.signature(client.get_process))
    assert repr(client) == "Colonies('localhost', 1, tls=False, colonyname='dev')"


def test_the_next_server_is_tried(colony: Colony, executor: Member) -> None:
    port = colony.client.port
    with reserved_port() as closed:
        client = Colonies("127.0.0.1", closed, hosts=[f"127.0.0.1:{port}"], prvkey=executor.prvkey)
        process = client.submit_func_spec(colony.spec())
        with pytest.raises(TimeoutError):
            client.wait(process, 0.2)  # subscriptions find the next server, too


def test_a_server_that_goes_away_is_replaced_by_the_next(colony: Colony, executor: Member) -> None:
    with wire_to("127.0.0.1", colony.client.port) as wire:
        hosts = [f"127.0.0.1:{wire.port}", f"127.0.0.1:{colony.client.port}"]
        client = Colonies(hosts=hosts, prvkey=executor.prvkey, colonyname=colony.name)
        client.stats()
        wire.close()
        client.stats()
        assert client.stats()["executors"] == 1


def test_a_message_that_may_have_arrived_is_not_sent_to_another(colony: Colony, executor: Member) -> None:
    with bad_server(close) as (port, requests):
        client = Colonies("127.0.0.1", port, hosts=[f"127.0.0.1:{colony.client.port}"])
        with pytest.raises(ColoniesConnectionError):
            client.submit_func_spec(colony.spec(), executor.prvkey)
        assert len(requests) == 1
    assert colony.client.stats(colony.name, executor.prvkey)["waitingprocesses"] == 0


def test_all_servers_that_failed_are_named() -> None:
    with reserved_port() as one, reserved_port() as other:
        ports = [one, other]
        client = Colonies(hosts=[f"127.0.0.1:{port}" for port in ports], prvkey="11" * 32)
        with pytest.raises(ConnectError, match="none of 2 servers") as failed:
            client.get_process("x")
    assert all(str(port) in str(failed.value) for port in ports)
    assert failed.value.may_have_been_processed is False


@pytest.mark.parametrize(
    ("host", "port", "hosts", "expected"),
    [
        ("a", 1, (), [("a", 1)]),
        ("a", 1, ("b", "c:2"), [("a", 1), ("b", 1), ("c", 2)]),
        (None, None, ("b:3",), [("b", 3)]),
        (None, 4, ("[::1]", "[::1]:5", "::1"), [("::1", 4), ("::1", 5), ("::1", 4)]),
        ("::1", 6, (), [("::1", 6)]),
    ],
)
def test_addresses(host: str | None, port: int | None, hosts: tuple[str, ...], expected: object) -> None:
    assert addresses(host, port, hosts) == expected


@pytest.mark.parametrize(
    ("host", "port", "hosts", "words"),
    [
        (None, None, (), "host is missing"),
        ("a", None, (), "port is missing"),
        (None, None, ("a",), "port is missing"),
        (None, None, ("a:x",), "between 1 and 65535"),
        (None, None, ("a:0",), "between 1 and 65535"),
        (None, None, ("a:70000",), "between 1 and 65535"),
    ],
)
def test_addresses_that_are_none(
    host: str | None, port: int | None, hosts: tuple[str, ...], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Colonies(host, port, hosts=hosts)


def test_bind_returns_a_client_with_another_key_and_colony(colony: Colony, executor: Member) -> None:
    client = Colonies(colony.client.host, colony.client.port, prvkey="11" * 32, colonyname="elsewhere")
    bound = client.bind(prvkey=executor.prvkey, colonyname=colony.name)
    assert bound.stats()["executors"] == 1
    assert client.endpoint.key.reveal() == "11" * 32
    assert client.colonyname == "elsewhere"
    assert "1111" not in repr(client.endpoint)
