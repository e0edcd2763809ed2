"""The health of an executor over HTTP, for container platforms and load balancers."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pycolonies import _checks as checks
from pycolonies._executor.observe.stats import StatsObserver
from pycolonies._home import publish

if TYPE_CHECKING:
    from pycolonies._executor.observe.events import ExecutorInfo

_JSON = "application/json"
#: Connections that are served at the same time. A further one ends the oldest, so that probes always get in.
MAX_CONNECTIONS = 32


class HealthServer(StatsObserver):
    """Answers ``/health/live``, ``/health/ready`` and, with prometheus-client installed, ``/metrics``.

    ::

        Executor(..., observers=[HealthServer(port=8080)])

    ``/health/live`` is 200 while the process runs. ``/health/ready`` is 200 once the executor is registered
    and approved, and 503 before that, while the server cannot be reached, and while the executor stops.
    Both answer with a JSON object that gives the reason. On loopback, requests for another host name than
    an address, ``localhost`` and the name of this machine get 403: a web page sends them.

    Args:
        port: Port to listen on; 0 takes a free one.
        host: Address to listen on. Answers name the executor, so it is loopback by default.

    Raises:
        OSError: The port is taken.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        checks.integer("port", port, 0, 65535)
        checks.kind("host", host, str, "a string")
        super().__init__()
        self._state = "starting"
        self._since = time.monotonic()
        self._server = _Server((host, port), _handler(self))
        threading.Thread(target=self._server.serve_forever, name="pycolonies-health", daemon=True).start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def is_local(self) -> bool:
        """Whether it listens on loopback only."""
        return ipaddress.ip_address(str(self._server.server_address[0])).is_loopback

    def started(self, about: ExecutorInfo) -> None:
        super().started(about)
        self._become("ready")

    def disconnected(self, error: Exception) -> None:
        super().disconnected(error)
        self._become("the server cannot be reached")

    def reconnected(self) -> None:
        super().reconnected()
        self._become("ready")

    def stopped(self) -> None:
        self._become("stopped")
        self.close()

    def close(self) -> None:
        """Stop listening. A second call does nothing."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body of the answer to a request."""
        if path == "/health/live":
            return 200, _JSON, self._body("live")
        if path == "/health/ready":
            state = self._state
            return (200 if state == "ready" else 503), _JSON, self._body(state)
        if path == "/metrics" and (metrics := _metrics(self)):
            return 200, "text/plain; version=0.0.4; charset=utf-8", metrics
        return 404, _JSON, b'{"error": "not found"}'

    def _become(self, state: str) -> None:
        self._state, self._since = state, time.monotonic()

    def _body(self, status: str) -> bytes:
        stats = self.stats()
        seconds = round(time.monotonic() - self._since, 1)
        fields = {"status": status, "seconds": seconds, "executor": stats.executorname, "running": stats.held}
        return json.dumps(fields).encode()


class _Server(ThreadingHTTPServer):
    """A server that bounds its connections: they are open files and threads of the executor."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._lock = threading.Lock()
        #: The connections that are served, oldest first.
        self._served: dict[socket.socket, None] = {}
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            if len(self._served) >= MAX_CONNECTIONS:
                oldest = next(iter(self._served))
                del self._served[oldest]
                _hang_up(oldest)
            self._served[request] = None
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._served.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Write nothing: a client that goes away is not an error of the executor."""


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _handler(health: HealthServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5

        def do_GET(self) -> None:
            hosts = self.headers.get_all("Host", [])
            if health.is_local and not all(map(_names_this_machine, hosts)):
                status, kind, body = 403, _JSON, b'{"error": "unknown host name; use 127.0.0.1 or localhost"}'
            else:
                status, kind, body = health.answer(self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
            """Log nothing: probes arrive every few seconds."""

    return Handler


def _names_this_machine(host: str) -> bool:
    """Return whether a ``Host`` header has an address or a name of this machine.

    With DNS rebinding, a web page reaches loopback addresses under the host name of its own site.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if name.rstrip(".") in ("localhost", socket.gethostname().lower()):
            return True
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _metrics(stats: StatsObserver) -> bytes | None:
    try:
        import prometheus_client
    except ImportError:
        return None
    from pycolonies._executor.observe.prometheus import Collector

    registry = prometheus_client.CollectorRegistry(auto_describe=False)
    registry.register(Collector(stats.stats))
    return prometheus_client.generate_latest(registry)


publish(__name__)
