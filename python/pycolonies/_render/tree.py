"""Trees of text."""

from __future__ import annotations

from pycolonies._printable import one_line
from pycolonies._render.picture import STATES, Picture

#: ANSI colours of the states: waiting is dim, as nothing happens yet.
_ANSI = ("\x1b[2m", "\x1b[34m", "\x1b[32m", "\x1b[31m", "\x1b[33m")
_PLAIN = "\x1b[0m"
_MORE, _LAST, _DOWN, _NOTHING = "├── ", "└── ", "│   ", "    "


def tree(picture: Picture, *, color: bool) -> str:
    """Return a picture as a tree. What was written out before is only named again."""
    children: list[list[int]] = [[] for _ in picture.boxes]
    roots = set(range(len(picture.boxes)))
    for source, target in picture.numbered():
        children[source].append(target)
        roots.discard(target)
    lines: list[str] = []
    written: set[int] = set()
    # What no root leads to, as a circle, is begun anywhere.
    for number in [*sorted(roots), *range(len(picture.boxes))]:
        if number in written:
            continue
        # Numbers of boxes, each with what stands before it and before what is below it.
        pending = [(number, "", "")]
        while pending:
            current, before, below = pending.pop()
            again = current in written and bool(children[current])
            lines.append(before + _line(picture, current, color=color) + (" (see above)" if again else ""))
            if current in written:
                continue
            written.add(current)
            last = True
            for child in reversed(children[current]):
                pending.append(
                    (child, below + (_LAST if last else _MORE), below + (_NOTHING if last else _DOWN))
                )
                last = False
    return "\n".join(lines) + ("\n" if lines else "")


def _line(picture: Picture, number: int, *, color: bool) -> str:
    box = picture.boxes[number]
    label = one_line(box.label)
    if box.state is None:
        return label
    state = f"{_ANSI[box.state]}{STATES[box.state]}{_PLAIN}" if color else STATES[box.state]
    return f"{label} [{state}]"
