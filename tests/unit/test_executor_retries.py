"""When a function that raised runs again."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycolonies import ArgumentsError, Backoff, GiveUp, Process, Retry
from pycolonies._executor.function_retries import Again, Fail, Note, RetryPolicy, decide, notes_of, said
from pycolonies._models import Attribute

FIXED = Backoff(initial=2, jitter=False)
THREE = RetryPolicy(3, FIXED, (OSError,), (FileNotFoundError,))


@pytest.mark.parametrize(
    ("policy", "failures", "error", "remaining", "expected"),
    [
        (RetryPolicy(), 0, OSError(), None, Fail()),
        (THREE, 0, OSError(), None, Again(2)),
        (THREE, 2, OSError(), None, Again(8)),
        (THREE, 3, OSError(), None, Fail()),
        (THREE, 4, OSError(), None, Fail()),
        (THREE, 0, ConnectionResetError(), None, Again(2)),
        (THREE, 0, FileNotFoundError(), None, Fail()),
        (THREE, 0, ValueError(), None, Fail()),
        (THREE, 0, Retry(after=30), None, Again(30)),
        (THREE, 0, Retry(after=0), None, Again(0)),
        (THREE, 0, Retry(), None, Again(2)),
        (THREE, 3, Retry(after=0), None, Fail()),
        (THREE, 0, GiveUp("no"), None, Fail()),
        (RetryPolicy(3, FIXED), 0, ValueError(), None, Again(2)),
        (RetryPolicy(3, FIXED), 0, ArgumentsError("f", "no"), None, Fail()),
        (RetryPolicy(3, FIXED, (BaseException,)), 0, KeyboardInterrupt(), None, Fail()),
        (RetryPolicy(3, FIXED, (BaseException,)), 0, SystemExit(), None, Fail()),
        (THREE, 0, OSError(), 3.1, Again(2)),
    ],
)
def test_decisions(
    policy: RetryPolicy, failures: int, error: BaseException, remaining: float | None, expected: Again | Fail
) -> None:
    assert decide(policy, policy.retries, failures, error, remaining, longest=1.0) == expected


def test_a_pause_that_ends_after_the_deadline_is_not_begun_and_says_so() -> None:
    decision = decide(THREE, 3, 0, OSError(), remaining=2.5, longest=1.0)
    assert isinstance(decision, Fail)
    assert "2.5 s of maxexectime are left, the pause is 2.0 s" in decision.why


@given(st.floats(0, 100), st.floats(1, 10), st.floats(0, 1000), st.booleans(), st.integers(1, 10**6))
def test_pauses_stay_between_nothing_and_the_maximum(
    initial: float, factor: float, more: float, jitter: bool, failure: int
) -> None:
    backoff = Backoff(initial, factor, initial + more, jitter)
    assert 0 <= backoff(failure, OSError()) <= backoff.maximum


@given(st.integers(0, 5), st.integers(0, 8), st.none() | st.floats(-5, 100), st.floats(0, 50))
def test_there_is_never_a_run_too_many_nor_beyond_the_deadline(
    retries: int, failures: int, remaining: float | None, longest: float
) -> None:
    decision = decide(RetryPolicy(retries), retries, failures, OSError(), remaining, longest)
    if isinstance(decision, Again):
        assert failures < retries
        assert remaining is None or decision.pause + longest < remaining


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"retries": -1}, ValueError),
        ({"retries": True}, ValueError),
        ({"retries": 1.5}, ValueError),
        ({"backoff": 3}, TypeError),
        ({"retry_on": ("OSError",)}, TypeError),
        ({"give_up_on": 3}, TypeError),
    ],
)
def test_policies_that_make_no_sense_are_refused(settings: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(settings))):
        RetryPolicy(**settings)  # type: ignore[arg-type]


def test_backoffs_and_pauses_that_make_no_sense_are_refused() -> None:
    for settings in (
        {"initial": -1},
        {"factor": 0.5},
        {"initial": 5, "maximum": 1},
        {"maximum": float("inf")},
    ):
        with pytest.raises(ValueError, match="must be"):
            Backoff(**settings)
    with pytest.raises(ValueError, match="after must be"):
        Retry(after=-1)


def test_one_exception_type_needs_no_tuple() -> None:
    assert RetryPolicy(1, retry_on=OSError).retry_on == (OSError,)  # type: ignore[arg-type]


@pytest.mark.parametrize(("asked", "allowed"), [("", 3), ("0", 0), ("2", 2), ("9", 3), ("-1", 3), ("x", 3)])
def test_a_submitter_asks_for_fewer_retries_not_for_more(asked: str, allowed: int) -> None:
    process = Process()
    process.spec.env = {"PYCOLONIES_RETRIES": asked} if asked else {}
    assert RetryPolicy(3).allowed(process) == allowed


def test_failures_are_read_back_from_the_attributes_of_a_process() -> None:
    process = Process()
    notes = [Note(1, "OSError: a", 100.0), Note(10, "OSError: b", 200.0), Note(2, "OSError: c", 150.0)]
    process.attributes = [
        Attribute(key=note.key, value=note.value(90.0, "me", 0), attributetype=1) for note in notes
    ] + [Attribute(key="pycolonies.retry.x", value="?"), Attribute(key="pycolonies.retry.11", value="odd")]
    found = notes_of(process)
    assert [note.number for note in found] == [1, 2, 10, 11]
    assert found[0] == notes[0]
    assert found[2].wait(190.0) == 10.0
    assert found[2].wait(300.0) == 0.0
    assert found[3].error == "odd"


def test_the_requests_of_functions_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(Retry("busy", after=3)))
    assert str(error) == "busy"
    assert error.after == 3


def test_an_exception_without_a_text_is_said_anyway() -> None:
    class Odd(Exception):  # noqa: N818 (short)
        def __str__(self) -> str:
            raise ZeroDivisionError

    assert said(OSError("x")) == "OSError: x"
    assert said(KeyError()) == "KeyError"
    assert said(Odd()) == f"{Odd.__qualname__}: (its text raises)"
