"""Statistics, Prometheus, spans and logs of executors."""

from __future__ import annotations

import json
import logging
import sys
import threading
import urllib.request
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, get_current_span
from prometheus_client.parser import text_string_to_metric_families

import childwork
from executor_bench import Bench
from polling import until
from pycolonies import (
    Colonies,
    ConfigurationError,
    JsonFormatter,
    Outcome,
    ProcessFields,
    ProcessLogHandler,
    PrometheusMetrics,
    TracingObserver,
    with_trace,
)

pytestmark = pytest.mark.both_modes

pytest_plugins = ["executor_bench"]


def add(a: int, b: int) -> int:
    return a + b


def fail() -> None:
    raise ValueError("no")


def test_statistics_tell_what_was_done(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(add)
    executor.function(fail)
    assert executor.stats().total.ended == 0
    with executor:
        for number in range(3):
            bench.outcome("add", number, 1)
        bench.outcome("fail")
        bench.outcome("unknown")
        until(lambda: executor.stats().held == 0)
        stats = executor.stats()
    assert stats.assigned == 5
    assert stats.held == 0
    assert stats.concurrency == 1
    assert stats.connected
    assert stats.executorname == executor.executorname
    assert stats.total.successful == 3
    assert stats.total.failed == 2
    assert stats.total.running == 0
    assert stats.functions["add"].outcomes[Outcome.SUCCESSFUL] == 3
    assert stats.functions["add"].execution.count == stats.functions["add"].waiting.count == 3
    assert stats.functions["fail"].failed == 1
    assert stats.functions["unknown"].execution.count == 0  # it was turned down
    assert 0 < stats.total.reporting.p50 <= stats.total.reporting.longest
    assert stats.rate > 0
    first, header, *rows = str(stats).splitlines()
    assert "3 successful, 2 failed" in first
    assert header.split()[0] == "function"
    assert [row.split()[0] for row in rows] == ["add", "fail", "unknown"]


def test_prometheus_reads_metrics(bench: Bench) -> None:
    metrics = PrometheusMetrics(port=0)
    executor = bench.executor(observers=[metrics])
    executor.function(add)
    url = f"http://127.0.0.1:{metrics.port}/metrics"
    with executor:
        bench.outcome("add", 1, 2)
        until(lambda: metrics.stats().held == 0)
        with urllib.request.urlopen(url) as answer:
            text = answer.read().decode()
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["pycolonies_executor_assigned_total",] == 1
    assert samples["pycolonies_executor_slots",] == 1
    assert samples["pycolonies_executor_connected",] == 1
    assert samples["pycolonies_executor_ended_total", "add", "successful"] == 1
    assert samples["pycolonies_executor_ended_total", "add", "handed_back"] == 0
    assert samples["pycolonies_executor_execution_seconds_count", "add"] == 1
    assert samples["pycolonies_executor_execution_seconds_bucket", "+Inf", "add"] == 1
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url)


@pytest.mark.parametrize(
    ("module", "make", "command"),
    [
        ("prometheus_client.core", lambda: PrometheusMetrics(0), r"pip install 'pycolonies\[prometheus\]'"),
        ("opentelemetry.context", TracingObserver, r"pip install 'pycolonies\[otel\]'"),
    ],
)
def test_missing_extras_are_named(
    monkeypatch: pytest.MonkeyPatch, module: str, make: Any, command: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=command):
        make()


def test_spans_of_executor_and_submitter_join(bench: Bench) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    executor = bench.executor(observers=[TracingObserver(provider)])
    seen: list[int] = []

    @executor.function
    def traced() -> str:
        seen.append(get_current_span().get_span_context().span_id)
        with tracer.start_as_current_span("inner"):
            return "done"

    @executor.function
    async def awaited() -> None:
        seen.append(get_current_span().get_span_context().span_id)

    executor.function(fail)
    with executor:
        with tracer.start_as_current_span("submitter") as submitter:
            spec = with_trace(bench.spec("traced"))
        process = bench.wait(bench.client.submit_func_spec(spec, bench.user.prvkey))
        bench.outcome("awaited")
        bench.outcome("fail")
        until(lambda: executor.stats().held == 0)
        until(lambda: len(exporter.get_finished_spans()) == 5)
    spans = {span.name: span for span in exporter.get_finished_spans()}
    span = spans["traced"]
    assert span.context is not None
    assert span.parent is not None
    assert span.parent.span_id == submitter.get_span_context().span_id
    assert span.context.trace_id == submitter.get_span_context().trace_id
    assert spans["inner"].parent is not None
    assert spans["inner"].parent.span_id == span.context.span_id
    assert spans["awaited"].context is not None
    assert seen == [span.context.span_id, spans["awaited"].context.span_id]
    assert spans["awaited"].parent is None  # a root span, not a child of the previous one
    attributes = dict(span.attributes or {})
    assert attributes["colonies.process.id"] == process.processid
    assert attributes["colonies.outcome"] == "successful"
    assert attributes["colonies.executor.name"] == executor.executorname
    assert spans["fail"].status.status_code is StatusCode.ERROR
    assert bench.client.get_process(process.processid, bench.user.prvkey).spec.env.keys() == {"traceparent"}


