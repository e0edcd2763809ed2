"""When waits ask again, and when they are over."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycolonies import CallCancelledError, ConnectError, NotFoundError, Process, WaitTimeoutError
from pycolonies._waiting import backoff, endings, polling
from pycolonies._waiting.backoff import Backoff, poll_pause
from pycolonies._waiting.endings import Ending, Subject
from pycolonies._waiting.polling import poll

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


class Server:
    """An endpoint that shows one state after the other; exceptions are raised."""

    poll_interval = float("inf")

    def __init__(self, *shown: int | Process | Exception) -> None:
        self._shown = list(shown)
        self.limits: list[float | None] = []

    def call_within(self, timeout: float | None, msgtype: str, **fields: str) -> Server:
        assert msgtype == "getprocessmsg"
        assert fields == {"processid": "p"}
        self.limits.append(timeout)
        return self

    def to(self, _: type[Process]) -> Process:
        found = self._shown.pop(0) if len(self._shown) > 1 else self._shown[0]
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, Process) else Process(processid="p", state=found)


def polled(server: Server, timeout: float | None = 5.0, **options: Any) -> list[Process]:
    subject = Subject(
        "process",
        "p",
        "getprocessmsg",
        {"processid": "p"},
        Process,
        Ending().reached,
        lambda process: process.state,
    )
    endpoint: Any = server
    return [found for found in poll(endpoint, subject, timeout, **options) if found is not None]


def waiting(server: Server, timeout: float | None = 5.0, **options: Any) -> list[int]:
    return [found.state for found in polled(server, timeout, **options)]


def failed(*errors: str, endtime: datetime = NOW) -> Process:
    return Process(processid="p", state=3, errors=list(errors), endtime=endtime)


def test_each_state_is_shown_once_and_the_end_at_last() -> None:
    assert waiting(Server(0, 0, 1, 1, 0, 1, 2)) == [0, 1, 0, 1, 2]
    assert waiting(Server(4)) == [4]


def test_a_failed_process_is_shown_once_its_errors_are_stored() -> None:
    server = Server(1, failed(), failed(), failed("wrong"))
    assert [found.errors for found in polled(server)] == [[], ["wrong"]]


def test_a_process_that_failed_without_errors_is_waited_for_a_moment_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(endings, "ERRORS_WITHIN", 0.02)
    assert waiting(Server(1, failed())) == [1, 3]


def test_nodes_that_failed_with_another_one_have_no_errors() -> None:
    assert Ending().reached(failed(endtime=datetime.min.replace(tzinfo=timezone.utc)))
    assert not Ending().reached(failed())


def test_time_can_be_over() -> None:
    with pytest.raises(WaitTimeoutError, match=r"process p did not end within 0\.05 seconds"):
        waiting(Server(1), 0.05)
    with pytest.raises(WaitTimeoutError) as late:
        waiting(Server(0, ConnectError("gone", False)), 0.3)
    assert isinstance(late.value.__cause__, ConnectError)
    assert waiting(Server(2), 0) == [2]


def test_a_poll_takes_no_longer_than_the_time_that_is_left() -> None:
    server = Server(0, 0, 0, 2)
    waiting(server, 5)
    first, *others = server.limits
    assert first is None
    assert all(limit is not None and 0 < limit <= 5 for limit in others)


def test_lost_polls_are_repeated_and_refused_ones_are_not() -> None:
    lost = ConnectError("gone", False)
    assert waiting(Server(0, lost, lost, 2)) == [0, 2]
    for fault in (NotFoundError("gone", 404, "getprocessmsg"), CallCancelledError("stop", False)):
        with pytest.raises(type(fault)):
            waiting(Server(0, fault))
    with pytest.raises(ConnectError):
        waiting(Server(lost))


def test_a_server_that_is_gone_for_long_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "ANSWER_TIMEOUT", 0.05)
    with pytest.raises(ConnectError):
        waiting(Server(0, ConnectError("gone", False)), None)


class Ears:
    """A listener that hears something at once."""

    def __init__(self) -> None:
        self.heard = 0
        self.closed = False

    def pause(self, usual: float) -> float:
        return usual + 60

    def hear(self, seen: Process, age: float, seconds: float) -> bool:
        assert 0 <= age < seconds
        assert seen.state < 2
        self.heard += 1
        return True

    def close(self) -> None:
        self.closed = True


def test_a_listener_waits_in_place_of_the_pauses() -> None:
    ears = Ears()
    assert waiting(Server(0, 1, 2), 120, listener=ears) == [0, 1, 2]
    assert ears.heard == 2
    assert ears.closed


def test_a_listener_is_closed_however_the_wait_ends() -> None:
    ears = Ears()
    with pytest.raises(NotFoundError):
        waiting(Server(0, NotFoundError("gone", 404, "m")), 120, listener=ears)
    assert ears.closed


@given(st.floats(0, 1e6), st.floats(0, 100))
def test_pauses_grow_with_the_silence_and_with_the_cost_of_a_poll(quiet: float, cost: float) -> None:
    pause = poll_pause(quiet, cost)
    assert pause >= backoff.POLL_MIN
    assert pause >= backoff.MIN_IDLE_FACTOR * cost
    assert pause <= max(backoff.POLL_MAX, backoff.MIN_IDLE_FACTOR * cost)
    assert poll_pause(quiet + 1, cost) >= pause


@given(st.floats(0.001, 10), st.floats(1, 1000))
def test_random_pauses_grow_up_to_the_longest_and_begin_anew(first: float, factor: float) -> None:
    pauses = Backoff(first, first * factor)
    bound = first
    for _ in range(12):
        assert bound / 2 <= pauses.pause() <= bound
        bound = min(2 * bound, first * factor)
    pauses.reset()
    assert pauses.pause() <= first
