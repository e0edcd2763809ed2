"""When a process that is waited for is subscribed to: never when it may be about to end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, cast

import pytest

from pycolonies import Process
from pycolonies._rpc import green
from pycolonies._rpc.encoding import dumps
from pycolonies._rpc.endpoint import Endpoint
from pycolonies._rpc.reply import Reply
from pycolonies._waiting import listener
from pycolonies._waiting.listener import LISTEN_AFTER, LISTEN_MAX, LISTEN_MIN, EndListener
from pycolonies.errors import ColoniesError, NotFoundError, TransportError

WAITING, RUNNING, SUCCESSFUL = range(3)
BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)


def process(state: int, starttime: datetime = BEGAN) -> Process:
    return Process(processid="a" * 64, state=state, starttime=starttime)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Server:
    """Shows processes one after the other, and is its own socket and endpoint."""

    key = None
    closed = False

    def __init__(self) -> None:
        self.shown: list[Process | ColoniesError] = []
        self.subscribed = self.connections = 0
        self.fails_to_send = False
        self.transport = self

    def call_within(self, _: float, msgtype: str, **__: Any) -> Reply:
        shown = self.shown.pop(0)
        if isinstance(shown, ColoniesError):
            raise shown
        return Reply(msgtype, dumps(shown, "").encode())

    def subscribe(self) -> Server:
        self.connections += 1
        return self

    def send(self, *_: object) -> None:
        if self.fails_to_send:
            raise TransportError("lost")
        self.subscribed += 1

    def next(self, _: float) -> None:
        return None

    def close(self) -> None:
        self.connections -= 1
        self.subscribed = 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(listener, "time", clock)
    monkeypatch.setattr(green, "pause", lambda _: None)
    return clock


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def ears(server: Server, clock: Clock) -> Iterator[EndListener]:
    ears = EndListener(cast("Endpoint", server), LISTEN_MAX)
    yield ears
    ears.close()
    assert server.connections == 0


def test_a_process_that_waits_is_subscribed_to(server: Server, ears: EndListener) -> None:
    server.shown = [process(WAITING)]
    assert not ears.hear(process(WAITING), LISTEN_AFTER - 0.01, 1)
    assert server.connections == 0
    assert ears.hear(process(WAITING), LISTEN_AFTER, 1)  # it may have ended meanwhile
    assert server.subscribed == 3


def test_a_process_that_has_begun_since_it_was_seen_is_not_subscribed_to(
    server: Server, ears: EndListener, clock: Clock
) -> None:
    server.shown = [process(RUNNING), process(RUNNING)]
    assert ears.hear(process(WAITING), LISTEN_AFTER, 1)
    assert server.subscribed == 0
    assert server.connections == 0
    clock.now += LISTEN_AFTER - 0.01
    assert not ears.hear(process(RUNNING), 10, 1)
    assert server.subscribed == 0
    assert server.connections == 0
    clock.now += 0.01
    assert ears.hear(process(RUNNING), 10, 1)
    assert server.subscribed == 3


def test_a_process_that_has_ended_since_it_was_seen_is_not_subscribed_to(
    server: Server, ears: EndListener
) -> None:
    server.shown = [process(SUCCESSFUL)]
    assert ears.hear(process(WAITING), LISTEN_AFTER, 1)  # the next poll sees it
    assert server.subscribed == 0
    assert not ears.hear(process(SUCCESSFUL), 10, 1)


def test_another_run_of_a_process_is_another_start(server: Server, ears: EndListener, clock: Clock) -> None:
    later = BEGAN + timedelta(seconds=60)
    assert not ears.hear(process(RUNNING), 0, 1)
    clock.now += 60
    server.shown = [process(RUNNING, later)]
    assert ears.hear(process(RUNNING), 60, 1)
    assert server.subscribed == 0


@pytest.mark.parametrize("fault", [NotFoundError("gone", 404, "getprocessmsg"), TransportError("lost")])
def test_a_poll_that_fails_leaves_no_connection(
    server: Server, ears: EndListener, clock: Clock, fault: ColoniesError
) -> None:
    server.shown = [fault, process(WAITING)]
    ears.hear(process(WAITING), LISTEN_AFTER, 1)
    assert server.subscribed == 0
    assert server.connections == 0
    ears.hear(process(WAITING), LISTEN_AFTER, 1)  # not at once again
    assert len(server.shown) == 1
    clock.now += LISTEN_MIN
    assert ears.hear(process(WAITING), LISTEN_AFTER, 1)
    assert server.subscribed == 3


def test_a_subscription_that_cannot_be_sent_is_sent_later(server: Server, ears: EndListener) -> None:
    server.shown, server.fails_to_send = [process(WAITING)], True
    assert ears.hear(process(WAITING), LISTEN_AFTER, 1)
    assert server.subscribed == 0
    assert server.connections == 0
