"""Fixtures for pytest: a development server for the session, a colony for each test.

No configuration is needed; a test names the fixtures that it uses::

    def test_add(executor, colonies):
        @executor.function
        def add(a: int, b: int) -> int:
            return a + b

        with executor:
            assert colonies.submit(add, args=[1, 2], maxexectime=60).result(timeout=60) == 3

This module imports pytest only, so that sessions without these fixtures pay nothing for them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pycolonies import Colonies, Executor
    from pycolonies.testing import Colony, DevServer


def pytest_configure(config: pytest.Config) -> None:
    """Have this package imported as any other: pytest rewrites the asserts of all modules beside a plugin.

    It builds a syntax tree of each module for that, when a test first needs it. An executor that formats a
    traceback at the same moment, in its thread, can make that raise SystemError (see `_syntax_trees`).
    """
    hook: Any = config.pluginmanager.rewrite_hook
    with contextlib.suppress(AttributeError):  # pytest does not document these
        hook._must_rewrite.discard("pycolonies")  # noqa: SLF001 (it has no other way)
        hook._marked_for_rewrite_cache.clear()  # noqa: SLF001 (likewise)


@pytest.fixture(scope="session")
def colonies_server() -> Iterator[DevServer]:
    """A development server, one for the whole session; with xdist, one for each worker."""
    from pycolonies.testing import DevServer

    with DevServer() as server:
        yield server


@pytest.fixture
def colony(colonies_server: DevServer) -> Iterator[Colony]:
    """A colony of the test's own: ``.name``, ``.id``, ``.prvkey``, ``.executor()``, ``.user()``.

    Faults that the test has asked its server for, and that have not happened, end with it.
    """
    from pycolonies.testing import Colony

    yield Colony(colonies_server.client())
    colonies_server.faults.clear()


@pytest.fixture
def executor_key(colony: Colony) -> str:
    """The private key of an approved executor in ``colony``, of type ``cli``."""
    return colony.executor().prvkey


@pytest.fixture
def colonies(colonies_server: DevServer, colony: Colony, executor_key: str) -> Colonies:
    """A client that signs with ``executor_key`` and calls ``colony``, where a call says nothing else."""
    return colonies_server.client(prvkey=executor_key, colonyname=colony.name)


@pytest.fixture
def executor(colonies: Colonies, colony: Colony) -> Iterator[Executor]:
    """An executor of type ``cli`` in ``colony``; add functions to it, then ``with executor:`` runs them.

    It is stopped at the end of the test.
    """
    from pycolonies import Executor
    from pycolonies.testing import EXECUTOR_TYPE

    made = Executor(EXECUTOR_TYPE, client=colonies, colony_prvkey=colony.prvkey)
    yield made
    made.stop(0)


@pytest.fixture
def colonies_environment(
    colonies_server: DevServer, colony: Colony, executor_key: str, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The variables of ``colony``, which are set during the test.

    `Colonies.from_env` and executors of your modules use the colony then: ``with adder.executor:``.
    """
    for name in [name for name in os.environ if name.startswith("COLONIES_")]:
        monkeypatch.delenv(name)
    variables = {
        name: value
        for name, value in colonies_server.environment.items()
        if name.startswith(("COLONIES_SERVER_", "COLONIES_TLS"))
    }
    variables |= {
        "COLONIES_COLONY_NAME": colony.name,
        "COLONIES_COLONY_ID": colony.id,
        "COLONIES_COLONY_PRVKEY": colony.prvkey,
        "COLONIES_PRVKEY": executor_key,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables
