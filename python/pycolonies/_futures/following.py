"""The log of a process as it grows: rules that blocking and awaitable handles share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from pycolonies._home import publish
from pycolonies._records import Log

#: Lines that are read at a time: as many as a server returns at most.
AT_ONCE = 500
#: Nanoseconds before the newest line from which lines may still arrive, and how many are read again at most.
OVERLAP, OVERLAP_LINES = 2_000_000_000, 250
#: Seconds between two reads: after new lines, and at most.
SHORTEST, LONGEST = 0.1, 1.0
_PROGRESS = re.compile(r"progress (\d{1,3})%(?: (.*))?", re.DOTALL)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class ProgressReport:
    """A report of `Context.progress`.

    Attributes:
        fraction: The progress, from 0 to 1, in steps of a hundredth.
        message: The message; may be empty.
        time: When it was reported, in UTC, by the server's clock.
    """

    fraction: float
    message: str
    time: datetime


def report_of(line: Log) -> ProgressReport | None:
    """Return the report of progress in a line of a log; None for other lines."""
    found = _PROGRESS.fullmatch(line.get("message", ""))
    if found is None:
        return None
    try:
        time = _EPOCH + timedelta(microseconds=line.get("timestamp", 0) // 1000)
    except OverflowError:  # a number that is no time
        time = _EPOCH
    return ProgressReport(min(int(found[1]) / 100, 1.0), found[2] or "", time)


def _time(line: Log) -> int:
    return int(line.get("timestamp", 0))


class LogReader:
    """The position of a reader in a log that grows.

    A server gives a line its time first and stores it a moment later. Where several threads write, a line may
    arrive after others with later times. So the last lines are read again, and known ones are skipped.

    Args:
        since: Only lines after this time are read, in nanoseconds since 1970.
        fields: Whose log it is, as a message says it.
    """

    def __init__(self, since: int = 0, **fields: str) -> None:
        self._fields: dict[str, str | int | bool] = {**fields, "count": AT_ONCE, "latest": False}
        self._since = since
        #: Lines that may be read again: times and messages, in order.
        self._known: list[tuple[int, str]] = []
        self._pause = SHORTEST

    @property
    def since(self) -> int:
        """The time, in nanoseconds, after which lines are to be read next."""
        return self._since

    def request(self) -> dict[str, str | int | bool]:
        """Return the fields of the message that reads the next lines."""
        return {**self._fields, "since": self._since}

    def new(self, lines: Sequence[Log]) -> list[Log]:
        """Return the lines that have not been returned before, in order of their time.

        Args:
            lines: The oldest lines after `since`, up to `AT_ONCE` of them.
        """
        known = Counter(self._known)
        found = []
        for line in sorted(lines, key=_time):
            key = _time(line), line.get("message", "")
            if known[key]:
                known[key] -= 1
            else:
                found.append(line)
        self._known = sorted([*self._known, *((_time(line), line.get("message", "")) for line in found)])
        if self._known:
            again = self._known[-1][0] - OVERLAP
            if len(self._known) > OVERLAP_LINES:
                again = max(again, self._known[-OVERLAP_LINES][0])
            self._since = max(self._since, again - 1)
            self._known = [key for key in self._known if key[0] > self._since]
        self._pause = SHORTEST if found else min(self._pause * 1.5, LONGEST)
        return found

    def pause(self, left: float) -> float:
        """Return how many seconds to wait before the next read, if so many are left."""
        return max(min(self._pause, left), 0.0)


publish(__name__)
