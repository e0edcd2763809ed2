"""How views are written: boxes and colours on a terminal, plain text to a pipe, or JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from pycolonies.cli._views import Cell, Fields, Lines, Table, View, plain_json, text_of

if TYPE_CHECKING:
    from rich.table import Table as Box
    from rich.text import Text

#: The widest column of a list that is drawn on a terminal; what is longer goes on in the next line.
_WIDEST = 64
_ENDLESS = 10_000


class Output:
    """Where a command writes: results to stdout, what it says about them to stderr.

    Attributes:
        json: Results are written as JSON.
        watch: Seconds between two looks at what is shown again and again; None to show it once.
    """

    def __init__(self) -> None:
        self.json = False
        self.watch: float | None = None
        self._begun = time.monotonic()

    def show(self, look: Callable[[], View]) -> None:
        """Show what there is to see; with ``--watch`` again and again, until Ctrl-C.

        A terminal shows the newest view only. To a pipe one is written whenever something has changed, as
        JSON on one line.

        Args:
            look: Returns the view.
        """
        if self.watch is None:
            self._write(look())
            return
        seen: object = None
        while True:
            view = look()
            shown = json.dumps(plain_json(view.data)) if self.json else "\n".join(_plain(view))
            if _on_terminal() and not self.json:
                click.clear()
                self._write(view)
            elif shown != seen:
                click.echo(shown or view.empty)
            seen = shown
            sys.stdout.flush()
            time.sleep(self.watch)

    def done(self, message: str, data: object = None, **fields: object) -> None:
        """Say what was done.

        Args:
            message: What.
            data: What ``--json`` prints, records of the protocol; None for the fields.
            fields: To what: names as ``ProcessID``, which are the protocol's but for the capitals.
        """
        if self.json:
            self.print_json({name.lower(): value for name, value in fields.items()} if data is None else data)
        else:
            self.info(message, **fields)

    def info(self, message: str, **fields: object) -> None:
        """Write a line about what happens to stderr, with the seconds since the command was started."""
        self._log("INFO", "cyan", message, fields)

    def warn(self, message: str, **fields: object) -> None:
        """Write a line about what one may not want to stderr."""
        self._log("WARN", "yellow", message, fields)

    def print_json(self, value: object) -> None:
        """Write records of the protocol, or values of JSON."""
        click.echo(json.dumps(plain_json(value), indent=2, ensure_ascii=False))

    def confirm(self, what: str, *, yes: bool) -> None:
        """Ask whether something that cannot be undone is to be done, and stop where it is not.

        Args:
            what: What is going to happen, as a sentence without its end.
            yes: It was confirmed already.
        """
        if (
            not yes
            and click.prompt(f"{what}. This cannot be undone! (YES,no)", default="no", err=True) != "YES"
        ):
            raise click.Abort

    def _log(self, level: str, colour: str, message: str, fields: dict[str, object]) -> None:
        head = f"{click.style(level, fg=colour)}[{int(time.monotonic() - self._begun):04d}]"
        tail = " ".join(f"{click.style(name, fg=colour)}={value}" for name, value in fields.items())
        click.echo(f"{head} {message:<44} {tail}".rstrip(), err=True)

    def _write(self, view: View) -> None:
        if self.json:
            self.print_json(view.data)
        elif not view.blocks:
            self.info(view.empty)
        elif _on_terminal():
            _draw(view)
        else:
            for line in _plain(view):
                click.echo(line)


def _on_terminal() -> bool:
    return sys.stdout.isatty()


def _plain(view: View) -> list[str]:
    """Return lines of columns with two spaces between them: nothing is folded, nothing cut off."""
    lines: list[str] = []
    for block in view.blocks:
        if block.title:
            lines += ["", f"{block.title}:"] if lines else [f"{block.title}:"]
        if isinstance(block, Lines):
            lines += [" ".join(text_of(cell) for cell in cells) for cells in block.lines]
            continue
        rows = [[text_of(cell) for cell in row] for row in block.rows]
        if isinstance(block, Table):
            rows.insert(0, list(block.columns))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
        lines += ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return lines


def _draw(view: View) -> None:
    from rich.console import Console

    # As wide as it has to be: a terminal that is narrower folds whole lines, and ids can still be copied.
    console = Console(highlight=False, soft_wrap=True, width=_ENDLESS)
    for position, block in enumerate(view.blocks):
        if block.title:
            console.print(*[""] * (position > 0), f"{block.title}:", sep="\n", style="bold")
        if isinstance(block, Lines):
            for cells in block.lines:
                console.print(*(_rich(cell) for cell in cells))
        else:
            console.print(_box(block), soft_wrap=False)


def _box(block: Table | Fields) -> Box:
    from rich import box
    from rich.table import Table as Box

    ascii_only = os.getenv("COLONIES_CLI_ASCII") == "true"
    frame = box.ASCII2 if ascii_only else box.ROUNDED
    if isinstance(block, Table):
        drawn = Box(box=frame, header_style="bold")
        for name in block.columns:
            drawn.add_column(name, overflow="fold", max_width=_WIDEST)
    else:
        drawn = Box(box=frame, show_header=False)
        drawn.add_column(style="bold")
        drawn.add_column(overflow="fold", max_width=_WIDEST)
    for row in block.rows:
        drawn.add_row(*(_rich(cell) for cell in row))
    return drawn


def _rich(cell: Cell) -> Text:
    from rich.text import Text

    return Text(cell) if isinstance(cell, str) else Text(cell.text, style=cell.style)
