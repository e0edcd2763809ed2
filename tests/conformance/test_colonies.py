"""Colonies, their owners and their counts."""

from __future__ import annotations

import pytest

from conformance.target import Target
from conftest import Colony, Member, crypto
from pycolonies import Colonies, InvalidRequestError, NoProcessAvailable, PermissionDeniedError, ServerError


def test_a_colony_comes_and_goes(client: Colonies, colony: Colony, executor: Member, target: Target) -> None:
    assert client.get_colony(colony.name, executor.prvkey) == {"colonyid": colony.id, "name": colony.name}
    assert {"colonyid": colony.id, "name": colony.name} in client.list_colonies(target.prvkey)
    with pytest.raises(InvalidRequestError):
        client.add_colony({"colonyid": crypto.id(crypto.prvkey()), "name": colony.name}, target.prvkey)
    with pytest.raises(PermissionDeniedError):
        client.del_colony(colony.name, colony.prvkey)
    client.del_colony(colony.name, target.prvkey)
    assert colony.name not in [found["name"] for found in client.list_colonies(target.prvkey)]
    with pytest.raises(InvalidRequestError):
        client.del_colony(colony.name, target.prvkey)


def test_counts_of_a_colony(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    for _ in range(3):
        colony.submit(executor)
    client.close(client.assign(colony.name, 10, key).processid, [], key)
    client.assign(colony.name, 10, key)
    counts = client.stats(colony.name, key)
    assert counts["executors"] == 1
    assert counts["waitingprocesses"] == 1
    assert counts["runningprocesses"] == 1
    assert counts["successfulprocesses"] == 1
    with pytest.raises(PermissionDeniedError):
        client.stats(colony.name, crypto.prvkey())


def test_a_colony_gets_another_owner(colony: Colony) -> None:
    prvkey = crypto.prvkey()
    colony.client.change_colony_id(colony.name, crypto.id(prvkey), colony.prvkey)
    with pytest.raises(PermissionDeniedError):
        colony.client.pause_assignments(colony.name, colony.prvkey)
    colony.client.pause_assignments(colony.name, prvkey)
    with pytest.raises(InvalidRequestError):
        colony.client.change_colony_id(colony.name, "short", prvkey)


def test_assignments_are_paused_and_resumed(colony: Colony, executor: Member) -> None:
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
