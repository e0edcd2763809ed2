"""The client that the environment describes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pycolonies import Colonies, ConfigurationError, colonies_client

A, B, C = "a" * 64, "b" * 64, "c" * 64
VARIABLES = {
    "COLONIES_SERVER_HOST": "example.org",
    "COLONIES_SERVER_PORT": "443",
    "COLONIES_SERVER_TLS": "true",
    "COLONIES_COLONY_NAME": "dev",
    "COLONIES_COLONY_PRVKEY": A,
    "COLONIES_EXECUTOR_NAME": "me",
    "COLONIES_PRVKEY": B,
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLONIES_TLS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


def test_all_of_it() -> None:
    client, *rest = colonies_client()
    assert client.host == "example.org"
    assert client.port == 443
    assert client.tls
    assert rest == ["dev", A, "me", B]


def test_members_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLONIES_PRVKEY")
    assert colonies_client()[-1] is None


@pytest.mark.parametrize("name", ["COLONIES_SERVER_HOST", "COLONIES_SERVER_PORT"])
def test_a_missing_server_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(ConfigurationError, match=f"{name} is not set"):
        colonies_client()


@pytest.mark.parametrize("port", ["x", "0", "65536", "-1", "٣", "80.0"])
def test_a_port_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("COLONIES_SERVER_PORT", port)
    with pytest.raises(ConfigurationError, match="COLONIES_SERVER_PORT"):
        colonies_client()


@pytest.mark.parametrize(
    ("text", "tls"),
    [
        ("true", True),
        ("TRUE", True),
        ("1", True),
        (" yes ", True),
        ("false", False),
        ("0", False),
        ("", False),
    ],
)
def test_yes_and_no_in_their_usual_spellings(monkeypatch: pytest.MonkeyPatch, text: str, tls: bool) -> None:
    monkeypatch.setenv("COLONIES_SERVER_TLS", text)
    assert colonies_client()[0].tls is tls


def test_tls_is_never_silently_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONIES_SERVER_TLS", "ture")
    with pytest.raises(ConfigurationError, match="'ture'"):
        colonies_client()


@pytest.mark.parametrize("name", ["COLONIES_SERVER_TLS", "COLONIES_TLS"])
@pytest.mark.parametrize("value", ["true", "TRUE", "1", "yes", "no", "0", "False"])
def test_either_variable_says_tls(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.delenv("COLONIES_SERVER_TLS")
    monkeypatch.setenv(name, value)
    assert Colonies.from_env().tls is (value.lower() in {"true", "1", "yes"})
    assert colonies_client()[0].tls is Colonies.from_env().tls


def test_variables_that_contradict_each_other_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLONIES_TLS", "true")
    assert Colonies.from_env().tls is True
    monkeypatch.setenv("COLONIES_TLS", "false")
    with pytest.raises(ConfigurationError, match="COLONIES_SERVER_TLS and COLONIES_TLS must be equal"):
        Colonies.from_env()
    monkeypatch.setenv("COLONIES_TLS", "")  # says nothing
    assert Colonies.from_env().tls is True


def test_a_bound_client(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Colonies.from_env(timeout=5)
    assert client.host == "example.org"
    assert client.port == 443
    assert client.colonyname == "dev"
    assert client.timeout == 5
    assert client.endpoint.key.reveal() == B
    other = Colonies.from_env(prvkey=C, colonyname="other")
    assert other.endpoint.key.reveal() == C
    assert other.colonyname == "other"
    monkeypatch.delenv("COLONIES_PRVKEY")
    with pytest.raises(TypeError, match="prvkey is missing"):
        Colonies.from_env().get_process("id")


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_certificates_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv(name, str(tmp_path / "nothing.pem"))
    with pytest.raises(ConfigurationError, match=r"nothing\.pem"):
        Colonies.from_env()
    with pytest.raises(ConfigurationError, match=r"mine\.pem"):
        Colonies.from_env(ca_file=str(tmp_path / "mine.pem"))  # what is given wins
    assert Colonies.from_env(skip_tls_verify=True).tls is True
    assert Colonies("localhost", 1).tls is False  # nothing to trust
    monkeypatch.setenv(name, str(tmp_path))  # a directory: the system's certificates
    assert Colonies.from_env().tls is True


def test_certificates_for_requests_go_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    with pytest.raises(ConfigurationError, match="REQUESTS_CA_BUNDLE"):
        Colonies.from_env()
