"""The traceback of a function that failed reaches the program that called it, readable and bounded."""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
import sys
import traceback

import pytest

from conftest import Colony
from pycolonies import AsyncColonies, Colonies, Executor, ProcessFailedError, Workflow, WorkflowFailedError
from pycolonies.testing import DevServer

pytestmark = pytest.mark.both_modes


@pytest.fixture
def colonies(server: DevServer, colony: Colony) -> Colonies:
    return server.client(prvkey=colony.executor("caller").prvkey, colonyname=colony.name)


@pytest.fixture
def executor(colonies: Colonies, colony: Colony) -> Executor:
    executor = Executor("adder", client=colonies, colony_prvkey=colony.prvkey)

    @executor.function
    def divide(a: int, b: int) -> float:
        return a / b

    @executor.function
    def recurse(depth: int) -> int:
        if depth == 0:
            raise ValueError("the \x1b[31mend\x1b[0m \x1b]0;title\x07")
        return recurse(depth - 1) if depth % 2 else recurse(depth - 1) + 0

    @executor.function
    def say_much() -> None:
        raise ValueError("x" * 100_000)

    return executor


def failure(colonies: Colonies, name: str, *args: object) -> ProcessFailedError:
    error = colonies.submit(name, args=args, executortype="adder", maxexectime=60).exception(timeout=60)
    assert isinstance(error, ProcessFailedError)
    return error


def shown(error: BaseException) -> str:
    """The text that Python prints for an exception."""
    return "".join(traceback.format_exception(error))


def test_the_traceback_of_the_function_is_shown(colonies: Colonies, executor: Executor) -> None:
    with executor:
        error = failure(colonies, "divide", 1, 0)
    assert str(error).startswith(
        f"divide failed as process {error.processid}: ZeroDivisionError: division by zero"
    )
    text = shown(error)
    assert text.count("ZeroDivisionError: division by zero") == 2  # the message, and the end of the traceback
    assert "Traceback of the function on its executor:\n  Traceback (most recent call last):\n" in text
    assert "    return a / b" in text
    assert error.remote_traceback.startswith("Traceback (most recent call last):\n")
    assert error.remote_traceback.endswith("ZeroDivisionError: division by zero")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions have notes from Python 3.11 on")
def test_the_message_is_one_line_where_exceptions_have_notes(colonies: Colonies, executor: Executor) -> None:
    with executor:
        error = failure(colonies, "divide", 1, 0)
    assert "\n" not in str(error)
    assert len(vars(error)["__notes__"]) == 1


def test_copies_show_it_once(colonies: Colonies, executor: Executor) -> None:
    with executor:
        error = failure(colonies, "divide", 1, 0)
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert shown(again).count("Traceback of the function") == 1
        assert again.errors == error.errors


def test_a_traceback_is_safe_to_print_and_bounded(colonies: Colonies, executor: Executor) -> None:
    with executor:
        deep = failure(colonies, "recurse", 200)
        long = failure(colonies, "say_much")
    for error in (deep, long):
        assert "\x1b" not in shown(error)
        assert "\x07" not in shown(error)
        assert len(shown(error).partition("Traceback of the function")[2]) < 15_000
    assert "ValueError: the end \\x1b]0;title\\x07" in deep.remote_traceback
    assert "\x1b" in deep.errors[0], "attributes keep what arrived"


def test_errors_that_have_no_traceback_show_none(colonies: Colonies, executor: Executor) -> None:
    with executor:
        error = failure(colonies, "divide", "x", 1)
    assert error.remote_traceback == ""
    assert shown(error).count("Traceback") <= 1
    assert "argument 1 (a): must be a valid integer" in str(error)


def test_an_awaited_call_shows_it(colonies: Colonies, executor: Executor) -> None:
    async def call() -> BaseException | None:
        client = AsyncColonies(
            colonies.host, colonies.port, prvkey=colonies.endpoint.prvkey, colonyname=colonies.colonyname
        )
        handle = await client.submit("divide", args=[1, 0], executortype="adder", maxexectime=60)
        with pytest.raises(ProcessFailedError) as failed:
            await handle
        return failed.value

    with executor:
        error = asyncio.run(call())
    assert error is not None
    assert "    return a / b" in shown(error)


def test_a_workflow_shows_the_traceback_of_the_node(colonies: Colonies, executor: Executor) -> None:
    workflow = Workflow(colonyname=str(colonies.colonyname), executortype="adder", maxexectime=60)
    workflow.add("divide", "broken", args=[1, 0])
    with executor, pytest.raises(WorkflowFailedError) as failed:
        colonies.wait_workflow(colonies.submit_workflow(workflow), 60)
    text = shown(failed.value)
    assert "broken: ZeroDivisionError: division by zero" in text
    if sys.version_info >= (3, 11):
        assert "Traceback of node broken on its executor:" in text
        assert "\n" not in str(failed.value)


def test_an_uncaught_failure_prints_it(server: DevServer, colonies: Colonies, executor: Executor) -> None:
    script = (
        "from pycolonies import Colonies\n"
        "colonies = Colonies.from_env()\n"
        "colonies.submit('divide', args=[1, 0], executortype='adder', maxexectime=60).result(timeout=60)\n"
    )
    key = colonies.endpoint.key.reveal()
    variables = {
        **server.environment,
        "COLONIES_PRVKEY": key,
        "COLONIES_COLONY_NAME": str(colonies.colonyname),
    }
    with executor:
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert "pycolonies.ProcessFailedError: divide failed as process" in done.stderr
    assert "      return a / b" in done.stderr
    assert key not in done.stderr
