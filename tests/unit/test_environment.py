"""The client that the environment describes."""

from __future__ import annotations

import pytest

from pycolonies import ConfigurationError, colonies_client

VARIABLES = {
    "COLONIES_SERVER_HOST": "example.org",
    "COLONIES_SERVER_PORT": "443",
    "COLONIES_SERVER_TLS": "true",
    "COLONIES_COLONY_NAME": "dev",
    "COLONIES_COLONY_PRVKEY": "a",
    "COLONIES_EXECUTOR_NAME": "me",
    "COLONIES_PRVKEY": "b",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


def test_all_of_it() -> None:
    client, *rest = colonies_client()
    assert (client.host, client.port, client.tls) == ("example.org", 443, True)
    assert rest == ["dev", "a", "me", "b"]


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
