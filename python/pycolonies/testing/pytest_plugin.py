"""Fixtures for pytest: a development server for the session, a colony for each test.

No configuration is needed; a test asks for what it needs::

    from pycolonies import func_spec

    def test_work_is_done(colonies, colony):
        process = colonies.submit_func_spec(func_spec("add", [1, 2], colony.name, "cli"))
        colonies.assign(timeout=10)
        colonies.close(process.processid, [3])
        assert colonies.get_process(process.processid).output == [3]

Here stand no imports but pytest's own: sessions that use none of this pay nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pycolonies import Colonies
    from pycolonies.testing import Colony, DevServer


@pytest.fixture(scope="session")
def colonies_server() -> Iterator[DevServer]:
    """A development server, one for the whole session; with xdist, one for each worker."""
    from pycolonies.testing import DevServer  # noqa: PLC0415

    with DevServer() as server:
        yield server


@pytest.fixture
def colony(colonies_server: DevServer) -> Iterator[Colony]:
    """A colony of the test's own: ``.name``, ``.id``, ``.prvkey``, ``.executor()``, ``.user()``.

    Faults that the test has asked its server for, and that have not happened, end with it.
    """
    from pycolonies.testing import Colony  # noqa: PLC0415

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
