"""A log that grows is read without a gap and without a repetition."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycolonies import Log
from pycolonies._futures.following import AT_ONCE, OVERLAP, LogReader, report_of

LINES = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a", "b"])), max_size=30)


@given(LINES, st.lists(st.integers(0, 3), max_size=40))
def test_each_line_is_read_once_and_in_order(steps: list[tuple[int, str]], batches: list[int]) -> None:
    time, log = 1_000, []
    for passed, message in steps:  # time does not go back, and may stand still
        time += passed
        log.append(Log(timestamp=time, message=message))
    reader, there, read = LogReader(processid="1"), 0, []
    for count in [*batches, len(log), 0]:
        there = min(there + count, len(log))
        since = reader.request()["since"]
        assert isinstance(since, int)
        read += reader.new([line for line in log[:there] if line["timestamp"] > since])
    assert read == log


@given(
    st.lists(st.tuples(st.integers(0, OVERLAP), st.integers(0, OVERLAP)), max_size=30),
    st.lists(st.integers(1, 3 * OVERLAP), max_size=60),
)
def test_lines_that_are_stored_after_later_ones_are_read_once(
    steps: list[tuple[int, int]], pauses: list[int]
) -> None:
    time, log = 1_000, []
    for number, (passed, late) in enumerate(steps):
        time += passed
        log.append((time + late, Log(timestamp=time, message=str(number % 3))))
    reader, now, read = LogReader(processid="1"), 0, []
    for pause in [*pauses, time + 2 * OVERLAP]:
        now += pause
        since = reader.since
        read += reader.new([line for stored, line in log if stored <= now and line["timestamp"] > since])

    def key(line: Log) -> tuple[int, str]:
        return line["timestamp"], line["message"]

    assert sorted(map(key, read)) == sorted(key(line) for _, line in log)


@given(st.integers(0, 3_000), st.integers(1, 5_000_000))
def test_a_long_log_is_read_page_by_page(count: int, apart: int) -> None:
    log = [Log(timestamp=1_000 + number * apart, message=str(number)) for number in range(count)]
    reader, read = LogReader(processid="1"), []
    for _ in range(count // (AT_ONCE // 2) + 2):
        read += reader.new([line for line in log if line["timestamp"] > reader.since][:AT_ONCE])
    assert read == log


def test_lines_before_the_beginning_are_never_asked_for() -> None:
    reader = LogReader(5_000, processid="1")
    assert reader.since == 5_000
    reader.new([Log(timestamp=5_001, message="a")])
    assert reader.since >= 5_000


def test_pauses_grow_while_nothing_comes() -> None:
    reader = LogReader(processid="1")
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
