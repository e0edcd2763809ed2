"""Full screens in a shell: Ctrl-Z and SIGTERM restore the terminal, a new size is filled."""

from __future__ import annotations

import signal

from commands import PYCOLONIES, Commands, Terminal
from conftest import Colony, Member

TOP = " ".join([*PYCOLONIES, "process", "top", "--watch", "0.5"])


def _type(terminal: Terminal, text: str) -> None:
    terminal.child.send(text)


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(
    cli: Commands, colony: Colony, executor: Member
) -> None:
    colony.submit(executor, "shown")
    with cli.program("bash", "--norc", "--noprofile", "-i", columns=100) as terminal:
        _type(terminal, "PS1='ready$ '; stty -a | tr ';' '\\n' | grep -c '[^-]echo '\r")
        terminal.until("ready$ ")
        _type(terminal, f"{TOP}\r")
        terminal.until("q quit")
        for times in (1, 2):
            _type(terminal, "\x1a")
            terminal.until("Stopped")
            opened, closed = (terminal.written.count(f"\x1b[?1049{end}") for end in "hl")
            assert (opened, closed) == (times, times)  # the alternate screen was left
            _type(terminal, "stty -a | grep -o ' [-]*icanon'; echo do''ne\r")
            screen = terminal.until("done")
            assert " icanon" in screen
            assert " -icanon" not in screen
            _type(terminal, "clear; echo cle''ared; fg\r")
            terminal.until("cleared")
            terminal.until("shown")
        _type(terminal, "q")
        _type(terminal, "echo co''de $?\r")
        terminal.until("code 0")


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
            raw += terminal.child.read_nonblocking(4096, timeout=20)
        terminal.child.kill(signal.SIGTERM)
        raw += terminal.raw()
        assert terminal.child.exitstatus == 128 + signal.SIGTERM
    assert raw.count("\x1b[?1049h") == raw.count("\x1b[?1049l") == 1
    assert raw.rindex("\x1b[?25h") > raw.index("\x1b[?25l")
