"""How long to wait before the next attempt."""

from __future__ import annotations

from random import SystemRandom

#: Seconds before the second attempt, and the longest pause between two.
FIRST = 0.1
AT_MOST = 5.0
#: The shortest and the longest pause between two polls, in seconds.
POLL_MIN, POLL_MAX = 0.005, 2.0
#: A pause is this share of the time without news: the answer is late by at most as much.
QUIET_SHARE = 0.15
#: A pause is at least this many times what the last poll took: a slow server has time for other clients.
MIN_IDLE_FACTOR = 1
#: A server is asked to hold a request for work for this fraction of the time for which no work has come. When
#: work comes in, a Colonies server wakes one waiting executor of the type, in whatever colony, and the others
#: must ask again. It also misses work that comes in while it registers a request. So a lost wake-up delays
#: work by half as long as there was none before.
IDLE_FRACTION = 1 / 2
#: Longest time in seconds for which `assign` asks a server to hold a request. A proxy may cut a connection
#: that is silent for long.
LONGEST_HOLD = 30

# Jitter without state: programs that seed `random` are not disturbed, and forks do not pause in step.
_RANDOM = SystemRandom()


class Backoff:
    """Growing random pauses, so that many clients do not come back at the same moment.

    Args:
        first: The first pause in seconds, at most.
        longest: The longest pause in seconds.
    """

    def __init__(self, first: float = FIRST, longest: float = AT_MOST) -> None:
        self._first, self._longest = first, longest
        self._next = first

    def pause(self) -> float:
        """Return the seconds to wait now. The next pause is twice as long, up to the longest."""
        seconds = self._next * _RANDOM.uniform(0.5, 1)
        self._next = min(2 * self._next, self._longest)
        return seconds

    def reset(self) -> None:
        """Start again with the first pause, after a success."""
        self._next = self._first


def poll_pause(quiet: float, cost: float, shortest: float = POLL_MIN, longest: float = POLL_MAX) -> float:
    """Return the seconds between two polls.

    Args:
        quiet: Seconds without news.
        cost: Seconds that the last poll took.
        shortest: The shortest pause in seconds.
        longest: The longest pause in seconds, unless a poll takes long.
    """
    return max(min(QUIET_SHARE * quiet, longest), shortest, MIN_IDLE_FACTOR * cost)


def hold(idle: float, longest: float) -> int:
    """Return for how many seconds a server is asked to hold a request for work.

    Args:
        idle: Seconds since work came, or was first asked for.
        longest: The longest hold in seconds.
    """
    return max(int(min(longest, idle * IDLE_FRACTION)), 1)
