"""The development server as an object and as a command."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import click
import pytest

from devcommand import PYCOLONIES, dev
from polling import until
from pycolonies import (
    Colonies,
    ConnectError,
    DevServerError,
    NoProcessAvailable,
    PermissionDeniedError,
    colonies_client,
    func_spec,
)
from pycolonies.cli import _dev as _dev_command
from pycolonies.testing import (
    COLONY_ID,
    COLONY_NAME,
    EXECUTOR_ID,
    EXECUTOR_NAME,
    EXECUTOR_PRVKEY,
    EXECUTOR_TYPE,
    SERVER_PRVKEY,
    DevServer,
)


def _spec() -> object:
    return func_spec("f", [], COLONY_NAME, EXECUTOR_TYPE, maxexectime=60)


def test_it_has_the_well_known_colony_and_executor() -> None:
    with DevServer() as server:
        client = server.client()
        assert client.list_colonies(SERVER_PRVKEY) == [{"colonyid": COLONY_ID, "name": COLONY_NAME}]
        (executor,) = client.list_executors(COLONY_NAME, EXECUTOR_PRVKEY)
        assert executor["executorid"] == EXECUTOR_ID
        assert executor["executorname"] == EXECUTOR_NAME == "dev-executor"
        assert executor["executortype"] == EXECUTOR_TYPE == "cli"
        assert executor["state"] == 1
        assert COLONY_NAME == "dev"
        assert COLONY_ID[:8] == "4787a507"
        assert EXECUTOR_ID[:8] == "3fc05cf3"


#: Prints how many threads and sockets are left when servers have run, in a process without others.
LEFT = """
import os, time
from pycolonies import func_spec
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, EXECUTOR_TYPE, DevServer

def left():
    links = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
    sockets = [link for link in links if os.path.exists(link) and os.readlink(link).startswith("socket:")]
    return len(os.listdir("/proc/self/task")), len(sockets)

for _ in range(5):
    with DevServer() as server:
        client = server.client()
        client.submit_func_spec(func_spec("f", [], COLONY_NAME, EXECUTOR_TYPE), EXECUTOR_PRVKEY)
        del client
end = time.monotonic() + 30  # the system shows a thread for a moment when it has ended
while left() != (1, 0) and time.monotonic() < end:
    time.sleep(0.01)
print(*left())
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads and sockets in /proc")
def test_stopping_leaves_no_thread_and_no_socket() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEFT], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "1 0\n"


def test_stopping_answers_those_who_wait() -> None:
    with DevServer() as server:
        answers: list[BaseException] = []
        client = server.client()

        def wait() -> None:
            try:
                client.assign(COLONY_NAME, 60, EXECUTOR_PRVKEY)
            except BaseException as answer:  # noqa: BLE001 (shown by the assertion)
                answers.append(answer)

        waiting = threading.Thread(target=wait)
        waiting.start()
        until(
            lambda: (
                not client.get_executor(COLONY_NAME, EXECUTOR_NAME, EXECUTOR_PRVKEY)[
                    "lastheardfromtime"
                ].startswith("0001")
            ),
            "its assign to reach the server",
        )
        server.stop()
        waiting.join(60)
        assert [type(answer) for answer in answers] == [NoProcessAvailable]


def test_stopping_twice_is_fine_and_a_stopped_server_is_gone() -> None:
    server = DevServer()
    client = server.client()
    server.stop()
    server.stop()
    with pytest.raises(ConnectError):
        client.list_colonies(SERVER_PRVKEY)
    with pytest.raises(RuntimeError, match="stopped"):
        server.advance(1)


def test_a_taken_port_is_told() -> None:
    with DevServer() as server, pytest.raises(DevServerError, match=f"{server.port}"):
        DevServer(port=server.port)


def test_a_data_directory_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("no directory")
    with pytest.raises(DevServerError, match="file"):
        DevServer(data_dir=taken)


def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="IP address"):
        DevServer(host="nonsense")


def test_counts_are_there_for_prometheus() -> None:
    with DevServer() as server:
        client = server.client()
        client.submit_func_spec(func_spec("f", [], COLONY_NAME, EXECUTOR_TYPE), EXECUTOR_PRVKEY)
        with urllib.request.urlopen(f"{server.url}/metrics", timeout=60) as answer:
            metrics = answer.read().decode()
    assert "\ncolonies_server_processes_waiting 1\n" in metrics
    assert "\ncolonies_devserver_waiting_assigns 0\n" in metrics


def test_a_data_directory_outlives_the_server(tmp_path: Path) -> None:
    with DevServer(data_dir=tmp_path / "data") as server:
        process = server.client().submit_func_spec(
            func_spec("f", ["kept"], COLONY_NAME, EXECUTOR_TYPE), EXECUTOR_PRVKEY
        )
    with DevServer(data_dir=tmp_path / "data") as server:
        assert server.client().get_process(process.processid, EXECUTOR_PRVKEY) == process


