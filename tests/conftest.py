"""What the tests share: one server, and its own colony for each test.

With ``--colonies-server=environment`` the server is the one that the usual variables name, and tests that do
not use it are left out. With ``--colonies-server=realistic`` it is the embedded one, and shows all changes in
steps.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from conformance.target import NotNamed, of_environment
from named_server import NamedServer
from pycolonies import Colonies, ColoniesError, Crypto, FileVersion, FuncSpec, Process, func_spec, testing
from pycolonies.testing import SERVER_PRVKEY, DevServer, Member

pytest_plugins = ["pytester", "commands", "executor_bench", "programs", "stores"]

# Examples are found in a fixed order, and a slow machine is no failure.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
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

    def add_file(self, member: Member, label: str, name: str, size: int = 1) -> FileVersion:
        """Records a file; its content is stored nowhere."""
        described = {
            "colonyname": self.name,
            "label": label,
            "name": name,
            "size": size,
            "checksum": f"sum of {size}",
            "checksumalg": "SHA256",
            "ref": {"protocol": "s3", "s3object": {"server": "s3", "port": 9000, "object": f"object {size}"}},
        }
        reply = self.client.endpoint.signing(member.prvkey).call("addfilemsg", file=described)
        return reply.to(FileVersion)


#: Variables that say how programs write, or what Python and pytest do.
STYLES = {"NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "PYTHONWARNINGS", "PYTEST_ADDOPTS"}


@pytest.fixture(scope="session", autouse=True)
def _same_everywhere(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Hide what surrounds the tests: variables, running development servers, and an ignored Ctrl-C.

    Programs that the tests start inherit all of it.
    """
    for name in list(os.environ):
        if name.startswith("COLONIES_") or name.lower().endswith("_proxy") or name in STYLES:
            del os.environ[name]
    os.environ["XDG_RUNTIME_DIR"] = str(tmp_path_factory.mktemp("runtime"))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells set it for background jobs
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def realistic(request: pytest.FixtureRequest) -> bool:
    """Whether the server shows changes in steps. Tests marked `both_modes` run with and without."""
    return bool(getattr(request, "param", request.config.getoption("--colonies-server") == "realistic"))


@pytest.fixture(scope="session")
def colonies_server(request: pytest.FixtureRequest) -> Iterator[DevServer]:
    """The server under test."""
    if request.config.getoption("--colonies-server") != "environment":
        with DevServer() as server:
            yield server
        return
    target = of_environment()
    server = NamedServer(target.host, target.port, tls=target.tls)
    try:
        server.client().get_statistics(SERVER_PRVKEY)
    except ColoniesError as fault:
        pytest.exit(f"the server under test must have the well-known keys: {fault}", returncode=2)
    yield server


@pytest.fixture(scope="session")
def server(colonies_server: DevServer, realistic: bool) -> Iterator[DevServer]:
    if not realistic:
        yield colonies_server
        return
    with DevServer(realistic=True) as server:
        yield server


@pytest.fixture
def own_server(colonies_server: DevServer, realistic: bool) -> Iterator[DevServer]:
    """A server that no other test uses meanwhile, whose well-known colony is as it was made."""
    if isinstance(colonies_server, NamedServer):
        with colonies_server.to_itself():
            yield colonies_server
        return
    with DevServer(realistic=realistic) as server:
        yield server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.config.getoption("--colonies-server") != "embedded":
        return
    marked = metafunc.definition.get_closest_marker("both_modes") is not None
    if marked and {"server", "own_server", "realistic"} & set(metafunc.fixturenames):
        modes = {"at once": False, "in steps": True}
        metafunc.parametrize(
            "realistic", list(modes.values()), ids=list(modes), indirect=True, scope="session"
        )


def pytest_sessionstart(session: pytest.Session) -> None:
    """End a run whose server cannot be used, before there are workers."""
    config = session.config
    if config.getoption("--colonies-server") != "environment" or hasattr(config, "workerinput"):
        return
    try:
        target = of_environment()
        target.client().get_statistics(target.prvkey)
    except (NotNamed, ColoniesError) as fault:
        pytest.exit(f"the server under test cannot be used: {fault}", returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a server of the environment takes no part in."""
    if config.getoption("--colonies-server") != "environment":
        return
    of_environment()  # before the variables are hidden
    here = Path(__file__).parent
    concerned = (here / "integration", here / "cli")
    left_out = [
        item
        for item in items
        if any(folder in item.path.parents for folder in concerned)
        and "colonies_server" not in getattr(item, "fixturenames", ())
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
    for item in items:
        if "own_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("own server"))  # one worker: they take turns anyway


@pytest.fixture(scope="session")
def client(server: DevServer) -> Colonies:
    return server.client()


@pytest.fixture
def colony(server: DevServer, client: Colonies) -> Iterator[Colony]:
    """A colony of the test. Faults that the test has requested, and that have not happened, end with it."""
    yield Colony(client)
    server.faults.clear()


@pytest.fixture
def executor(colony: Colony) -> Member:
    return colony.executor()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--colonies-server",
        choices=["embedded", "realistic", "environment"],
        default="embedded",
        help="what the tests run against",
    )
