"""Which of the failures that repeat are said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pycolonies._executor.repeated_failures import FIRST, LONGEST, Repeat, Repeats


def test_messages_come_at_once_and_then_ever_more_rarely() -> None:
    repeats = Repeats()
    said = [(second, repeat) for second in range(3000) if (repeat := repeats.failed(second))]
    assert [second for second, _ in said] == [0, 10, 20, 40, 80, 160, 320, 640, 1240, 1840, 2440]
    assert said[3][1] == Repeat(attempts=41, seconds=40)
    assert repeats.succeeded(3000) == Repeat(attempts=3000, seconds=3000)
    assert repeats.succeeded(3001) is None
    assert repeats.failed(3002) == Repeat(1, 0)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=200))
def test_the_first_failure_is_said_and_counts_are_right(steps: list[tuple[bool, float]]) -> None:
    repeats, now = Repeats(), 0.0
    failures, said_at, began = 0, 0.0, 0.0
    for fails, passed in steps:
        now += passed
        if not fails:
            ended = repeats.succeeded(now)
            assert (ended is None) == (failures == 0)
            assert ended is None or ended == Repeat(failures, now - began)
            failures = 0
            continue
        failures += 1
        began = now if failures == 1 else began
        repeat = repeats.failed(now)
        if failures == 1:
            assert repeat == Repeat(1, 0)
        elif repeat is not None:
            assert repeat == Repeat(failures, now - began)
            assert now - said_at >= FIRST
        else:
            assert now - said_at < LONGEST
        said_at = said_at if repeat is None else now
        assert repeats.failing
