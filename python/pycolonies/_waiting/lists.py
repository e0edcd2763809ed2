"""Polls many processes at once, by the lists of recently ended processes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pycolonies._models import Process
from pycolonies._waiting.endings import ENDED
from pycolonies.errors import ServerError

if TYPE_CHECKING:
    from pycolonies._waiting.process_ends import Watched, Watcher

#: How many processes a list shows, at least and at most, and at most for each process that is looked for: a
#: server answers five polls of single processes in the time that 25 processes of a list take.
SHORT, LONG, FOR_EACH = 10, 100, 5
#: What ended so long before the newest that was seen is looked for again: servers of a cluster have clocks of
#: their own, and an end is visible a little after its time.
OVERLAP = timedelta(seconds=5)

_Group = tuple[str, str]


class Lists:
    """The recently ended processes of a colony and executor type: the newest, and no more than needed."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._seen: dict[tuple[_Group, int], datetime] = {}
        self._length: dict[tuple[_Group, int], int] = {}

    def look(self, unheard: Collection[Watched]) -> bool:
        """Look for processes among those that have ended, and settle those that are found.

        Returns:
            Whether the lists showed all ended processes. They show at most a hundred.

        Raises:
            ColoniesError: The server does not answer at the moment.
        """
        groups: dict[_Group, datetime] = {}
        for watched in unheard:
            conditions = watched.process.spec.conditions
            group = (conditions.colonyname, conditions.executortype)
            submitted = watched.process.submissiontime
            groups[group] = min(groups.get(group, submitted), submitted)
        for known in [key for key in self._seen if key[0] not in groups]:
            del self._seen[known]
        most = min(max(FOR_EACH * len(unheard), SHORT), LONG)
        told = [self._look(group, state, since, most) for group, since in groups.items() for state in ENDED]
        return all(told)

    def _look(self, group: _Group, state: int, submitted: datetime, most: int) -> bool:
        key = (group, state)
        since = max(self._seen.get(key, submitted), submitted)
        length = min(self._length.get(key, SHORT), most)
        while True:
            try:
                found = self._watcher.endpoint.call(
                    "getprocessesmsg",
                    colonyname=group[0],
                    count=length,
                    state=state,
                    executortype=group[1],
                ).dicts_of(Process)
            except ServerError as refused:
                if refused.status >= 500:  # noqa: PLR2004 (the server's own trouble)
                    raise
                return False  # polls of single processes report the reason
            self._watcher.reached()
            news = [process for process in found if self._watcher.is_watched(process.processid)]
            for process in news:
                self._watcher.seen(process)
            told_all = len(found) < length or found[-1].endtime < since
            if told_all or length == most:
                break
            length = min(2 * length, most)
        if found and found[0].endtime - since > OVERLAP:
            self._seen[key] = found[0].endtime - OVERLAP
        self._length[key] = min(max(2 * len(news), SHORT), LONG)
        return told_all