def test_without_a_span_a_spec_stays_as_it_is(bench: Bench) -> None:
    spec = bench.spec("add")
    assert with_trace(spec) is spec


def test_what_functions_log_goes_to_their_process(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "shop")
    executor = bench.executor(observers=[ProcessLogHandler(logging.INFO, logger="shop")])
    log = logging.getLogger("shop.orders")

    @executor.function
    def order(name: str) -> None:
        log.info("ordered %s", name)
        log.debug("not at this level")
        log.error("sold out")

    with executor:
        first, second = bench.outcome("order", "tea"), bench.outcome("order", "milk")
        log.info("outside of processes")
    assert "\n".join(bench.log(first)) == "INFO shop.orders: ordered tea\nERROR shop.orders: sold out"
    assert "\n".join(bench.log(second)) == "INFO shop.orders: ordered milk\nERROR shop.orders: sold out"
    assert not logging.getLogger("shop").handlers


def test_lines_that_cannot_be_sent_are_counted(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "shop")
    executor = bench.executor(observers=[ProcessLogHandler(logging.INFO, logger="shop", limit=10)])

    @executor.function
    def talk() -> None:
        for number in range(25):
            logging.getLogger("shop").info("%d", number)

    with executor:
        lines = "\n".join(bench.log(bench.outcome("talk"))).splitlines()
    said = [line for line in lines if line.startswith("INFO shop")]
    (dropped,) = (line for line in lines if "dropped" in line)
    assert len(said) + int(dropped.split()[0]) == 25
    assert len(said) >= 10


def test_what_is_logged_in_a_child_goes_to_its_process(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    executor = bench.executor(observers=[ProcessLogHandler(logger="childwork")])
    executor.function(childwork.log_lines, process=True)
    with executor:
        lines = "\n".join(bench.log(bench.outcome("log_lines", 100))).splitlines()
    assert lines == [f"INFO childwork: line {number}" for number in range(100)]


def test_records_have_the_fields_of_their_process(bench: Bench) -> None:
    lines: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(self.format(record)))

    handler = Keep()
    handler.addFilter(ProcessFields())
    handler.setFormatter(JsonFormatter())
    log = logging.getLogger("fields")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    executor = bench.executor()

    @executor.function
    def speak() -> None:
        log.info("hello", extra={"color": "red"})
        try:
            fail()
        except ValueError:
            log.exception("odd")

    try:
        with executor:
            process = bench.outcome("speak")
        log.info("outside")
    finally:
        log.removeHandler(handler)
    inside, odd, outside = lines
    assert inside["processid"] == process.processid
    assert inside["function"] == "speak"
    assert inside["attempt"] == 1
    assert inside["color"] == "red"
    assert inside["level"] == "info"
    assert inside["logger"] == "fields"
    assert inside["message"] == "hello"
    assert "ValueError: no" in odd["traceback"]
    assert outside.keys() == {"time", "level", "logger", "message"}


def test_a_lost_server_is_seen_in_the_statistics(own_bench: Bench) -> None:
    executor = own_bench.executor()
    release = threading.Event()

    @executor.function
    def wait() -> None:
        release.wait()

    with executor:
        process = own_bench.submit("wait")
        until(lambda: own_bench.get(process).state == Colonies.RUNNING)
        own_bench.server.stop()
        until(lambda: not executor.stats().connected)
        assert executor.stats().disconnections == 1
        assert "the server cannot be reached" in str(executor.stats())
        release.set()
        executor.stop(0)
