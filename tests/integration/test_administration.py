"""Calls of those who run servers and colonies."""

from __future__ import annotations

import pytest

from conftest import Colony, Member, crypto
from pycolonies import (
    Colonies,
    PermissionDeniedError,
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


def test_only_the_server_owner_adds_colonies(client: Colonies, colony: Colony) -> None:
    with pytest.raises(PermissionDeniedError, match="server owner"):
        client.add_colony({"colonyid": colony.id, "name": "another"}, colony.prvkey)


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
