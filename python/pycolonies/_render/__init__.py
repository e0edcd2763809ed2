"""Workflows and process graphs as pictures: Mermaid, DOT, SVG, and trees of text."""

from __future__ import annotations

from pycolonies._render.dot import dot
from pycolonies._render.mermaid import mermaid
from pycolonies._render.picture import COLOURS, STATES, Box, Picture, state_of_colour
from pycolonies._render.svg import svg
from pycolonies._render.tree import tree

__all__ = ["COLOURS", "STATES", "Box", "Drawn", "Picture", "state_of_colour"]


class Drawn:
    """What can be drawn as boxes and arrows."""

    def picture(self) -> Picture:
        """Return what is drawn."""
        raise NotImplementedError

    def mermaid(self, *, direction: str = "TD") -> str:
        """Return it as a Mermaid flowchart, which GitHub, GitLab and many editors show as a picture.

        Args:
            direction: Where arrows lead: ``TD`` down, ``LR`` to the right, ``BT`` up, ``RL`` to the left.

        Raises:
            ValueError: There is no such direction, or the picture is not known.
        """
        return mermaid(self.picture(), direction)

    def dot(self, *, direction: str = "TD") -> str:
        """Return it in the language of Graphviz.

        Args:
            direction: Where arrows lead, as in `mermaid`.

        Raises:
            ValueError: There is no such direction, or the picture is not known.
        """
        return dot(self.picture(), direction)

    def svg(self) -> str:
        """Return it as an SVG picture, laid out from top to bottom. No other program is needed.

        Raises:
            ValueError: The picture is not known.
        """
        return svg(self.picture())

    def tree(self, *, color: bool = False) -> str:
        """Return it as a tree for terminals; a node with several parents is written out below the first.

        Args:
            color: Colour the states with ANSI escape sequences.

        Raises:
            ValueError: The picture is not known.
        """
        return tree(self.picture(), color=color)
