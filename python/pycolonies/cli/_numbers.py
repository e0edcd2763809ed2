"""Numbers on the command line: finite ones, in a range."""

from __future__ import annotations

import math
from typing import Any

import click


class Finite(click.FloatRange):
    """A finite number: click's own ranges take NaN."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a number, as `click.FloatRange` does.

        Raises:
            BadParameter: It is no finite number, or out of the range.
        """
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


#: Seconds of the longest wait, about 30 years: more than systems sleep at once makes no difference.
MAX_SECONDS = 10**9


def seconds(at_least: float = 0) -> Finite:
    """Return the type of options in seconds.

    Args:
        at_least: The least value.
    """
    return Finite(min=at_least, max=MAX_SECONDS)
