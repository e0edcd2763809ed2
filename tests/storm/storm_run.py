"""A storm: kills, pauses, full disks and a bad network, and then a look at the history.

    python tests/storm/storm_run.py --seconds 120 --seed 1

Prints the figures and the violations, and exits with 1 where there are any.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storm_history import FAILED, SUCCESSFUL, Found, History, violations
from storm_notes import events, note
from storm_wire import StormyWire

from pycolonies import Colonies, ColoniesError
from pycolonies.testing import DevServer

HERE = Path(__file__).parent
#: Seconds that an executor may take to stop; its grace period is 3 s.
STOP = 30
#: Seconds that all may take to end when the storm is over.
CALM = 240


@dataclass
class Settings:
    """What happens in a storm.

    Attributes:
        seed: Decides on everything but timing.
        seconds: How long the storm lasts; what is under way ends afterwards.
        submitters: Programs that submit.
        executors: Programs that run functions.
        concurrency: Functions that each runs at the same time.
        fault: Probability that a piece of an answer is lost, late or doubled.
        pause: Longest pause between two blows, in seconds.
        least: Processes that must have been acknowledged before it ends, however slow the machine is.
    """

    seed: int
    seconds: float
    submitters: int = 3
    executors: int = 3
    concurrency: int = 6
    fault: float = 0.01
    pause: float = 0.8
    least: int = 0


class Storm:
    """Programs, and what is done to them.

    Args:
        settings: What happens.
        directory: Where the server's data and the events go.
        external: Environment of a server that is not killed, as a real one; None for one of the storm's own.
    """

    def __init__(self, settings: Settings, directory: Path, external: dict[str, str] | None = None) -> None:
        self._settings = settings
        self._directory = directory
        self._random = random.Random(settings.seed)
        self._external = external
        self.counts: Counter[str] = Counter()
        base = {name: value for name, value in os.environ.items() if not name.startswith("COLONIES_")}
        with DevServer() as server:  # its variables, and a port that is free
            base |= external or server.environment
            port = server.port if external is None else int(external["COLONIES_SERVER_PORT"])
        path = [str(HERE), str(HERE.parent / "integration" / "executor"), os.environ.get("PYTHONPATH", "")]
        self._environment = {
            **base,
            "STORM": str(directory),
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONHASHSEED": "0",
        }
        self._port = port
        self.wire = StormyWire(port, settings.seed)
        self._wired = {**self._environment, "COLONIES_SERVER_PORT": str(self.wire.port)}
        self._server: subprocess.Popen[bytes] | None = None
        self._executors: list[subprocess.Popen[bytes]] = []
        self._log = (directory / "programs.log").open("ab")

    def run(self) -> History:
        """Let the storm rage, wait until all has ended, and return the history."""
        settings = self._settings
        try:
            self._start_server()
            self._executors = [self._start_executor() for _ in range(settings.executors)]
            submitters = [self._start_submitter(number) for number in range(settings.submitters)]
            self.wire.fault = settings.fault
            self._until_acknowledged(1)
            until = time.monotonic() + settings.seconds
            while time.monotonic() < until or (settings.least and self._acknowledged() < settings.least):
                time.sleep(self._random.uniform(0.02, settings.pause))
                self._strike()
            self.wire.fault = 0
            (self._directory / "over").touch()
            for submitter in submitters:
                self._await(submitter, "a submitter", 90)
            self._calm()
            history = self._history()
            for executor in self._executors:
                executor.terminate()
            for executor in self._executors:
                self._await(executor, "an executor", STOP)
            history.events = list(events(self._directory))
            return history
        finally:
            self._end()

    def _acknowledged(self) -> int:
        with contextlib.suppress(FileNotFoundError):
            return sum(1 for event in events(self._directory) if event["kind"] == "acknowledged")
        return 0

    def _until_acknowledged(self, number: int) -> None:
        """Wait until the programs have started: blows before that would hit nothing."""
        until = time.monotonic() + CALM
        while self._acknowledged() < number and time.monotonic() < until:
            time.sleep(0.1)

    def _strike(self) -> None:
        blows = {
            self._kill_server: 4,
            self._kill_executor: 4,
            self._stop_executor: 1,
            self._kill_child: 4,
            self._pause_server: 1,
            self._pause_executor: 1,
            self._fill_disk: 1,
        }
        if self._external is not None:
            for blow in (self._kill_server, self._pause_server, self._fill_disk):
                del blows[blow]
        self._random.choices(list(blows), list(blows.values()))[0]()
        for number, executor in enumerate(self._executors):
            if executor.poll() is not None:
                note(self._directory, "died", what="an executor", code=executor.returncode)
                self._executors[number] = self._start_executor()

    def _server_killed(self) -> None:
        assert self._server is not None
        if self._server.poll() is not None:
            note(self._directory, "died", what="the server", code=self._server.returncode)
        self._server.kill()
        self._server.wait()

    def _kill_server(self) -> None:
        self._server_killed()
        self.counts["servers killed"] += 1
        time.sleep(self._random.choice([0, 0, 0.2, 1.0]))
        self._start_server()

    def _kill_executor(self) -> None:
        number = self._random.randrange(len(self._executors))
        self._executors[number].kill()
        self._executors[number].wait()
        self.counts["executors killed"] += 1
        self._executors[number] = self._start_executor()

    def _stop_executor(self) -> None:
        number = self._random.randrange(len(self._executors))
        self._executors[number].terminate()
        self._await(self._executors[number], "an executor", STOP)
        self.counts["executors stopped"] += 1
        self._executors[number] = self._start_executor()

    def _kill_child(self) -> None:
        children = [child for executor in self._executors for child in children_of(executor.pid)]
        if children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._random.choice(children), signal.SIGKILL)
                self.counts["children killed"] += 1

    def _pause_server(self) -> None:
        assert self._server is not None
        self._stop_for_a_while(self._server, "server")

    def _pause_executor(self) -> None:
        self._stop_for_a_while(self._random.choice(self._executors), "executor")

    def _stop_for_a_while(self, program: subprocess.Popen[bytes], what: str) -> None:
        program.send_signal(signal.SIGSTOP)
        time.sleep(self._random.uniform(0.1, 1.0))
        program.send_signal(signal.SIGCONT)
        self.counts[f"{what} paused"] += 1

    def _fill_disk(self) -> None:
        """Let the server find a full disk for a while: its files may not grow."""
        self._server_killed()
        sizes = [file.stat().st_size for file in (self._directory / "data").glob("*")]
        self._start_server(limit=max(sizes, default=0) + 4096)
        time.sleep(self._random.uniform(0.2, 1.5))
        self._server_killed()
        self.counts["full disks"] += 1
        self._start_server()

    def _start_server(self, limit: int | None = None) -> None:
        if self._external is not None:
            return
        command = [sys.executable, "-m", "pycolonies", "dev", "--port", str(self._port), "--data-dir"]

        def no_more() -> None:
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        self._server = self._start([*command, str(self._directory / "data")], preexec_fn=no_more)
        if limit is None:
            self._until_served(self._server)

    def _until_served(self, server: subprocess.Popen[bytes]) -> None:
        """Wait until the server accepts connections: blows before that would stop all progress."""
        until = time.monotonic() + CALM
        while server.poll() is None and time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            time.sleep(0.02)

    def _start_executor(self) -> subprocess.Popen[bytes]:
        variables = {
            name: value
            for name, value in self._wired.items()
            if name not in ("COLONIES_PRVKEY", "COLONIES_EXECUTOR_NAME")
        }
        return self._start(
            [sys.executable, str(HERE / "storm_executor.py"), str(self._settings.concurrency)], env=variables
        )

    def _start_submitter(self, number: int) -> subprocess.Popen[bytes]:
        variables = self._wired if number % 2 else self._environment
        seed = self._settings.seed * 1000 + number
        return self._start(
            [sys.executable, str(HERE / "storm_submitter.py"), f"s{number}", str(seed)], env=variables
        )

    def _start(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        options = {"env": self._environment, **options}
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, **options
        )

    def _await(self, program: subprocess.Popen[bytes], what: str, seconds: float) -> None:
        try:
            program.wait(seconds)
        except subprocess.TimeoutExpired:
            note(self._directory, "hangs", what=what)
            program.kill()
            program.wait()

    def _client(self) -> Colonies:
        return Colonies(
            "127.0.0.1",
            self._port,
            prvkey=self._environment["COLONIES_PRVKEY"],
            colonyname=self._environment["COLONIES_COLONY_NAME"],
            timeout=60,
        )

    def _calm(self) -> None:
        """Wait until nothing waits or runs."""
        client, until = self._client(), time.monotonic() + CALM
        while time.monotonic() < until:
            with contextlib.suppress(ColoniesError):
                statistics = client.stats()
                if not statistics["waitingprocesses"] and not statistics["runningprocesses"]:
                    return
            time.sleep(0.5)

    def _history(self) -> History:
        client = self._client()
        happened = list(events(self._directory))
        history = History(happened, {})
        ids = {event["processid"]: None for event in happened if "processid" in event}
        for event in happened:
            if event["kind"] == "acknowledged workflow":
                with contextlib.suppress(ColoniesError):  # one that is lost breaks a rule
                    graph = client.get_processgraph(event["graphid"])
                    history.graphs[event["graphid"]] = int(graph.state)
                    ids |= dict.fromkeys(graph.processids)
        for processid in ids:
            with contextlib.suppress(ColoniesError):
                found = client.get_process(processid)
                history.processes[processid] = Found(
                    int(found.state),
                    found.retries,
                    found.output or [],
                    found.spec.funcname,
                    len(found.parents),
                )
        history.submitted = self._submitted()
        return history

    def _submitted(self) -> Counter[str]:
        """Return how many processes there are of each uid, as the server's file has them."""
        found: Counter[str] = Counter()
        with tempfile.TemporaryDirectory() as copied:  # the server has locked its own file
            for file in (self._directory / "data").glob("colonies.db*"):
                shutil.copy(file, copied)
            if not (Path(copied) / "colonies.db").exists():
                return found
            with contextlib.closing(sqlite3.connect(Path(copied) / "colonies.db")) as database:
                for (spec,) in database.execute("SELECT spec FROM processes"):
                    args = json.loads(spec).get("args") or []
                    if args and isinstance(args[0], str):
                        found[args[0]] += 1
        return found

    def _end(self) -> None:
        for program in [*self._executors, *([self._server] if self._server else [])]:
            program.kill()
            program.wait()
        self.wire.close()
        self._log.close()


