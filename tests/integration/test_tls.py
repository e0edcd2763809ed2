"""The development server over TLS."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycolonies import ColoniesError, ConnectError, DevServerError, func_spec
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, EXECUTOR_TYPE, SERVER_PRVKEY, DevServer

TLS = Path(__file__).parents[1] / "data" / "tls"
CA, CERT, KEY = str(TLS / "ca.pem"), TLS / "server.pem", TLS / "server.key"


@pytest.fixture(scope="module")
def tls_server() -> Iterator[DevServer]:
    with DevServer(tls_cert=CERT, tls_key=KEY) as server:
        yield server


@pytest.mark.parametrize("trust", [{"ca_file": CA}, {"skip_tls_verify": True}], ids=["ca", "any"])
def test_calls_are_answered(tls_server: DevServer, trust: dict[str, object]) -> None:
    client = tls_server.client(**trust)  # type: ignore[arg-type]
    assert [colony["name"] for colony in client.list_colonies(SERVER_PRVKEY)] == [COLONY_NAME]


def test_subscriptions_are_told(tls_server: DevServer) -> None:
    client = tls_server.client(ca_file=CA, prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)
    process = client.submit_func_spec(func_spec("f", [], COLONY_NAME, EXECUTOR_TYPE, maxexectime=60))

    def work() -> None:
        assigned = client.assign(timeout=60)
        client.close(assigned.processid, ["done"])

    worker = threading.Thread(target=work)
    worker.start()
    ended = client.wait(process, 60)
    worker.join(60)
    assert ended.state == client.SUCCESSFUL
    assert ended.output == ["done"]


def test_the_system_does_not_trust_it(tls_server: DevServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConnectError, match="certificate"):
        tls_server.client().list_colonies(SERVER_PRVKEY)


def test_its_url_and_environment_say_so(tls_server: DevServer) -> None:
    assert tls_server.url == f"https://127.0.0.1:{tls_server.port}"
    assert tls_server.environment["COLONIES_SERVER_TLS"] == "true"
    with DevServer() as plain:
        assert plain.url == f"http://127.0.0.1:{plain.port}"
        assert plain.environment["COLONIES_SERVER_TLS"] == "false"


def test_a_plain_client_is_not_answered_and_does_no_harm(tls_server: DevServer) -> None:
    from pycolonies import Colonies

    with pytest.raises(ColoniesError):
        Colonies(tls_server.host, tls_server.port, timeout=10).list_colonies(SERVER_PRVKEY)
    assert tls_server.client(ca_file=CA).list_colonies(SERVER_PRVKEY)


def test_files_that_cannot_be_used_are_named_with_the_reason(tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    with pytest.raises(DevServerError, match=re.escape(f"{missing}: it cannot be read")):
        DevServer(tls_cert=missing, tls_key=KEY)
    with pytest.raises(DevServerError, match=re.escape(f"{CERT}: it holds no private key")):
        DevServer(tls_cert=CERT, tls_key=CERT)
    with pytest.raises(
        DevServerError, match=re.escape(f"{KEY}: it is not the key of the certificate in {CA}")
    ):
        DevServer(tls_cert=CA, tls_key=KEY)


@pytest.mark.parametrize("files", [{"tls_cert": CERT}, {"tls_key": KEY}], ids=["cert", "key"])
def test_a_certificate_needs_its_key(files: dict[str, Path]) -> None:
    with pytest.raises(ValueError, match="both a certificate and its key"):
        DevServer(**files)  # type: ignore[arg-type]
