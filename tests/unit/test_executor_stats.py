"""Histograms and rates of executors' statistics."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycolonies import FuncSpec, Outcome, Process
from pycolonies._executor.observe.histogram import Histogram
from pycolonies._executor.observe.stats import NAMES, OTHER, StatsObserver, duration

DURATIONS = st.lists(st.floats(1e-5, 1e6), min_size=1, max_size=200)


@given(DURATIONS)
def test_percentiles_are_those_of_the_durations_but_for_a_tenth(durations: list[float]) -> None:
    histogram = Histogram()
    for seconds in durations:
        histogram.add(seconds)
    found = histogram.latency()
    durations.sort()
    for share, percentile in ((0.5, found.p50), (0.9, found.p90), (0.99, found.p99)):
        exact = durations[math.ceil(share * len(durations)) - 1]
        assert percentile == pytest.approx(exact, rel=0.1)
    assert found.longest == durations[-1]
    assert found.mean == pytest.approx(sum(durations) / len(durations))
    assert found.count == len(durations)


@given(DURATIONS)
def test_buckets_hold_what_took_no_longer(durations: list[float]) -> None:
    histogram = Histogram()
    for seconds in durations:
        histogram.add(seconds)
    for bound, count in histogram.latency().buckets:
        assert sum(seconds < bound * 0.999 for seconds in durations) <= count
        assert count <= sum(seconds <= bound * 1.001 for seconds in durations)


def test_nothing_is_zeros_and_odd_durations_are_counted() -> None:
    histogram = Histogram()
    assert (histogram.latency().p99, histogram.latency().mean) == (0, 0)
    for seconds in (-1.0, 0.0, 1e12):  # clocks differ; and nothing is too long
        histogram.add(seconds)
    assert histogram.latency().count == 3
    assert histogram.latency().p50 < 1e-5


def test_made_up_names_are_counted_together() -> None:
    observer = StatsObserver()
    for number in range(NAMES + 50):
        process = Process(processid=str(number), spec=FuncSpec(funcname=f"f{number}"))
        observer.assigned(process)
        observer.reported(process, Outcome.FAILED, 0)
    functions = observer.stats().functions
    assert len(functions) == NAMES + 1
    assert functions[OTHER].failed == 50
    assert observer.stats().total.failed == NAMES + 50


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "-"), (0.00123, "1.23 ms"), (1.5, "1.5 s"), (75, "75 s"), (100, "1:40"), (3723, "1:02:03")],
)
def test_durations_are_read_easily(seconds: float, text: str) -> None:
    assert duration(seconds) == text
