"""What the tests share: one embedded server, and its own colony for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from pycolonies import Colonies, Crypto, FuncSpec, Process, func_spec, testing
from pycolonies.testing import DevServer, Member

pytest_plugins = ["pytester", "commands", "executor_bench", "stores"]

# Examples are found in a fixed order, and a slow machine is no failure.
settings.register_profile("steady", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("steady")

crypto = Crypto()

__all__ = ["Colony", "Member", "crypto"]


class Colony(testing.Colony):
    """A colony of a test's own, whose executors echo."""

    def executor(
        self, executortype: str = "echo", *, name: str | None = None, approve: bool = True
    ) -> Member:
        return super().executor(executortype, name=name, approve=approve)

    def spec(self, *args: object, executortype: str = "echo") -> FuncSpec:
        """A call of echo."""
        return func_spec("echo", args, self.name, executortype, maxexectime=60)

    def submit(self, member: Member, *args: object) -> Process:
        """Submits a call of echo."""
        return self.client.submit_func_spec(self.spec(*args), member.prvkey)


@pytest.fixture(scope="session")
def realistic(request: pytest.FixtureRequest) -> bool:
    """Whether the server shows changes in steps. Tests marked `both_modes` run with and without."""
    return bool(getattr(request, "param", False))


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, realistic: bool) -> Iterator[DevServer]:
    if not realistic:
        yield request.getfixturevalue("colonies_server")
        return
    with DevServer(realistic=True) as server:
        yield server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marked = metafunc.definition.get_closest_marker("both_modes") is not None
    if marked and {"server", "own_server", "realistic"} & set(metafunc.fixturenames):
        modes = {"at once": False, "in steps": True}
        metafunc.parametrize(
            "realistic", list(modes.values()), ids=list(modes), indirect=True, scope="session"
        )


@pytest.fixture(scope="session")
def client(server: DevServer) -> Colonies:
    return server.client()


@pytest.fixture
def colony(client: Colonies) -> Colony:
    return Colony(client)


@pytest.fixture
def executor(colony: Colony) -> Member:
    return colony.executor()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--colonies-server",
        choices=["embedded", "environment"],
        default="embedded",
        help="what the conformance suite runs against",
    )
