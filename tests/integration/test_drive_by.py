"""Web pages and the development server: what a browser on this machine can be made to send."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from devcommand import PYCOLONIES, dev
from pycolonies import Colonies, Crypto, DevServerError, PermissionDeniedError
from pycolonies.testing import (
    COLONY_NAME,
    COLONY_PRVKEY,
    EXECUTOR_NAME,
    EXECUTOR_PRVKEY,
    S3_ACCESS_KEY,
    SERVER_PRVKEY,
    DevKeys,
    DevServer,
)

PAGE = "https://page.example"
ALLOWED = "http://localhost:3000"


@pytest.fixture(scope="module")
def closed() -> Iterator[DevServer]:
    """A server as it is by default."""
    with DevServer(s3=True) as server:
        yield server


@pytest.fixture(scope="module")
def opened() -> Iterator[DevServer]:
    """A server that one page and one host name may use."""
    with DevServer(s3=True, allow_origins=[ALLOWED], allow_hosts=["colonies"]) as server:
        yield server


def submission() -> bytes:
    """A call of a function, signed with the public key: what the script of any page can make."""
    conditions = {"colonyname": COLONY_NAME, "executortype": "cli"}
    message = {"msgtype": "submitfuncspecmsg", "spec": {"funcname": "f", "conditions": conditions}}
    payload = base64.b64encode(json.dumps(message).encode()).decode()
    signature = Crypto().sign(payload, EXECUTOR_PRVKEY)
    return json.dumps(
        {"payloadtype": message["msgtype"], "payload": payload, "signature": signature}
    ).encode()


def ask(
    port: int, method: str, path: str, headers: dict[str, str], body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, named, answer.read()
    finally:
        connection.close()


def waiting(server: DevServer) -> int:
    return len(server.client().list_processes(COLONY_NAME, 100, 0, EXECUTOR_PRVKEY))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": PAGE, "Content-Type": "text/plain"},
        {"Origin": PAGE, "Content-Type": "application/json"},
        {"Origin": "null", "Content-Type": "text/plain"},
        {"Origin": "http://localhost:3000", "Content-Type": "application/json"},
        {"Host": "page.example:50080", "Content-Type": "text/plain"},
        {"Host": "page.example", "Origin": "http://page.example"},
        {"Host": "127.0.0.1.page.example"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ],
)
def test_what_pages_send_is_refused_and_not_carried_out(closed: DevServer, headers: dict[str, str]) -> None:
    before = waiting(closed)
    status, answered, body = ask(closed.port, "POST", "/api", headers, submission())
    assert status == 403
    assert "access-control-allow-origin" not in answered
    refusal = json.loads(base64.b64decode(json.loads(body)["payload"]))
    assert refusal["status"] == 403
    assert waiting(closed) == before


@pytest.mark.parametrize("headers", [{"Origin": PAGE}, {"Host": "page.example"}])
@pytest.mark.parametrize("path", ["/api", "/health", "/metrics", "/pubsub", "/nothing"])
def test_pages_are_refused_whatever_they_ask_for(
    closed: DevServer, path: str, headers: dict[str, str]
) -> None:
    for method in ("GET", "OPTIONS"):
        status, answered, _ = ask(closed.port, method, path, headers)
        assert status == 403
        assert not [name for name in answered if name.startswith("access-control")]


@pytest.mark.parametrize("headers", [{"Origin": PAGE}, {"Host": "page.example"}])
def test_websockets_of_pages_are_not_opened(closed: DevServer, headers: dict[str, str]) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
    }
    assert ask(closed.port, "GET", "/pubsub", upgrade | headers)[0] == 403
    assert ask(closed.port, "GET", "/pubsub", upgrade)[0] == 101


@pytest.mark.parametrize("headers", [{"Origin": PAGE}, {"Host": "page.example"}])
def test_the_s3_endpoint_refuses_pages_too(closed: DevServer, headers: dict[str, str]) -> None:
    status, answered, body = ask(closed.s3.port, "GET", f"/{closed.s3.bucket}/key", headers)
    assert status == 403
    assert "access-control-allow-origin" not in answered
    assert b"<Code>AccessDenied</Code>" in body


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain; charset=utf-8"},  # as clients in Go send it
        {"Content-Type": "application/json"},
        {},
        {"Host": "localhost"},
        {"Host": "localhost:1"},
        {"Host": "[::1]:50080"},
        {"Host": "192.168.1.2:50080"},
    ],
)
def test_programs_are_answered_whatever_they_call_the_content(
    closed: DevServer, headers: dict[str, str]
) -> None:
    assert ask(closed.port, "POST", "/api", headers, submission())[0] == 200


def test_a_page_of_the_server_itself_sends_json(closed: DevServer) -> None:
    own = {"Origin": f"http://127.0.0.1:{closed.port}", "Sec-Fetch-Site": "same-origin"}
    assert ask(closed.port, "POST", "/api", own, submission())[0] == 415
    json_ = own | {"Content-Type": "application/json"}
    assert ask(closed.port, "POST", "/api", json_, submission())[0] == 200


def test_an_allowed_page_reads_answers_and_others_do_not(opened: DevServer) -> None:
    headers = {"Origin": ALLOWED, "Content-Type": "application/json"}
    status, answered, _ = ask(opened.port, "POST", "/api", headers, submission())
    assert status == 200
    assert answered["access-control-allow-origin"] == ALLOWED
    assert answered["vary"] == "Origin"
    assert ask(opened.port, "POST", "/api", headers | {"Content-Type": "text/plain"}, submission())[0] == 415
    assert ask(opened.port, "POST", "/api", headers | {"Origin": PAGE}, submission())[0] == 403


def test_an_allowed_page_may_ask_first(opened: DevServer) -> None:
    asked = {
        "Origin": ALLOWED,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type,x-amz-date",
        "Access-Control-Request-Private-Network": "true",
    }
    for port in (opened.port, opened.s3.port):
        status, answered, _ = ask(port, "OPTIONS", "/api", asked)
        assert status == 204
        assert answered["access-control-allow-origin"] == ALLOWED
        assert answered["access-control-allow-headers"] == "content-type,x-amz-date"
        assert answered["access-control-allow-private-network"] == "true"
        assert ask(port, "OPTIONS", "/api", asked | {"Origin": PAGE})[0] == 403


def test_an_allowed_host_is_answered(opened: DevServer) -> None:
    for port in (opened.port, opened.s3.port):
        assert ask(port, "GET", "/health", {"Host": "colonies:50080"})[0] != 403 or port != opened.port
        assert ask(port, "GET", "/health", {"Host": "colonies.page.example"})[0] == 403


def test_a_client_that_uses_another_name_reads_how_to_allow_it(
    closed: DevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    proxy = f"http://127.0.0.1:{closed.port}"
    monkeypatch.setenv("http_proxy", proxy)  # the server sees the name, as behind a wrong DNS entry
    client = Colonies("dev.example", 50080, prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)
    with pytest.raises(PermissionDeniedError, match=r"--allow-host dev\.example"):
        client.get_colony(COLONY_NAME)


@pytest.mark.parametrize(
    "settings",
    [{"allow_origins": ["localhost:3000"]}, {"allow_origins": ["http://a/b"]}, {"allow_hosts": ["a:1"]}],
)
def test_malformed_origins_and_hosts_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(DevServerError, match="invalid"):
        DevServer(**settings)


def test_chunks_that_are_none_are_a_bad_request(closed: DevServer) -> None:
    head = b"POST /api HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    for garbage in (b"xyz\r\n", b"5\r\nabcdeXX\r\n", b"-1\r\n"):
        with socket.create_connection(("127.0.0.1", closed.port), 10) as connection:
            connection.sendall(head + garbage)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(100).startswith(b"HTTP/1.1 400")


# --- keys --------------------------------------------------------------------------------------------------


def test_random_keys_are_those_of_one_server() -> None:
    with DevServer(random_keys=True, s3=True) as one, DevServer(random_keys=True) as other:
        assert not one.keys.are_public
        assert one.keys != other.keys
        client = one.client(prvkey=one.keys.executor_prvkey, colonyname=COLONY_NAME)
        assert client.get_executor(executorname=EXECUTOR_NAME)["executorid"] == one.keys.ids[2]
        for public in (SERVER_PRVKEY, COLONY_PRVKEY, EXECUTOR_PRVKEY, other.keys.executor_prvkey):
            with pytest.raises(PermissionDeniedError):
                one.client().list_processes(COLONY_NAME, 1, 0, public)
        assert one.environment["COLONIES_PRVKEY"] == one.keys.executor_prvkey
        assert one.environment["AWS_S3_SECRETKEY"] == one.keys.s3_secret_key == one.s3.secret_key
        assert one.environment["AWS_S3_ACCESSKEY"] == S3_ACCESS_KEY


def test_keys_are_not_shown() -> None:
    keys = DevKeys.random()
    assert repr(keys) == "DevKeys()"


def test_a_data_directory_keeps_its_keys(tmp_path: Path) -> None:
    with DevServer(data_dir=tmp_path / "data", random_keys=True) as server:
        keys = server.keys
    assert (tmp_path / "data/keys.json").stat().st_mode & 0o777 == 0o600
    for random_keys in (True, False):
        with DevServer(data_dir=tmp_path / "data", random_keys=random_keys) as server:
            assert server.keys == keys
            server.client().list_colonies(keys.server_prvkey)


def test_a_directory_with_public_keys_does_not_become_one_with_random_keys(tmp_path: Path) -> None:
    DevServer(data_dir=tmp_path / "data").stop()
    with pytest.raises(DevServerError, match="well-known keys"):
        DevServer(data_dir=tmp_path / "data", random_keys=True)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"server_prvkey": 1}', "\xff"])
def test_a_key_file_that_is_none_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.json").write_text(text)
    with pytest.raises(DevServerError, match="does not hold the keys"):
        DevServer(data_dir=tmp_path)


def env_of(*options: str) -> dict[str, str]:
    command = [*PYCOLONIES, "dev", "--env", *options]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    lines = [line.removeprefix("export ").partition("=") for line in answer.stdout.splitlines()]
    return {name: value for name, _, value in lines}


def test_env_hands_over_the_keys_of_a_running_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with dev("--random-keys") as (command, printed):
        port = printed["COLONIES_SERVER_PORT"]
        assert env_of("--random-keys", "--port", port) == printed
        assert printed["COLONIES_PRVKEY"] != EXECUTOR_PRVKEY
        (file,) = (tmp_path / "pycolonies").iterdir()
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700
        command.terminate()
        command.wait(60)
        assert not file.exists()


def test_env_hands_over_the_keys_of_a_data_directory(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with dev("--random-keys", "--data-dir", data) as (_, printed):
        port = printed["COLONIES_SERVER_PORT"]
        assert env_of("--port", port, "--data-dir", data) == printed


def test_env_says_that_no_server_with_random_keys_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    answer = subprocess.run(
        [*PYCOLONIES, "dev", "--env", "--random-keys"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode != 0
    assert "start it first" in click.unstyle(answer.stderr)


# --- copied leaks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("realistic", [False, True])
def test_strangers_run_crons_only_where_real_servers_are_copied(realistic: bool) -> None:
    from pycolonies import Workflow, func_spec

    with DevServer(realistic=realistic) as server:
        client = server.client()
        workflow = Workflow(colonyname=COLONY_NAME)
        workflow.add(func_spec("f", [], COLONY_NAME, "cli"))
        cron = client.add_cron("c", "0 0 0 1 1 *", False, workflow, COLONY_NAME, EXECUTOR_PRVKEY)
        with pytest.raises(PermissionDeniedError):
            client.run_cron(cron["cronid"], Crypto().prvkey())
        assert waiting(server) == realistic
        client.run_cron(cron["cronid"], EXECUTOR_PRVKEY)
        assert waiting(server) == 1 + realistic


@pytest.mark.parametrize("realistic", [False, True])
def test_the_log_of_an_executor_shows_namesakes_elsewhere_only_where_real_servers_are_copied(
    realistic: bool,
) -> None:
    from pycolonies.testing import Colony

    with DevServer(realistic=realistic) as server:
        client = server.client()
        colonies = [Colony(client), Colony(client)]
        members = [colony.executor(name="same") for colony in colonies]
        for colony, member in zip(colonies, members, strict=True):
            client.add_executor_log(colony.name, "same", f"secret of {colony.name}", member.prvkey)
        seen = client.get_executor_log(colonies[0].name, "same", 10, 0, members[0].prvkey)
        expected = {colony.name for colony in (colonies if realistic else colonies[:1])}
        assert {line["colonyname"] for line in seen} == expected
