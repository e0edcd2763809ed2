"""The templates in ``deploy/``."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import shutil
import socket
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from pycolonies import Executor
from pycolonies._executor.observe.events import ExecutorInfo
from pycolonies._executor.observe.health import MAX_CONNECTIONS, HealthServer
from pycolonies._executor.observe.systemd import SystemdNotifier
from pycolonies.cli import main

DEPLOY = Path(__file__).parents[2] / "deploy"


def options_of_the_command() -> set[str]:
    shown = CliRunner().invoke(main, ["executor", "run", "--help"]).output
    return set(re.findall(r"--[a-z-]+", shown))


def documents(name: str) -> dict[str, Any]:
    text = (DEPLOY / "kubernetes" / name).read_text(encoding="utf-8")
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


@pytest.mark.parametrize(
    "path", [path for path in DEPLOY.rglob("*") if path.is_file()], ids=lambda path: path.name
)
def test_templates_use_options_that_the_command_has(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    used = set(
        re.findall(r"(?:executor run .*|- |\")(--(?:concurrency|grace|log|health|reload|env)[a-z-]*)", text)
    )
    assert used <= options_of_the_command()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    text = (DEPLOY / "systemd" / "pycolonies-executor@.service").read_text(encoding="utf-8")
    unit = tmp_path / "pycolonies-executor@adder.service"
    unit.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert unit.name not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr


def test_the_pod_gets_longer_to_stop_than_its_calls() -> None:
    pod = documents("executor.yaml")["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (grace,) = (int(arg.partition("=")[2]) for arg in container["args"] if arg.startswith("--grace="))
    assert pod["terminationGracePeriodSeconds"] > grace + 5


def test_the_probes_ask_for_paths_that_the_executor_answers() -> None:
    (container,) = documents("executor.yaml")["Deployment"]["spec"]["template"]["spec"]["containers"]
    health = HealthServer(0)
    try:
        for probe in ("livenessProbe", "readinessProbe"):
            assert health.answer(container[probe]["httpGet"]["path"])[0] != 404
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert f"--health-port={ports['health']}" in container["args"]
    finally:
        health.close()


def test_silent_connections_keep_no_probe_waiting() -> None:
    health = HealthServer(0)
    with contextlib.ExitStack() as closing:
        closing.callback(health.close)
        address = ("127.0.0.1", health.port)
        silent = [
            closing.enter_context(socket.create_connection(address, 60)) for _ in range(3 * MAX_CONNECTIONS)
        ]
        for _ in range(3):
            with urllib.request.urlopen(f"http://127.0.0.1:{health.port}/health/live", timeout=60) as answer:
                assert answer.status == 200
        for connection in silent[:MAX_CONNECTIONS]:
            assert connection.recv(1) == b""


def status_for(health: HealthServer, *hosts: str) -> int:
    """Return the status of an answer to a request with these ``Host`` headers."""
    connection = http.client.HTTPConnection("127.0.0.1", health.port, timeout=60)
    with contextlib.closing(connection):
        connection.putrequest("GET", "/health/live", skip_host=True)
        for host in hosts:
            connection.putheader("Host", host)
        connection.endheaders()
        return connection.getresponse().status


def test_a_page_that_rebinds_its_name_to_loopback_reads_no_health() -> None:
    with contextlib.closing(HealthServer(0)) as health:
        name = socket.gethostname()
        for host in ("127.0.0.1", f"localhost:{health.port}", "LOCALHOST.", "[::1]:80", f"{name}:8080"):
            assert status_for(health, host) == 200, host
        assert status_for(health) == 200
        for host in ("site.example", "localhost.site.example", "127.0.0.1.site.example:80", "[", "a@b:c"):
            assert status_for(health, host) == 403, host
        assert status_for(health, "127.0.0.1", "site.example") == 403


def test_health_on_a_network_answers_to_any_name() -> None:
    with contextlib.closing(HealthServer(0, host="0.0.0.0")) as health:
        assert status_for(health, "executor.namespace.svc:8080") == 200


def test_the_selectors_match_the_pods() -> None:
    found = documents("executor.yaml")
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert found["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert (
        documents("autoscaler.yaml")["ScaledObject"]["spec"]["scaleTargetRef"]["name"]
        == (found["Deployment"]["metadata"]["name"])
    )


def test_dashboard_and_autoscaler_ask_for_metrics_that_exist() -> None:
    from pycolonies.testing import DevServer

    executor = Executor("adder")
    executor.function(name="add")(lambda: None)
    health = HealthServer(0)
    try:
        health.started(ExecutorInfo("dev", "adder", "id", "adder", ("add",), 4))
        exported = health.answer("/metrics")[2].decode()
    finally:
        health.close()
    with DevServer() as server:
        import urllib.request

        exported += urllib.request.urlopen(f"{server.url}/metrics", timeout=60).read().decode()
    names = set(re.findall(r"^# TYPE (\S+)", exported, flags=re.MULTILINE))
    board = (DEPLOY / "grafana" / "executor.json").read_text(encoding="utf-8")
    scaler = (DEPLOY / "kubernetes" / "autoscaler.yaml").read_text(encoding="utf-8")
    json.loads(board)
    asked = {
        re.sub(r"_(bucket|total)$", "", name)
        for name in re.findall(r"\b(?:pycolonies_executor|colonies_server)_\w+", board + scaler)
    }
    assert asked
    assert asked <= {re.sub(r"_total$", "", name) for name in names}


def test_the_image_runs_without_root() -> None:
    text = (DEPLOY / "docker" / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER 10001$", text, flags=re.MULTILINE)
    assert len(re.findall(r"^FROM ", text, flags=re.MULTILINE)) == 2
    json.loads(re.findall(r"^CMD (\[.*\])$", text, flags=re.MULTILINE)[-1])


def test_systemd_is_notified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The path of a socket may have 107 bytes, which a temporary directory may have itself.
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("notify")
        receiver.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", "notify")
        # A socket holds ten datagrams, and whoever sends another waits, here for itself.
        monkeypatch.setenv("WATCHDOG_USEC", "1000000")
        notifier = SystemdNotifier()
        notifier.started(ExecutorInfo("dev", "adder-1", "id", "adder", ("add",), 4))
        assert receiver.recv(1000).decode() == "READY=1\nSTATUS=adder-1: running up to 4 calls at a time"
        assert receiver.recv(1000) == b"WATCHDOG=1"
        notifier.stopped()
        while (received := receiver.recv(1000)) == b"WATCHDOG=1":
            pass
        assert received == b"STOPPING=1"


def test_nothing_is_sent_without_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notifier = SystemdNotifier()
    notifier.started(ExecutorInfo("dev", "adder-1", "id", "adder", (), 1))
    notifier.stopped()
