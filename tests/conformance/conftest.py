"""The same tests against the embedded server and against any other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.differences import DIFFERENCES
from conformance.target import Target, embedded, of_environment
from conftest import Colony
from pycolonies import Colonies


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--colonies-server") != "environment":
        return
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here and (reason := DIFFERENCES.get(f"{item.path.name}::{item.name}")):
            item.add_marker(pytest.mark.xfail(reason=reason, raises=AssertionError, strict=True))


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The server under test."""
    server = request.config.getoption("--colonies-server")
    if server != "environment":
        with embedded(realistic=server == "realistic") as target:
            yield target
        return
    yield of_environment()


@pytest.fixture(scope="session")
def client(target: Target) -> Colonies:
    return target.client()


@pytest.fixture
def colony(client: Colonies, target: Target) -> Iterator[Colony]:
    """A new colony, removed with everything in it afterwards."""
    colony = Colony(client, server_prvkey=target.prvkey)
    yield colony
    if colony.name in [found["name"] for found in client.list_colonies(target.prvkey)]:
        colony.remove()
