"""A running Colonies server instead of the embedded one, for the tests that make sense against both."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import pytest

from pycolonies import ColoniesError
from pycolonies._devserver.faults import Faults, S3Faults
from pycolonies._devserver.keys import DevKeys, environment
from pycolonies._devserver.s3 import S3Endpoint
from pycolonies.testing import COLONY_NAME, EXECUTOR_NAME, EXECUTOR_TYPE, DevServer


def name_colony(monkeypatch: pytest.MonkeyPatch, server: DevServer, colonyname: str, colonyid: str) -> None:
    """Put the name of a colony beside its id into the variables, unless the server resolves ids itself."""
    if isinstance(server, NamedServer):
        monkeypatch.setenv("COLONIES_COLONY_NAME", colonyname)
        monkeypatch.setenv("COLONIES_COLONY_ID", colonyid)


def embedded_only(what: str) -> NoReturn:
    """Skip a test that needs something of the embedded server."""
    pytest.skip(f"only the embedded server has {what}")


class NoFaults(Faults):
    """Skips a test that asks for a fault. There is none to clear."""

    def __init__(self) -> None:
        """Set nothing up, and call no server."""

    def clear(self) -> None:
        """Do nothing."""

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__") or name == "clear":
            return super().__getattribute__(name)
        embedded_only("faults on demand")


class NamedServer(DevServer):
    """A running server with the interface of `DevServer`.

    Its owner must have the well-known key of development servers. Whatever only the embedded server can do
    skips the test that uses it.

    Args:
        host: Its name or address.
        port: Its port.
        tls: Whether it speaks HTTPS.
    """

    def __init__(self, host: str, port: int, *, tls: bool = False) -> None:
        self._host, self._port, self._tls = host, port, tls
        self._keys = DevKeys()
        self._faults = NoFaults()

    @property
    def host(self) -> str:
        return self._host

    @property
    def port(self) -> int:
        return self._port

    @property
    def environment(self) -> dict[str, str]:
        return environment(self._host, self._port, tls=self._tls)

    @property
    def s3(self) -> S3Endpoint:
        embedded_only("an S3 endpoint")

    @property
    def s3_faults(self) -> S3Faults:
        embedded_only("an S3 endpoint")

    def advance(self, seconds: float, *, silent: bool = False) -> None:
        embedded_only("a clock that moves on demand")

    def stop(self) -> None:
        embedded_only("a stop on demand")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave the server running."""

    @contextlib.contextmanager
    def to_itself(self) -> Iterator[NamedServer]:
        """Empty the well-known colony for one test. The tests of other workers that use it wait."""
        import fcntl

        name = f"pycolonies-tests-{self._host}-{self._port}.lock"
        with (Path(tempfile.gettempdir()) / name).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._renew_colony()
            yield self

    def _renew_colony(self) -> None:
        client, keys = self.client(), self._keys
        _, colonyid, executorid = keys.ids
        with contextlib.suppress(ColoniesError):  # it is not there yet
            client.del_colony(COLONY_NAME, keys.server_prvkey)
        client.add_colony({"colonyid": colonyid, "name": COLONY_NAME}, keys.server_prvkey)
        executor = {
            "executorid": executorid,
            "executorname": EXECUTOR_NAME,
            "executortype": EXECUTOR_TYPE,
            "colonyname": COLONY_NAME,
        }
        client.add_executor(executor, keys.colony_prvkey)
        client.approve_executor(COLONY_NAME, EXECUTOR_NAME, keys.colony_prvkey)