def children_of(pid: int) -> list[int]:
    """Return the process ids of a process's children."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def figures(storm: Storm, history: History) -> dict[str, Any]:
    """Return what happened in a storm, in numbers."""
    states = Counter(found.state for found in history.processes.values())
    return {
        **storm.counts,
        "answers": storm.wire.counts,
        "acknowledged": sum(1 for _ in history.of("acknowledged")),
        "workflows": len(history.graphs),
        "begun": sum(1 for _ in history.of("begin")),
        "seen": sum(1 for _ in history.of("seen")),
        "successful": states[SUCCESSFUL],
        "failed": states[FAILED],
        "refused": dict(Counter(event["type"] for event in history.of("refused"))),
    }


def main() -> int:
    """Run a storm from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--fault", type=float, default=Settings.fault)
    parser.add_argument(
        "--external", action="store_true", help="use the server that COLONIES_... names; it is not killed"
    )
    options = parser.parse_args()
    external = {name: value for name, value in os.environ.items() if name.startswith("COLONIES_")}
    with tempfile.TemporaryDirectory(prefix="storm-") as directory:
        settings = Settings(options.seed, options.seconds, fault=options.fault)
        storm = Storm(settings, Path(directory), external if options.external else None)
        history = storm.run()
        wrong = violations(history)
        figure = {"seed": options.seed, **figures(storm, history), "violations": len(wrong)}
        print(json.dumps(figure, indent=2))  # noqa: T201 (a report for people)
        for text in wrong[:50]:
            print(text)  # noqa: T201 (a report for people)
        if wrong:
            kept = Path(tempfile.gettempdir(), f"storm-{options.seed}.jsonl")
            kept.write_bytes((Path(directory) / "events.jsonl").read_bytes())
            print(f"events: {kept}")  # noqa: T201 (a report for people)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
