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


#: Seconds of the longest wait, about 30 years: systems refuse longer sleeps.
MAX_SECONDS = 10**9


class Seconds(Finite):
    """Seconds that systems can wait for. The help leaves the upper bound out, which no wait reaches."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read seconds.

        Raises:
            BadParameter: They are no finite number, or out of the range.
        """
        number = super().convert(value, param, ctx)
        if number > MAX_SECONDS:
            self.fail(f"{value} is more than {MAX_SECONDS} seconds.", param, ctx)
        return number


def seconds(at_least: float = 0) -> Seconds:
    """Return the type of options in seconds.

    Args:
        at_least: The least value.
    """
    return Seconds(min=at_least)
