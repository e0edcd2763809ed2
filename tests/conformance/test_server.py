"""The server itself."""

from __future__ import annotations

import pytest

from conformance.target import Target
from conftest import Colony, crypto
from pycolonies import Colonies, PermissionDeniedError


def test_anybody_may_ask_for_the_version(client: Colonies) -> None:
    assert {"buildversion", "buildtime"} <= client.get_version().keys()
    assert client.get_server_info()["backends"]


def test_the_server_owner_sees_the_whole(client: Colonies, colony: Colony, target: Target) -> None:
    assert client.get_statistics(target.prvkey)["colonies"] >= 1
    cluster = client.get_cluster(target.prvkey)
    assert cluster["leader"]["name"] in [node["name"] for node in cluster["nodes"]]
    for ask in (client.get_statistics, client.get_cluster):
        with pytest.raises(PermissionDeniedError):
            ask(colony.prvkey)


def test_the_server_gets_another_owner_and_the_old_one_again(client: Colonies, target: Target) -> None:
    prvkey = crypto.prvkey()
    client.change_server_id(crypto.id(prvkey), target.prvkey)
    try:
        with pytest.raises(PermissionDeniedError):
            client.get_statistics(target.prvkey)
    finally:
        client.change_server_id(crypto.id(target.prvkey), prvkey)
    assert client.get_statistics(target.prvkey)["colonies"] >= 0
