"""A storm: kills, pauses, full disks, a bad network and hostile servers. Then the history is checked.

    python tests/storm/storm_run.py --seconds 120 --seed 1

Prints the figures and the violations, and exits with 1 if there are any.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "helpers"))  # pytest adds it by itself

from storm_blows import Blows
from storm_history import FAILED, SUCCESSFUL, History, violations
from storm_notes import events
from storm_outcome import history_of
from storm_programs import CALM, Programs
from storm_settings import Settings
from storm_wire import StormyWire

from pycolonies import Colonies, ColoniesError


class Storm:
    """Programs, and what is done to them.

    Args:
        settings: What happens.
        directory: Where the server's data and the events go.
        external: Variables of a server that is not the storm's own, as a real one; None to start one.
    """

    def __init__(self, settings: Settings, directory: Path, external: dict[str, str] | None = None) -> None:
        self._settings = settings
        self._directory = directory
        self._random = random.Random(settings.seed)
        self._programs = Programs(settings, directory, external)
        self.wire = StormyWire(self._programs.port, settings.seed)
        spared = set() if external is None else {"pause_server", "fill_disk"}
        if external is not None and not settings.kill_server:
            spared.add("kill_server")
        self._blows = Blows(self._programs, directory / "data", self._random, spared)

    @property
    def counts(self) -> Counter[str]:
        """How often each thing was done."""
        return self._blows.counts

    def run(self) -> History:
        """Let the storm rage, wait until everything has ended, and return the history."""
        try:
            self._programs.start_all(self.wire.port)
            self.wire.fault, self.wire.hostile = self._settings.fault, self._settings.hostile
            self._rage()
            self.wire.fault = self.wire.hostile = 0
            (self._directory / "over").touch()
            for submitter in self._programs.submitters:
                self._programs.wait_for(submitter, "a submitter", 90)
            client = self._client()
            self._until_calm(client)
            history = history_of(client, list(events(self._directory)), self._directory / "data")
            self._programs.stop_executors()
            history.events = list(events(self._directory))
            return history
        finally:
            self._programs.kill_all()
            self.wire.close()

    def _rage(self) -> None:
        settings = self._settings
        self._until_acknowledged(1)  # blows before the programs have started would hit nothing
        until = time.monotonic() + settings.seconds
        while time.monotonic() < until or (settings.least and self._acknowledged() < settings.least):
            time.sleep(self._random.uniform(0.02, settings.pause))
            self._blows.strike()

    def _acknowledged(self) -> int:
        with contextlib.suppress(FileNotFoundError):
            return sum(1 for event in events(self._directory) if event["kind"] == "acknowledged")
        return 0

    def _until_acknowledged(self, number: int) -> None:
        until = time.monotonic() + CALM
        while self._acknowledged() < number and time.monotonic() < until:
            time.sleep(0.1)

    def _client(self) -> Colonies:
        variables = self._programs.environment
        return Colonies(
            "127.0.0.1",
            self._programs.port,
            prvkey=variables["COLONIES_PRVKEY"],
            colonyname=variables["COLONIES_COLONY_NAME"],
            timeout=60,
        )

    def _until_calm(self, client: Colonies) -> None:
        """Wait until nothing waits or runs."""
        until = time.monotonic() + CALM
        while time.monotonic() < until:
            with contextlib.suppress(ColoniesError):
                statistics = client.stats()
                if not statistics["waitingprocesses"] and not statistics["runningprocesses"]:
                    return
            time.sleep(0.5)


def figures(storm: Storm, history: History) -> dict[str, Any]:
    """Return what happened in a storm, in numbers."""
    states = Counter(found.state for found in history.processes.values())
    return {
        **storm.counts,
        "kills": sum(count for name, count in storm.counts.items() if name.endswith("killed")),
        "answers": dict(storm.wire.counts),
        "acknowledged": sum(1 for _ in history.of("acknowledged")),
        "workflows": len(history.graphs),
        "processes": len(history.processes),
        "begun": sum(1 for _ in history.of("begin")),
        "seen": sum(1 for _ in history.of("seen")),
        "successful": states[SUCCESSFUL],
        "failed": states[FAILED],
        "refused": dict(Counter(event["type"] for event in history.of("refused"))),
    }


def _settings() -> tuple[Settings, bool]:
    parser = argparse.ArgumentParser(description=__doc__)
    defaults: dict[str, Any] = {"seed": int(time.time()), "seconds": 120.0}
    for item in fields(Settings):
        default = defaults.get(item.name, item.default)
        parser.add_argument(f"--{item.name.replace('_', '-')}", type=type(default), default=default)
    parser.add_argument("--external", action="store_true", help="use the server that COLONIES_... names")
    options = vars(parser.parse_args())
    return Settings(**{item.name: options[item.name] for item in fields(Settings)}), options["external"]


def main() -> int:
    """Run a storm from the command line."""
    settings, is_external = _settings()
    external = {name: value for name, value in os.environ.items() if name.startswith("COLONIES_")}
    directory = Path(tempfile.mkdtemp(prefix=f"storm-{settings.seed}-"))
    storm = Storm(settings, directory, external if is_external else None)
    began = time.monotonic()
    history = storm.run()
    wrong = violations(history)
    seconds = round(time.monotonic() - began)
    figure = {"seed": settings.seed, "seconds": seconds, **figures(storm, history), "violations": len(wrong)}
    print(json.dumps(figure, indent=2))  # noqa: T201 (a report for people)
    for text in wrong[:50]:
        print(text)  # noqa: T201 (a report for people)
    if wrong:
        print(f"events and data: {directory}")  # noqa: T201 (a report for people)
    else:
        shutil.rmtree(directory)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
