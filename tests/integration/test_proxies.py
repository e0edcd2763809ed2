"""Calls, subscriptions and files by way of the proxy that the environment names."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from httpproxy import http_proxy
from ports import reserved_port
from pycolonies import (
    AsyncColonies,
    Colonies,
    ConfigurationError,
    ConnectError,
    ProtocolError,
    StorageConnectError,
    _core,
)
from pycolonies import func_spec as spec_of
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, EXECUTOR_TYPE, SERVER_PRVKEY, DevServer

TLS = Path(__file__).parents[1] / "data" / "tls"
CA = str(TLS / "ca.pem")


@pytest.fixture(params=["plain", "tls"])
def any_server(request: pytest.FixtureRequest) -> Iterator[DevServer]:
    is_encrypted = request.param == "tls"
    cert, key = (TLS / "server.pem", TLS / "server.key") if is_encrypted else (None, None)
    with DevServer(tls_cert=cert, tls_key=key) as server:
        yield server


def client_of(server: DevServer) -> Colonies:
    trust = {"ca_file": CA} if server.url.startswith("https") else {}
    return server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME, **trust)  # type: ignore[arg-type]


def test_calls_and_subscriptions_go_by_the_proxy(
    any_server: DevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_proxy("us@er:pa:ss") as proxy:
        monkeypatch.setenv("ALL_PROXY", f"http://us%40er:pa%3Ass@127.0.0.1:{proxy.port}")
        client = client_of(any_server)
        for _ in range(3):
            assert client.list_executors()
        process = client.submit_func_spec(spec_of("f", [], COLONY_NAME, EXECUTOR_TYPE, maxexectime=60))

        def work() -> None:
            assigned = client.assign(timeout=60)
            assert proxy.has_tunnel.wait(60)
            client.close(assigned.processid, ["done"])

        worker = threading.Thread(target=work)
        worker.start()
        assert client.wait(process, 60).output == ["done"]
        worker.join(60)
    place = f"127.0.0.1:{any_server.port}"
    assert f"CONNECT {place} HTTP/1.1" in proxy.asked  # the websocket, and all calls where there is TLS
    calls = [line for line in proxy.asked if line.startswith("POST")]
    assert bool(calls) == any_server.url.startswith("http:")
    assert set(calls) <= {f"POST http://{place}/api HTTP/1.1"}
    assert f"Host: {place}\r\n".lower() in {line.lower() for line in proxy.passed} or not calls


def test_awaitable_calls_and_subscriptions_go_by_the_proxy(
    any_server: DevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(client: AsyncColonies) -> None:
        for _ in range(3):
            assert await client.list_executors()
        socket = await client.endpoint.transport.subscribe()
        assert not socket.closed
        await socket.close()

    with http_proxy("us@er:pa:ss") as proxy:
        monkeypatch.setenv("ALL_PROXY", f"http://us%40er:pa%3Ass@127.0.0.1:{proxy.port}")
        trust = {"ca_file": CA} if any_server.url.startswith("https") else {}
        client = AsyncColonies(
            any_server.host,
            any_server.port,
            any_server.url.startswith("https"),
            prvkey=EXECUTOR_PRVKEY,
            colonyname=COLONY_NAME,
            **trust,  # type: ignore[arg-type]
        )
        asyncio.run(test(client))
    place = f"127.0.0.1:{any_server.port}"
    assert f"CONNECT {place} HTTP/1.1" in proxy.asked
    calls = [line for line in proxy.asked if line.startswith("POST")]
    assert bool(calls) == any_server.url.startswith("http:")
    assert set(calls) <= {f"POST http://{place}/api HTTP/1.1"}


def test_a_proxy_that_is_not_told_who_asks(any_server: DevServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with http_proxy("user:right") as proxy:
        monkeypatch.setenv("all_proxy", f"http://user:wrong-secret@127.0.0.1:{proxy.port}")
        with pytest.raises((ConnectError, ProtocolError), match="407") as caught:
            client_of(any_server).list_executors()
        assert "wrong-secret" not in str(caught.value)


def test_exceptions_are_reached_directly(any_server: DevServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with http_proxy() as proxy:
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "10.0.0.0/8, 127.0.0.0/8")
        assert client_of(any_server).list_executors()
    assert proxy.asked == []


def test_a_proxy_that_is_not_there_is_named(any_server: DevServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with reserved_port() as port:
        monkeypatch.setenv("ALL_PROXY", f"http://user:secret@127.0.0.1:{port}")
        with pytest.raises(ConnectError, match=rf"proxy 127\.0\.0\.1:{port}.*NO_PROXY") as caught:
            client_of(any_server).list_executors()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["socks5://user:secret@host:1080", "https://user:secret@host", "http://host:x"]
)
def test_proxies_of_other_kinds_are_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", url)
    with pytest.raises(ConfigurationError, match="proxy") as caught:
        Colonies("localhost", 50080)
    assert "secret" not in str(caught.value)


def test_only_the_ca_file_decides_whom_to_trust_behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        DevServer(tls_cert=TLS / "server.pem", tls_key=TLS / "server.key") as server,
        http_proxy() as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{proxy.port}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", CA)
        assert server.client().list_colonies(SERVER_PRVKEY)
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        with pytest.raises(ConnectError, match="certificate"):
            server.client().list_colonies(SERVER_PRVKEY)


def test_files_go_by_the_proxy_too() -> None:
    with http_proxy() as proxy:
        storage = _core.Storage("127.0.0.1:1", bucket="data", proxy=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(StorageConnectError):
            storage.head("key")
    assert set(proxy.asked) == {"HEAD http://127.0.0.1:1/data/key HTTP/1.1"}
