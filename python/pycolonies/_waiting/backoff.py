"""How long to wait before the next attempt."""

from __future__ import annotations

from random import Random

#: Seconds before the second attempt, and between two at the most.
FIRST = 0.1
AT_MOST = 15.0

# Programs may have a use for the state of the module's own generator.
_RANDOM = Random()  # noqa: S311 (nothing is secret here)


class Backoff:
    """Growing pauses, each of them random, so that many executors do not come back at the same moment."""

    def __init__(self) -> None:
        self._next = FIRST

    def pause(self) -> float:
        """Return the seconds to wait now."""
        seconds = self._next * _RANDOM.uniform(0.5, 1)
        self._next = min(2 * self._next, AT_MOST)
        return seconds

    def reset(self) -> None:
        """Begin again: something has succeeded."""
        self._next = FIRST
