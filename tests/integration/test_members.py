"""Colonies, users, executors and functions over the real wire."""

from __future__ import annotations

import pytest

from conftest import Colony, Member, crypto
from pycolonies import Colonies, InvalidRequestError, NoProcessAvailable, PermissionDeniedError
from pycolonies.testing import SERVER_PRVKEY


def test_a_colony_comes_and_goes(client: Colonies, colony: Colony, executor: Member) -> None:
    assert client.get_colony(colony.name, executor.prvkey) == {"colonyid": colony.id, "name": colony.name}
    assert colony.name in [found["name"] for found in client.list_colonies(SERVER_PRVKEY)]
    client.del_colony(colony.name, SERVER_PRVKEY)
    assert colony.name not in [found["name"] for found in client.list_colonies(SERVER_PRVKEY)]
    with pytest.raises(InvalidRequestError, match="not found"):
        client.del_colony(colony.name, SERVER_PRVKEY)


def test_only_the_server_owner_adds_colonies(client: Colonies, colony: Colony) -> None:
    with pytest.raises(PermissionDeniedError, match="server owner"):
        client.add_colony({"colonyid": colony.id, "name": "another"}, colony.prvkey)


def test_an_executor_works_once_it_is_approved(colony: Colony) -> None:
    client, executor = colony.client, colony.executor(approve=False)
    with pytest.raises(PermissionDeniedError):
        client.assign(colony.name, -1, executor.prvkey)
    client.approve_executor(colony.name, executor.name, colony.prvkey)
    with pytest.raises(NoProcessAvailable):
        client.assign(colony.name, -1, executor.prvkey)
    client.reject_executor(colony.name, executor.name, colony.prvkey)
    with pytest.raises(PermissionDeniedError):
        client.assign(colony.name, -1, executor.prvkey)


def test_a_removed_executors_process_waits_again(colony: Colony, executor: Member) -> None:
    client, user = colony.client, colony.user()
    process = client.submit_func_spec(colony.spec(), user.prvkey)
    client.assign(colony.name, 10, executor.prvkey)
    client.remove_executor(colony.name, executor.name, colony.prvkey)
    assert client.get_process(process.processid, user.prvkey).state == client.WAITING
    another = colony.executor()
    assert client.assign(colony.name, 10, another.prvkey).processid == process.processid


def test_executors_are_listed(colony: Colony) -> None:
    members = [colony.executor(), colony.executor(approve=False)]
    listed = colony.client.list_executors(colony.name, members[0].prvkey)
    assert {found["executorname"]: found["state"] for found in listed} == {
        members[0].name: 1,
        members[1].name: 0,
    }
    found = colony.client.get_executor(colony.name, members[1].name, members[0].prvkey)
    assert found["executorid"] == members[1].id


def test_functions_are_registered_with_their_arguments(colony: Colony, executor: Member) -> None:
    client = colony.client
    assert client.get_functions_by_colony(colony.name, executor.prvkey) == []
    added = client.add_function(
        colony.name,
        executor.name,
        "echo",
        executor.prvkey,
        args=[{"name": "arg"}],
        description="Says it again",
    )
    assert added["description"] == "Says it again"
    (found,) = client.get_functions_by_executor(colony.name, executor.name, executor.prvkey)
    assert found == added
    assert [arg["name"] for arg in found["args"]] == ["arg"]


def test_calls_are_counted(colony: Colony, executor: Member) -> None:
    client = colony.client
    client.add_function(colony.name, executor.name, "echo", executor.prvkey)
    for _ in range(3):
        colony.submit(executor)
        process = client.assign(colony.name, 10, executor.prvkey)
        client.close(process.processid, [], executor.prvkey)
    (function,) = client.get_functions_by_colony(colony.name, executor.prvkey)
    assert function["counter"] == 3
    assert 0 <= function["minexectime"] <= function["maxexectime"]


def test_users_come_and_go(colony: Colony) -> None:
    user = colony.user()
    (found,) = colony.client.get_users(colony.name, user.prvkey)
    assert found["name"] == user.name
    assert found["userid"] == crypto.id(user.prvkey)
    colony.client.remove_user(colony.name, user.name, colony.prvkey)
    with pytest.raises(PermissionDeniedError):
        colony.client.get_users(colony.name, user.prvkey)


def test_statistics(colony: Colony, executor: Member) -> None:
    colony.submit(executor)
    statistics = colony.client.stats(colony.name, executor.prvkey)
    assert statistics["executors"] == 1
    assert statistics["waitingprocesses"] == 1


def test_statistics_of_a_colony_that_one_is_no_member_of(colony: Colony) -> None:
    with pytest.raises(PermissionDeniedError):
        colony.client.stats(colony.name, crypto.prvkey())
