"""Asking for work, and being heard from while there is no room for any."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pycolonies import _core
from pycolonies._executor.results import failure
from pycolonies._rpc.encoding import encode, read_assigned
from pycolonies._waiting.backoff import Backoff
from pycolonies.errors import (
    CallCancelledError,
    ColoniesError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    TransportError,
    UnreadableProcessError,
)

if TYPE_CHECKING:
    from pycolonies._executor.server_link import ServerLink
    from pycolonies._models import Process

log = logging.getLogger("pycolonies.executor")

#: Seconds for which the server is asked to hold a request. A real server may pass a waiting executor over
#: when work comes in, and it then has to ask again.
HOLD = 10
#: The CPU of an executor that has no room: the least that a server can read, so less than any process needs.
NOTHING = f"{-(2**63)}m"
#: Answers that say that assignments are paused: before and after waiting.
PAUSED = (503, 408)


class Poller:
    """Asks for work in an executor's name.

    Args:
        link: The way to the server.
        colonyname: Colony to take work from.
        rejoin: Registers the executor again, where the server does not know it.
        stopping: Set when no more work is wanted.
    """

    def __init__(
        self, link: ServerLink, colonyname: str, rejoin: Callable[[], None], stopping: threading.Event
    ) -> None:
        self._link = link
        self._rejoin = rejoin
        self._stopping = stopping
        self._cancellation = _core.Cancellation()
        self._message = encode("assignprocessmsg", {"colonyname": colonyname, "timeout": HOLD})
        self._sign_of_life = encode(
            "assignprocessmsg", {"colonyname": colonyname, "timeout": -1, "availablecpu": NOTHING}
        )
        self._backoff = Backoff()
        #: When the server was last asked, on the monotonic clock.
        self.asked = time.monotonic()
        #: Whether a process may have been assigned by an answer that was lost.
        self.may_have_missed_one = False

    def ask(self) -> Process | None:
        """Wait for a process; None where none came, for whatever reason, but never at once."""
        if self._stopping.is_set():
            return None
        self.asked = time.monotonic()
        try:
            reply = self._link.call(
                "assignprocessmsg", self._message, HOLD + self._link.timeout, self._cancellation
            )
        except CallCancelledError as early:
            self.may_have_missed_one |= early.may_have_been_processed
            return None
        except Exception as fault:  # noqa: BLE001 (sorted out there)
            self._failed(fault)
            return None
        self._backoff.reset()
        return self._read(reply)

    def show_life(self, timeout: float) -> Process | None:
        """Be heard from, and ask for nothing. Should a process come anyway, it is returned."""
        self.asked = time.monotonic()
        try:
            reply = self._link.call("assignprocessmsg", self._sign_of_life, timeout)
        except NotFoundError:
            return None
        except PermissionDeniedError:
            self._rejoin()
            return None
        except (ServerError, TransportError) as fault:
            log.debug("the sign of life was lost: %s", fault)
            return None
        return self._read(reply)

    def _read(self, reply: bytes) -> Process | None:
        """Read an assigned process. One that can't be read is failed, or it would run here for ever."""
        try:
            return read_assigned(reply)
        except UnreadableProcessError as unreadable:
            log.warning("%s", unreadable)
            if unreadable.processid:
                with contextlib.suppress(ColoniesError):
                    self._link.call("closefailedmsg", failure(unreadable.processid, [str(unreadable)]))
            return None

    def stop(self) -> None:
        """End the requests that wait at the server."""
        self._cancellation.cancel()

    def _failed(self, fault: Exception) -> None:
        if isinstance(fault, NotFoundError) and time.monotonic() - self.asked >= 1:
            self._backoff.reset()
            return
        if isinstance(fault, TransportError):
            self.may_have_missed_one |= fault.may_have_been_processed
        elif isinstance(fault, PermissionDeniedError):
            self._rejoin()
        elif not isinstance(fault, ServerError):
            raise fault
        elif fault.status == PAUSED[1]:
            return
        elif fault.status not in PAUSED and not isinstance(fault, NotFoundError):
            log.warning("the server refuses to hand out work: %s", fault)
        self._stopping.wait(self._backoff.pause())
