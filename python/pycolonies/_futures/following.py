"""The log of a process as it grows: rules that blocking and awaitable handles share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from pycolonies._home import publish
from pycolonies._records import Log

#: Lines that are read at a time: as many as a server returns at most.
AT_ONCE = 500
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


class LogReader:
    """The position of a reader in a log.

    Several lines may have the same time, and some of them may arrive after others were read. So lines of the
    last time are read again, and known ones are skipped.

    Args:
        colonyname: The colony of the process.
        processid: The process.
    """

    def __init__(self, colonyname: str, processid: str) -> None:
        self._fields: dict[str, str | int | bool] = {
            "colonyname": colonyname,
            "processid": processid,
            "count": AT_ONCE,
            "latest": False,
        }
        self._last = 0
        self._seen: Counter[str] = Counter()
        self._pause = SHORTEST

    def request(self) -> dict[str, str | int | bool]:
        """Return the fields of the message that reads the next lines."""
        return {**self._fields, "since": max(self._last - 1, 0)}

    def new(self, lines: Iterable[Log]) -> list[Log]:
        """Return the lines that have not been returned before, in order of their time."""
        known = self._seen.copy()
        found = []
        for line in sorted(lines, key=lambda line: line.get("timestamp", 0)):
            time, message = line.get("timestamp", 0), line.get("message", "")
            if time < self._last:
                continue
            if time > self._last:
                self._last, self._seen, known = time, Counter(), Counter()
            if known[message]:
                known[message] -= 1
                continue
            self._seen[message] += 1
            found.append(line)
        self._pause = SHORTEST if found else min(self._pause * 1.5, LONGEST)
        return found

    def pause(self, left: float) -> float:
        """Return how many seconds to wait before the next read, if so many are left."""
        return max(min(self._pause, left), 0.0)


publish(__name__)
