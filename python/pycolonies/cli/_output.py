"""Where commands write: boxes and colours on a terminal, plain text to a pipe, or JSON.

All output of the command passes here, so this is where text from other people is made safe to print.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from pycolonies._printable import json_text, one_line, printable
from pycolonies.cli._views import Lines, Table, View, json_of, plain_json, text_of

if TYPE_CHECKING:
    from pycolonies.cli._screen import Action


class Output:
    """Where a command writes: results to stdout, messages about them to stderr.

    Attributes:
        json: Write results as JSON.
        watch: Seconds between two updates of a view; None shows it once.
        wide: Show all columns in full.
        ids: Show ids in full.
    """

    def __init__(self) -> None:
        self.json = False
        self.watch: float | None = None
        self.wide = False
        self.ids = False
        self._begun = time.monotonic()

    def show(self, look: Callable[[], View], actions: Mapping[str, Action] | None = None) -> None:
        """Show a view; with ``--watch`` again and again, until q or Ctrl-C.

        A terminal shows the newest view on its alternate screen. A pipe gets a view whenever it has changed,
        as JSON on one line.

        Args:
            look: Returns the view.
            actions: Keys that act on the selected row of the view's table.
        """
        if self.watch is None:
            self._write(look())
        elif on_terminal() and not self.json:
            from pycolonies.cli._screen import watch

            watch(look, self.watch, actions or {}, ids=self.ids)
        else:
            self._write_changes(look, self.watch)

    def done(self, message: str, data: object = None, **fields: object) -> None:
        """Report what was done.

        Args:
            message: What.
            data: What ``--json`` prints, records of the protocol; None for the fields.
            fields: Details: names as ``ProcessID``, which are the protocol's but for the capitals.
        """
        if self.json:
            self.print_json({name.lower(): value for name, value in fields.items()} if data is None else data)
        else:
            self.info(message, **fields)

    def info(self, message: str, **fields: object) -> None:
        """Write a line about progress to stderr, with the seconds since the command was started."""
        self._log("INFO", "cyan", message, fields)

    def warn(self, message: str, **fields: object) -> None:
        """Write a warning to stderr."""
        self._log("WARN", "yellow", message, fields)

    def text(self, text: str, *, err: bool = False) -> None:
        """Write text of other people, such as a log or an output, safe to print but otherwise as it is."""
        write(text, err=err)

    def print_json(self, value: object, *, indent: int | None = 2) -> None:
        """Write records of the protocol, or values of JSON."""
        click.echo(json_text(json_of(plain_json(value), indent=indent)))

    def confirm(self, what: str, *, yes: bool) -> None:
        """Ask before something that can't be undone, and stop unless the answer is YES.

        The exit code is then 0, as that of the Colonies CLI.

        Args:
            what: What is going to happen, as a sentence without its end.
            yes: It was confirmed already.
        """
        if not yes:
            self.ask(f"{what}. This cannot be undone!")

    def ask(self, question: str) -> None:
        """Ask a question, and stop with exit code 0 unless the answer is YES."""
        try:
            answer = click.prompt(folded(f"{question} (YES,no)", err=True), default="no", err=True)
        except click.Abort:
            if sys.stdin.isatty():  # Ctrl-C
                raise
            answer = ""  # the end of the input
        if answer != "YES":
            self.info("Nothing was done")
            raise click.exceptions.Exit

    def _log(self, level: str, color: str, message: str, fields: dict[str, object]) -> None:
        head = f"{click.style(level, fg=color)}[{int(time.monotonic() - self._begun):04d}]"
        pairs = {name: one_line(str(value)) for name, value in fields.items()}
        styled = [f"{click.style(name, fg=color)}={value}" for name, value in pairs.items()]
        message = one_line(message)
        plain = f"{level}[0000] {message:<44} {' '.join(f'{name}={value}' for name, value in pairs.items())}"
        if not sys.stderr.isatty() or _cells(plain.rstrip()) <= _width():
            click.echo(f"{head} {message:<44} {' '.join(styled)}".rstrip(), err=True)
            return
        click.echo(f"{head} {folded(message, err=True, taken=len('INFO[0000] '), indent=2)}", err=True)
        for name, value in pairs.items():
            text = folded(value, err=True, taken=len(name) + 3, indent=4)
            click.echo(f"  {click.style(name, fg=color)}={text}", err=True)

    def _write(self, view: View) -> None:
        if self.json:
            self.print_json(view.data)
        elif not view.blocks:
            self.info(view.empty)
        elif on_terminal():
            from pycolonies.cli._draw import console, drawn

            view_drawn = drawn(view, _width(), ids=self.ids or self.wide, wide=self.wide)
            console(endless=self.wide).print(view_drawn)
        else:
            for line in _plain(view):
                click.echo(line)

    def _write_changes(self, look: Callable[[], View], every: float) -> None:
        seen: object = None
        while True:
            view = look()
            shown = json_text(json_of(plain_json(view.data))) if self.json else "\n".join(_plain(view))
            if shown != seen:
                click.echo(shown or view.empty)
            seen = shown
            sys.stdout.flush()
            time.sleep(every)


def on_terminal() -> bool:
    """Return whether stdout is a terminal."""
    return sys.stdout.isatty()


def write(text: str, *, err: bool = False) -> None:
    """Write text of other people with a line end, safe to print but otherwise as it is."""
    click.echo(printable(text).removesuffix("\n"), err=err)


def folded(text: str, *, err: bool = False, taken: int = 0, indent: int = 0) -> str:
    """Return a text with line ends between words, so that it fits a terminal; unchanged elsewhere.

    Args:
        text: The text, safe to print.
        err: It goes to stderr.
        taken: Width of what stands before its first line.
        indent: Spaces before each further line.
    """
    if not (sys.stderr if err else sys.stdout).isatty() or _cells(text) + taken <= _width():
        return text
    from rich.console import Console
    from rich.text import Text

    # The console measures; nothing is printed by it.
    wrapped = Text(" " * max(taken - indent, 0) + text).wrap(Console(), max(_width() - indent, 1))
    lines = [line.plain.rstrip() for line in wrapped]
    lines[0] = lines[0][max(taken - indent, 0) :]
    return f"\n{' ' * indent}".join(lines)


def _plain(view: View) -> list[str]:
    """Return lines of columns with two spaces between them: no value is folded or cut."""
    lines: list[str] = []
    for block in view.blocks:
        if block.title:
            lines += ["", f"{one_line(block.title)}:"] if lines else [f"{one_line(block.title)}:"]
        if isinstance(block, Lines):
            lines += [" ".join(printable(_raw(cell)) for cell in cells) for cells in block.lines]
            continue
        rows = [[text_of(cell) for cell in row] for row in block.rows]
        if isinstance(block, Table):
            rows.insert(0, [column.name for column in block.columns])
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
        lines += ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return lines


def _raw(cell: Any) -> str:
    return getattr(cell, "text", cell) or ""


def _width() -> int:
    return shutil.get_terminal_size().columns


def _cells(text: str) -> int:
    if text.isascii():
        return max(map(len, text.split("\n")))
    from rich.cells import cell_len

    return max(map(cell_len, text.split("\n")))
