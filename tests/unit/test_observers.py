"""Observers keep the attempts at one process apart."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import rich.console
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pycolonies import FuncSpec, Observer, Outcome, Process, TracingObserver
from pycolonies._executor.observe.console import Console
from pycolonies._executor.observe.display import Display
from pycolonies._executor.observe.records import LogRecords
from pycolonies._executor.observe.stats import StatsObserver

if TYPE_CHECKING:
    import pytest


def process(retries: int) -> Process:
    return Process(processid="a" * 64, retries=retries, spec=FuncSpec(funcname="fold"))


def overlap(observer: Observer) -> None:
    """An executor reports an attempt while the server has assigned the next one to it."""
    first, second = process(0), process(1)
    observer.assigned(first)
    observer.began(first)
    observer.failed(first, ValueError("the first failed"))
    observer.ended(first, Outcome.FAILED, 1.0)
    observer.assigned(second)
    observer.began(second)
    observer.failed(second, ValueError("the second failed"))
    observer.reported(first, Outcome.LATE, 0.5)
    observer.ended(second, Outcome.FAILED, 65.0)
    observer.reported(second, Outcome.FAILED, 0.1)


def test_each_attempt_has_its_own_span() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    overlap(TracingObserver(provider))
    spans: tuple[ReadableSpan, ...] = exporter.get_finished_spans()
    found = [
        (span.attributes["colonies.process.attempt"], span.attributes["colonies.outcome"])
        for span in spans
        if span.attributes is not None
    ]
    assert found == [(1, "late"), (2, "failed")]
    first, second = spans
    assert first.end_time is not None
    assert second.end_time is not None
    assert first.end_time < second.end_time


def test_each_attempt_has_its_own_line_in_a_terminal() -> None:
    stream = io.StringIO()
    overlap(Console([], stream))
    late, failed = stream.getvalue().splitlines()
    assert late.endswith("exceeded its maxexectime after 1.0s")
    assert failed.endswith("failed after 1m 5s: ValueError: the second failed")


def test_each_attempt_has_its_own_log_record(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "pycolonies.executor"):
        overlap(LogRecords())
    ended = [record.__dict__ for record in caplog.records if record.__dict__.get("event") == "ended"]
    assert [(record["attempt"], record["outcome"], record["seconds"]) for record in ended] == [
        (1, "late", 1.0),
        (2, "failed", 65.0),
    ]
    assert str(ended[1]["exc_info"][1]) == "the second failed"


def test_each_attempt_has_its_own_failure_in_the_view() -> None:
    display = Display(rich.console.Console(file=io.StringIO()))
    overlap(display)
    assert [(one.outcome, one.reason) for one in display._failures] == [
        (Outcome.FAILED, "the second failed"),
        (Outcome.LATE, "the first failed"),
    ]
    assert not display._running


def test_a_function_that_waits_for_its_next_run_does_not_run_in_the_view() -> None:
    display = Display(rich.console.Console(file=io.StringIO()))
    waiting = process(0)
    display.assigned(waiting)
    display.began(waiting)
    display.retrying(waiting, ValueError("once"), 1, 5.0)
    assert not display._running
    stats = display._stats.stats()
    assert stats.total.running == 0
    assert stats.total.retried == 1
    assert stats.parked == 1
    display.began(waiting)
    assert len(display._running) == 1
    display.ended(waiting, Outcome.SUCCESSFUL, 1.0)
    display.reported(waiting, Outcome.SUCCESSFUL, 0.1)
    assert display._stats.stats().total.running == 0


def test_the_view_counts_everything_that_statistics_count() -> None:
    counted = {name for name in vars(StatsObserver) if not name.startswith("_") and hasattr(Observer, name)}
    assert counted <= vars(Display).keys()
