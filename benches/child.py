"""A process at the other end of two pipes: a line of JSON in, a line of JSON out."""

from __future__ import annotations

import json
import os
import select
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, final

HERE = Path(__file__).resolve().parent
#: Seconds that an answer may take: 1.0.25 waits without end for a server that hangs.
PATIENCE = 60
#: Seconds that a process may take to end once its input has ended.
GOODBYE = 10


class ChildError(Exception):
    """A process failed, or gave no answer."""


def environment() -> dict[str, str]:
    """Return the variables without those that would make one side load or reach something else."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "COLONIES_")) and not name.lower().endswith("_proxy")
    }


@final
class Child:
    """A script of this folder that runs under the interpreter of one environment, or a program."""

    def __init__(self, python: Path, script: str, *arguments: str) -> None:
        self.script = script
        self.process = subprocess.Popen(
            [python, *([HERE / script] if script.endswith(".py") else [script]), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )

    def hear(self) -> dict[str, Any]:
        """Return the next line. There is never a second one, so nothing hides in the buffer."""
        output = self.process.stdout
        assert output is not None
        if not select.select([output], [], [], PATIENCE)[0]:
            raise ChildError(f"{self.script}: no answer in {PATIENCE} s")
        line = output.readline()
        if not line:
            raise ChildError(f"{self.script}: ended without an answer")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise ChildError(f"{self.script}: {reply['error']}")
        return reply

    def say(self, line: str) -> dict[str, Any]:
        """Write a line that is no JSON, for programs that know none; return the answer."""
        entry = self.process.stdin
        assert entry is not None
        entry.write(f"{line}\n")
        entry.flush()
        return self.hear()

    def ask(self, do: str, **arguments: object) -> dict[str, Any]:
        return self.say(json.dumps({"do": do, **arguments}))

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.process.communicate(timeout=GOODBYE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
