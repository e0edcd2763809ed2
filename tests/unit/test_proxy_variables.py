"""Which proxy the environment names for a server: what requests says, which 1.x used."""

from __future__ import annotations

import os
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.utils import get_environ_proxies, select_proxy

from pycolonies._rpc.proxies import proxy_for

HOSTS = [
    "localhost",
    "example.org",
    "a.example.org",
    "notexample.org",
    "10.1.2.3",
    "192.168.0.7",
    "127.0.0.1",
]
ENTRIES = [
    *HOSTS,
    ".example.org",
    "example.org:50080",
    "org",
    "10.0.0.0/8",
    "192.168.0.0/24",
    "0.0.1",
    "",
    "/",
    "x/y",
]
PROXIES = ["", "http://proxy:3128", "http://user:secret@other:8080"]
NAMES = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]


@given(
    host=st.sampled_from(HOSTS),
    tls=st.booleans(),
    proxies=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(PROXIES)),
    exceptions=st.dictionaries(
        st.sampled_from(["no_proxy", "NO_PROXY"]),
        st.lists(st.sampled_from(ENTRIES), max_size=3).map(", ".join) | st.just("*"),
    ),
    cgi=st.booleans(),
)
def test_the_proxy_is_the_one_that_requests_takes(
    host: str, tls: bool, proxies: dict[str, str], exceptions: dict[str, str], cgi: bool
) -> None:
    environment = {**proxies, **exceptions, **({"REQUEST_METHOD": "GET"} if cgi else {})}
    url = f"{'https' if tls else 'http'}://{host}:50080/api"
    with mock.patch.dict(os.environ, environment, clear=True):
        assert proxy_for(host, 50080, tls) == select_proxy(url, get_environ_proxies(url))


@pytest.mark.parametrize(
    ("host", "listed"),
    [("::1", "::1"), ("fd00::5", "fd00::/8"), ("[::1]", "::1"), ("Example.org", "EXAMPLE.ORG")],
)
def test_addresses_of_version_6_and_capitals_can_be_exceptions(
    monkeypatch: pytest.MonkeyPatch, host: str, listed: str
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    assert proxy_for(host, 1, False) == "http://proxy:3128"
    monkeypatch.setenv("no_proxy", listed)
    assert proxy_for(host, 1, False) is None
