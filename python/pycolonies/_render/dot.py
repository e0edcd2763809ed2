"""The language of Graphviz."""

from __future__ import annotations

from pycolonies._render.picture import COLOURS, Picture, rank_direction


def dot(picture: Picture, direction: str) -> str:
    """Return a picture as a directed graph. Boxes are numbered, so that any text may be a label."""
    lines = [
        "digraph workflow {",
        f"    rankdir={rank_direction(direction)};",
        '    node [shape=box, style="rounded,filled", fillcolor="#ffffff", fontname="sans-serif"];',
    ]
    for number, box in enumerate(picture.boxes):
        colour = "" if box.state is None else f', fillcolor="{COLOURS[box.state]}"'
        lines.append(f"    n{number} [label={_quoted(box.label)}{colour}];")
    lines += [f"    n{source} -> n{target};" for source, target in picture.numbered()]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(label: str) -> str:
    # Graphviz reads UTF-8, but ends at a NUL; backslashes would begin escapes such as \N.
    printable = "".join(character if character.isprintable() else " " for character in label)
    return '"' + printable.replace("\\", "\\\\").replace('"', '\\"') + '"'
