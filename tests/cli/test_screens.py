"""Whole screens of the command in terminals of two sizes, and what holds for every one of them.

The snapshots are in `screens/`; `PYCOLONIES_UPDATE_SCREENS=1` writes them anew, to be reviewed by eye.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
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
#: Views of the machine that runs the tests, and one that depends on the moment.
OF_THE_MACHINE = {"config", "version", "blueprint doctor"}
_HELPS = {
    " ".join([*path, "--help"]): [*path, "--help"]
    for path in [[], *groups(), *(path for path, _ in commands())]
}
#: Values that differ from run to run, and what stands in their place, as wide as they are.
_CHANGING = (
    (r"\b[0-9a-f]{64}\b", "0123456789abcdef" * 4),
    (r"(?<![\w-])(?=[0-9a-f]*\d)[0-9a-f]{12}(?![\w-])", "0123456789ab"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-01-02 03:04:05"),
    (r"(?<![\d:])\d\d:\d\d:\d\d(?![\d:])", "03:04:05"),
    (r"\b\d+m \d+s", "5m 30s"),
    (r"(?<=│ )[\d.]+m?s +(?=│)", "0s"),
    (r"\[\d{4}\]", "[0000]"),
    (r"127\.0\.0\.1:\d{5}\b", "127.0.0.1:50080"),
    (r"(?<=│ 127\.0\.0\.1 │ )\d{5}\b", "50080"),
)


@pytest.fixture(scope="module")
def usual() -> Iterator[tuple[Commands, dict[str, list[str]]]]:
    """Commands on a colony with something of each kind."""
    with DevServer() as server:
        made = fill(server, "")
        yield _commands(server), views(made)


@pytest.fixture(scope="module")
def hostile() -> Iterator[tuple[Commands, dict[str, list[str]]]]:
    """Commands on a colony all of whose texts are hostile."""
    with DevServer() as server:
        made = fill(server, HOSTILE)
        yield _commands(server), views(made)


def _commands(server: DevServer) -> Commands:
    """Commands after the last process began, so that ages are as wide in each run, however long it takes."""
    now = datetime.now(timezone.utc) + timedelta(seconds=2 * RAN + 310)
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
    texts = [
        f"$ pycolonies {_stable([' '.join(lines[name])])}\n{_stable(screen)}"
        for name, screen in _all(
            cli, {name: each for name, each in lines.items() if name not in OF_THE_MACHINE}, columns
        )
    ]
    _compare("views", columns, "\n\n".join(texts))


def test_every_view_has_a_snapshot() -> None:
    shown = [" ".join(line) for line in views(defaultdict(str)).values()]
    for path, command in commands():
        if any(parameter.name in ("watch", "once") for parameter in command.params):
            assert any(f"{line} ".startswith(f"{' '.join(path)} ") for line in shown), path


@pytest.mark.parametrize("columns", [80, 200])
def test_helps_look_as_they_did(usual: tuple[Commands, dict[str, list[str]]], columns: int) -> None:
    cli, _ = usual
    texts = [f"$ pycolonies {name}\n" + "\n".join(screen) for name, screen in _all(cli, _HELPS, columns)]
    _compare("helps", columns, "\n\n".join(texts))


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_every_help_fits_and_no_sentence_is_cut(
    usual: tuple[Commands, dict[str, list[str]]], columns: int
) -> None:
    cli, _ = usual
    for name, screen in _all(cli, _HELPS, columns):
        assert [line for line in screen if cell_len(line) > columns] == [], name
        assert [line for line in screen if re.search(r"[a-z]\.\.\.$", line)] == [], name


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
@pytest.mark.parametrize("of", ["usual", "hostile"])
def test_no_line_is_wider_than_the_terminal(request: pytest.FixtureRequest, of: str, columns: int) -> None:
    cli, lines = request.getfixturevalue(of)
    for name, screen in _all(cli, lines, columns):
        if name.startswith("log") and "search" not in name:
            continue  # the text of a log is printed as it is
        wide = [line for line in screen if cell_len(line) > columns]
        assert not wide, (name, wide)


@pytest.mark.parametrize("columns", [40, 60])
def test_no_error_is_wider_than_the_terminal(
    usual: tuple[Commands, dict[str, list[str]]], columns: int
) -> None:
    cli, _ = usual
    wrong = {" ".join(path): [*path, "--no-such-option-at-all"] for path, _ in commands()}
    for name, screen in _all(cli, wrong, columns):
        assert [line for line in screen if cell_len(line) > columns] == [], name
        assert screen[0].startswith("Error: "), name


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_every_watched_view_fills_the_screen(
    usual: tuple[Commands, dict[str, list[str]]], columns: int, rows: int
) -> None:
    cli, lines = usual
    watched = [path for path, command in commands() if any(each.name == "watch" for each in command.params)]
    texts = []
    for name, line in lines.items():
        if name in OF_THE_MACHINE or not any(line[: len(path)] == path for path in watched):
            continue
        arguments = [word for word in line if word != "--once"]
        with cli.terminal(*arguments, "--watch", "60", columns=columns, lines=rows) as terminal:
            screen = terminal.until_last_line("q quit")
            assert len(screen) == rows, name
            assert [each for each in screen if cell_len(each) > columns] == [], name
            texts.append(f"$ pycolonies {_stable([' '.join(arguments)])} --watch\n{_stable(screen)}")
            terminal.child.send("q")
            terminal.end()
            assert terminal.child.exitstatus == 0, name
    _compare("watched", columns, "\n\n".join(texts))


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
        terminal.until(" 1 row")
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
            raw += terminal.child.read_nonblocking(4096, timeout=60)
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
