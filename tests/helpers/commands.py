"""The command as users run it: piped, and in a terminal."""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pexpect
import pexpect.fdpexpect
import pyte
import pytest

from pycolonies.testing import DevServer

if TYPE_CHECKING:
    from conftest import Colony, Member

PYCOLONIES = [sys.executable, "-m", "pycolonies.cli"]
#: Seconds until a command that does not end is a failure.
PATIENCE = 60


class Done(NamedTuple):
    """What a command wrote, and its exit code."""

    stdout: str
    stderr: str
    code: int


class Running:
    """A command that runs.

    Args:
        answer: The descriptor from which its id and its exit code are read.
        stdout: What it writes, where that is a pipe.
    """

    def __init__(self, answer: int, stdout: Any = None) -> None:
        self.stdout = stdout
        self.code: int | None = None
        self._answer = os.fdopen(answer, "rb", buffering=0)
        self._pid = self._told()

    def wait(self, seconds: float = PATIENCE) -> int:
        """Return its exit code once it has ended."""
        if self.code is None:
            self.code = self._told(seconds)
            self._answer.close()
        return self.code

    def signal(self, number: int) -> None:
        """Send a signal to it."""
        os.kill(self._pid, number)

    def kill(self) -> None:
        """End it, if it has not ended."""
        if self.code is None:
            os.kill(self._pid, signal.SIGKILL)
            self.wait()
        if self.stdout is not None:
            self.stdout.close()

    def _told(self, seconds: float = PATIENCE) -> int:
        readable, _, _ = select.select([self._answer], [], [], seconds)
        assert readable, "the command does not end"
        return int(self._answer.readline())


class Child(pexpect.fdpexpect.fdspawn):  # type: ignore[misc] # untyped
    """A command in a terminal, for pexpect.

    Args:
        master: Our end of the terminal.
        command: The command.
    """

    def __init__(self, master: int, command: Running) -> None:
        super().__init__(master, encoding="utf-8", timeout=PATIENCE)
        self._command = command

    def sendintr(self) -> None:
        """Press Ctrl-C."""
        self.send("\x03")

    def kill(self, number: int) -> None:
        """Send a signal."""
        self._command.signal(number)

    def close(self, force: bool = False) -> None:
        """Wait for its end, or end it."""
        if force:
            self._command.kill()
        self.exitstatus = self._command.wait()
        super().close()


