"""What the package promises about itself."""

from __future__ import annotations

import importlib.metadata
import json
import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import import_cycles
import pytest
import write_stubs

import pycolonies
from pycolonies import Colonies, testing


def test_the_version_is_that_of_the_distribution() -> None:
    assert pycolonies.__version__ == importlib.metadata.version("pycolonies")


def test_all_names_are_there_and_typed() -> None:
    for name in pycolonies.__all__:
        assert hasattr(pycolonies, name), name
    assert set(pycolonies.__all__) <= set(dir(pycolonies))


def test_the_stubs_are_those_of_the_export_lists() -> None:
    for path, text in write_stubs.stubs().items():
        assert path.read_text() == text, "run: python tools/write_stubs.py"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'pycolonies' has no attribute 'nothing'"):
        pycolonies.nothing  # type: ignore[attr-defined]  # noqa: B018 (the access raises)
    with pytest.raises(ImportError):
        from pycolonies import nothing  # type: ignore[attr-defined]  # noqa: F401 (the import is tested)


def test_types_are_shipped() -> None:
    folder = Path(pycolonies.__file__).parent
    assert (folder / "py.typed").exists()
    assert (folder / "_core.pyi").exists()


def test_importing_it_loads_nothing_that_calls_do_not_need() -> None:
    script = (
        "import json, sys; before = set(sys.modules); "
        "import pycolonies; first = set(sys.modules); "
        "late = {'AsyncColonies', 'ColoniesPoolExecutor', 'ProcessHandle'}; "  # asyncio's, and futures
        "late |= {name for name, home in pycolonies._HOME.items() if home.startswith('_executor')}; "
        "names = [name for name in pycolonies.__all__ if name not in late]; "
        "[getattr(pycolonies, name) for name in names]; second = set(sys.modules); "
        "print(json.dumps([sorted(first - before), sorted(second - first)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    by_the_package, by_its_names = (
        {name.partition(".")[0] for name in names} for names in json.loads(done.stdout)
    )
    assert "pydantic" not in by_the_package
    assert "pydantic" in by_its_names
    assert not by_its_names & {"asyncio", "click", "http", "logging", "requests", "ssl", "boto3", "websocket"}


def test_importing_executor_loads_nothing_that_only_a_running_one_needs() -> None:
    shown = "import pycolonies, sys; pycolonies.Executor; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", shown], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stdout.split())
    assert "pycolonies._executor.executor" in loaded
    assert not loaded & {
        "_ssl",
        "asyncio",
        "click",
        "ctypes",
        "http.client",
        "multiprocessing",
        "pickle",
        "pycolonies._aio",
        "pycolonies._executor.children.pool",
        "pycolonies._executor.injected.runner",
        "pycolonies._executor.runtime",
        "pycolonies._files.plan",
        "pycolonies._render.svg",
        "pycolonies._devserver",
        "pycolonies.testing",
        "rich",
        "sqlite3",
        "subprocess",
        "urllib.request",
    }


def test_a_client_shows_no_key() -> None:
    assert repr(Colonies("localhost", 50080)) == "Colonies('localhost', 50080, tls=False)"


def test_every_public_call_is_documented() -> None:
    for name in dir(Colonies):
        if not name.startswith("_") and callable(method := getattr(Colonies, name)):
            assert method.__doc__, name


def test_import_cycles_stay_small() -> None:
    largest = import_cycles.cycles()[0]
    assert len(largest) <= 4, largest


def test_the_library_and_the_command_do_not_import_testing() -> None:
    importing = {
        name
        for name, imported in import_cycles.imports().items()
        if any(home.startswith("pycolonies.testing") for home in imported)
    }
    assert importing
    assert {name for name in importing if not name.startswith("pycolonies.testing")} == set()


@pytest.mark.parametrize(
    ("package", "name"),
    [(package, name) for package in (pycolonies, testing) for name in package.__all__ if name[0] != "_"],
)
def test_public_objects_show_their_public_home(package: ModuleType, name: str) -> None:
    value = getattr(package, name)
    if hasattr(value, "__qualname__"):
        assert value.__module__ == package.__name__
        assert pickle.loads(pickle.dumps(value)) is value


def test_records_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(pycolonies.Process())) == pycolonies.Process()
