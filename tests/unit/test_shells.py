"""Variables in the syntax of shells."""

from __future__ import annotations

import io
import json
import shutil
import subprocess

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from pycolonies.cli._shells import SHELLS, exports

VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=("Cs", "Cc")))


@given(VALUES)
def test_json_and_dotenv_carry_every_value(value: str) -> None:
    assert json.loads(exports({"NAME": value}, "json")) == {"NAME": value}
    assert dotenv_values(stream=io.StringIO(exports({"NAME": value}, "dotenv")), interpolate=False) == {
        "NAME": value
    }


@pytest.mark.parametrize(
    "value", ["plain", "two words", "it's", '"quoted"', "$HOME", "`id`", "back\\slash", ""]
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_reads_the_value_that_was_written(shell: str, value: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = exports({"NAME": value}, shell) + '\nprintf "%s" "$NAME"'
    done = subprocess.run([shell, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == value


def test_powershell_doubles_single_quotes() -> None:
    assert exports({"NAME": "it's $HOME"}, "powershell") == "$env:NAME = 'it''s $HOME'"


def test_every_shell_that_is_offered_is_written() -> None:
    for shell in SHELLS:
        assert "NAME" in exports({"NAME": "value"}, shell)
