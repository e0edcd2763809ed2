"""The command as users run it: piped, and in a terminal."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pexpect
import pyte
import pytest

from pycolonies.testing import DevServer

if TYPE_CHECKING:
    from conftest import Colony, Member

PYCOLONIES = [sys.executable, "-m", "pycolonies.cli"]
#: Seconds until a command that does not end is a failure.
PATIENCE = 20


class Done(NamedTuple):
    """What a command wrote, and its exit code."""

    stdout: str
    stderr: str
    code: int


class Terminal:
    """A command in a terminal of its own.

    Args:
        child: The command.
        columns: Width of the terminal.
        lines: Its height.
    """

    def __init__(self, child: Any, columns: int, lines: int) -> None:
        self.child = child
        self._screen = pyte.HistoryScreen(columns, lines, history=1000)
        self._stream = pyte.Stream(self._screen)

    @property
    def lines(self) -> list[str]:
        """What stands on the screen now."""
        return [line.rstrip() for line in self._screen.display]

    def until(self, text: str) -> list[str]:
        """Read until a text stands on the screen; return all that stands there."""
        while not any(text in line for line in self.lines):
            self._read()
        return self.lines

    def end(self) -> list[str]:
        """Read until the command has ended; return what it wrote, without the empty rest of the screen."""
        try:
            while True:
                self._read()
        except pexpect.EOF:
            self.child.close()
        return "\n".join(self.lines).rstrip().split("\n")

    def _read(self) -> None:
        self._stream.feed(self.child.read_nonblocking(4096, timeout=PATIENCE))


class Commands:
    """Runs `pycolonies` as a member of a colony.

    Args:
        variables: The environment's variables of Colonies.
    """

    def __init__(self, variables: dict[str, str]) -> None:
        rest = {name: value for name, value in os.environ.items() if not name.startswith("COLONIES_")}
        self.environment = {**rest, "TZ": "Europe/Stockholm", "NO_COLOR": "1", **variables}

    def piped(
        self, *arguments: str, code: int = 0, typed: str = "", variables: Mapping[str, str] = {}
    ) -> Done:
        """Run a command with its output piped; its exit code has to be the expected one."""
        ended = subprocess.run(
            [*PYCOLONIES, *arguments],
            capture_output=True,
            text=True,
            input=typed,
            env={**self.environment, **variables},
            timeout=PATIENCE,
            check=False,
        )
        assert ended.returncode == code, ended
        return Done(ended.stdout, ended.stderr, ended.returncode)

    def json(self, *arguments: str, variables: Mapping[str, str] = {}) -> Any:
        """Run a command with ``--json``; return what it printed."""
        return json.loads(self.piped(*arguments, "--json", variables=variables).stdout)

    @contextmanager
    def program(
        self,
        program: str,
        *arguments: str,
        columns: int = 160,
        lines: int = 60,
        variables: Mapping[str, str] = {},
    ) -> Iterator[Terminal]:
        """Run any program in a terminal."""
        child = pexpect.spawn(
            program,
            list(arguments),
            env={**self.environment, "TERM": "xterm-256color", **variables},
            dimensions=(lines, columns),
            encoding="utf-8",
            timeout=PATIENCE,
        )
        try:
            yield Terminal(child, columns, lines)
        finally:
            child.close(force=True)

    @contextmanager
    def terminal(
        self, *arguments: str, columns: int = 160, lines: int = 60, variables: Mapping[str, str] = {}
    ) -> Iterator[Terminal]:
        """Run a command in a terminal."""
        command = [*PYCOLONIES, *arguments]
        with self.program(*command, columns=columns, lines=lines, variables=variables) as terminal:
            yield terminal

    @contextmanager
    def running(self, *arguments: str, variables: Mapping[str, str] = {}) -> Iterator[subprocess.Popen[str]]:
        """Run a command with its output piped, while something else happens."""
        command = subprocess.Popen(
            [*PYCOLONIES, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**self.environment, **variables},
        )
        try:
            yield command
        finally:
            command.kill()
            command.communicate()

    @staticmethod
    def line_within(command: subprocess.Popen[str], seconds: float) -> str:
        """Return the next line that a command writes, or nothing if none comes in that time."""
        assert command.stdout is not None
        readable, _, _ = select.select([command.stdout], [], [], seconds)
        return command.stdout.readline() if readable else ""

    def drawn(
        self, *arguments: str, code: int = 0, columns: int = 160, variables: Mapping[str, str] = {}
    ) -> list[str]:
        """Run a command in a terminal until it ends; return the lines that it wrote."""
        with self.terminal(*arguments, columns=columns, variables=variables) as terminal:
            lines = terminal.end()
            assert terminal.child.exitstatus == code, lines
            return lines


@pytest.fixture
def variables(server: DevServer, colony: Colony, executor: Member) -> dict[str, str]:
    """The variables of an approved executor of the type `echo`."""
    return {
        "COLONIES_SERVER_HOST": server.host,
        "COLONIES_SERVER_PORT": str(server.port),
        "COLONIES_TLS": "false",
        "COLONIES_SERVER_PRVKEY": server.environment["COLONIES_SERVER_PRVKEY"],
        "COLONIES_COLONY_NAME": colony.name,
        "COLONIES_COLONY_PRVKEY": colony.prvkey,
        "COLONIES_EXECUTOR_NAME": executor.name,
        "COLONIES_PRVKEY": executor.prvkey,
    }


@pytest.fixture
def cli(variables: dict[str, str]) -> Commands:
    return Commands(variables)
