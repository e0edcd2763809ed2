"""Whole screens of the command in terminals of two sizes, and what holds for every one of them.

The snapshots are in `screens/`; `PYCOLONIES_UPDATE_SCREENS=1` writes them anew, to be reviewed by eye.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from rich.cells import cell_len
from write_cli_docs import commands, groups

from colonies_to_show import EXECUTOR_NAME, HOSTILE, RAN, fill, views
from commands import Commands
from conftest import Colony, Member
from pycolonies.testing import DevServer

SCREENS = Path(__file__).with_name("screens")
SIZES = [(80, 24), (200, 50)]
#: Commands whose helps are compared.
_COMMON = (
    *("process ps", "process get", "process top", "process wait", "function exec", "function submit"),
    *("workflow submit", "workflow get", "executor ls", "log get", "fs sync", "cron add", "run"),
)
#: Values that differ from run to run, and what stands in their place, as wide as they are.
_CHANGING = (
    (r"\b[0-9a-f]{64}\b", "0123456789abcdef" * 4),
    (r"(?<![\w-])(?=[0-9a-f]*\d)[0-9a-f]{12}(?![\w-])", "0123456789ab"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-01-02 03:04:05"),
    (r"(?<![\d:])\d\d:\d\d:\d\d(?![\d:])", "03:04:05"),
    (r"\b\d+m \d+s", "5m 30s"),
    (r"(?<=│ )[\d.]+m?s +(?=│)", "0s"),
    (r"\[\d{4}\]", "[0000]"),
)


@pytest.fixture(scope="module")
def usual() -> Iterator[tuple[Commands, dict[str, list[str]]]]:
    """Commands on a colony with something of each kind."""
    with DevServer() as server:
        yield _commands(server), views(fill(server, ""))


@pytest.fixture(scope="module")
def hostile() -> Iterator[tuple[Commands, dict[str, list[str]]]]:
    """Commands on a colony all of whose texts are hostile."""
    with DevServer() as server:
        yield _commands(server), views(fill(server, HOSTILE))


def _commands(server: DevServer) -> Commands:
    """Commands five minutes after the last process began, so that ages are as wide in each run."""
    now = datetime.now(timezone.utc) + timedelta(seconds=2 * RAN + 330)
    return Commands({**server.environment, "TEST_CLOCK": now.isoformat()})


def _stable(lines: list[str]) -> str:
    text = "\n".join(lines)
    for pattern, replacement in _CHANGING:
        text = re.sub(pattern, lambda found, by=replacement: by.ljust(len(found[0]))[: len(found[0])], text)  # type: ignore[misc]
    return text


def _compare(name: str, columns: int, text: str) -> None:
    path = SCREENS / f"{name.replace(' ', '-')}-{columns}.txt"
    if os.getenv("PYCOLONIES_UPDATE_SCREENS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n")
    assert path.read_text() == text + "\n", f"{path.name}; PYCOLONIES_UPDATE_SCREENS=1 writes it anew"


def _all(cli: Commands, lines: dict[str, list[str]], columns: int) -> Iterator[tuple[str, list[str]]]:
    """What each command line writes into a terminal of some width; its lines aren't folded."""
    for name, arguments in lines.items():
        with cli.terminal(*arguments, columns=columns, lines=50) as terminal:
            written = re.sub(r"\x1b\[[0-9;]*m", "", terminal.raw())
        yield name, [line.rstrip() for line in written.rstrip().split("\r\n")]


@pytest.mark.parametrize("columns", [80, 200])
def test_views_look_as_they_did(usual: tuple[Commands, dict[str, list[str]]], columns: int) -> None:
    cli, lines = usual
    changing = {"config", "version", "server info", "server cluster", "blueprint doctor"}
    texts = [
        f"$ pycolonies {_stable([' '.join(lines[name])])}\n{_stable(screen)}"
        for name, screen in _all(
            cli, {name: each for name, each in lines.items() if name not in changing}, columns
        )
    ]
    _compare("views", columns, "\n\n".join(texts))


@pytest.mark.parametrize("columns", [80, 200])
def test_helps_look_as_they_did(usual: tuple[Commands, dict[str, list[str]]], columns: int) -> None:
    cli, _ = usual
    paths = [[], ["process"], ["workflow"], ["fs"], *(line.split() for line in _COMMON)]
    helps = {" ".join(path): [*path, "--help"] for path in paths}
    texts = [
        f"$ pycolonies {' '.join(helps[name])}\n" + "\n".join(screen)
        for name, screen in _all(cli, helps, columns)
    ]
    _compare("helps", columns, "\n\n".join(texts))


def test_every_help_fits_and_no_sentence_is_cut(usual: tuple[Commands, dict[str, list[str]]]) -> None:
    cli, _ = usual
    helps = {" ".join(path): [*path, "--help"] for path in [*groups(), *(path for path, _ in commands())]}
    for name, screen in _all(cli, helps, 80):
        assert [line for line in screen if cell_len(line) > 80] == [], name
        assert [line for line in screen if re.search(r"[a-z]\.\.\.$", line)] == [], name


