"""Limits of functions, played against every order of asking, ending and waiting."""

from __future__ import annotations

import math
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycolonies._executor.limits import Gate, Gates, Limits, Rate

STEPS = st.lists(
    st.one_of(
        st.just(("enter", 0.0)),
        st.tuples(st.just("end"), st.floats(0, 1)),
        st.tuples(st.just("forget"), st.floats(0, 1)),
        st.tuples(st.just("pass"), st.floats(0, 3)),
    ),
    max_size=200,
)
LIMITS = st.builds(
    Limits,
    st.none() | st.integers(1, 4),
    st.none() | st.builds(Rate, st.integers(1, 5), st.sampled_from([0.1, 1.0, 2.5])),
)


class Play:
    """A gate, and what an executor does with it."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.gate, self.now = limits, Gate[int](limits), 0.0
        self.running: list[int] = []
        self.line: list[int] = []
        self.began: list[int] = []
        self.starts: list[float] = []
        self.numbers = count()

    def enter(self) -> None:
        number = next(self.numbers)
        if self.gate.enter(number, self.now):
            assert not self.line, "overtook those that wait"
            self._begin(number)
        else:
            self.line.append(number)

    def end(self, which: float) -> None:
        if self.running:
            self.running.pop(int(which * (len(self.running) - 1)))
            self.gate.left(1.0)
        self.admit()

    def forget(self, which: float) -> None:
        if self.line:
            self.gate.forget(self.line.pop(int(which * (len(self.line) - 1))))
        self.admit()

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.admit()

    def admit(self) -> None:
        for number in self.gate.admit(self.now):
            assert number == self.line.pop(0), "not in order"
            assert self.gate.begins(number)
            assert not self.gate.begins(number), "admitted twice"
            self._begin(number)

    def _begin(self, number: int) -> None:
        self.running.append(number)
        self.began.append(number)
        self.starts.append(self.now)
        self.check()

    def check(self) -> None:
        if self.limits.max_concurrent is not None:
            assert len(self.running) <= self.limits.max_concurrent
        if self.limits.rate is not None:
            number, seconds = self.limits.rate.count, self.limits.rate.seconds
            for early, late in zip(self.starts, self.starts[number:], strict=False):
                assert late >= early + seconds


def _play(limits: Limits, steps: list[tuple[str, float]]) -> Play:
    play = Play(limits)
    for name, value in steps:
        {"enter": lambda _: play.enter(), "end": play.end, "forget": play.forget, "pass": play.wait}[name](
            value
        )
        assert len(play.gate) == len(play.line)
    return play


@given(LIMITS, STEPS)
def test_limits_hold_in_order_and_nothing_is_lost(limits: Limits, steps: list[tuple[str, float]]) -> None:
    play = _play(limits, steps)
    while play.line:  # runs end and time passes: whatever waits must begin
        before = len(play.line)
        opens = play.gate.opens(play.now)
        if opens is None:
            play.end(0)
        else:
            play.wait(max(opens - play.now, 0))
        assert len(play.line) < before
    assert play.began == sorted(play.began)


@given(LIMITS, STEPS)
def test_something_waits_only_if_a_limit_is_reached(limits: Limits, steps: list[tuple[str, float]]) -> None:
    play = _play(limits, steps)
    if not play.line:
        return
    opens = play.gate.opens(play.now)
    if opens is None:
        assert len(play.running) == limits.max_concurrent
    else:
        assert limits.rate is not None
        assert opens > play.now
        recent = [start for start in play.starts if start > play.now - limits.rate.seconds - 1e-9]
        assert len(recent) >= limits.rate.count


def test_an_admitted_run_that_never_begins_returns_its_place() -> None:
    gate = Gate[str](Limits(1))
    assert gate.enter("a", 0)
    assert not gate.enter("b", 0)
    assert not gate.enter("c", 0)
    gate.left(1)
    assert gate.admit(0) == ["b"]
    assert gate.admit(0) == []
    gate.forget("b")
    assert gate.admit(0) == ["c"]


def test_no_more_is_wanted_once_the_line_would_exceed_a_maxexectime() -> None:
    by_rate = Gate[int](Limits(rate=Rate.parse("1/s")))
    assert by_rate.enter(0, 0, 10)
    for number in range(1, 5):
        assert not by_rate.saturated(0)
        by_rate.enter(number, 0, 10)
    by_rate.enter(5, 0, 10)
    assert by_rate.saturated(0)
    assert by_rate.admit(1.0) == [1]
    assert by_rate.admit(2.0) == [2]
    assert not by_rate.saturated(2.0)
    by_count = Gate[int](Limits(max_concurrent=2))
    for number in (0, 1):
        by_count.enter(number, 0, 10)
    by_count.left(4.0)
    by_count.enter(2, 0, 10)
    by_count.enter(3, 0, 10)
    assert not by_count.saturated(0)
    by_count.enter(4, 0, 10)
    by_count.enter(5, 0, 10)
    assert by_count.saturated(0)


def test_a_run_that_goes_on_counts_for_how_long_runs_take() -> None:
    gate = Gate[int](Limits(max_concurrent=1))
    assert gate.enter(0, 0, 60)
    for number in range(1, 4):
        gate.enter(number, 0, 60)
    assert not gate.saturated(0)
    assert gate.saturated(7)  # the fourth would wait for 28 s or more of the 53 that are left
    assert not gate.saturated(5)
    gate.left(6.0)
    assert gate.admit(7) == [1]


def test_a_line_without_maxexectime_is_never_too_long() -> None:
    gate = Gate[int](Limits(rate=Rate.parse("1/d")))
    for number in range(1000):
        gate.enter(number, 0)
    assert not gate.saturated(0)


def test_limits_of_a_function_may_change_while_it_runs() -> None:
    limits = {"f": Limits()}
    gates = Gates[int](limits.__getitem__)
    assert all(gates.enter("f", number, 0) for number in range(3))
    limits["f"] = Limits(2)
    assert not gates.enter("f", 3, 0)
    gates.left("f", 1)
    assert gates.admit(0) == []
    gates.left("f", 1)
    assert gates.admit(0) == [3]


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("10/s", Rate(10, 1)),
        ("100/min", Rate(100, 60)),
        ("100/m", Rate(100, 60)),
        ("1/30s", Rate(1, 30)),
        ("5 / 250ms", Rate(5, 0.25)),
        ("2/1.5h", Rate(2, 5400)),
        ("1/d", Rate(1, 86_400)),
    ],
)
def test_a_rate_is_a_count_and_a_period(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize(
    "text", ["", "10", "10/", "/s", "0/s", "10/0s", "-1/s", "1.5/s", "10/week", "x/s", "9999999/s"]
)
def test_what_is_no_rate_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"COUNT/PERIOD such as '10/s'"):
        Rate.parse(text)


@pytest.mark.parametrize(
    ("limit", "error"), [(0, ValueError), (-1, ValueError), (True, TypeError), (1.5, TypeError)]
)
def test_max_concurrent_is_at_least_one(limit: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="max_concurrent must be"):
        Limits.of(limit, None)
    with pytest.raises(TypeError, match="rate must be text"):
        Limits.of(None, 10)  # type: ignore[arg-type]


def test_limits_are_named_in_messages() -> None:
    assert str(Limits.of(2, "100/min")) == "max_concurrent=2, rate=100/60s"
    assert not Limits.of(None, None)
    assert math.inf > Rate.parse("1/d").seconds
