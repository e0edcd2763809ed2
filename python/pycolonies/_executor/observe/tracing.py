"""Spans of OpenTelemetry: one for each process, below the span of its submitter."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from pycolonies import _checks as checks
from pycolonies._executor.observe.events import ExecutorInfo, Observer, Outcome, attempt_key
from pycolonies._home import publish
from pycolonies._models import FuncSpec
from pycolonies._shown import shown
from pycolonies.errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.trace import Span, TracerProvider

    from pycolonies._models import Process


def with_trace(spec: FuncSpec) -> FuncSpec:
    """Return a function spec that carries the current span, so that executors create child spans.

    It travels in the spec's environment, as ``traceparent`` and ``tracestate`` of W3C Trace Context. Without
    a current span, the spec is returned unchanged.

    Raises:
        ConfigurationError: opentelemetry-api is not installed: ``pip install 'pycolonies[otel]'``.
    """
    checks.kind("spec", spec, FuncSpec, "a FuncSpec")
    carried: dict[str, str] = {}
    _opentelemetry().trace.propagation.tracecontext.TraceContextTextMapPropagator().inject(carried)
    return spec.model_copy(update={"env": {**spec.env, **carried}}) if carried else spec


class TracingObserver(Observer):
    """Makes a span for each process, from the start of its function to its end.

    ::

        Executor(..., observers=[TracingObserver()])

    The span is the current one while the function runs, and its parent is what `with_trace` has put into the
    function spec.

    Args:
        provider: Receives the spans. Defaults to the global provider.

    Raises:
        ConfigurationError: opentelemetry-api is not installed: ``pip install 'pycolonies[otel]'``.
    """

    reads_env = True

    def __init__(self, provider: TracerProvider | None = None) -> None:
        if provider is not None and not hasattr(provider, "get_tracer"):
            raise TypeError(f"provider must be a TracerProvider, got {shown(provider)}")
        self._otel = _opentelemetry()
        from pycolonies import __version__

        self._tracer = self._otel.trace.get_tracer("pycolonies", __version__, provider)
        self._propagator = self._otel.trace.propagation.tracecontext.TraceContextTextMapPropagator()
        self._about: ExecutorInfo | None = None
        self._lock = threading.Lock()
        self._spans: dict[tuple[str, int], Span] = {}
        self._ended: dict[tuple[str, int], int] = {}

    def started(self, about: ExecutorInfo) -> None:
        self._about = about

    def began(self, process: Process) -> None:
        trace, context = self._otel.trace, self._otel.context
        parent = self._propagator.extract(process.spec.env, context=context.Context())
        span = self._tracer.start_span(
            process.spec.funcname, parent, trace.SpanKind.CONSUMER, self._attributes(process)
        )
        # The function runs next on this thread, or in a task that copies this thread's context variables.
        context.attach(trace.set_span_in_context(span, parent))
        with self._lock:
            self._spans[attempt_key(process)] = span

    def ended(self, process: Process, outcome: Outcome, seconds: float) -> None:
        with self._lock:
            self._ended[attempt_key(process)] = time.time_ns()
        self._otel.context.attach(self._otel.context.Context())

    def retrying(self, process: Process, error: BaseException, failure: int, seconds: float) -> None:
        with self._lock:
            span = self._spans.pop(attempt_key(process), None)
        if span is not None:
            span.record_exception(error)
            span.set_attribute("colonies.failure", failure)
            span.set_attribute("colonies.retry.seconds", seconds)
            span.set_status(self._otel.trace.Status(self._otel.trace.StatusCode.ERROR, "retried"))
            span.end()
        self._otel.context.attach(self._otel.context.Context())

    def reported(self, process: Process, outcome: Outcome, seconds: float) -> None:
        with self._lock:
            span = self._spans.pop(attempt_key(process), None)
            ended = self._ended.pop(attempt_key(process), None)
        if span is None:  # turned down before its function began
            return
        trace = self._otel.trace
        span.set_attribute("colonies.outcome", outcome.value)
        span.set_attribute("colonies.report.seconds", seconds)
        if outcome is not Outcome.SUCCESSFUL:
            span.set_attribute("error.type", outcome.value)
            span.set_status(trace.Status(trace.StatusCode.ERROR, outcome.value))
        span.end(ended)

    def assigned(self, process: Process) -> None:
        self._otel.context.attach(self._otel.context.Context())  # what ran on this thread before is over

    def _attributes(self, process: Process) -> dict[str, str | int | float]:
        attributes: dict[str, str | int | float] = {
            "code.function.name": process.spec.funcname,
            "colonies.colony": process.spec.conditions.colonyname,
            "colonies.process.id": process.processid,
            "colonies.process.attempt": process.retries + 1,
            "colonies.initiator": process.initiatorname,
            "colonies.waiting.seconds": (process.starttime - process.submissiontime).total_seconds(),
        }
        if process.processgraphid:
            attributes["colonies.processgraph.id"] = process.processgraphid
        if self._about is not None:
            attributes["colonies.executor.name"] = self._about.executorname
            attributes["colonies.executor.type"] = self._about.executortype
        return attributes


def _opentelemetry() -> Any:
    try:
        import opentelemetry.context
        import opentelemetry.trace.propagation.tracecontext
    except ImportError:
        raise ConfigurationError(
            "spans need a package that is not installed: pip install 'pycolonies[otel]'"
        ) from None
    return opentelemetry


publish(__name__)
