"""Rules of the executor that need neither a server nor a clock."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest

from pycolonies import NotFoundError, Process
from pycolonies._executor.heartbeat import HOLD, Heartbeat
from pycolonies._executor.registration import gives_up
from pycolonies._models import Attribute
from pycolonies._waiting.completion import (
    FRUITLESS,
    Assignments,
    Completion,
    carry_out,
    incomplete,
    perhaps_incomplete,
)

EPOCH = datetime(2026, 1, 1, tzinfo=timezone.utc)


def _process(
    env: dict[str, str] | None = None, attributes: dict[str, str] | None = None, waited: float = 0
) -> Process:
    process = Process(processid="1" * 64, submissiontime=EPOCH, starttime=EPOCH + timedelta(seconds=waited))
    process.spec.env = env or {}
    process.attributes = [
        Attribute(key=key, value=value, attributetype=3) for key, value in (attributes or {}).items()
    ]
    return process


@pytest.mark.parametrize(
    ("process", "certain", "perhaps"),
    [
        (_process(), False, True),
        (_process(waited=5), False, False),
        (_process({"a": "1"}, {"a": "1"}), False, False),
        (_process({"a": "1"}), True, False),
        (_process(None, {"a": "1"}), True, False),
        (_process({"a": "1"}, {"a": "1", "b": "2"}, waited=5), True, False),
    ],
)
def test_what_is_missing_is_seen_by_what_is_there(process: Process, certain: bool, perhaps: bool) -> None:
    assert incomplete(process) == certain
    assert perhaps_incomplete(process) == perhaps


class Server:
    """Answers in turn; the last answer again and again."""

    def __init__(self, *answers: Process | Exception) -> None:
        self.answers = list(answers)
        self.calls = 0

    def __call__(self, processid: str) -> Process:
        answer = self.answers[min(self.calls, len(self.answers) - 1)]
        self.calls += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


NOW, AGO = float("inf"), float("-inf")


def test_a_complete_process_costs_no_call() -> None:
    server = Server(_process())
    complete = _process({"a": "1"}, {"a": "1"})
    assert Completion(server)(complete, NOW) is complete
    assert Completion(server)(waited := _process(waited=5), NOW) is waited
    assert server.calls == 0


@pytest.mark.parametrize("assigned", [_process(), _process({"a": "1"}), _process(None, {"a": "1"})])
def test_an_incomplete_process_is_got_until_it_is_complete(assigned: Process) -> None:
    whole = _process({"a": "1"}, {"a": "1"})
    server = Server(
        _process(), NotFoundError("no such process", 404, "getprocessmsg"), _process({"a": "1"}), whole
    )
    found = Completion(server)(assigned, NOW)
    assert found.spec.env == {"a": "1"}
    assert found.attributes == whole.attributes
    assert found.starttime == assigned.starttime
    assert server.calls == 4


def test_where_nothing_is_ever_late_one_look_must_do() -> None:
    server = Server(_process())
    completion = Completion(server)
    for _ in range(FRUITLESS):
        completion(_process(), time.monotonic(), seconds=0.3)
    before = server.calls
    assert before > FRUITLESS
    completion(_process(), time.monotonic())
    assert server.calls == before + 1


def _calls(assignments: Assignments, assigned: Process, server: Server) -> int:
    """Completes an assigned process; returns how many calls that took."""
    before, looks = server.calls, assignments.looks(assigned)
    if looks is not None:
        carry_out(looks, assigned, server)
    return server.calls - before


def test_functions_without_env_soon_cost_no_further_call() -> None:
    server, assignments = Server(_process()), Assignments()
    calls = [_calls(assignments, _process(), server) for _ in range(FRUITLESS + 3)]
    assert all(calls[:FRUITLESS])
    assert not any(calls[FRUITLESS:])


def test_functions_with_env_are_got_until_it_is_there() -> None:
    whole = _process({"a": "1"}, {"a": "1"})
    server, assignments = Server(_process()), Assignments()
    for _ in range(FRUITLESS):
        _calls(assignments, _process(), server)
    assert _calls(assignments, whole, server) == 0  # has taught that there may be an env
    for _ in range(FRUITLESS + 1):
        assert _calls(assignments, _process(), server)
    late = Server(_process(), _process({"a": "1"}), whole)
    looks = assignments.looks(assigned := _process())
    assert looks is not None
    found = carry_out(looks, assigned, late)
    assert found.spec.env == {"a": "1"}
    assert found.attributes == whole.attributes


def test_what_an_assigned_process_lacks_may_never_come() -> None:
    server, assignments = Server(_process()), Assignments()
    assigned = _process()
    looks = assignments.looks(assigned)
    assert looks is not None
    assert carry_out(looks, assigned, server) is assigned


@pytest.mark.parametrize(("idle", "seconds"), [(0, 1), (3.9, 1), (4, 2), (9, 4), (20, HOLD), (1e9, HOLD)])
def test_a_request_waits_half_as_long_as_there_was_no_work(idle: float, seconds: int) -> None:
    assert Heartbeat(60).hold(idle) == seconds


def test_a_removal_after_a_silence_teaches_the_interval() -> None:
    heartbeat = Heartbeat(60)
    assert heartbeat.now == 60
    assert heartbeat.hold(3600) == HOLD
    heartbeat.removed(45)
    assert heartbeat.now == 15
    assert heartbeat.hold(3600) == HOLD
    heartbeat.removed(15)
    assert heartbeat.now == 5
    assert heartbeat.hold(3600) == 5
    heartbeat.removed(600)
    assert heartbeat.now == 5


def test_a_removal_while_polling_teaches_the_second_time_only() -> None:
    heartbeat = Heartbeat(60)
    heartbeat.removed(3)
    assert heartbeat.now == 60
    heartbeat.removed(3)
    assert heartbeat.now == 1
    assert heartbeat.hold(3600) == 1


def test_an_executor_that_stops_calls_more_often() -> None:
    heartbeat = Heartbeat(60)
    heartbeat.stopping = True
    assert heartbeat.now == 2


@pytest.mark.parametrize(
    ("age", "takeovers", "expected"),
    [
        (5, [100], True),
        (3600, [100], False),
        (3600, [97, 98, 100], False),
        (3600, [97, 98, 99, 100], True),
        (3600, [10, 20, 30, 100], False),
    ],
)
def test_the_newer_of_two_executors_with_one_name_gives_up(
    age: float, takeovers: list[float], expected: bool
) -> None:
    assert gives_up(age, takeovers, 100) is expected
