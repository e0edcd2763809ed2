"""The parent's end of the connection to a child: nothing blocks, and nothing is taken for what it is not."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycolonies._executor.children.channel import Channel, MessageTooLargeError, frame

LIMIT = 1000


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    channel = Channel(ours, LIMIT)
    yield channel, theirs
    channel.close()
    theirs.close()


def received(channel: Channel) -> list[bytes]:
    found = []
    while (message := channel.step(0)) is not None:
        found.append(message)
    return found


def until_the_end(channel: Channel) -> None:
    while True:
        channel.step(1)


@given(messages=st.lists(st.binary(max_size=LIMIT), max_size=6), sizes=st.lists(st.integers(1, 400)))
def test_messages_arrive_whole_however_they_are_cut(messages: list[bytes], sizes: list[int]) -> None:
    ours, theirs = socket.socketpair()
    channel = Channel(ours, LIMIT)
    data, found = b"".join(map(frame, messages)), []
    for size in [*sizes, len(data)]:
        theirs.sendall(data[:size])
        data = data[size:]
        found += received(channel)
    while data:
        theirs.sendall(data[:4096])
        data = data[4096:]
        found += received(channel)
    assert found == messages
    theirs.close()
    with pytest.raises(EOFError):
        channel.step(1)
    channel.close()


@given(data=st.binary(max_size=64))
def test_any_bytes_are_messages_or_wait_for_more_or_are_refused(data: bytes) -> None:
    ours, theirs = socket.socketpair()
    channel = Channel(ours, LIMIT)
    theirs.sendall(data)
    theirs.close()
    with pytest.raises((EOFError, MessageTooLargeError)):
        until_the_end(channel)
    channel.close()


def test_a_step_ends_in_time_whatever_is_there(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    theirs.sendall(b"\0\0\0\x10half")
    until = time.monotonic() + 0.05
    while time.monotonic() < until:
        assert channel.step(0.01) is None


def test_putting_never_blocks_and_reading_stops_while_the_other_end_does_not_read(
    ends: tuple[Channel, socket.socket],
) -> None:
    channel, theirs = ends
    for _ in range(20):
        channel.put(b"x" * 1_000_000)
        channel.flush()
    theirs.sendall(frame(b"more"))
    assert channel.step(0) is None  # the answers come first
    count, found = 0, []
    theirs.setblocking(False)
    while count < 20_000_080:
        found.append(channel.step(0))
        try:
            count += len(theirs.recv(1 << 20))
        except BlockingIOError:
            continue
    found.append(channel.step(1))
    assert [message for message in found if message is not None] == [b"more"]


def test_a_message_beyond_the_limit_is_refused_by_its_length_alone(
    ends: tuple[Channel, socket.socket],
) -> None:
    channel, theirs = ends
    theirs.sendall((LIMIT + 1).to_bytes(4, "big"))
    with pytest.raises(MessageTooLargeError, match="a message of 1001 bytes; at most 1000 are accepted"):
        channel.step(1)


def test_putting_into_a_closed_channel_does_nothing(ends: tuple[Channel, socket.socket]) -> None:
    channel, _ = ends
    channel.close()
    channel.put(b"late")
    channel.flush()
    with pytest.raises(EOFError):
        channel.step(0)


def test_what_was_sent_before_the_end_is_read(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    theirs.sendall(frame(b"last") + b"\0")
    theirs.close()
    channel.put(b"to nothing")
    assert channel.step(1) == b"last"
    with pytest.raises(EOFError):
        until_the_end(channel)
