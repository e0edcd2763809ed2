"""A view on the alternate screen of a terminal, updated until q or Ctrl-C, with keys for its rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

from rich.console import Console, RenderableType
from rich.live import Live
from rich.segment import Segment, Segments
from rich.text import Text

from pycolonies._printable import one_line
from pycolonies.cli._draw import drawn, table
from pycolonies.cli._keys import Keys, Stop, keys
from pycolonies.cli._views import Cell, Styled, Table, View, counted, text_of
from pycolonies.errors import ColoniesError

#: How often keys are read, in seconds.
_TICK = 0.1
#: Lines of a table beside its rows, and lines of the screen beside the view.
_TABLE_FRAME, _SCREEN_FRAME = 4, 2
_MOVES = {"up": -1, "k": -1, "down": 1, "j": 1}


class Action(NamedTuple):
    """What a key does to the selected row.

    Attributes:
        name: What the help line calls it.
        look: Returns a view to open, for the row's key.
        do: Acts on the row's key, after `question`; returns what was done.
        question: Asked before `do`, with the first characters of the key instead of ``{}``.
    """

    name: str
    look: Callable[[str], View] | None = None
    do: Callable[[str], str] | None = None
    question: str = ""


@dataclass
class _Shown:
    """What is looked at: the list, or a row that was opened; and how."""

    look: Callable[[], View]
    title: str
    view: View
    selected: str = ""
    offset: int = 0
    filter: str = ""
    sort: int | None = None
    descending: bool = False


def watch(look: Callable[[], View], every: float, actions: Mapping[str, Action], *, ids: bool) -> None:
    """Show a view on the alternate screen until q or Ctrl-C.

    Args:
        look: Returns the view. It is called on its own thread.
        every: Seconds between two calls.
        actions: What keys do to the selected row.
        ids: Show ids in full.
    """
    _Screen(look, every, actions, ids=ids).run()


class _Screen:
    def __init__(
        self, look: Callable[[], View], every: float, actions: Mapping[str, Action], *, ids: bool
    ) -> None:
        import click

        self._every = every
        self._actions = actions
        self._ids = ids
        # The first fault ends the command.
        self._stack = [_Shown(look, click.get_current_context().command_path, look())]
        self._fault = ""
        self._message = ""
        self._question: tuple[str, Callable[[], str]] | None = None
        self._typing = False
        self._todo: list[Callable[[], str]] = []
        self._wake = threading.Event()
        self._changed = threading.Event()
        self._over = False
        self._error: Exception | None = None
        self._console = Console(highlight=False, markup=False, emoji=False)
        self._page = 1

    def run(self) -> None:
        threading.Thread(target=self._work, name="pycolonies-watch", daemon=True).start()
        stop = Stop()
        try:
            while True:
                with (
                    stop.noticed(),
                    keys() as typed,
                    Live(console=self._console, screen=True, auto_refresh=False) as live,
                ):
                    self._follow(live, typed, stop)
                if not stop.asked:
                    return
                stop.now()
        finally:
            self._over = True
            self._wake.set()

    def _follow(self, live: Live, typed: Keys, stop: Stop) -> None:
        """Draw what changes and do what keys say, until the view ends or Ctrl-Z is pressed."""
        size = None
        while not stop.asked:
            if self._error is not None:
                raise self._error
            if self._changed.is_set() or size != self._console.size:
                self._changed.clear()
                size = self._console.size
                live.update(self._picture(), refresh=True)
            for key in typed.read(_TICK):
                if self._press(key):
                    return
                self._changed.set()

    # What happens on the thread.

    def _work(self) -> None:
        self._wake.wait(self._every)
        while not self._over:
            self._wake.clear()
            try:
                while self._todo:
                    self._act_now(self._todo.pop(0))
                shown = self._stack[-1]
                shown.view = shown.look()
                self._fault = ""
            except ColoniesError as fault:
                self._fault = one_line(str(fault))
            except Exception as error:  # noqa: BLE001 (raised where the command runs)
                self._error = error
                return
            self._changed.set()
            self._wake.wait(self._every)

    def _act_now(self, do: Callable[[], str]) -> None:
        try:
            self._message = one_line(do())
        except ColoniesError as fault:
            self._message = one_line(f"Error: {fault}")

    # Keys.

    def _press(self, key: str) -> bool:
        """Do what a key says; returns whether that is to end."""
        self._message = ""
        if self._question is not None:
            self._answer(key)
        elif self._typing:
            self._type(key)
        elif key in ("q", "escape") and len(self._stack) > 1:
            self._stack.pop()
            self._wake.set()
        elif key == "q":
            return True
        elif key in _MOVES or key in ("page up", "page down", "home", "end"):
            self._move(key)
        elif key == "/":
            self._typing = True
        elif key in ("s", "S"):
            self._sort(reverse=key == "S")
        elif key in self._actions and len(self._stack) == 1:
            self._act(self._actions[key])
        elif key == "escape":
            self._set(filter="")
        return False

    def _answer(self, key: str) -> None:
        assert self._question is not None
        _, do = self._question
        self._question = None
        if key in ("y", "Y"):
            self._todo.append(do)
            self._wake.set()

    def _type(self, key: str) -> None:
        text = self._stack[-1].filter
        if key in ("enter", "escape"):
            self._typing = False
            text = text if key == "enter" else ""
        elif key == "backspace":
            text = text[:-1]
        elif len(key) == 1 and key.isprintable():
            text += key
        self._set(filter=text)

    def _move(self, key: str) -> None:
        step = _MOVES.get(key) or {"page up": -self._page, "page down": self._page}.get(key)
        shown, found = self._stack[-1], self._main()
        if found is None or not found.keys:
            offset = shown.offset + step if step else 0
            self._set(offset=max(offset, 0))
            return
        place = _place(found, shown.selected)
        place = place + step if step else 0 if key == "home" else len(found.keys) - 1
        self._set(selected=found.keys[min(max(place, 0), len(found.keys) - 1)])

    def _sort(self, *, reverse: bool) -> None:
        shown, found = self._stack[-1], _main_of(self._view)
        if found is None:
            return
        if reverse:
            self._set(descending=not shown.descending)
            return
        following = 0 if shown.sort is None else shown.sort + 1
        self._set(sort=following if following < len(found.columns) else None, descending=False)

    def _act(self, action: Action) -> None:
        found = self._main()
        if found is None or not found.keys:
            return
        key = found.keys[_place(found, self._stack[-1].selected)]
        name = one_line(key)[:12]
        if action.look is not None:
            look = action.look
            title = f"{self._stack[-1].title}: {name}"
            self._stack.append(_Shown(lambda: look(key), title, View(None)))
            self._wake.set()
        elif action.do is not None:
            do = action.do
            self._question = (action.question.format(name), lambda: do(key))

    def _set(self, **changed: object) -> None:
        for name, value in changed.items():
            setattr(self._stack[-1], name, value)

    @property
    def _view(self) -> View:
        return self._stack[-1].view

    # Pictures.

    def _main(self) -> Table | None:
        """Return the table whose rows are selected, with its filter and order."""
        found = _main_of(self._view)
        if found is None:
            return None
        shown = self._stack[-1]
        places = [
            place
            for place, row in enumerate(found.rows)
            if shown.filter.lower() in " ".join(map(text_of, row)).lower()
        ]
        if shown.sort is not None:
            column = shown.sort
            places.sort(key=lambda place: _order(found.rows[place][column]), reverse=shown.descending)
        return Table(
            found.columns,
            [found.rows[place] for place in places],
            found.title,
            [found.keys[place] for place in places] if found.keys else (),
        )

    def _picture(self) -> RenderableType:
        width, height = self._console.size
        shown, found = self._stack[-1], self._main()
        others = View(None, *(block for block in self._view.blocks if block is not _main_of(self._view)))
        options = self._console.options.update(width=width, height=None)
        lines = self._console.render_lines(drawn(others, width, ids=self._ids), options, new_lines=False)
        if not self._view.blocks:
            lines = self._console.render_lines(Text(one_line(self._view.empty)), options)
        room = max(height - _SCREEN_FRAME, 1)
        if found is not None:
            rows = max(room - len(lines) - _TABLE_FRAME, 1)
            lines += self._console.render_lines(self._rows(found, rows, width), options, new_lines=False)
        self._page = room
        first = min(shown.offset, max(len(lines) - room, 0)) if found is None or not found.keys else 0
        if first != shown.offset:
            self._set(offset=first)
        lines = lines[first : first + room]
        lines += [[] for _ in range(room - len(lines))]
        head = self._console.render_lines(self._head(width), options)
        foot = self._console.render_lines(self._foot(found), options)
        segments: list[Segment] = []
        for number, line in enumerate([head[0], *lines, foot[0]]):
            if number:
                segments.append(Segment.line())
            segments.extend(line)
        return Segments(segments)

    def _rows(self, found: Table, room: int, width: int) -> RenderableType:
        if not found.keys:
            offset = min(self._stack[-1].offset, max(len(found.rows) - room, 0))
            self._set(offset=offset)
            return table(replace(found, rows=found.rows[offset : offset + room]), width, ids=self._ids)
        place = _place(found, self._stack[-1].selected)
        first = min(max(place - room + 1, 0), max(len(found.rows) - room, 0))
        rows = found.rows[first : first + room]
        return table(replace(found, rows=rows), width, ids=self._ids, selected=place - first)

    def _head(self, width: int) -> Text:
        right = time.strftime("%H:%M:%S")
        left = f"{self._stack[-1].title}, every {self._every:g} s"
        text = Text(left, "bold", no_wrap=True, overflow="ellipsis")
        text.truncate(max(width - len(right) - 1, 1), overflow="ellipsis", pad=True)
        return text.append(f" {right}", "dim")

    def _foot(self, found: Table | None) -> Text:
        shown = self._stack[-1]
        if self._question is not None:
            text = Text(f"{self._question[0]} (y/n)", "bold yellow")
        elif self._typing:
            text = Text(f"filter: {shown.filter}▏", "bold")
        elif self._fault or self._message:
            text = Text(self._fault or self._message, "red" if self._fault else "green")
        else:
            text = Text(self._help(found), "dim")
        text.no_wrap, text.overflow = True, "ellipsis"
        return text

    def _help(self, found: Table | None) -> str:
        shown = self._stack[-1]
        if len(self._stack) > 1:
            return "q back  ↑↓ scroll"
        parts = ["q quit"]
        if found is not None:
            parts += [f"/ filter{f': {shown.filter}' if shown.filter else ''}"]
            parts += [f"s sort{'' if shown.sort is None else f': {found.columns[shown.sort].name}'}"]
            parts += [f"{key} {action.name}" for key, action in self._actions.items()]
            parts += [counted(len(found.rows), "row")]
        return "  ".join(parts)


def _main_of(view: View) -> Table | None:
    tables = [block for block in view.blocks if isinstance(block, Table)]
    return tables[-1] if tables else None


def _place(found: Table, selected: str) -> int:
    with suppress(ValueError):
        return found.keys.index(selected)
    return 0


def _order(cell: Cell) -> tuple[int, float, str]:
    if isinstance(cell, Styled) and cell.order is not None:
        return (0, cell.order, "")
    text = text_of(cell)
    with suppress(ValueError):
        return (0, float(text), "")
    return (1, 0.0, text.lower())
