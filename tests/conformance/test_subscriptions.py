"""Channels, and subscriptions to processes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable
from typing import Any

import pytest

from conftest import Colony, Member
from pycolonies import Colonies, NotFoundError, Process


@pytest.fixture
def chat(colony: Colony, executor: Member) -> Process:
    spec = colony.spec()
    spec.channels = ["chat"]
    colony.client.submit_func_spec(spec, executor.prvkey)
    return colony.client.assign(colony.name, 10, executor.prvkey)


def collected(iterable: Iterable[Any]) -> queue.SimpleQueue[Any]:
    """Puts what comes into a queue, and at the end what ended it."""
    found: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def collect() -> None:
        try:
            for thing in iterable:
                found.put(thing)
            found.put("the end")
        except Exception as fault:  # noqa: BLE001 (the test looks at it)
            found.put(fault)

    threading.Thread(target=collect, daemon=True).start()
    return found


def test_channels_are_written_and_read(colony: Colony, executor: Member, chat: Process) -> None:
    client, key = colony.client, executor.prvkey
    assert client.channel_read(chat.processid, "chat", 0, 0, key) == []
    client.channel_append(chat.processid, "chat", 1, "text ☃", key)
    client.channel_append(chat.processid, "chat", 2, b"\x00\xff", key, in_reply_to=7, payload_type="end")
    entries = client.channel_read(chat.processid, "chat", 0, 0, key)
    assert [entry["payload"] for entry in entries] == ["text ☃".encode(), b"\x00\xff"]
    assert entries[1]["sequence"] == 2
    assert entries[1]["inreplyto"] == 7
    assert entries[1]["type"] == "end"
    assert client.channel_read(chat.processid, "chat", 1, 1, key) == entries[1:2]
    with pytest.raises(NotFoundError):
        client.channel_read(chat.processid, "other", 0, 0, key)


def test_a_channel_is_followed(colony: Colony, executor: Member, chat: Process) -> None:
    client, key = colony.client, executor.prvkey
    client.channel_append(chat.processid, "chat", 1, "one", key)
    found = collected(client.follow_channel(chat.processid, "chat", key, timeout=60))
    assert found.get(timeout=60)["payload"] == b"one"
    client.channel_append(chat.processid, "chat", 2, "two", key)
    assert found.get(timeout=60)["payload"] == b"two"


def test_a_subscription_to_a_channel_ends_when_told(colony: Colony, executor: Member, chat: Process) -> None:
    received: list[bytes] = []

    def callback(entries: list[Any]) -> bool:
        received.extend(entry["payload"] for entry in entries)
        return False

    colony.client.channel_append(chat.processid, "chat", 1, "one", executor.prvkey)
    colony.client.subscribe_channel(chat.processid, "chat", executor.prvkey, timeout=60, callback=callback)
    assert received == [b"one"]


def test_a_process_is_followed_to_its_end(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    process = colony.submit(executor)
    found = collected(client.follow_process(process.processid, key, timeout=60))
    assert found.get(timeout=60).state == Colonies.WAITING
    client.assign(colony.name, 10, key)
    assert found.get(timeout=60).state == Colonies.RUNNING
    client.close(process.processid, ["x"], key)
    assert found.get(timeout=60).output == ["x"]
    assert found.get(timeout=60) == "the end"


def test_processes_of_a_type_are_followed(colony: Colony, executor: Member) -> None:
    client, key, stop = colony.client, executor.prvkey, threading.Event()
    processes = client.follow_processes(colony.name, "echo", Colonies.WAITING, key, timeout=60)
    found = collected(processes)

    def knock() -> None:  # subscribers receive only later changes
        while not stop.wait(0.1):
            colony.submit(executor, "knock")

    knocking = threading.Thread(target=knock)
    knocking.start()
    try:
        assert found.get(timeout=60).spec.args == ["knock"]
    finally:
        stop.set()
        knocking.join()
