"""What the tests share: one embedded server, and a colony of its own for each test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import settings

from pycolonies import Colonies, Crypto, FuncSpec, Process, func_spec
from pycolonies.testing import SERVER_PRVKEY, DevServer

# Examples are found in a fixed order, and a slow machine is no failure.
settings.register_profile("steady", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("steady")

crypto = Crypto()


@dataclass(frozen=True)
class Member:
    """An executor or a user."""

    name: str
    prvkey: str

    @property
    def id(self) -> str:
        return crypto.id(self.prvkey)


@dataclass
class Colony:
    """A colony of a test's own, with the keys of everybody in it."""

    client: Colonies
    name: str = field(default_factory=lambda: f"colony-{secrets.token_hex(4)}")
    prvkey: str = field(default_factory=crypto.prvkey)

    def __post_init__(self) -> None:
        self.client.add_colony({"colonyid": self.id, "name": self.name}, SERVER_PRVKEY)

    @property
    def id(self) -> str:
        return crypto.id(self.prvkey)

    def executor(self, executortype: str = "echo", *, approve: bool = True) -> Member:
        """Adds an executor."""
        member = Member(f"executor-{secrets.token_hex(4)}", crypto.prvkey())
        self.client.add_executor(
            {
                "executorname": member.name,
                "executorid": member.id,
                "executortype": executortype,
                "colonyname": self.name,
            },
            self.prvkey,
        )
        if approve:
            self.client.approve_executor(self.name, member.name, self.prvkey)
        return member

    def user(self) -> Member:
        """Adds a user."""
        member = Member(f"user-{secrets.token_hex(4)}", crypto.prvkey())
        self.client.add_user({"colonyname": self.name, "userid": member.id, "name": member.name}, self.prvkey)
        return member

    def spec(self, *args: object, executortype: str = "echo") -> FuncSpec:
        """A call of echo."""
        return func_spec("echo", args, self.name, executortype, maxexectime=60)

    def submit(self, member: Member, *args: object) -> Process:
        """Submits a call of echo."""
        return self.client.submit_func_spec(self.spec(*args), member.prvkey)


@pytest.fixture(scope="session")
def server() -> Iterator[DevServer]:
    with DevServer() as server:
        yield server


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
