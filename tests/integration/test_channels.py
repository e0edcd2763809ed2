"""Channels over the real wire."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import pytest

from badserver import bad_server, envelope, reply
from conftest import Colony, Member
from proxy import wire_to
from pycolonies import (
    ChannelEntry,
    Colonies,
    ConnectError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    TransportError,
)
from pycolonies._client import channels
from pycolonies._rpc import subscription

pytestmark = pytest.mark.both_modes


@dataclass
class Chat:
    """A process with a channel, who submitted it, and the executor that runs it."""

    client: Colonies
    processid: str
    asker: Member
    answerer: Member

    def append(self, sequence: int, payload: Any, **others: Any) -> None:
        self.client.channel_append(self.processid, "chat", sequence, payload, self.answerer.prvkey, **others)

    def close(self) -> None:
        self.client.close(self.processid, [], self.answerer.prvkey)


@pytest.fixture
def chat(colony: Colony) -> Chat:
    client, asker, answerer = colony.client, colony.user(), colony.executor()
    spec = colony.spec()
    spec.channels = ["chat"]
    client.submit_func_spec(spec, asker.prvkey)
    process = client.assign(colony.name, 10, answerer.prvkey)
    return Chat(client, process.processid, asker, answerer)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shortens all pauses."""
    monkeypatch.setattr(channels, "LOOK_AFTER", 0.05)
    monkeypatch.setattr(subscription, "PAUSE", 0.01)


def payloads(entries: Any) -> list[bytes]:
    return [entry["payload"] for entry in entries]


def test_append_and_read(chat: Chat) -> None:
    assert chat.client.channel_read(chat.processid, "chat", 0, 0, chat.asker.prvkey) == []
    chat.append(1, "text ☃")
    chat.append(2, b"\x00\xff", in_reply_to=7, payload_type="end")
    chat.append(3, "")
    entries = chat.client.channel_read(chat.processid, "chat", 0, 0, chat.asker.prvkey)
    assert payloads(entries) == ["text ☃".encode(), b"\x00\xff", b""]
    assert entries[1]["sequence"] == 2
    assert entries[1]["inreplyto"] == 7
    assert entries[1]["type"] == "end"
    assert entries[0]["senderid"] == chat.answerer.id
    assert chat.client.channel_read(chat.processid, "chat", 1, 1, chat.asker.prvkey) == entries[1:2]


@pytest.mark.parametrize("payload", [bytearray(b"abc"), memoryview(b"abc"), [97, 98, 99]])
def test_whatever_holds_bytes_can_be_sent(chat: Chat, payload: Any) -> None:
    chat.append(1, payload)
    assert payloads(chat.client.channel_read(chat.processid, "chat", 0, 0, chat.asker.prvkey)) == [b"abc"]


def test_a_number_is_no_payload(chat: Chat) -> None:
    with pytest.raises(TypeError, match="payload"):
        chat.append(1, 5)  # bytes(5) would be five zeros


def test_strangers_and_unknown_channels_are_refused(chat: Chat, colony: Colony) -> None:
    with pytest.raises(PermissionDeniedError):
        chat.client.channel_read(chat.processid, "chat", 0, 0, colony.user().prvkey)
    with pytest.raises(NotFoundError, match="Channel not found"):
        chat.client.channel_read(chat.processid, "other", 0, 0, chat.asker.prvkey)
    for subscribe in (chat.client.subscribe_channel, lambda *args: list(chat.client.follow_channel(*args))):
        with pytest.raises(NotFoundError, match="Channel not found"):
            subscribe(chat.processid, "other", chat.asker.prvkey)
        with pytest.raises(PermissionDeniedError):
            subscribe(chat.processid, "chat", colony.user().prvkey)


def test_subscribe_without_a_callback_returns_what_came(chat: Chat) -> None:
    for number in range(3):
        chat.append(number, str(number))
    found = chat.client.subscribe_channel(chat.processid, "chat", chat.asker.prvkey, 1, 3)
    assert payloads(found) == [b"1", b"2"]


@pytest.mark.parametrize("nearly_false", [0, None, "", []])
def test_only_false_itself_ends_a_subscription(chat: Chat, nearly_false: object) -> None:
    received: list[bytes] = []

    def callback(entries: list[ChannelEntry]) -> object:
        received.extend(payloads(entries))
        if received[-1] == b"last":
            return False
        chat.append(len(received), "last" if len(received) == 2 else "more")
        return nearly_false

    chat.append(0, "first")
    result = chat.client.subscribe_channel(
        chat.processid, "chat", chat.asker.prvkey, timeout=20, callback=callback
    )
    assert received == [b"first", b"more", b"last"]
    assert result is None


