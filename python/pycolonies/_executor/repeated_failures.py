"""Decides which of several failures in a row are reported. Rules without clock."""

from __future__ import annotations

from dataclasses import dataclass

#: Seconds from the first failure to the second message, and the longest time between two messages.
FIRST, LONGEST = 10.0, 600.0


@dataclass(frozen=True)
class Repeat:
    """A failure to report.

    Attributes:
        attempts: How many attempts have failed in a row, this one included.
        seconds: How long after the first one it is.
    """

    attempts: int
    seconds: float


class Repeats:
    """Counts attempts that fail in a row.

    The first failure is reported at once, later ones after 10, 20, 40 seconds and so on, at most ten minutes
    apart.
    """

    def __init__(self) -> None:
        self._since: float | None = None
        self._attempts = 0
        self._due = 0.0

    @property
    def failing(self) -> bool:
        """Whether the last attempt has failed."""
        return self._since is not None

    def failed(self, now: float) -> Repeat | None:
        """An attempt has failed. Returns the failure to report, or None."""
        if self._since is None:
            self._since, self._attempts, self._due = now, 1, now + FIRST
            return Repeat(1, 0.0)
        self._attempts += 1
        if now < self._due:
            return None
        seconds = now - self._since
        self._due = now + min(max(seconds, FIRST), LONGEST)
        return Repeat(self._attempts, seconds)

    def succeeded(self, now: float) -> Repeat | None:
        """An attempt has succeeded. Returns how many had failed before; None if none had."""
        if self._since is None:
            return None
        since, self._since = self._since, None
        return Repeat(self._attempts, now - since)
