"""The heartbeat interval: the configured one, shortened after removals."""

from __future__ import annotations

import logging

from pycolonies._waiting import backoff

log = logging.getLogger("pycolonies.executor")

#: Longest time for which the server is asked to hold a request, in seconds.
HOLD = 10
#: Shortest interval that is learned, in seconds.
SHORTEST = 1.0
#: Longest interval while the executor stops, in seconds: it asks for no more work then.
WHILE_STOPPING = 2.0
#: The learned interval is this fraction of the silence that led to a removal.
FRACTION = 1 / 3


class Heartbeat:
    """The longest time between two calls of `assign`.

    A server removes executors that are silent for longer than a limit that clients cannot read, 600 s by
    default. An executor that is removed after a silence learns that the limit is shorter than that.

    Args:
        interval: Seconds between two calls, at most.
    """

    def __init__(self, interval: float) -> None:
        self.interval = interval
        #: Whether the executor asks for no more work.
        self.stopping = False
        self._while_polling = 0

    @property
    def now(self) -> float:
        """The current interval in seconds: the longest time between two calls."""
        return min(self.interval, WHILE_STOPPING) if self.stopping else self.interval

    def hold(self, idle: float) -> int:
        """Return for how many seconds a request may wait at the server: a real one counts the beginning only.

        Args:
            idle: Seconds since the executor got a process, or began to ask.
        """
        return backoff.hold(idle, min(HOLD, self.interval))

    def removed(self, silence: float) -> None:
        """The server had removed the executor after this many seconds without a call."""
        if silence <= HOLD + 1:
            # An executor that polls is hardly silent, and may have been removed on purpose: learn from a
            # second.
            self._while_polling += 1
            if self._while_polling == 1:
                return
        learned = max(silence * FRACTION, SHORTEST)
        if learned < self.interval:
            log.warning(
                "the server removed this executor after at most %.0f s without a call; from now on it calls "
                "every %.1f s",
                silence,
                learned,
            )
            self.interval = learned
