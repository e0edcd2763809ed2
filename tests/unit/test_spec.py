"""Function specs from names and functions."""

from __future__ import annotations

import base64
import functools
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from pycolonies import Fs, func_spec


def greet(name: str, *, greeting: str = "Grüß Gott") -> str:
    return f"{greeting}, {name}"


def test_a_name_with_the_defaults_of_1_x() -> None:
    spec = func_spec("echo", ["x"], "dev", "cli")
    assert spec.nodename == "echo"
    assert spec.funcname == "echo"
    assert spec.args == ["x"]
    assert spec.kwargs == {}
    assert spec.env == {}
    assert spec.priority == 1
    assert spec.maxexectime == -1
    assert spec.maxretries == -1
    assert spec.maxwaittime == -1
    assert spec.conditions.colonyname == "dev"
    assert spec.conditions.executortype == "cli"
    assert spec.conditions.executornames is None


def test_everything_else() -> None:
    fs = Fs(mount="/cfs")
    spec = func_spec("f", None, "dev", "cli", "me", 5, 1, 2, 3, "def f(): ...", {"k": [1.5, None]}, fs)
    assert spec.conditions.executornames == ["me"]
    assert spec.priority == 5
    assert spec.maxexectime == 1
    assert spec.maxretries == 2
    assert spec.maxwaittime == 3
    assert _code(spec.env) == "def f(): ..."
    assert spec.args == []
    assert spec.kwargs == {"k": [1.5, None]}
    assert spec.fs == fs


def test_a_function_brings_its_source_in_any_script() -> None:
    spec = func_spec(greet, ["Ann"], "dev", "cli", fs=Fs(mount="/cfs"))
    assert spec.funcname == "greet"
    assert _code(spec.env) == inspect.getsource(greet)
    assert spec.fs == Fs(mount="/cfs")


def test_a_nested_function_is_moved_to_the_margin() -> None:
    def nested(n: int) -> int:
        return n + 1

    names: dict[str, Any] = {}
    exec(_code(func_spec(nested, [1], "dev", "cli").env), names)
    assert names["nested"](1) == 2


def _typed_in() -> Callable[..., Any]:
    names: dict[str, Any] = {}
    exec("def typed_in(): ...", names)
    function: Callable[..., Any] = names["typed_in"]
    return function


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x, "lambda"),
        (_typed_in(), "typed_in is not available"),
        (len, "len is not available"),
        (functools.partial(greet, "x"), "is not available"),
    ],
    ids=["lambda", "typed into an interpreter", "written in C", "a partial"],
)
def test_a_function_without_source_is_told(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        func_spec(function, [], "dev", "cli")


def _code(env: dict[str, str]) -> str:
    return base64.b64decode(env["code"]).decode()
