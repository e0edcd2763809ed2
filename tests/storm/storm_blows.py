"""What is done to the programs of a storm."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from storm_programs import STOP, Program, Programs


class Blows:
    """Strikes programs, one at a time.

    Args:
        programs: The programs.
        data: The data directory of the storm's own server.
        rnd: Decides what happens.
        spared: What is not done to the server.

    Attributes:
        counts: How often each thing was done.
    """

    def __init__(self, programs: Programs, data: Path, rnd: random.Random, spared: set[str]) -> None:
        self._programs = programs
        self._data = data
        self._random = rnd
        self.counts: Counter[str] = Counter()
        weights: dict[Callable[[], None], int] = {
            self.kill_server: 4,
            self.kill_executor: 4,
            self.stop_executor: 1,
            self.kill_child: 6,
            self.pause_server: 1,
            self.pause_executor: 1,
            self.fill_disk: 1,
        }
        self._weights = {blow: weight for blow, weight in weights.items() if blow.__name__ not in spared}

    def strike(self) -> None:
        """Do one thing at random."""
        self._random.choices(list(self._weights), list(self._weights.values()))[0]()
        self._programs.replace_dead()

    def kill_server(self) -> None:
        """Kill the server, and start it again after a while."""
        self._programs.kill_server()
        self.counts["servers killed"] += 1
        time.sleep(self._random.choice([0, 0, 0.2, 1.0]))
        self._programs.start_server()

    def kill_executor(self) -> None:
        """Kill an executor, and start another one."""
        number = self._random.randrange(len(self._programs.executors))
        self._programs.executors[number].kill()
        self._programs.executors[number].wait()
        self.counts["executors killed"] += 1
        self._programs.restart_executor(number)

    def stop_executor(self) -> None:
        """End an executor as a service manager does, and start another one."""
        number = self._random.randrange(len(self._programs.executors))
        self._programs.executors[number].terminate()
        self._programs.wait_for(self._programs.executors[number], "an executor", STOP)
        self.counts["executors stopped"] += 1
        self._programs.restart_executor(number)

    def kill_child(self) -> None:
        """Kill a child process of an executor."""
        children = [child for executor in self._programs.executors for child in children_of(executor.pid)]
        if children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._random.choice(children), signal.SIGKILL)
                self.counts["children killed"] += 1

    def pause_server(self) -> None:
        """Stop the server for a moment, and let it go on."""
        assert self._programs.server is not None
        self._stop_for_a_while(self._programs.server, "server")

    def pause_executor(self) -> None:
        """Stop an executor for a moment, and let it go on."""
        self._stop_for_a_while(self._random.choice(self._programs.executors), "executor")

    def fill_disk(self) -> None:
        """Let the server find a full disk for a while: its files may not grow."""
        self._programs.kill_server()
        sizes = [file.stat().st_size for file in self._data.glob("*")]
        self._programs.start_server(limit=max(sizes, default=0) + 4096)
        time.sleep(self._random.uniform(0.2, 1.5))
        self._programs.kill_server()
        self.counts["full disks"] += 1
        self._programs.start_server()

    def _stop_for_a_while(self, program: Program, what: str) -> None:
        program.send_signal(signal.SIGSTOP)
        time.sleep(self._random.uniform(0.1, 1.0))
        program.send_signal(signal.SIGCONT)
        self.counts[f"{what} paused"] += 1


def children_of(pid: int) -> list[int]:
    """Return the process ids of a process's children."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found
