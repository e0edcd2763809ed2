"""Does the server answer as a real one does? Plays every recorded scenario and compares.

It runs against the embedded server, in memory and in a directory, or against the one of the environment.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.differences import FAULTS, RACES, TIMED
from conformance.target import embedded

RECORDED = Path(__file__).parent / "recorded"
sys.path.insert(0, str(RECORDED))

from normalize import Pairing, differences  # noqa: E402 (the path is set first)
from session import Session  # noqa: E402 (the path is set first)

#: Seconds that a scenario takes at most where a race is the reason that it fails. Others have waited in vain.
RACE_AT_MOST = 25.0


def _scenarios() -> Iterator[Any]:
    for path in sorted((RECORDED / "scenarios").glob("[a-z]*.py")):
        module = importlib.import_module(f"scenarios.{path.stem}")
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and name[0] != "_":
                yield pytest.param(function, id=f"{path.stem}.{name}")


class TidySession(Session):  # type: ignore[misc]
    """A session that closes the subscriptions that its scenario has left open."""

    def subscribe(self, *args: Any, **kwargs: Any) -> Any:
        self.subscriptions = [*getattr(self, "subscriptions", []), super().subscribe(*args, **kwargs)]
        return self.subscriptions[-1]

    def close(self) -> None:
        for subscription in getattr(self, "subscriptions", []):
            subscription.close()


@pytest.fixture(scope="module", params=["in memory", "in a directory"])
def address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, int, str]]:
    """Host, port and server owner's key of the server under test."""
    data_dir = None if request.param == "in memory" else tmp_path_factory.mktemp("data")
    if request.config.getoption("--colonies-server") == "environment":
        if data_dir:
            pytest.skip("another server is played once: where it keeps its data is its own affair")
        target = request.getfixturevalue("target")
        yield target.host, target.port, target.prvkey
        return
    with embedded(data_dir) as target:
        yield target.host, target.port, target.prvkey


@pytest.mark.parametrize("scenario", list(_scenarios()))
def test_scenario(
    scenario: Callable[[Session], None], address: tuple[str, int, str], request: pytest.FixtureRequest
) -> None:
    name = f"{scenario.__module__.removeprefix('scenarios.')}.{scenario.__name__}"
    elsewhere = request.config.getoption("--colonies-server") == "environment"
    if not elsewhere and name in FAULTS:
        with embedded(realistic=True) as target:
            assert not _played(scenario, name, (target.host, target.port, target.prvkey))
        return
    for _ in range(3 if name in TIMED or (elsewhere and name in RACES) else 1):
        began = time.monotonic()
        found = _played(scenario, name, address)
        if not found or time.monotonic() - began > RACE_AT_MOST:
            break
    assert not found, "\n".join(found)


def _played(scenario: Callable[[Session], None], name: str, address: tuple[str, int, str]) -> list[str]:
    """Plays a scenario; returns what is not as it was recorded."""
    session = TidySession(*address)
    try:
        scenario(session)
    finally:
        session.close()
    golden = json.loads((RECORDED / "golden" / f"{name}.json").read_text())
    pairing = Pairing()
    return [
        f"step {number} ({expected['label']}): {line}"
        for number, (expected, actual) in enumerate(zip(golden, session.steps, strict=True))
        for line in differences(expected, actual, pairing=pairing)
    ]


def test_races_name_recordings() -> None:
    assert RACES.keys() | FAULTS.keys() | TIMED <= {parameters.id for parameters in _scenarios()}


def test_every_recording_has_its_scenario() -> None:
    played = {parameters.id for parameters in _scenarios()}
    assert played == {path.stem for path in (RECORDED / "golden").glob("*.json")}
