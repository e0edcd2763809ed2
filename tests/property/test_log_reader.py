"""A log that grows is read without a gap and without a repetition."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycolonies import Log
from pycolonies._futures.following import LogReader, report_of

LINES = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a", "b"])), max_size=30)


@given(LINES, st.lists(st.integers(0, 3), max_size=40))
def test_each_line_is_read_once_and_in_order(steps: list[tuple[int, str]], batches: list[int]) -> None:
    time, log = 1_000, []
    for passed, message in steps:  # time does not go back, and may stand still
        time += passed
        log.append(Log(timestamp=time, message=message))
    reader, there, read = LogReader("dev", "1"), 0, []
    for count in [*batches, len(log), 0]:
        there = min(there + count, len(log))
        since = reader.request()["since"]
        assert isinstance(since, int)
        read += reader.new([line for line in log[:there] if line["timestamp"] > since])
    assert read == log


def test_pauses_grow_while_nothing_comes() -> None:
    reader = LogReader("dev", "1")
    for _ in range(10):
        reader.new([])
    assert reader.pause(100) == 1.0
    assert reader.pause(0.3) == 0.3
    assert reader.pause(-1) == 0
    reader.new([Log(timestamp=1, message="a")])
    assert reader.pause(100) == 0.1


@pytest.mark.parametrize(
    ("message", "fraction", "text"),
    [
        ("progress 42% reading", 0.42, "reading"),
        ("progress 100%", 1.0, ""),
        ("progress 0% two\nlines", 0.0, "two\nlines"),
        ("progress 999% wrong", 1.0, "wrong"),
    ],
)
def test_reports_of_progress_are_lines_of_the_log(message: str, fraction: float, text: str) -> None:
    report = report_of(Log(timestamp=1_500_000_000, message=message))
    assert report is not None
    assert report.fraction == fraction
    assert report.message == text
    assert report.time == datetime(1970, 1, 1, 0, 0, 1, 500_000, timezone.utc)


@pytest.mark.parametrize(
    "message", ["", "progress", "progress x%", "progress 10", "in progress 10% of", "progress 10%off"]
)
def test_other_lines_are_none(message: str) -> None:
    assert report_of(Log(timestamp=1, message=message)) is None