def test_the_clock_can_be_advanced() -> None:
    with DevServer() as server:
        client = server.client()
        spec = func_spec("f", [], COLONY_NAME, EXECUTOR_TYPE, maxexectime=3000, maxretries=0)
        process = client.submit_func_spec(spec, EXECUTOR_PRVKEY)
        client.assign(COLONY_NAME, 10, EXECUTOR_PRVKEY)
        server.advance(2000)
        assert client.get_process(process.processid, EXECUTOR_PRVKEY).state == client.RUNNING
        server.advance(1100)
        failed = client.get_process(process.processid, EXECUTOR_PRVKEY)
        assert failed.state == client.FAILED
        assert failed.errors == ["Maximum execution time limit exceeded"]


def test_an_executor_that_is_silent_for_too_long_is_unregistered() -> None:
    with DevServer() as server:
        client = server.client()
        process = client.submit_func_spec(func_spec("f", [], COLONY_NAME, EXECUTOR_TYPE), EXECUTOR_PRVKEY)
        client.assign(COLONY_NAME, 10, EXECUTOR_PRVKEY)
        server.advance(3600)  # as if it had asked for processes all the time
        assert client.get_process(process.processid, EXECUTOR_PRVKEY).state == client.RUNNING
        server.advance(700, silent=True)
        with pytest.raises(PermissionDeniedError):
            client.close(process.processid, [], EXECUTOR_PRVKEY)


def test_the_environment_leads_a_client_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with DevServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        client, colonyname, colony_prvkey, executorname, prvkey = colonies_client()
        assert colonyname == COLONY_NAME
        assert executorname == EXECUTOR_NAME
        assert prvkey == EXECUTOR_PRVKEY
        assert colonyname
        assert colony_prvkey
        assert prvkey
        assert client.get_colony(colonyname, prvkey)["name"] == COLONY_NAME


# --- The command -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_a_signal(number: signal.Signals) -> None:
    with dev() as (command, variables):
        host, port = variables["COLONIES_SERVER_HOST"], int(variables["COLONIES_SERVER_PORT"])
        client = Colonies(host, port)
        assert client.list_colonies(variables["COLONIES_SERVER_PRVKEY"])
        with urllib.request.urlopen(f"http://{host}:{port}/health", timeout=60) as health:
            assert health.status == 200
        command.send_signal(number)
        _, errors = command.communicate(timeout=60)
        assert command.returncode == 0
        assert "keys are public" in errors


def test_the_command_keeps_a_data_directory(tmp_path: Path) -> None:
    process = None
    for _ in range(2):
        with dev("--data-dir", str(tmp_path)) as (command, variables):
            client = Colonies(variables["COLONIES_SERVER_HOST"], int(variables["COLONIES_SERVER_PORT"]))
            if process is None:
                spec = func_spec("f", [], COLONY_NAME, EXECUTOR_TYPE)
                process = client.submit_func_spec(spec, EXECUTOR_PRVKEY)
            assert client.get_process(process.processid, EXECUTOR_PRVKEY) == process
            command.kill()  # no goodbye


def test_the_command_speaks_https_with_a_certificate() -> None:
    tls = Path(__file__).parents[1] / "data" / "tls"
    files = ["--tls-cert", str(tls / "server.pem"), "--tls-key", str(tls / "server.key")]
    with dev(*files) as (_, variables):
        assert variables["COLONIES_SERVER_TLS"] == "true"
        host, port = variables["COLONIES_SERVER_HOST"], int(variables["COLONIES_SERVER_PORT"])
        client = Colonies(host, port, tls=True, ca_file=str(tls / "ca.pem"))
        assert client.list_colonies(variables["COLONIES_SERVER_PRVKEY"])
    done = subprocess.run(
        [*PYCOLONIES, "dev", "--port", "0", *files[:2]],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr == "Error: TLS needs both a certificate and its key\n"


@pytest.mark.parametrize(
    ("host", "is_loud"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True), ("10.0.0.1", True)]
)
def test_an_address_in_reach_of_others_is_warned_of(host: str, is_loud: bool) -> None:
    warning = click.unstyle(_dev_command._warning(host))
    assert "public" in warning
    assert ("WARNING" in warning) == is_loud
    assert (host in warning) == is_loud


def test_the_variables_can_be_evaluated_by_a_shell() -> None:
    variables = f"{sys.executable} -m pycolonies.cli dev --env --port 50123"
    script = f'eval "$({variables})" && echo $COLONIES_SERVER_PORT $COLONIES_PRVKEY'
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["50123", EXECUTOR_PRVKEY]


def test_a_taken_port_is_one_line_and_a_status() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*PYCOLONIES, "dev", "--port", str(port)], capture_output=True, text=True, check=False, timeout=60
        )
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
