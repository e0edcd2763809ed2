"""Histograms and rates of executors' statistics."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycolonies import FuncSpec, Outcome, Process
from pycolonies._executor.observe.histogram import Histogram
from pycolonies._executor.observe.stats import NAMES, OTHER, StatsObserver
from pycolonies._units import age, duration, size

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
    assert histogram.latency().p99 == 0
    assert histogram.latency().mean == 0
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
    [(0, "0s"), (0.00123, "1.2ms"), (0.9996, "1.0s"), (1.5, "1.5s"), (59.96, "1m 0s"), (3723, "1h 2m")],
)
def test_durations_are_read_easily(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_sizes_and_ages_are_read_easily() -> None:
    assert [size(count) for count in (None, 0, 1023, 1536, 5 << 20, 3 << 40)] == [
        *("0 B", "0 B", "1023 B", "1.5 KiB", "5.0 MiB", "3.0 TiB")
    ]
    assert [age(seconds) for seconds in (-1, 0.9, 59.9, 60, 7199, 90_000)] == [
        "0s",
        "0s",
        "59s",
        "1m",
        "1h",
        "1d",
    ]
