"""Refusals to read a workflow that the server is storing.

A Colonies server stores a process graph before its processes, and removes them before the graph. Meanwhile it
refuses to show the graph, and every list that the graph is in.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pycolonies._waiting.backoff import Backoff

if TYPE_CHECKING:
    from pycolonies.errors import ServerError

_MESSAGES = frozenset({"getprocessgraphmsg", "getprocessgraphsmsg"})
_WORDS = "Failed to iterate processgraph, process with ID="
_BAD_REQUEST = 400
#: Seconds for which a refused message is sent again. A graph that was stored by halves is refused for good.
WITHIN = 1.0
#: The first and the longest pause before that, in seconds.
_FIRST, _LONGEST = 0.01, 0.1


class Patience:
    """For how long one message is sent again. One object for each call.

    Args:
        timeout: Seconds that the call may take; None for the time that calls of the client usually have.
    """

    def __init__(self, timeout: float | None) -> None:
        self._until = time.monotonic() + min(WITHIN, WITHIN if timeout is None else timeout)
        self._backoff = Backoff(_FIRST, _LONGEST)

    def pause(self, refused: ServerError) -> float | None:
        """Return the seconds after which the message is to be sent again; None if the refusal is final."""
        if refused.msgtype not in _MESSAGES or refused.status != _BAD_REQUEST:
            return None
        if _WORDS not in refused.message or time.monotonic() >= self._until:
            return None
        return self._backoff.pause()
