"""Every Python snippet of the user guide of 2023 runs as it stands there; the tests are what surrounds it."""

from __future__ import annotations

import base64
import inspect
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conftest import crypto
from named_server import name_colony
from pycolonies import Colonies, Crypto
from pycolonies.testing import COLONY_ID, COLONY_NAME, COLONY_PRVKEY, DevServer

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*form of 2023.*:DeprecationWarning"),
    pytest.mark.both_modes,
]

GUIDE = Path(__file__).parents[1] / "data" / "user-guide-of-2023.md"
SNIPPETS: dict[str, str] = dict(
    re.findall(r"^(\w+)\n```python\n(.*?)```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
)


class Program:
    """A program that has come to a snippet: what it imported, and what its names stand for."""

    def __init__(self, server: DevServer, folder: Path) -> None:
        self._folder = folder
        self.ran: list[str] = []
        key = crypto.prvkey()

        def connect(host: str, port: int) -> Colonies:
            assert host == "localhost"  # where the guide's server is
            assert port == 50080
            return server.client()

        self.names: dict[str, Any] = {
            "Colonies": connect,
            "Crypto": Crypto,
            "base64": base64,
            "inspect": inspect,
            "colonies": server.client(),
            "colonyid": COLONY_ID,
            "executorid": crypto.id(key),
            "executor_prvkey": key,
            "executortype": "echo_executor",
        }
        self.names["self"] = SimpleNamespace(colony_prvkey=COLONY_PRVKEY, **self.names)

    def run(self, snippet: str, **names: object) -> dict[str, Any]:
        """Runs a snippet out of a file, as inspect reads the source of functions; returns the names."""
        path = self._folder / f"{snippet}.py"
        path.write_text(SNIPPETS[snippet])
        self.names |= names
        exec(compile(path.read_text(), path, "exec"), self.names)
        self.ran.append(snippet)
        return self.names

    def register(self, executortype: str) -> None:
        """Registers the executor as the guide does, under another type."""
        executor: Any = {
            "executorname": executortype,
            "executorid": self.names["executorid"],
            "colonyid": COLONY_ID,
            "executortype": executortype,
        }
        self.names["colonies"].add_executor(executor, COLONY_PRVKEY)
        self.names["colonies"].approve_executor(self.names["executorid"], COLONY_PRVKEY)


@pytest.fixture
def program(own_server: DevServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    name_colony(monkeypatch, own_server, COLONY_NAME, COLONY_ID)
    return Program(own_server, tmp_path)


def test_an_executor_registers_itself_and_echoes(program: Program) -> None:
    key = program.names["executor_prvkey"]
    names = program.run("register")
    assert names["executor_prvkey"] != key  # the guide makes one and goes on with that of self
    program.run("function", executorid=crypto.id(key))
    names = program.run("submit", executor_prvkey=key)
    submitted = names["process"]
    names = program.run("assign")
    assert names["process"]["processid"] == submitted["processid"]
    ended = names["colonies"].get_process(submitted["processid"], key)
    assert ended["out"] == ["helloworld"]


def test_code_is_injected(program: Program) -> None:
    program.register("echo_executor")
    program.run("source")
    names = program.run("spec")
    client, key = names["colonies"], names["executor_prvkey"]
    submitted = client.submit(names["func_spec"], key)
    del names["echo"]  # the executor is another program
    names = program.run("inject", funcname="echo", args=["helloworld"])
    assert names["res"] == "helloworld"
    assert client.get_process(submitted["processid"], key)["out"] == ["helloworld"]


def test_a_function_is_called(program: Program, tmp_path: Path) -> None:
    program.register("python_executor")
    with ThreadPoolExecutor(1) as threads:
        called = threads.submit(program.run, "call")
        executor = dict(program.names) | {"funcname": "sum_nums", "args": [1, 2]}
        exec(compile(SNIPPETS["inject"], tmp_path / "inject.py", "exec"), executor)
        completed = called.result(60)["completed_process"]
    assert completed["out"] == [3]


def test_no_snippet_is_left_out() -> None:
    source = Path(__file__).read_text()
    assert len(SNIPPETS) == GUIDE.read_text().count("```python") == 8
    assert all(f'run("{name}"' in source or f'.run, "{name}"' in source for name in SNIPPETS)
