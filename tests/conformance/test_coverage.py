"""Is every call in this suite, and can it be pointed at a server?"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from conformance.differences import DIFFERENCES
from conformance.target import REQUIRED, NotNamed, named
from pycolonies import Colonies, ConfigurationError
from pycolonies.testing import _members

HERE = Path(__file__).parent

#: Methods that are not called here, and why not.
ELSEWHERE = {
    "map": "many of submit_func_spec, with a subscription; tests/integration/test_map.py",
    "bind": "makes a client; it sends nothing",
    "call": "a Python function, as submit",
    "with_options": "makes a client; it sends nothing",
    "from_env": "makes a client; it sends nothing",
    "create_func_spec": "a form of 2023 that sends nothing; tests/integration/test_forms_of_2023.py",
    "delete_executor": "a form of 2023 of remove_executor; tests/integration/test_forms_of_2023.py",
    "delete_process": "a form of 2023 of remove_process; tests/integration/test_forms_of_2023.py",
}


def called() -> set[str]:
    """Returns the names of the methods that the tests and their colony name, called or handed on."""
    return {
        node.attr
        for path in [*HERE.glob("test_*.py"), Path(_members.__file__)]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }


def test_every_method_is_called() -> None:
    methods = {name for name in dir(Colonies) if name[0] != "_" and callable(getattr(Colonies, name))}
    assert methods - called() - ELSEWHERE.keys() == set()
    assert ELSEWHERE.keys() <= methods
    assert not (ELSEWHERE.keys() - {"call", "bind", "with_options"}) & called()


def test_every_message_is_sent() -> None:
    client = Path(__file__).parents[2] / "python" / "pycolonies" / "_client"
    senders: dict[str, set[str]] = {}
    for path in client.glob("*.py"):
        for method in ast.walk(ast.parse(path.read_text())):
            if isinstance(method, ast.FunctionDef):
                for node in ast.walk(method):
                    if isinstance(node, ast.Constant) and str(node.value).endswith("msg"):
                        senders.setdefault(str(node.value), set()).add(method.name)
    unsent = {
        message
        for message, methods in senders.items()
        if all(name[0] != "_" for name in methods) and not methods & called()
    }
    assert unsent == set()
    assert len(senders) > 90


def test_differences_name_tests_that_are_there() -> None:
    there = {
        f"{path.name}::{node.name}"
        for path in HERE.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    assert {name.partition("[")[0] for name in DIFFERENCES} <= there
    assert all(reason.strip() for reason in DIFFERENCES.values())


def test_a_server_that_is_not_named_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*REQUIRED, "COLONIES_SERVER_HTTP_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NotNamed) as refused:
        named()
    assert all(name in str(refused.value) for name in REQUIRED)
    monkeypatch.setenv("COLONIES_SERVER_HOST", "localhost")
    monkeypatch.setenv("COLONIES_SERVER_PORT", "many")
    monkeypatch.setenv("COLONIES_SERVER_PRVKEY", "11" * 32)
    with pytest.raises(ConfigurationError, match="COLONIES_SERVER_PORT"):
        named()
    monkeypatch.setenv("COLONIES_SERVER_PORT", "50080")
    assert named().host == "localhost"
    assert named().port == 50080
    assert "11" * 32 not in repr(named())
