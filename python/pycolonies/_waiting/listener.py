"""Listening for the end of a process, over a connection that is used for one after the other.

Never for two at a time: Colonies servers write what they have to tell of different processes at the same
time without a lock, and the library below ends the server when it notices.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from pycolonies._rpc.encoding import decode, encode
from pycolonies.errors import ColoniesError, ServerError

if TYPE_CHECKING:
    from pycolonies import _core
    from pycolonies._waiting.process_ends import Watched, Watcher

ENDED = (2, 3, 4)
#: Seconds between two looks at a process that is listened for: not every end is told.
LOOK_EVERY = 10.0
#: Seconds between two looks at whether anybody still listens.
STEP = 0.5
#: Seconds for which a server is asked to tell of a process, at first and at the most: longer each time.
SERVED_FOR, SERVED_FOR_AT_MOST = 20, 600
#: Processes that a connection serves; servers limit the subscriptions of one.
SERVES = 100
_MSGTYPE = "subscribeprocessmsg"
_LOG = logging.getLogger("pycolonies")


def listen(watcher: Watcher) -> None:
    """Listen for one process after the other, until there is none any longer."""
    socket: _core.Subscription | None = None
    served = 0
    try:
        while (watched := watcher.next_to_hear()) is not None:
            if socket is not None and (socket.closed or served >= SERVES):
                socket.close()
                socket = None
            try:
                if socket is None:
                    socket = watcher.endpoint.transport.subscribe()
                    served = 0
                served += 1
                _listen_for(watcher, watched, socket)
            except Exception as fault:  # noqa: BLE001 (whatever it is, somebody waits)
                if not isinstance(fault, ColoniesError):
                    _LOG.exception("listening for the end of a process failed, and is tried again")
                watcher.missed(fault)
                if socket is not None:
                    socket.close()
                    socket = None
            finally:
                watcher.unheard(watched)
    finally:
        if socket is not None:
            socket.close()


def _listen_for(watcher: Watcher, watched: Watched, socket: _core.Subscription) -> None:
    """Listen until the process has ended, or nobody is interested, or the connection is over."""
    process = watched.process
    for state in ENDED:
        fields = {
            "processid": process.processid,
            "executortype": process.spec.conditions.executortype,
            "colonyname": process.spec.conditions.colonyname,
            "state": state,
            "timeout": min(SERVED_FOR * 3**watched.renewals, SERVED_FOR_AT_MOST),
        }
        socket.send(_MSGTYPE, encode(_MSGTYPE, fields), watcher.endpoint.key)
    watched.renewals += 1
    look_at = time.monotonic() + LOOK_EVERY
    while watcher.of_interest(watched):
        told = _told_of(process.processid, socket)
        if not told and not socket.closed and time.monotonic() < look_at:
            continue
        look_at = time.monotonic() + LOOK_EVERY
        if watcher.examine(watched) or socket.closed:
            return


def _told_of(processid: str, socket: _core.Subscription) -> bool:
    """Wait a moment for what the server says, and return whether that is about this process."""
    try:
        payload = socket.next(STEP)
    except ServerError:
        return True  # it knows no such process, perhaps; a look tells
    if payload is None:
        return False
    said = decode(_MSGTYPE, payload)
    return isinstance(said, dict) and said.get("processid") == processid
