"""The programs of a storm: a server, executors and submitters, each in a separate process."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storm_notes import note

from pycolonies.testing import DevServer

if TYPE_CHECKING:
    from storm_settings import Settings

HERE = Path(__file__).parent
#: Seconds that an executor may take to stop; its grace period is 3 s.
STOP = 30
#: Seconds that everything may take to end when the storm is over.
CALM = 240

Program = subprocess.Popen[bytes]


class Programs:
    """Starts and stops the programs of a storm.

    Args:
        settings: What happens.
        directory: Where the server's data, the events and the output of the programs go.
        external: Variables of a server that is not the storm's own; None for one of the storm's own.

    Attributes:
        environment: Variables that point a client at the server itself.
        wired: Variables that point a client at the proxy before it.
        port: The server's port.
        server: The storm's own server.
        executors: The running executors.
        submitters: The running submitters.
    """

    def __init__(self, settings: Settings, directory: Path, external: dict[str, str] | None) -> None:
        self._settings = settings
        self._directory = directory
        self._is_external = external is not None
        variables = _own_server(directory) if external is None else external
        self.port = int(variables["COLONIES_SERVER_PORT"])
        base = {name: value for name, value in os.environ.items() if not name.startswith("COLONIES_")}
        path = [str(HERE), str(HERE.parent / "helpers"), os.environ.get("PYTHONPATH", "")]
        self.environment = {
            **base,
            **variables,
            "STORM": str(directory),
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONHASHSEED": "0",
        }
        self.wired: dict[str, str] = dict(self.environment)
        self.server: Program | None = None
        self.executors: list[Program] = []
        self.submitters: list[Program] = []
        self._log = (directory / "programs.log").open("ab")

    def start_all(self, wire: int) -> None:
        """Start the server, and executors and submitters; some of these reach it through port `wire`."""
        self.wired["COLONIES_SERVER_PORT"] = str(wire)
        self.start_server()
        self.executors = [self._new_executor() for _ in range(self._settings.executors)]
        self.submitters = [self._new_submitter(number) for number in range(self._settings.submitters)]

    def start_server(self, limit: int | None = None) -> None:
        """Start the storm's own server. With a limit its files may not grow beyond so many bytes."""
        if self._is_external:
            return
        command = [sys.executable, "-m", "pycolonies", "dev", "--port", str(self.port), "--data-dir"]

        def limit_files() -> None:
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        data = str(self._directory / "data")
        self.server = self._start([*command, data], self.environment, preexec_fn=limit_files)
        if limit is None:
            self._until_served(self.server)

    def kill_server(self) -> None:
        """Kill the server. The storm's own stays dead until it is started."""
        if self._is_external:
            subprocess.run(
                self._settings.kill_server, shell=True, check=True, stdout=self._log, stderr=self._log
            )
            return
        assert self.server is not None
        if self.server.poll() is not None:
            note(self._directory, "died", what="the server", code=self.server.returncode)
        self.server.kill()
        self.server.wait()

    def restart_executor(self, number: int) -> None:
        """Start an executor anew after the one with this number has ended."""
        self.executors[number] = self._new_executor()

    def replace_dead(self) -> None:
        """Note executors that died by themselves, and start others."""
        for number, executor in enumerate(self.executors):
            if executor.poll() is not None:
                note(self._directory, "died", what="an executor", code=executor.returncode)
                self.restart_executor(number)

    def wait_for(self, program: Program, what: str, seconds: float) -> None:
        """Wait until a program has ended; note that it hangs, and kill it, if it has not ended in time."""
        try:
            program.wait(seconds)
        except subprocess.TimeoutExpired:
            note(self._directory, "hangs", what=what)
            program.kill()
            program.wait()

    def stop_executors(self) -> None:
        """End all executors as a service manager does."""
        for executor in self.executors:
            executor.terminate()
        for executor in self.executors:
            self.wait_for(executor, "an executor", STOP)

    def kill_all(self) -> None:
        """Kill what is still running."""
        for program in [*self.submitters, *self.executors, *([self.server] if self.server else [])]:
            program.kill()
            program.wait()
        self._log.close()

    def _new_executor(self) -> Program:
        variables = {
            name: value
            for name, value in self.wired.items()
            if name not in ("COLONIES_PRVKEY", "COLONIES_EXECUTOR_NAME")
        }
        return self._start(
            [sys.executable, str(HERE / "storm_executor.py"), str(self._settings.concurrency)], variables
        )

    def _new_submitter(self, number: int) -> Program:
        settings = self._settings
        numbers = [settings.seed * 1000 + number, settings.harm, settings.backlog]
        return self._start(
            [sys.executable, str(HERE / "storm_submitter.py"), f"s{number}", *map(str, numbers)],
            self.wired if number % 2 else self.environment,
        )

    def _start(self, command: list[str], variables: dict[str, str], **options: Any) -> Program:
        return subprocess.Popen(
            command, env=variables, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, **options
        )

    def _until_served(self, server: Program) -> None:
        """Wait until the server accepts connections: blows before that would stop all progress."""
        until = time.monotonic() + CALM
        while server.poll() is None and time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)


def _own_server(directory: Path) -> dict[str, str]:
    """Make the data directory of a server with random keys, and return its variables.

    Another server that takes the port while this one is down knows other keys, so it accepts nothing.
    """
    with DevServer(data_dir=directory / "data", random_keys=True) as server:
        return server.environment
