"""Try an installed pycolonies: keys, a server, an executor, the command. Every wheel must pass."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

import pycolonies
from pycolonies import Crypto, Executor
from pycolonies.testing import COLONY_NAME, COLONY_PRVKEY, EXECUTOR_PRVKEY, DevServer

#: A key and its id, computed by the cryptolib of pycolonies 1.x.
PRVKEY = "1".zfill(64)
IDENTITY = "2036f5bc759cfb3589fb4e2342bc9b3c843c5ef27dc8ded538de328a7567089b"


def add(*numbers: int) -> int:
    """Return the sum of numbers."""
    return sum(numbers)


def check_keys() -> None:
    """Check that the native module derives the id that every other client derives."""
    if Crypto().id(PRVKEY) != IDENTITY:
        raise SystemExit("the id of a known key is wrong")


def check_call() -> None:
    """Start a server and an executor, and call a function through them."""
    with DevServer() as server:
        owner = server.client(prvkey=COLONY_PRVKEY, colonyname=COLONY_NAME)
        executor = Executor("adder", client=owner, colonyname=COLONY_NAME, colony_prvkey=COLONY_PRVKEY)
        executor.function(add)
        with executor:
            client = server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)
            handle = client.submit("add", args=[1, 2, 3], executortype="adder", maxexectime=30)
            if handle.result(timeout=30) != sum([1, 2, 3]):
                raise SystemExit("the executor returned a wrong sum")


def check_command() -> None:
    """Check that the command is installed and starts."""
    command = Path(sysconfig.get_path("scripts")) / "pycolonies"
    shown = subprocess.run([command, "version"], capture_output=True, text=True, check=True, timeout=60)
    if pycolonies.__version__ not in shown.stdout:
        raise SystemExit(f"the command shows another version: {shown.stdout!r}")


if __name__ == "__main__":
    if version("pycolonies") != pycolonies.__version__:
        raise SystemExit(f"metadata says {version('pycolonies')}, the package {pycolonies.__version__}")
    check_keys()
    check_call()
    check_command()
    print(f"pycolonies {pycolonies.__version__} works on Python {sys.version.split()[0]}")