class Terminal:
    """A command in its own terminal.

    Args:
        child: The command.
        columns: Width of the terminal.
        lines: Its height.
    """

    def __init__(self, child: Any, columns: int, lines: int) -> None:
        self.child = child
        #: All that was written, with all escape sequences.
        self.written = ""
        self._screen = pyte.HistoryScreen(columns, lines, history=1000)
        self._stream = pyte.Stream(self._screen)

    def raw(self) -> str:
        """Read until the command has ended; return what it wrote, with all escape sequences."""
        written = ""
        try:
            while True:
                written += self.child.read_nonblocking(4096, timeout=PATIENCE)
        except pexpect.EOF:
            self.child.close()
        return written

    @property
    def lines(self) -> list[str]:
        """What stands on the screen now."""
        return [line.rstrip() for line in self._screen.display]

    def until(self, text: str) -> list[str]:
        """Read until a text stands on the screen; return all that stands there."""
        while not any(text in line for line in self.lines):
            self._read()
        return self.lines

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        self._screen.resize(lines, columns)
        self._screen.reset()
        fcntl.ioctl(self.child.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def until_last_line(self, text: str) -> list[str]:
        """Read until a text stands in the last line of the screen; return all that stands there."""
        while text not in self.lines[-1]:
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
        text = self.child.read_nonblocking(4096, timeout=PATIENCE)
        self.written += text
        self._stream.feed(text)


class Commands:
    """Runs `pycolonies` as a member of a colony, by a process that is warm already (`warm.py`).

    Args:
        variables: The environment's variables of Colonies.
    """

    def __init__(self, variables: dict[str, str]) -> None:
        # The terminal says how large it is; the one that runs the tests may have exported another size.
        rest = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("COLONIES_") and name not in {"COLUMNS", "LINES"}
        }
        self.environment = {**rest, "TZ": "Europe/Stockholm", "NO_COLOR": "1", **variables}

    def piped(
        self, *arguments: str, code: int | None = 0, typed: str = "", variables: Mapping[str, str] = {}
    ) -> Done:
        """Run a command with its output piped; its exit code must be the expected one, None for any."""
        with (
            tempfile.TemporaryFile() as stdin,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            stdin.write(typed.encode())
            stdin.seek(0)
            ended = self._begin(arguments, [stdin.fileno(), out.fileno(), err.fileno()], variables).wait()
            out.seek(0)
            err.seek(0)
            done = Done(out.read().decode(), err.read().decode(), ended)
        assert code in (done.code, None), done
        return done

    def json(self, *arguments: str, variables: Mapping[str, str] = {}) -> Any:
        """Run a command with ``--json``; return what it printed."""
        return json.loads(self.piped(*arguments, "--json", variables=variables).stdout)

    @contextmanager
    def running(self, *arguments: str, variables: Mapping[str, str] = {}) -> Iterator[Running]:
        """Run a command with its output piped, while something else happens."""
        ours, theirs = os.pipe()
        with open(os.devnull, "r+b") as nothing:  # noqa: PTH123 (a device, not a path)
            command = self._begin(arguments, [nothing.fileno(), theirs, nothing.fileno()], variables)
        os.close(theirs)
        command.stdout = os.fdopen(ours, encoding="utf-8", buffering=1)
        try:
            yield command
        finally:
            command.kill()

    @staticmethod
    def line_within(command: Running, seconds: float) -> str:
        """Return the next line that a command writes, or nothing if none comes in that time."""
        readable, _, _ = select.select([command.stdout], [], [], seconds)
        line: str = command.stdout.readline() if readable else ""
        return line

    @contextmanager
    def terminal(
        self,
        *arguments: str,
        columns: int = 160,
        lines: int = 60,
        variables: Mapping[str, str] = {},
    ) -> Iterator[Terminal]:
        """Run a command in a terminal."""
        master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        variables = {"TERM": "xterm-256color", **variables}
        child = Child(master, self._begin(arguments, [slave, slave, slave], variables, terminal=True))
        os.close(slave)
        try:
            yield Terminal(child, columns, lines)
        finally:
            child.close(force=True)

    @contextmanager
    def program(
        self, program: str, *arguments: str, columns: int = 160, variables: Mapping[str, str] = {}
    ) -> Iterator[Terminal]:
        """Run any program in a terminal."""
        child = pexpect.spawn(
            program,
            list(arguments),
            env={**self.environment, "TERM": "xterm-256color", **variables},
            dimensions=(60, columns),
            encoding="utf-8",
            timeout=PATIENCE,
        )
        try:
            yield Terminal(child, columns, 60)
        finally:
            child.close(force=True)

    def drawn(
        self, *arguments: str, code: int = 0, columns: int = 160, variables: Mapping[str, str] = {}
    ) -> list[str]:
        """Run a command in a terminal until it ends; return the lines that it wrote."""
        with self.terminal(*arguments, columns=columns, variables=variables) as terminal:
            lines = terminal.end()
            assert terminal.child.exitstatus == code, lines
            return lines

    def _begin(
        self,
        arguments: tuple[str, ...],
        streams: list[int],
        variables: Mapping[str, str],
        *,
        terminal: bool = False,
    ) -> Running:
        request = {
            "arguments": arguments,
            "variables": {**self.environment, **variables},
            "folder": str(Path.cwd()),
            "terminal": terminal,
        }
        ours, theirs = os.pipe()
        socket.send_fds(_warm(), [json.dumps(request).encode()], [*streams, theirs])
        os.close(theirs)
        return Running(ours)


@cache
def _warm() -> socket.socket:
    """Start the process that forks for commands; it ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    program = [sys.executable, str(Path(__file__).with_name("warm.py")), str(theirs.fileno())]
    process = subprocess.Popen(program, pass_fds=[theirs.fileno()])
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


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
