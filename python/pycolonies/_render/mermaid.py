"""Mermaid flowcharts."""

from __future__ import annotations

import re

from pycolonies._render.picture import COLOURS, STATES, Picture, rank_direction

#: Characters that mean something inside a quoted label, those that end a line, and those of directives, which
#: Mermaid reads in labels, too (``%%{init: ...}%%``).
_SPECIAL = re.compile(r'["#%&<>`\\{}]|[^\S ]|[\x00-\x1f\x7f]')


def mermaid(picture: Picture, direction: str) -> str:
    """Return a picture as a flowchart. Boxes are numbered, so that any text may be a label."""
    rank_direction(direction)
    lines = [f"flowchart {direction}"]
    for number, box in enumerate(picture.boxes):
        style = "" if box.state is None else f":::{STATES[box.state]}"
        lines.append(f'    n{number}["{_SPECIAL.sub(_entity, box.label) or " "}"]{style}')
    lines += [f"    n{source} --> n{target}" for source, target in picture.numbered()]
    used = sorted({box.state for box in picture.boxes if box.state is not None})
    lines += [f"    classDef {STATES[state]} fill:{COLOURS[state]},color:#000" for state in used]
    return "\n".join(lines) + "\n"


def _entity(found: re.Match[str]) -> str:
    character = found.group()
    return f"#{ord(character)};" if character.isprintable() else " "
