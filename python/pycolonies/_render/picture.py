"""What is drawn: boxes and arrows."""

from __future__ import annotations

from typing import NamedTuple

from pycolonies._shown import shown

#: Names of the states of a process, by number.
STATES = ("waiting", "running", "successful", "failed", "cancelled")
#: The colours of the states, as servers give them to the nodes of a process graph.
COLOURS = ("#eee8d8", "#4689cd", "#92d050", "#cb4239", "#f5a623")
#: Where arrows lead.
DIRECTIONS = {"TD": "TB", "TB": "TB", "LR": "LR", "BT": "BT", "RL": "RL"}


class Box(NamedTuple):
    """A node: what it is known by, what is written in it, and the state of its process if it has one."""

    id: str
    label: str
    state: int | None = None


class Picture(NamedTuple):
    """Boxes, and arrows from one to another by their ids. An arrow to no box is left out."""

    boxes: list[Box]
    arrows: list[tuple[str, str]]

    def numbered(self) -> list[tuple[int, int]]:
        """Return the arrows by the numbers of their boxes, each once."""
        numbers = {box.id: number for number, box in enumerate(self.boxes)}
        known = ((numbers.get(source), numbers.get(target)) for source, target in self.arrows)
        return list(dict.fromkeys((s, t) for s, t in known if s is not None and t is not None))


def state_of_colour(colour: str) -> int | None:
    """Return the state that a server paints in this colour, or None."""
    return COLOURS.index(colour) if colour in COLOURS else None


def rank_direction(direction: str) -> str:
    """Return a direction as Graphviz calls it.

    Raises:
        ValueError: There is no such direction.
    """
    if direction not in DIRECTIONS:
        raise ValueError(f"direction must be one of {', '.join(DIRECTIONS)}, got {shown(direction)}")
    return DIRECTIONS[direction]
