"""Workflows and process graphs as pictures: Mermaid, DOT, SVG, and trees of text."""

from __future__ import annotations

from pycolonies._render.picture import COLOURS, STATES, Box, Picture, state_of_colour

__all__ = ["COLOURS", "STATES", "Box", "Drawn", "Picture", "state_of_colour"]


class Drawn:
    """A graph that can be drawn as boxes and arrows.

    More than eight equal siblings are drawn as one box, such as ``60 x square, 58 done``: siblings whose
    names differ only in the number at the end, with the same parents and children. ``fold=False`` draws each.
    """

    def picture(self) -> Picture:
        """Return the boxes and arrows."""
        raise NotImplementedError

    def mermaid(self, *, direction: str = "TD", fold: bool = True) -> str:
        """Return it as a Mermaid flowchart, which GitHub, GitLab and many editors show as a picture.

        Args:
            direction: Where arrows lead: ``TD`` down, ``LR`` to the right, ``BT`` up, ``RL`` to the left.
            fold: Draw many equal siblings as one box.

        Raises:
            ValueError: There is no such direction, or the picture is not known.
        """
        from pycolonies._render.mermaid import mermaid

        return mermaid(self._folded(fold=fold), direction)

    def dot(self, *, direction: str = "TD", fold: bool = True) -> str:
        """Return it in the language of Graphviz.

        Args:
            direction: Where arrows lead, as in `mermaid`.
            fold: Draw many equal siblings as one box.

        Raises:
            ValueError: There is no such direction, or the picture is not known.
        """
        from pycolonies._render.dot import dot

        return dot(self._folded(fold=fold), direction)

    def svg(self, *, fold: bool = True) -> str:
        """Return it as an SVG picture, laid out from top to bottom. No other program is needed.

        Args:
            fold: Draw many equal siblings as one box.

        Raises:
            ValueError: The picture is not known.
        """
        from pycolonies._render.svg import svg

        return svg(self._folded(fold=fold))

    def _repr_svg_(self) -> str | None:
        """Return the picture for notebooks; None if it is not known."""
        try:
            return self.svg()
        except ValueError:
            return None

    def _repr_html_(self) -> str:
        """Return the picture above the table of the fields, for notebooks."""
        table: str = super()._repr_html_()  # type: ignore[misc]  # of the record that this is a part of
        return f"{self._repr_svg_() or ''}{table}"

    def tree(self, *, color: bool = False, fold: bool = True) -> str:
        """Return it as a tree for terminals; a node with several parents is written out below the first.

        Args:
            color: Color the states with ANSI escape sequences.
            fold: Draw many equal siblings as one line.

        Raises:
            ValueError: The picture is not known.
        """
        from pycolonies._render.tree import tree

        return tree(self._folded(fold=fold), color=color)

    def _folded(self, *, fold: bool) -> Picture:
        from pycolonies._render.fold import folded

        picture = self.picture()
        return folded(picture) if fold else picture
