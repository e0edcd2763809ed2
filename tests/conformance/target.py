"""The server that the tests run against."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pycolonies import Colonies
from pycolonies._rpc import environment
from pycolonies.testing import SERVER_PRVKEY, DevServer

REQUIRED = {
    "COLONIES_SERVER_HOST": "its name or address",
    "COLONIES_SERVER_PORT": "its port",
    "COLONIES_SERVER_PRVKEY": "the server owner's private key: the suite adds colonies, and removes them",
}


class NotNamed(Exception):  # noqa: N818 (what is wrong)
    """The environment names no server to run against."""


@dataclass(frozen=True)
class Target:
    """A Colonies server, and its owner's key."""

    host: str
    port: int
    prvkey: str = field(repr=False)
    tls: bool = False

    def client(self) -> Colonies:
        return Colonies(self.host, self.port, self.tls)


@cache
def of_environment() -> Target:
    """Returns what `named` returned at the first call: tests do not see the variables."""
    return named()


def named() -> Target:
    """Returns the server that the usual variables name.

    Raises:
        NotNamed: A variable is missing.
        ConfigurationError: A variable is malformed.
    """
    missing = [name for name in REQUIRED if not os.getenv(name)]
    if missing:
        wanted = "".join(f"\n  {name}: {REQUIRED[name]}" for name in missing)
        raise NotNamed(
            f"the tests need these variables to run against a server:{wanted}\n"
            "COLONIES_SERVER_TLS=true where it speaks HTTPS. Without --colonies-server=environment it runs "
            "against the embedded server and needs none."
        )
    host, port, tls = environment.server()
    return Target(host, port, os.environ["COLONIES_SERVER_PRVKEY"], tls)


@contextmanager
def embedded(data_dir: Path | None = None, *, realistic: bool = False) -> Iterator[Target]:
    """Runs an embedded server that answers web pages as a real one does."""
    with DevServer(data_dir=data_dir, realistic=realistic, allow_origins=["*"]) as server:
        yield Target(server.host, server.port, SERVER_PRVKEY)
