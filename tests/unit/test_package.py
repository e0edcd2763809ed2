"""What the package promises about itself."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pycolonies
from pycolonies import Colonies


def test_the_version_is_that_of_the_distribution() -> None:
    assert pycolonies.__version__ == importlib.metadata.version("pycolonies") == "2.0.0.dev0"


def test_all_names_are_there() -> None:
    assert sorted(pycolonies.__all__, key=lambda name: (not name.isupper(), name)) == pycolonies.__all__
    for name in pycolonies.__all__:
        assert hasattr(pycolonies, name)


def test_types_are_shipped() -> None:
    folder = Path(pycolonies.__file__).parent
    assert (folder / "py.typed").exists()
    assert (folder / "_core.pyi").exists()


def test_importing_it_loads_nothing_that_calls_do_not_need() -> None:
    script = (
        "import json, sys, pydantic; before = set(sys.modules); import pycolonies; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=20
    )
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & {
        "asyncio",
        "click",
        "http",
        "logging",
        "requests",
        "ssl",
        "boto3",
        "websocket",
        "hypothesis",
    }


def test_a_client_shows_no_key() -> None:
    assert repr(Colonies("localhost", 50080)) == "Colonies('localhost', 50080, tls=False)"


def test_every_public_call_is_documented() -> None:
    for name in dir(Colonies):
        if not name.startswith("_") and callable(method := getattr(Colonies, name)):
            assert method.__doc__, name
