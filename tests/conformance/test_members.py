"""Executors, what they offer, and users."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Colony, Member, crypto
from pycolonies import (
    Colonies,
    ColoniesConnectionError,
    InvalidRequestError,
    NoProcessAvailable,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
)


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


def test_executors_are_found(colony: Colony) -> None:
    client, one, other = colony.client, colony.executor(), colony.executor(approve=False)
    listed = client.list_executors(colony.name, one.prvkey)
    assert {found["executorname"]: found["state"] for found in listed} == {one.name: 1, other.name: 0}
    found = client.get_executor(colony.name, other.name, one.prvkey)
    assert found["executorid"] == other.id
    assert found["executortype"] == "echo"
    assert client.get_executor_by_id(other.id, one.prvkey)["executorname"] == other.name
    with pytest.raises(NotFoundError):
        client.get_executor_by_id("0" * 64, one.prvkey)
    with pytest.raises(ServerError):
        client.get_executor(colony.name, "unknown", one.prvkey)


def test_a_removed_executors_process_waits_again(colony: Colony, executor: Member) -> None:
    client, user = colony.client, colony.user()
    process = client.submit_func_spec(colony.spec(), user.prvkey)
    client.assign(colony.name, 10, executor.prvkey)
    client.remove_executor(colony.name, executor.name, colony.prvkey)
    assert client.get_process(process.processid, user.prvkey).state == Colonies.WAITING
    with pytest.raises(PermissionDeniedError):
        client.close(process.processid, [], executor.prvkey)
    another = colony.executor()
    assert client.assign(colony.name, 10, another.prvkey).processid == process.processid


def test_an_executor_says_what_it_is(colony: Colony, executor: Member) -> None:
    client = colony.client
    capabilities: dict[str, Any] = {"hardware": [{"model": "big", "cores": 64}], "software": []}
    client.update_executor(colony.name, executor.name, capabilities, executor.prvkey)
    allocations: dict[str, Any] = {"projects": {"p": {"allocatedcpu": 10, "usedcpu": 1}}}
    client.report_allocations(colony.name, executor.name, allocations, executor.prvkey)
    found = client.get_executor_by_id(executor.id, executor.prvkey)
    assert (found["capabilities"]["hardware"] or [])[0]["cores"] == 64
    assert (found["allocations"]["projects"] or {})["p"]["usedcpu"] == 1
    with pytest.raises(InvalidRequestError):
        client.update_executor(colony.name, executor.name, capabilities, colony.executor().prvkey)


def test_functions_are_offered_counted_and_taken_back(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    assert client.get_functions_by_colony(colony.name, key) == []
    added = client.add_function(
        colony.name, executor.name, "echo", key, args=[{"name": "arg"}], description="Says it again"
    )
    (found,) = client.get_functions_by_executor(colony.name, executor.name, key)
    assert found == added
    assert [arg["name"] for arg in found["args"]] == ["arg"]
    colony.submit(executor)
    client.close(client.assign(colony.name, 10, key).processid, [], key)
    (found,) = client.get_functions_by_colony(colony.name, key)
    assert found["counter"] == 1
    assert found["description"] == "Says it again"
    client.remove_function(added["functionid"], key)
    assert client.get_functions_by_colony(colony.name, key) == []
    with pytest.raises(NotFoundError):
        client.remove_function(added["functionid"], key)


def test_users_come_and_go(colony: Colony) -> None:
    client, user = colony.client, colony.user()
    found = client.get_user(colony.name, user.name, user.prvkey)
    assert found["userid"] == user.id
    assert client.get_user_by_id(colony.name, user.id, user.prvkey) == found
    assert client.get_users(colony.name, user.prvkey) == [found]
    with pytest.raises(ServerError):
        client.get_user(colony.name, "unknown", user.prvkey)
    with pytest.raises(NotFoundError):
        client.get_user_by_id(colony.name, "0" * 64, user.prvkey)
    client.remove_user(colony.name, user.name, colony.prvkey)
    with pytest.raises(PermissionDeniedError):
        client.get_users(colony.name, user.prvkey)


def test_members_change_their_ids(colony: Colony) -> None:
    client, user, executor = colony.client, colony.user(), colony.executor()
    new = crypto.prvkey()
    client.change_user_id(colony.name, crypto.id(new), user.prvkey)
    assert client.get_user(colony.name, user.name, new)["userid"] == crypto.id(new)
    new = crypto.prvkey()
    client.change_executor_id(colony.name, crypto.id(new), executor.prvkey)
    assert client.get_executor(colony.name, executor.name, new)["executorid"] == crypto.id(new)
    with pytest.raises(ColoniesConnectionError):
        client.assign(colony.name, -1, executor.prvkey)
    with pytest.raises(InvalidRequestError, match="64 characters"):
        client.change_executor_id(colony.name, "short", new)


def test_locations(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    assert client.get_locations(colony.name, key) == []
    client.add_location(
        {"locationid": crypto.prvkey(), "name": "home", "colonyname": colony.name, "long": 22.1, "lat": 65.6},
        colony.prvkey,
    )
    found = client.get_location(colony.name, "home", key)
    assert found["long"] == 22.1
    assert found["lat"] == 65.6
    assert client.get_locations(colony.name, key) == [found]
    client.remove_location(colony.name, "home", colony.prvkey)
    with pytest.raises(NotFoundError):
        client.get_location(colony.name, "home", key)
