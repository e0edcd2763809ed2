"""The command `pycolonies dev` as its own process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from programs import end
from pycolonies import Colonies
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY

PYCOLONIES = [sys.executable, "-m", "pycolonies.cli"]


@contextmanager
def dev(
    *options: str, within: tuple[str, ...] = ()
) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Runs `pycolonies dev`, by another command if need be; yields the process and what it printed."""
    command = subprocess.Popen(
        [*within, *PYCOLONIES, "dev", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert command.stdout is not None
        variables = {}
        last = "AWS_S3_SKIPVERIFY" if "--s3" in options else "COLONIES_PRVKEY"
        while last not in variables:
            line = command.stdout.readline()
            assert line.startswith("export "), line
            name, _, value = line.removeprefix("export ").strip().partition("=")
            variables[name] = value
        yield command, variables
    finally:
        end(command)


def executor_of(variables: dict[str, str]) -> Colonies:
    """A client of that server, which acts as its executor."""
    return Colonies(
        variables["COLONIES_SERVER_HOST"],
        int(variables["COLONIES_SERVER_PORT"]),
        prvkey=EXECUTOR_PRVKEY,
        colonyname=COLONY_NAME,
    )
