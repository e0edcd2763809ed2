"""Subscriptions to processes over the real wire."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import pytest

from conftest import Colony, Member
from proxy import wire_to
from pycolonies import Colonies, ColoniesError, NotFoundError, PermissionDeniedError, Process, ServerError
from pycolonies._rpc import subscription

pytestmark = pytest.mark.both_modes


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "PAUSE", 0.01)


class Collected(threading.Thread):
    """Collects what an iterator yields."""

    def __init__(self, processes: Iterator[Process]) -> None:
        super().__init__(daemon=True)
        self._processes = processes
        self.found: list[Process] = []
        self.changed = threading.Condition()
        self.start()

    def run(self) -> None:
        # It goes on when the test is over, and may lose its server then.
        with contextlib.suppress(ColoniesError):
            for process in self._processes:
                with self.changed:
                    self.found.append(process)
                    self.changed.notify_all()

    def await_count(self, count: int) -> list[Process]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.found) >= count, 60)
        return self.found


def test_a_process_is_followed_to_its_end(colony: Colony, executor: Member) -> None:
    client = colony.client
    process = colony.submit(executor)
    following = Collected(client.follow_process(process.processid, executor.prvkey, timeout=60))
    following.await_count(1)
    client.assign(colony.name, 10, executor.prvkey)
    following.await_count(2)
    client.close(process.processid, ["x"], executor.prvkey)
    following.join(60)
    assert [found.state for found in following.found] == [0, 1, 2]
    assert following.found[-1].output == ["x"]


def test_following_what_has_ended_or_is_not_there(colony: Colony, executor: Member) -> None:
    client = colony.client
    process = colony.submit(executor)
    client.cancel_process(process.processid, executor.prvkey)
    (found,) = client.follow_process(process.processid, executor.prvkey)
    assert found.state == client.CANCELLED
    client.remove_process(process.processid, executor.prvkey)
    with pytest.raises(NotFoundError):
        list(client.follow_process(process.processid, executor.prvkey))


def test_following_in_vain_ends_in_time(colony: Colony, executor: Member) -> None:
    process = colony.submit(executor)
    (found,) = colony.client.follow_process(process.processid, executor.prvkey, timeout=0.2)
    assert found == process


def test_an_end_that_the_server_does_not_tell_is_seen(colony: Colony, executor: Member) -> None:
    client = colony.client
    process = colony.submit(executor)
    following = Collected(client.follow_process(process.processid, colony.user().prvkey, timeout=60))
    following.await_count(1)
    client.assign(colony.name, 10, executor.prvkey)
    client.remove_executor(colony.name, executor.name, colony.prvkey)  # the process waits again
    other = colony.executor()
    client.assign(colony.name, 10, other.prvkey)
    client.close(process.processid, [], other.prvkey)
    following.join(60)
    assert not following.is_alive()


def _submit(colony: Colony, member: Member, kind: str) -> Process:
    return colony.client.submit_func_spec(colony.spec(executortype=kind), member.prvkey)


def _until_it_listens(colony: Colony, executor: Member, following: Collected) -> None:
    """Submits processes until the first notification: then the server has the subscription.

    A server may share messages between all who wait for an executor type, whatever their colony. So the type
    is the colony's own.
    """
    for _ in range(200):
        _submit(colony, executor, colony.name)
        with following.changed:
            if following.changed.wait_for(lambda: following.found, 0.1):
                return
    pytest.fail("no notification arrived")


def _until_it_has(following: Collected, process: Process) -> None:
    with following.changed:
        assert following.changed.wait_for(
            lambda: process.processid in [found.processid for found in following.found], 60
        )


def test_processes_are_told_of_by_type_and_state(colony: Colony, executor: Member) -> None:
    client = colony.client
    following = Collected(
        client.follow_processes(colony.name, colony.name, client.WAITING, executor.prvkey, timeout=60)
    )
    _until_it_listens(colony, executor, following)
    client.submit_func_spec(colony.spec(executortype="other"), executor.prvkey)
    _until_it_has(following, _submit(colony, executor, colony.name))
    assert {process.spec.conditions.executortype for process in following.found} == {colony.name}


def test_processes_of_other_colonies_are_left_out(client: Colonies, colony: Colony, executor: Member) -> None:
    another = Colony(client)
    stranger = another.executor()
    following = Collected(
        client.follow_processes(colony.name, colony.name, client.WAITING, executor.prvkey, timeout=60)
    )
    _until_it_listens(colony, executor, following)
    _submit(another, stranger, colony.name)
    _until_it_has(following, _submit(colony, executor, colony.name))
    assert {process.spec.conditions.colonyname for process in following.found} == {colony.name}


def test_a_lost_connection_is_opened_again(colony: Colony, executor: Member) -> None:
    with wire_to(colony.client.host, colony.client.port) as wire:
        client = Colonies("127.0.0.1", wire.port)
        following = Collected(
            client.follow_processes(colony.name, colony.name, client.WAITING, executor.prvkey, timeout=60)
        )
        _until_it_listens(colony, executor, following)
        wire.cut()
        following.found.clear()
        _until_it_listens(colony, executor, following)
        assert wire.connections == 2


def test_only_executors_may_follow(colony: Colony) -> None:
    client = colony.client
    with pytest.raises(ServerError, match="executor not found"):
        next(client.follow_processes(colony.name, "echo", client.WAITING, colony.user().prvkey, timeout=60))


def test_strangers_cannot_follow(colony: Colony, executor: Member) -> None:
    process = colony.submit(executor)
    with pytest.raises(PermissionDeniedError):
        next(colony.client.follow_process(process.processid, "11" * 32))
