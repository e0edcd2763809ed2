"""S3 stores for tests, and clients that keep the content of files there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from motostore import KEYS
from pycolonies import Colonies, S3Settings
from pycolonies.testing import DevServer

if TYPE_CHECKING:
    from conftest import Colony


@pytest.fixture(scope="session")
def embedded_store() -> Iterator[S3Settings]:
    """The S3 endpoint of a development server."""
    with DevServer(s3=True) as server:
        s3 = server.s3
        yield S3Settings(s3.endpoint, s3.bucket, s3.access_key, s3.secret_key, s3.region)


@pytest.fixture(scope="session")
def moto_store() -> Iterator[S3Settings]:
    """A store that others wrote."""
    script = Path(__file__).with_name("motostore.py")
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        yield S3Settings(f"127.0.0.1:{port}", "content", "WRITER", KEYS["WRITER"][0])
        assert server.stdin is not None
        server.stdin.close()


@pytest.fixture(params=["embedded", "moto"])
def store(request: pytest.FixtureRequest) -> S3Settings:
    """One store after the other."""
    settings: S3Settings = request.getfixturevalue(f"{request.param}_store")
    return settings


@pytest.fixture
def files(colony: Colony, store: S3Settings) -> Colonies:
    """A client of an executor, with either store."""
    return client_of(colony, store)


@pytest.fixture
def local(colony: Colony, embedded_store: S3Settings) -> Colonies:
    """A client of an executor, with the embedded store."""
    return client_of(colony, embedded_store)


def client_of(colony: Colony, settings: S3Settings | None) -> Colonies:
    """A client of a new executor in a colony."""
    member = colony.executor()
    server = colony.client
    return Colonies(server.host, server.port, prvkey=member.prvkey, colonyname=colony.name, s3=settings)


def with_store(client: Colonies, settings: S3Settings, **changes: object) -> Colonies:
    """The same client with other settings of the store."""
    s3 = replace(settings, **changes)  # type: ignore[arg-type]
    return Colonies(
        client.host, client.port, prvkey=client.endpoint.prvkey, colonyname=client.colonyname, s3=s3
    )


def content(directory: Path) -> dict[str, bytes]:
    """What lies in a directory, but for the notes of the tools."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != ".cfs"
    }


def fill(directory: Path, files: dict[str, bytes]) -> Path:
    """Writes files, in a directory that is made."""
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def clear_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes away whatever names a store."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
