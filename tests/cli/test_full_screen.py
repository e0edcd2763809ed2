"""Full screens: SIGTERM restores the terminal, a new size is filled."""

from __future__ import annotations

import signal

from commands import Commands, Terminal
from conftest import Colony, Member


def _type(terminal: Terminal, text: str) -> None:
    terminal.child.send(text)


def test_a_new_size_is_filled_at_once(cli: Commands, colony: Colony, executor: Member) -> None:
    for number in range(60):
        colony.submit(executor, f"call-{number}")
    with cli.terminal("process", "top", columns=100, lines=24) as terminal:
        terminal.until("q quit")
        for columns, rows in ((140, 40), (60, 12), (100, 24)):
            terminal.resize(columns, rows)
            screen = terminal.until_last_line("q quit")
            assert len(screen) == rows
            assert (
                sum("call-" in line for line in screen) >= rows - 8
            )  # the rest is two bars, the summary and the frame
            assert all(len(line) <= columns for line in screen)
        _type(terminal, "q")
        terminal.end()
        assert terminal.child.exitstatus == 0


def test_sigterm_restores_the_terminal(cli: Commands) -> None:
    with cli.terminal("process", "top") as terminal:
        raw = ""
        while "q quit" not in raw:
            raw += terminal.child.read_nonblocking(4096, timeout=60)
        terminal.child.kill(signal.SIGTERM)
        raw += terminal.raw()
        assert terminal.child.exitstatus == 128 + signal.SIGTERM
    assert raw.count("\x1b[?1049h") == raw.count("\x1b[?1049l") == 1
    assert raw.rindex("\x1b[?25h") > raw.index("\x1b[?25l")