def test_what_a_callback_raises_comes_through(chat: Chat) -> None:
    def callback(_: object) -> None:
        raise KeyError("mine")

    chat.append(1, "x")
    with pytest.raises(KeyError, match="mine"):
        chat.client.subscribe_channel(chat.processid, "chat", chat.asker.prvkey, callback=callback)


def test_a_subscription_ends_with_the_process(chat: Chat) -> None:
    received: list[bytes] = []

    def callback(entries: list[ChannelEntry]) -> None:
        received.extend(payloads(entries))
        if received == [b"first"]:
            chat.append(2, "last words")
            chat.close()

    chat.append(1, "first")
    chat.client.subscribe_channel(chat.processid, "chat", chat.asker.prvkey, timeout=25, callback=callback)
    assert received == [b"first", b"last words"]


def test_follow_until_the_process_ends(chat: Chat) -> None:
    chat.append(1, "one")
    following = chat.client.follow_channel(chat.processid, "chat", chat.asker.prvkey, timeout=25)
    assert next(following)["payload"] == b"one"
    chat.append(2, "two")
    chat.append(3, "three")
    chat.close()
    assert payloads(following) == [b"two", b"three"]


def test_following_a_process_that_has_ended_is_told(chat: Chat) -> None:
    chat.close()
    with pytest.raises(NotFoundError):
        list(chat.client.follow_channel(chat.processid, "chat", chat.asker.prvkey))


def test_following_ends_in_time(chat: Chat) -> None:
    assert list(chat.client.follow_channel(chat.processid, "chat", chat.asker.prvkey, timeout=0.2)) == []


def test_a_lost_connection_loses_nothing_and_repeats_nothing(chat: Chat) -> None:
    with wire_to(chat.client.host, chat.client.port) as wire:
        client = Colonies("127.0.0.1", wire.port)
        following = client.follow_channel(chat.processid, "chat", chat.asker.prvkey, timeout=25)
        chat.append(10, "a")
        assert next(following)["payload"] == b"a"
        wire.cut()
        chat.append(11, "b")
        chat.append(1, "late, with a lower number: it comes before those that were seen")
        assert {next(following)["payload"][:4] for _ in range(2)} == {b"b", b"late"}
        wire.cut(refuse=True)
        chat.append(12, "c")
        threading.Timer(0.2, wire.mend).start()
        assert next(following)["payload"] == b"c"
        chat.close()
        assert list(following) == []
        assert wire.connections >= 3


def test_a_process_that_ends_while_the_connection_is_lost(chat: Chat) -> None:
    with wire_to(chat.client.host, chat.client.port) as wire:
        client = Colonies("127.0.0.1", wire.port)
        following = client.follow_channel(chat.processid, "chat", chat.asker.prvkey, timeout=25)
        chat.append(1, "a")
        next(following)
        wire.cut()
        chat.close()
        assert list(following) == []


def test_a_server_that_stays_away_is_told(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "RECONNECT_TIMEOUT", 0.1)
    with wire_to(chat.client.host, chat.client.port) as wire:
        client = Colonies("127.0.0.1", wire.port, connect_timeout=1)
        following = client.follow_channel(chat.processid, "chat", chat.asker.prvkey, timeout=25)
        chat.append(1, "a")
        next(following)
        wire.close()
        with pytest.raises(TransportError):
            next(following)


def test_the_first_connection_has_to_come_about(chat: Chat) -> None:
    nowhere = Colonies("127.0.0.1", 1)
    with pytest.raises(ConnectError):
        next(nowhere.follow_channel(chat.processid, "chat", chat.asker.prvkey))


def test_the_server_is_asked_again_when_its_time_is_over(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "SUBSCRIBED_FOR", 1)
    monkeypatch.setattr(channels, "LOOK_AFTER", 5)
    following = chat.client.follow_channel(chat.processid, "chat", chat.asker.prvkey, timeout=25)
    chat.append(1, "before")
    assert next(following)["payload"] == b"before"
    found: list[bytes] = []
    thread = threading.Thread(target=lambda: found.append(next(following)["payload"]))
    thread.start()
    thread.join(1.5)  # the server's second is over, and nothing came
    assert found == []
    chat.append(2, "after")
    thread.join(60)
    assert found == [b"after"]


@pytest.mark.parametrize("payload", [b'{"a": 1}', b"[1]", b'[{"payload": 1}]', b'[{"payload": "a"}]', b"7"])
def test_what_is_no_list_of_messages_is_told(payload: bytes) -> None:
    with bad_server(reply(envelope(payload))) as (port, _):
        client = Colonies("127.0.0.1", port, prvkey="11" * 32)
        with pytest.raises(ProtocolError, match="must be a list of messages"):
            client.channel_read("x", "chat", 0, 0)
