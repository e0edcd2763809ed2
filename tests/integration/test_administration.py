"""Calls of those who run servers and colonies."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Colony, Member, crypto
from pycolonies import (
    Colonies,
    InvalidRequestError,
    NoProcessAvailable,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
)
from pycolonies.testing import SERVER_PRVKEY, DevServer


def test_anybody_may_ask_for_the_version(client: Colonies) -> None:
    assert {"buildversion", "buildtime"} <= client.get_version().keys()
    assert client.get_server_info()["backends"][0]["port"] == client.port


def test_the_server_owner_sees_the_whole(client: Colonies, colony: Colony) -> None:
    assert client.get_statistics(SERVER_PRVKEY)["colonies"] >= 1
    cluster = client.get_cluster(SERVER_PRVKEY)
    assert cluster["leader"] in cluster["nodes"]
    with pytest.raises(PermissionDeniedError):
        client.get_cluster(colony.prvkey)


def test_the_server_gets_another_owner() -> None:
    with DevServer() as server:
        client, prvkey = server.client(), crypto.prvkey()
        for malformed in ("", "0" * 63, "g" * 64):
            with pytest.raises(ValueError, match="identity of its owner"):
                client.change_server_id(malformed, SERVER_PRVKEY)
        client.change_server_id(crypto.id(prvkey), SERVER_PRVKEY)
        assert client.get_statistics(prvkey)["colonies"] == 1
        with pytest.raises(PermissionDeniedError):
            client.get_statistics(SERVER_PRVKEY)


def test_a_colony_gets_another_owner(colony: Colony) -> None:
    prvkey = crypto.prvkey()
    colony.client.change_colony_id(colony.name, crypto.id(prvkey), colony.prvkey)
    with pytest.raises(PermissionDeniedError):
        colony.client.pause_assignments(colony.name, colony.prvkey)
    colony.client.pause_assignments(colony.name, prvkey)


def test_members_change_their_ids(colony: Colony) -> None:
    client, user, executor = colony.client, colony.user(), colony.executor()
    new = crypto.prvkey()
    client.change_user_id(colony.name, crypto.id(new), user.prvkey)
    assert client.get_user(colony.name, user.name, new)["userid"] == crypto.id(new)
    new = crypto.prvkey()
    client.change_executor_id(colony.name, crypto.id(new), executor.prvkey)
    assert client.get_executor(colony.name, executor.name, new)["executorid"] == crypto.id(new)
    with pytest.raises(InvalidRequestError, match="64 characters"):
        client.change_executor_id(colony.name, "short", new)


def test_users_are_found(colony: Colony) -> None:
    client, user = colony.client, colony.user()
    found = client.get_user(colony.name, user.name, user.prvkey)
    assert found["userid"] == user.id
    assert client.get_user_by_id(colony.name, user.id, user.prvkey) == found
    assert client.get_users(colony.name, user.prvkey) == [found]
    with pytest.raises(ServerError):
        client.get_user(colony.name, "unknown", user.prvkey)
    with pytest.raises(NotFoundError):
        client.get_user_by_id(colony.name, "0" * 64, user.prvkey)


def test_executors_say_what_they_are(colony: Colony, executor: Member) -> None:
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
    with pytest.raises(NotFoundError):
        client.get_executor_by_id(crypto.id(crypto.prvkey()), executor.prvkey)


def test_a_function_is_taken_back(colony: Colony, executor: Member) -> None:
    client = colony.client
    function = client.add_function(colony.name, executor.name, "f", executor.prvkey)
    client.remove_function(function["functionid"], executor.prvkey)
    assert client.get_functions_by_colony(colony.name, executor.prvkey) == []
    with pytest.raises(NotFoundError):
        client.remove_function(function["functionid"], executor.prvkey)


def test_locations(colony: Colony, executor: Member) -> None:
    client = colony.client
    assert client.get_locations(colony.name, executor.prvkey) == []
    client.add_location(
        {"locationid": "1", "name": "home", "colonyname": colony.name, "long": 22.1, "lat": 65.6},
        colony.prvkey,
    )
    found = client.get_location(colony.name, "home", executor.prvkey)
    assert found["long"] == 22.1
    assert found["lat"] == 65.6
    assert client.get_locations(colony.name, executor.prvkey) == [found]
    client.remove_location(colony.name, "home", colony.prvkey)
    with pytest.raises(NotFoundError):
        client.get_location(colony.name, "home", executor.prvkey)


def test_pausing(colony: Colony, executor: Member) -> None:
    client = colony.client
    colony.submit(executor)
    client.pause_assignments(colony.name, colony.prvkey)
    assert client.assignments_are_paused(colony.name, executor.prvkey) is True
    with pytest.raises(ServerError, match="paused") as refused:
        client.assign(colony.name, -1, executor.prvkey)
    assert not isinstance(refused.value, NoProcessAvailable)
    client.resume_assignments(colony.name, colony.prvkey)
    assert client.assignments_are_paused(colony.name, executor.prvkey) is False
    assert client.assign(colony.name, 10, executor.prvkey).state == client.RUNNING
