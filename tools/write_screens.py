"""Write ``docs/screens``, pictures of commands in a terminal: run ``make screens``.

The commands run in a pseudo-terminal, against a development server with some processes. Times and ids differ
from run to run, so the pictures are only written anew when they should look different.
"""

from __future__ import annotations

import io
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import pexpect
import pyte
from rich.console import Console
from rich.text import Text

from pycolonies import Colonies, Executor, Workflow, func_spec
from pycolonies.testing import DevServer

TARGET = Path(__file__).parents[1] / "docs" / "screens"
COLUMNS, ROWS = 100, 26
PROGRAM = [sys.executable, "-m", "pycolonies.cli"]
#: Names of colors in pyte and in rich.
_COLORS = {"brown": "yellow", "brightbrown": "bright_yellow", "default": ""}

#: The pictures: a command line each, and the keys that are pressed.
SCREENS: dict[str, tuple[str, str]] = {
    "help": ("pycolonies --help", ""),
    "process-help": ("pycolonies process ps --help", ""),
    "process-ps": ("pycolonies process psw", ""),
    "process-get": ("pycolonies process get {failed}", ""),
    "process-top": ("pycolonies process top", "\x1b[B\x1b[B"),
    "process-top-cancel": ("pycolonies process top", "\x1b[B\x1b[B\x1b[B\x1b[Bc"),
    "workflow-get": ("pycolonies workflow get {workflow}", ""),
    "executor-ls": ("pycolonies executor ls", ""),
    "executor-top": ("pycolonies executor top", ""),
    "ambiguous-id": ("pycolonies process get {prefix}", ""),
    "function-exec": (
        "pycolonies function exec --func square --targettype calculator --args-json [7] --out",
        "",
    ),
}


def write() -> None:
    """Write all pictures."""
    TARGET.mkdir(exist_ok=True)
    with DevServer() as server:
        names = _names(_fill(server))
        for name, (line, keys) in SCREENS.items():
            screen = _run(line.format(**names), keys, server.environment)
            _picture(name, line.format(**names), screen)


def _fill(server: DevServer) -> Colonies:
    """Submit processes, and run some of them."""
    variables = server.environment
    client = Colonies(
        server.host,
        server.port,
        prvkey=variables["COLONIES_PRVKEY"],
        colonyname=variables["COLONIES_COLONY_NAME"],
    )
    key = variables["COLONIES_COLONY_PRVKEY"]
    colony = variables["COLONIES_COLONY_NAME"]
    executor = Executor("math", executorname="math-1", colonyname=colony, colony_prvkey=key, client=client)

    @executor.function
    def square(x: int) -> int:
        return x * x

    # Has time for the call of a picture, while the other executor trains.
    idle = Executor("calculator", executorname="calc-1", colonyname=colony, colony_prvkey=key, client=client)
    idle.function(square)

    @executor.function
    def divide(x: int, y: int) -> float:
        return x / y

    @executor.function
    def reduce(*numbers: int) -> int:
        return sum(numbers)

    @executor.function
    def train(model: object, epochs: int = 1) -> str:
        time.sleep(3600)
        return f"{model} {epochs}"

    executor.start(4)
    idle.start(1)
    spec: dict[str, Any] = {
        "colonyname": variables["COLONIES_COLONY_NAME"],
        "executortype": "math",
        "maxexectime": 5000,
        "maxretries": 0,
    }
    client.wait(client.submit_func_spec(func_spec("divide", [1, 0], **spec)), 20)
    workflow = Workflow(colonyname=variables["COLONIES_COLONY_NAME"], executortype="math")
    squares = [workflow.add("square", args=[number]) for number in range(60)]
    total = workflow.add("reduce", after=squares)
    workflow.add("train", "train", after=total)
    client.submit_workflow(workflow)
    time.sleep(3)
    for model in ("resnet", "vit"):
        client.submit_func_spec(func_spec("train", [model], kwargs={"epochs": 20}, **spec))
    time.sleep(1)
    for number in range(30):
        client.submit_func_spec(func_spec("train" if number % 3 else "square", [f"model-{number}"], **spec))
    return client


def _names(client: Colonies) -> dict[str, str]:
    waiting = [process.processid for process in client.list_processes(count=100, state=0)]
    first: dict[str, list[str]] = {}
    for each in waiting:
        first.setdefault(each[0], []).append(each)
    prefix = max(first, key=lambda letter: len(first[letter]))
    return {
        "failed": client.list_processes(state=3)[0].processid[:6],
        "workflow": next(
            graph for state in (1, 0, 2) for graph in client.get_processgraphs(state=state)
        ).processgraphid[:6],
        "prefix": prefix,
    }


def _run(line: str, keys: str, variables: dict[str, str]) -> Any:
    """Run a command line in a terminal; return its screen."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.Stream(screen)
    child = pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], *line.split()[1:]],
        env={**os.environ, **variables, "TERM": "xterm-256color", "COLORTERM": ""},
        dimensions=(ROWS if "top" in line else 200, COLUMNS),
        encoding="utf-8",
    )
    if "top" not in line:
        screen.resize(200, COLUMNS)
    _read(child, stream, 4.0)
    if keys:
        child.send(keys)
        _read(child, stream, 1.5)
    child.close(force=True)
    return screen


def _read(child: Any, stream: Any, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        match child.expect([r"(?s).+", pexpect.TIMEOUT, pexpect.EOF], timeout=0.2):
            case 0:
                stream.feed(child.after)
            case 2:
                return


def _picture(name: str, line: str, screen: Any) -> None:
    lines = [_styled(screen.buffer[row], COLUMNS) for row in range(screen.lines)]
    while lines and not lines[-1].plain.strip():
        lines.pop()
    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, legacy_windows=False
    )
    for each in lines:
        console.print(each, no_wrap=True, overflow="crop", highlight=False)
    svg = console.export_svg(title=line, unique_id=name)
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # pictures load nothing from the network
    (TARGET / f"{name}.svg").write_text(svg)


def _styled(row: Any, columns: int) -> Text:
    text = Text()
    for column in range(columns):
        cell = row[column]
        style = " ".join(
            filter(
                None,
                (
                    "bold" if cell.bold else "",
                    "reverse" if cell.reverse else "",
                    _color(cell.fg),
                    f"on {_color(cell.bg)}" if _color(cell.bg) else "",
                ),
            )
        )
        text.append(cell.data, style)
    return text


def _color(name: str) -> str:
    name = _COLORS.get(name, name)
    return f"#{name}" if re.fullmatch("[0-9a-f]{6}", name) else name


if __name__ == "__main__":
    write()
    sys.stdout.flush()
    os._exit(0)  # the executor's calls run for an hour
