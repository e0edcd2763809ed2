"""What the tests of the executor runtime share: a colony, and executors in it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Colony, Member
from polling import until
from pycolonies import Executor, FuncSpec, Observer, Outcome, Process, func_spec
from pycolonies.testing import DevServer

KIND = "worker"
#: Seconds after which a test gives up; nothing takes that long.
PATIENCE = 90.0


class Bench:
    """A colony, a user in it who submits, and executors that the test makes."""

    def __init__(self, server: DevServer) -> None:
        self.server = server
        self.client = server.client()
        self.colony = Colony(self.client)
        self.user: Member = self.colony.user()
        self._executors: list[Executor] = []

    def executor(self, **settings: Any) -> Executor:
        """An executor that is stopped when the test ends."""
        settings = {
            "client": self.client,
            "colonyname": self.colony.name,
            "colony_prvkey": self.colony.prvkey,
            "check_every": 0.05,
            **settings,
        }
        executor = Executor(KIND, **settings)
        self._executors.append(executor)
        return executor

    def spec(self, funcname: str, *args: Any, maxexectime: int = 600, **kwargs: Any) -> FuncSpec:
        return func_spec(
            funcname, args, self.colony.name, KIND, maxexectime=maxexectime, kwargs=kwargs, maxretries=3
        )

    def submit(self, funcname: str, *args: Any, maxexectime: int = 600, **kwargs: Any) -> Process:
        spec = self.spec(funcname, *args, maxexectime=maxexectime, **kwargs)
        return self.client.submit_func_spec(spec, self.user.prvkey)

    def get(self, process: Process) -> Process:
        return self.client.get_process(process.processid, self.user.prvkey)

    def until_running(self, process: Process) -> None:
        """Waits until an executor has got a process."""
        until(lambda: self.get(process).state == self.client.RUNNING, "the assignment")

    def wait(self, process: Process) -> Process:
        return self.client.wait(process, PATIENCE, self.user.prvkey)

    def outcome(self, funcname: str, *args: Any, **kwargs: Any) -> Process:
        """Submits a call, and waits for its end."""
        return self.wait(self.submit(funcname, *args, **kwargs))

    def log(self, process: Process) -> list[str]:
        found = self.client.get_process_log(self.colony.name, process.processid, 100, 0, self.user.prvkey)
        return [line["message"] for line in found]

    def close(self) -> None:
        for executor in self._executors:
            executor.stop(0)


def ended(pid: int) -> bool:
    """Whether a process has ended, reaped or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except FileNotFoundError:
        return True


def environment(bench: Bench) -> dict[str, str]:
    """The environment of a program that is to be an executor in the colony of a bench."""
    variables = {
        **bench.server.environment,
        "COLONIES_COLONY_NAME": bench.colony.name,
        "COLONIES_COLONY_PRVKEY": bench.colony.prvkey,
    }
    variables.pop("COLONIES_PRVKEY", None)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COLONIES_")}
    return {**kept, **variables}


class Recorder(Observer):
    """Records all events."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []
        self._changed = threading.Condition()

    def _keep(self, *event: Any) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def started(self, about: Any) -> None:
        self._keep("started", about)

    def assigned(self, process: Process) -> None:
        self._keep("assigned", process.processid)

    def began(self, process: Process) -> None:
        self._keep("began", process.processid)

    def ended(self, process: Process, outcome: Outcome, seconds: float) -> None:
        assert seconds >= 0
        self._keep("ended", process.processid, outcome)

    def reported(self, process: Process, outcome: Outcome, seconds: float) -> None:
        assert seconds >= 0
        self._keep("reported", process.processid, outcome)

    def disconnected(self, error: Exception) -> None:
        self._keep("disconnected", type(error).__name__)

    def reconnected(self) -> None:
        self._keep("reconnected")

    def stopped(self) -> None:
        self._keep("stopped")

    def of(self, process: Process) -> list[tuple[Any, ...]]:
        """The events of a process."""
        return [(event[0], *event[2:]) for event in self.events if process.processid in event]

    def until(self, process: Process, *event: Any) -> None:
        """Waits for an event of a process."""
        until(lambda: event in self.of(process), str(event))

    def has(self, name: str) -> bool:
        return any(event[0] == name for event in self.events)


@pytest.fixture
def bench(server: DevServer) -> Iterator[Bench]:
    bench = Bench(server)
    yield bench
    server.faults.clear()
    bench.close()


@pytest.fixture
def own_bench(own_server: DevServer) -> Iterator[Bench]:
    """One with its own server, whose clock may be moved and which may be stopped."""
    bench = Bench(own_server)
    yield bench
    bench.close()
