"""`pycolonies run`."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_function import working

from commands import Commands
from conftest import Colony, Member
from pycolonies import Process

SCRIPT = """
def total(*numbers, start=0):
    return start + sum(numbers)

def words(text):
    return text.split()

def broken():
    raise ValueError("no luck")
"""


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "numbers_of_mine.py"
    path.write_text(SCRIPT)
    return str(path)


@pytest.fixture
def injecting(colony: Colony, executor: Member) -> Iterator[None]:
    """An executor that runs the source code that comes with a process."""

    def inject(process: Process) -> None:
        names: dict[str, Any] = {}
        exec(base64.b64decode(process.spec.env["code"]).decode(), names)
        try:
            result = names[process.spec.funcname](*process.spec.args, **(process.spec.kwargs or {}))
        except ValueError as fault:
            colony.client.fail(process.processid, [str(fault)], executor.prvkey)
        else:
            colony.client.close(process.processid, [result], executor.prvkey)

    with working(colony, executor, inject):
        yield


@pytest.mark.usefixtures("injecting")
def test_a_function_of_a_file_is_run(cli: Commands, script: str) -> None:
    on = ["--targettype", "echo"]
    assert cli.piped("run", f"{script}:total", "1", "2.5", "--kwargs", "start:10", *on).stdout == "13.5\n"
    assert cli.piped("run", *on, f"{script}:total", "--", "-1", "2").stdout == "1\n"
    by_variable = cli.json("run", f"{script}:words", "a b", variables={"COLONIES_EXECUTOR_TYPE": "echo"})
    assert by_variable == [["a", "b"]]
    failed = cli.piped("run", f"{script}:broken", *on, code=1)
    assert failed.stderr.endswith("failed: no luck\n")
    assert failed.stdout == ""


def test_what_cannot_be_run_is_told(cli: Commands, script: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text("1 / 0")
    for place, told in (
        ("nowhere.py:f", "the file nowhere.py does not exist"),
        (script, "must name a function"),
        (f"{script}:nothing", "has no function nothing"),
        (f"{tmp_path}/wrong.py:f", "ZeroDivisionError: division"),
        (f"{script}:total", "executortype is missing for total"),
    ):
        assert told in cli.piped("run", place, code=2).stderr
    unfit = cli.piped("run", f"{script}:words", "1", "2", "--targettype", "echo", code=2)
    assert "cannot be called with these arguments: too many positional arguments" in unfit.stderr
