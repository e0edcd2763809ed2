"""The live view of an executor, in a real terminal and elsewhere."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from executor_bench import KIND, Bench, environment
from pycolonies import FuncSpec, Process

if TYPE_CHECKING:
    from programs import Programs

if sys.platform != "win32":
    import pexpect
    import pyte

pytest_plugins = ["executor_bench"]
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX"),
    pytest.mark.both_modes,
]

#: Seconds after which a test gives up.
PATIENCE = 60.0

SCRIPT = f"""
from pathlib import Path
from pycolonies import Context, Executor

executor = Executor({KIND!r}, executorname="worker-1")

@executor.function
def build(gate: str, ctx: Context) -> str:
    ctx.progress(0.5, "compiling")
    print("printed by build", flush=True)
    while not Path(gate).exists():
        ctx.wait(0.01)
    return "built"

@executor.function
def fail() -> None:
    raise ValueError("no")

executor.run(concurrency=4, display=True)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "display_script.py"
    path.write_text(SCRIPT)
    return path


class Terminal:
    """A program in a pseudo-terminal, and what its screen shows."""

    def __init__(self, script: Path, environment: dict[str, str], rows: int = 24, columns: int = 100) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        # The terminal says how large it is; what runs the tests may have had another one.
        sizeless = {name: value for name, value in environment.items() if name not in {"COLUMNS", "LINES"}}
        self.child = pexpect.spawn(
            sys.executable,
            [str(script)],
            env={**sizeless, "TERM": "xterm-256color"},
            dimensions=(rows, columns),
            encoding="utf-8",
        )

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, condition: Callable[[str], object]) -> str:
        """Reads until the screen shows what is waited for."""
        waited = 0.0
        while not condition(self.text):
            assert waited < PATIENCE, self.text
            try:
                self._stream.feed(self.child.read_nonblocking(10_000, timeout=0.1))
            except pexpect.TIMEOUT:
                waited += 0.1
            except pexpect.EOF:
                assert condition(self.text), self.text
        return self.text

    def shows(self, *patterns: str) -> str:
        return self.until(lambda text: all(re.search(pattern, text) for pattern in patterns))


@pytest.fixture
def terminal(bench: Bench, script: Path) -> Iterator[Terminal]:
    terminal = Terminal(script, environment(bench))
    yield terminal
    terminal.child.close(force=True)


def test_a_terminal_shows_what_the_executor_does(bench: Bench, terminal: Terminal, tmp_path: Path) -> None:
    terminal.shows(r"worker-1 \(worker\) in colony-\w+  connected", r"0/4 slots busy  0\.0/s")
    gate = tmp_path / "gate"
    process = bench.submit("build", str(gate))
    short = process.processid[:8]
    text = terminal.shows("1/4 slots busy", rf"{short} +build +[\d.]+m?s +.*compiling", "printed by build")
    assert "━" in text  # a bar
    failed = bench.outcome("fail")
    terminal.shows("1 failed", "failures", rf"{failed.processid[:8]} +fail .* failed.*: no")
    gate.touch()
    bench.wait(process)
    text = terminal.shows("0/4 slots busy", "1 successful")
    assert short not in text
    terminal.child.kill(signal.SIGINT)
    terminal.until(lambda _: not terminal.child.isalive())
    terminal.child.wait()
    assert terminal.child.exitstatus == 0
    assert not terminal.screen.cursor.hidden  # the terminal is as it was
    assert "Traceback" not in terminal.text


def test_ctrl_c_shows_that_it_stops_and_leaves_one_picture(
    bench: Bench, terminal: Terminal, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    process = bench.submit("build", str(gate))
    terminal.shows("1/4 slots busy", "compiling")
    terminal.child.send("\x03")
    terminal.shows("stopping: finishing 1 call")
    gate.touch()
    bench.wait(process)
    terminal.until(lambda _: not terminal.child.isalive())
    assert terminal.text.count("worker-1 (worker)") == 1, terminal.text
    assert terminal.text.count("slots busy") == 1, terminal.text


def test_a_small_terminal_shows_what_fits(bench: Bench, script: Path, tmp_path: Path) -> None:
    terminal = Terminal(script, environment(bench), rows=10, columns=60)
    try:
        terminal.shows("slots busy")
        for _ in range(4):
            bench.submit("build", str(tmp_path / "gate"))
        text = terminal.shows("4/4 slots busy", "compil")
        assert max(map(len, text.splitlines())) <= 60
        (tmp_path / "gate").touch()
        terminal.shows("4 successful")
    finally:
        terminal.child.close(force=True)


def test_elsewhere_lines_tell_of_it(bench: Bench, script: Path, programs: Programs) -> None:
    program = programs([sys.executable, script], env=environment(bench), stderr=subprocess.PIPE, text=True)
    assert program.stderr is not None
    first = program.stderr.readline()
    assert re.fullmatch(r"\d\d:\d\d:\d\d worker-1 works for colony-\w+: build, fail\n", first)
    failed = bench.outcome("fail")
    line = program.stderr.readline()
    assert re.fullmatch(rf"\S+ fail failed after .*, process {failed.processid}: no\n", line)
    program.send_signal(signal.SIGTERM)
    _, rest = program.communicate(timeout=PATIENCE)
    assert re.search(r"stopped; worker-1: 0 of 4 slots busy, .* 0 successful, 1 failed, up ", rest)
    assert "\x1b" not in first + line + rest
    assert program.returncode == 0


def test_ids_of_a_hostile_server_are_shown_as_text() -> None:
    from rich.console import Console

    from pycolonies._executor.observe.display import Display
    from pycolonies._executor.observe.events import ExecutorInfo, Outcome

    written = io.StringIO()
    display = Display(Console(file=written, force_terminal=True, width=100, height=30))
    about = ExecutorInfo("dev", "worker", "id", "kind", (), 1)
    display.started(about)
    for number, processid in enumerate(["\x1b[2J\x07abcdef", "[red]abcdef", "x\ny"]):
        process = Process(processid=processid, spec=FuncSpec(funcname=f"\x1b[2Jf{number}"))
        display.began(process)
        display.reported(process, Outcome.FAILED, 0.1)
        display.began(process)
    display.stopped()
    shown = written.getvalue()
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown
    assert "[red]abc" in shown
