"""An endpoint for Prometheus. It reads the statistics on each scrape."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pycolonies import _checks as checks
from pycolonies._executor.observe.events import ExecutorInfo
from pycolonies._executor.observe.stats import ExecutorStats, FunctionStats, StatsObserver
from pycolonies._home import publish
from pycolonies.errors import ConfigurationError

if TYPE_CHECKING:
    from prometheus_client.core import Metric

#: Durations, by the name of their metric and the attribute of `FunctionStats`.
_DURATIONS = {
    "waiting": "From the submission of a process to its assignment",
    "starting": "From the assignment of a process to the start of its function",
    "execution": "From the start of a function to its end",
    "reporting": "For telling the server what became of a process",
}


class Collector:
    """Makes metrics of statistics, for a registry of prometheus_client.

    Args:
        stats: Returns the statistics of now.
    """

    def __init__(self, stats: Callable[[], ExecutorStats]) -> None:
        self._stats = stats

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        core = _client().core
        stats = self._stats()
        for name, text, value in (
            ("slots", "Processes that the executor runs at the same time", stats.concurrency),
            ("slots_busy", "Processes that the executor holds", stats.held),
            ("parked", "Processes that wait without a slot", stats.parked),
            ("connected", "Whether the server answered last", int(stats.connected)),
        ):
            yield core.GaugeMetricFamily(f"pycolonies_executor_{name}", text, value=value)
        for name, text, value in (
            ("assigned", "Processes that were assigned to the executor", stats.assigned),
            ("disconnections", "How often the server could not be reached", stats.disconnections),
        ):
            yield core.CounterMetricFamily(f"pycolonies_executor_{name}", text, value=value)
        yield from self._by_function(core, stats.functions.items())

    @staticmethod
    def _by_function(core: Any, functions: Any) -> Iterator[Metric]:
        label = ["function"]
        running = core.GaugeMetricFamily("pycolonies_executor_running", "Functions that run", labels=label)
        ended = core.CounterMetricFamily(
            "pycolonies_executor_ended", "Processes that ended", labels=[*label, "outcome"]
        )
        retried = core.CounterMetricFamily(
            "pycolonies_executor_retries", "Runs that failed and are followed by another", labels=label
        )
        limited = core.CounterMetricFamily(
            "pycolonies_executor_limited", "Runs that had to wait for a limit of their function", labels=label
        )
        durations = {
            name: core.HistogramMetricFamily(f"pycolonies_executor_{name}_seconds", text, labels=label)
            for name, text in _DURATIONS.items()
        }
        function: FunctionStats
        for name, function in functions:
            running.add_metric([name], function.running)
            retried.add_metric([name], function.retried)
            limited.add_metric([name], function.limited)
            for outcome, count in function.outcomes.items():
                ended.add_metric([name, outcome.value.replace(" ", "_")], count)
            for kind, metric in durations.items():
                latency = getattr(function, kind)
                # From 160 microseconds to three hours; the rest is in the last one.
                buckets = [(f"{bound:.6g}", float(count)) for bound, count in latency.buckets[4:31]]
                metric.add_metric([name], [*buckets, ("+Inf", float(latency.count))], latency.total)
        yield from (running, ended, retried, limited, *durations.values())


class PrometheusMetrics(StatsObserver):
    """Serves the metrics of an executor over HTTP, at ``/metrics``, until the executor stops.

    ::

        Executor(..., observers=[PrometheusMetrics(port=9400)])

    Args:
        port: Port to listen on; 0 takes a free one.
        host: Address to listen on. Metrics contain the names of functions, so it is loopback by default.

    Raises:
        ConfigurationError: prometheus-client is not installed: ``pip install 'pycolonies[prometheus]'``.
        OSError: The port is taken.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        checks.integer("port", port, 0, 65535)
        checks.kind("host", host, str, "a string")
        super().__init__()
        self._client = _client()
        self._address = (port, host)
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self._open()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._address[0]

    def started(self, about: ExecutorInfo) -> None:
        super().started(about)
        self._open()

    def stopped(self) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening. A second call does nothing."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _open(self) -> None:
        if self._thread is None:
            registry = self._client.CollectorRegistry(auto_describe=False)
            registry.register(Collector(self.stats))
            self._server, self._thread = self._client.start_http_server(*self._address, registry)
            self._address = (self._server.server_address[1], self._address[1])


def _client() -> Any:
    try:
        import prometheus_client.core
    except ImportError:
        raise ConfigurationError(
            "metrics for Prometheus need another package: pip install 'pycolonies[prometheus]'"
        ) from None
    return prometheus_client


publish(__name__)
