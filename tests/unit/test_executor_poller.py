"""What an executor does after each answer to a request for work."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from pycolonies._executor.heartbeat import Heartbeat
from pycolonies._executor.poller import Poller
from pycolonies._executor.server_link import ServerLink
from pycolonies._executor.steps import REJOIN, Call, Pause, Step, Steps, carry_out
from pycolonies._waiting.backoff import AT_MOST
from pycolonies.errors import (
    CallCancelledError,
    ConnectionLostError,
    NoProcessAvailable,
    PermissionDeniedError,
)


class Link:
    """Stands for the way to a server; the tests give the answers."""

    timeout = 30.0


@pytest.fixture
def heartbeat() -> Heartbeat:
    return Heartbeat(60)


@pytest.fixture
def poller(heartbeat: Heartbeat) -> Poller:
    return Poller(cast("ServerLink", Link()), "dev", threading.Event(), heartbeat)


def _asked(poller: Poller) -> Steps[Any]:
    steps = poller.steps()
    step = next(steps)
    assert isinstance(step, Call)
    assert step.msgtype == "assignprocessmsg"
    assert step.polls
    return steps


def _paused(steps: Steps[Any], fault: Exception) -> float:
    step = steps.throw(fault)
    assert isinstance(step, Pause)
    assert step.polls
    return step.seconds


def test_requests_that_fail_together_count_as_one_failure(poller: Poller) -> None:
    requests = [_asked(poller) for _ in range(32)]
    pauses = [_paused(request, ConnectionLostError("lost", True)) for request in requests]
    assert 0 < max(pauses) <= 0.1


def test_pauses_grow_from_failure_to_failure(poller: Poller) -> None:
    for _ in range(12):
        pause = _paused(_asked(poller), ConnectionLostError("lost", True))
    assert AT_MOST / 2 <= pause <= AT_MOST


def test_a_request_that_an_event_loop_drops_may_have_been_given_a_process(poller: Poller) -> None:
    steps = _asked(poller)
    assert poller.missed() is None
    steps.close()
    assert poller.missed() is not None


@pytest.mark.parametrize("sent", [False, True])
def test_a_request_that_is_ended_may_have_been_given_a_process_if_it_was_sent(
    poller: Poller, sent: bool
) -> None:
    with pytest.raises(StopIteration) as end:
        _asked(poller).throw(CallCancelledError("cancelled", sent))
    assert end.value.value is None
    assert (poller.missed() is not None) == sent


def test_an_executor_that_the_server_does_not_know_registers_again(poller: Poller) -> None:
    steps = _asked(poller)
    assert steps.throw(PermissionDeniedError("unknown", 403, "assignprocessmsg")) is REJOIN
    assert isinstance(next(steps), Pause)


def test_a_removal_teaches_the_heartbeat_and_makes_one_due(poller: Poller, heartbeat: Heartbeat) -> None:
    poller.removed()
    assert poller.asked == float("-inf")
    assert heartbeat.now == 60
    poller.removed()
    assert heartbeat.now == 1


def test_a_server_that_says_at_once_that_nothing_waits_is_not_asked_at_once_again(poller: Poller) -> None:
    assert _paused(_asked(poller), NoProcessAvailable("none", 404, "assignprocessmsg")) > 0


def test_steps_get_what_came_of_them_or_what_went_wrong() -> None:
    performed: list[Step] = []

    def steps() -> Steps[list[Any]]:
        found = [(yield Pause(1))]
        try:
            yield REJOIN
        except ValueError as fault:
            found.append(str(fault))
        return found

    def perform(step: Step) -> str:
        performed.append(step)
        if step is REJOIN:
            raise ValueError("no")
        return "yes"

    assert carry_out(steps(), perform) == ["yes", "no"]
    assert performed == [Pause(1), REJOIN]
