"""Programs that a test starts."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

#: Starts a program, with the arguments of `subprocess.Popen`.
Programs = Callable[..., "subprocess.Popen[Any]"]


@pytest.fixture
def programs() -> Iterator[Programs]:
    """Starts programs that end with the test, also when it fails.

    A program that is left over warns when its object is collected as garbage, and any later test fails then.
    """
    with ExitStack() as stack:

        def start(*args: Any, **options: Any) -> subprocess.Popen[Any]:
            process = subprocess.Popen(*args, **options)
            stack.callback(end, process)
            return process

        yield start


def end(process: subprocess.Popen[Any]) -> None:
    """End a program, and close what is read from it."""
    process.kill()
    with process:
        pass
