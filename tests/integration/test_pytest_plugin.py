"""The fixtures for pytest, in separate sessions."""

from __future__ import annotations

import pytest

SUITE = """
import threading

import pytest
from pycolonies import Colonies, ConnectionLostError, Executor, PermissionDeniedError, func_spec


@pytest.mark.parametrize("number", range(6))
def test_work_is_done_in_a_colony_of_its_own(colonies, colony, number):
    process = colonies.submit_func_spec(func_spec("add", [number, 1], colony.name, "cli"))
    assert colonies.assign(timeout=60).processid == process.processid
    colonies.close(process.processid, [number + 1])
    assert colonies.get_process(process.processid).output == [number + 1]
    assert len(colonies.list_processes(count=10, state=colonies.SUCCESSFUL)) == 1


def test_members_have_keys(colonies, colony, executor_key):
    others = [colony.executor("gpu", name="it"), colony.user(name="she")]
    assert len({executor_key, *(member.prvkey for member in others)}) == 3
    for member in others:
        assert colonies.get_colony(colony.name, member.prvkey)["name"] == colony.name
        assert member.prvkey not in repr(member)
    assert colonies.get_executor(executorname="it")["executortype"] == "gpu"
    assert colonies.get_user(name="she")["userid"] == others[1].id
    pending = colony.executor(approve=False)
    with pytest.raises(PermissionDeniedError):
        colonies.get_colony(colony.name, pending.prvkey)


SEEN = []


@pytest.mark.parametrize("number", range(3))
def test_the_server_is_that_of_the_session(colonies_server, number):
    SEEN.append(colonies_server.port)
    assert len(set(SEEN)) == 1


@pytest.mark.parametrize("number", range(3))
def test_an_executor_needs_its_fixture_only(executor, colonies, number):
    @executor.function
    def add(a: int, b: int) -> int:
        return a + b

    with executor:
        assert colonies.submit(add, args=[number, 2], maxexectime=60).result(timeout=60) == number + 2


module_executor = Executor(executortype="adder")


@module_executor.function
def double(a: int) -> int:
    return 2 * a


@pytest.mark.parametrize("number", range(3))
def test_an_executor_of_a_module_uses_the_colony_of_the_test(colonies_environment, colony, number):
    with module_executor:
        assert module_executor.identity.colonyname == colony.name
        client = Colonies.from_env()
        assert client.submit(double, args=[number], maxexectime=60).result(timeout=60) == 2 * number
        assert client.get_executor(executorname=module_executor.executorname)["executortype"] == "adder"


def test_a_client_has_the_key_and_the_colony_of_the_server(colonies_server):
    client = colonies_server.client()
    assert client.get_colony()["name"] == "dev"
    assert client.submit("work", executortype="cli").spec.conditions.colonyname == "dev"


@pytest.mark.parametrize("number", range(2))
def test_faults_end_with_the_test(colonies, colonies_server, number):
    colonies.get_colony()
    colonies_server.faults.error(500, "left behind", times=100)
"""


@pytest.mark.parametrize("options", [[], ["-n", "2"]], ids=["alone", "on two workers"])
def test_the_fixtures_serve_a_suite(pytester: pytest.Pytester, options: list[str]) -> None:
    pytester.makepyfile(SUITE)
    run = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", *options)
    run.assert_outcomes(passed=19)


FIXTURES = (
    "colonies_server [[]session scope[]]",
    "colony",
    "executor_key",
    "colonies",
    "executor",
    "colonies_environment",
)


def test_the_fixtures_are_listed_with_what_they_are(pytester: pytest.Pytester) -> None:
    run = pytester.runpytest_subprocess("--fixtures")
    for name in FIXTURES:
        run.stdout.fnmatch_lines([f"{name} *pytest_plugin.py*"])


def test_modules_of_this_package_are_not_parsed_for_their_asserts(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from importlib import import_module
        from importlib.machinery import SourceFileLoader

        def test_the_loader_is_that_of_python():
            for name in ("_waiting.process_ends", "_executor.runtime", "_client.submitting"):
                assert type(import_module(f"pycolonies.{name}").__loader__) is SourceFileLoader
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_a_session_that_uses_none_of_it_loads_none_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing_is_loaded():
            loaded = {name for name in sys.modules if name.split(".")[0] in ("pycolonies", "pydantic")}
            assert loaded <= {"pycolonies", "pycolonies.testing", "pycolonies.testing.pytest_plugin"}
            assert "pycolonies.testing.pytest_plugin" in loaded
        """
    )
    pytester.runpytest_subprocess("-p", "no:hypothesispytest").assert_outcomes(passed=1)
