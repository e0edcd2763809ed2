"""Functions and executors by the place they are written at."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from pycolonies import func_spec
from pycolonies._executor.import_strings import TargetError, find_executor, find_function

SCRIPT = """
    from pycolonies import Executor

    executor = Executor(executortype="adder")
    again = executor


    @executor.function
    def add(*numbers: float) -> float:
        return sum(numbers)


    @executor.function(
        name="times",
    )
    def product(a: int, b: int) -> int:
        return a * b


    executor.run(concurrency=4)
    raise SystemExit("this line must not be reached")
"""


@pytest.fixture(autouse=True)
def _modules_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("target_"):
            del sys.modules[name]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "target_script.py"
    path.write_text(dedent(SCRIPT), encoding="utf-8")
    return path


def test_an_executor_is_found_without_being_started(script: Path) -> None:
    executor = find_executor(str(script))
    assert find_executor(f"{script}:executor").functions == executor.functions == ("add", "times")


def test_an_executor_is_found_in_a_module(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(script.parent)
    assert find_executor("target_script:executor").functions == ("add", "times")


def test_a_function_of_a_script_that_runs_an_executor_is_found(script: Path) -> None:
    assert find_function(f"{script}:add")(1, 2) == 3


@pytest.mark.parametrize("name", ["add", "product"])
def test_the_source_code_of_a_registered_function_has_no_decorator(script: Path, name: str) -> None:
    spec = func_spec(find_function(f"{script}:{name}"), [1, 2], "dev", "python-executor")
    scope: dict[str, object] = {}
    import base64

    code = base64.b64decode(spec.env["code"]).decode()
    assert code.startswith(f"def {name}(")
    exec(code, scope)
    assert name in scope


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("missing.py", "the file missing.py does not exist"),
        ("target_missing", "there is no module target_missing; for a file, write target_missing.py"),
        ("{script}:nothing", "has no executor nothing; it has: again, executor"),
        ("{empty}", "has no executor; write `executor = Executor"),
        ("{several}", "has several executors; name one: "),
        ("{broken}", "cannot be loaded: ZeroDivisionError: division by zero"),
    ],
)
def test_a_place_without_an_executor_is_refused_with_the_remedy(
    script: Path, tmp_path: Path, place: str, message: str
) -> None:
    files = {
        "empty": "",
        "several": "from pycolonies import Executor\na, b = Executor('a'), Executor('b')\n",
        "broken": "1 / 0\n",
    }
    for name, text in files.items():
        (tmp_path / f"target_{name}.py").write_text(text, encoding="utf-8")
    places = {name: str(tmp_path / f"target_{name}.py") for name in files}
    with pytest.raises(TargetError) as refused:
        find_executor(place.format(script=script, **places))
    assert message in str(refused.value)


def test_a_function_needs_a_name(script: Path) -> None:
    with pytest.raises(TargetError, match="must name a function"):
        find_function(str(script))
    with pytest.raises(TargetError, match="has no function subtract; it has: add, product"):
        find_function(f"{script}:subtract")