@pytest.mark.parametrize("columns", [40, 80, 120])
@pytest.mark.parametrize("of", ["usual", "hostile"])
def test_no_line_is_wider_than_the_terminal(request: pytest.FixtureRequest, of: str, columns: int) -> None:
    cli, lines = request.getfixturevalue(of)
    for name, screen in _all(cli, lines, columns):
        if name.startswith("log") and "search" not in name:
            continue  # the text of a log is printed as it is
        wide = [line for line in screen if cell_len(line) > columns]
        assert not wide, (name, wide)


def test_nothing_raw_reaches_a_terminal(hostile: tuple[Commands, dict[str, list[str]]]) -> None:
    cli, lines = hostile
    for name, arguments in lines.items():
        with cli.terminal(*arguments, columns=80) as terminal:
            written = terminal.raw()
        assert acts(re.sub(r"\x1b\[[0-9;]*m", "", written.replace("\r\n", "\n"))) == [], (name, written)
        assert "Traceback" not in written, (name, written)


def test_nothing_raw_reaches_a_pipe(hostile: tuple[Commands, dict[str, list[str]]]) -> None:
    cli, lines = hostile
    shown = 0
    for name, arguments in lines.items():
        for options in ([], ["--json"]):
            done = cli.piped(*arguments, *options, code=1 if name == "blueprint doctor" else 0)
            assert acts(done.stdout + done.stderr) == [], (name, options, done)
            shown += "OWNED" in done.stdout
    assert shown > len(lines)  # of two a view


def acts(text: str) -> list[str]:
    """The characters of a text that act on a terminal."""
    return [
        letter
        for letter in text
        if (unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} and letter not in "\n\t")
        or unicodedata.bidirectional(letter)
        in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    ]


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_top_looks_as_it_did(usual: tuple[Commands, dict[str, list[str]]], columns: int, rows: int) -> None:
    cli, _ = usual
    for name, arguments in (
        ("process-top", ["process", "top"]),
        ("executor-top", ["executor", "top"]),
        ("watch", ["workflow", "ls", "--watch", "60"]),
    ):
        with cli.terminal(*arguments, columns=columns, lines=rows) as terminal:
            terminal.until("q quit")
            assert len(terminal.lines) == rows
            _compare(name, columns, _stable(terminal.lines))
            terminal.child.send("q")
            terminal.end()
            assert terminal.child.exitstatus == 0


def test_keys_select_open_filter_sort_and_cancel(cli: Commands, colony: Colony, executor: Member) -> None:
    for number in range(40):
        colony.submit(executor, f"call-{number}")
    last = colony.submit(executor, "the-last").processid
    with cli.terminal("process", "top", "--watch", "1", columns=100, lines=24) as terminal:
        terminal.until("41 rows")
        assert not any("the-last" in line for line in terminal.lines)
        terminal.child.send("\x1b[F")  # end
        terminal.until("the-last")
        terminal.child.send("/the-l\r")
        terminal.until("filter: the-l")
        terminal.until(" 1 rows")
        terminal.child.send("s")
        terminal.until("sort: ID")
        terminal.child.send("\r")
        assert any(last[:12] in line for line in terminal.until("FunctionSpec:"))
        terminal.child.send("q")
        terminal.until("q quit")
        terminal.child.send("c")
        terminal.until(f"Cancel process {last[:12]}? (y/n)")
        terminal.child.send("n")
        terminal.until("q quit")
        assert colony.client.get_process(last, executor.prvkey).state == 0
        terminal.child.send("cy")
        terminal.until(f"cancelled {last[:12]}")
        terminal.child.send("k")
        terminal.until(" 0 rows")
        terminal.child.send("q")
        terminal.end()
        assert terminal.child.exitstatus == 0
    assert colony.client.get_process(last, executor.prvkey).state == 4


def test_the_terminal_is_as_it_was_after_ctrl_c(cli: Commands) -> None:
    with cli.terminal("process", "top", "--watch", "0.2") as terminal:
        raw = ""
        while "q quit" not in raw:
            raw += terminal.child.read_nonblocking(4096, timeout=20)
        terminal.child.sendintr()
        raw += terminal.raw()
        assert terminal.child.exitstatus == 130
    assert raw.count("\x1b[?1049h") == raw.count("\x1b[?1049l") == 1
    assert raw.rindex("\x1b[?25h") > raw.index("\x1b[?25l")
    assert raw.count("\x1b[2J") <= 1  # it is drawn over, not cleared


def test_a_lost_server_is_shown_and_the_view_goes_on() -> None:
    with DevServer() as server:
        cli = Commands(server.environment)
        with cli.terminal("executor", "top", "--watch", "0.2", columns=100, lines=20) as terminal:
            terminal.until(EXECUTOR_NAME)
            server.stop()
            assert any(EXECUTOR_NAME in line for line in terminal.until("cannot reach"))
            terminal.child.send("q")
            terminal.end()
            assert terminal.child.exitstatus == 0
