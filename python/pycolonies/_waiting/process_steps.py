"""The states of one process until its end."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from pycolonies._models import Process
from pycolonies._waiting.endings import Ending, Subject
from pycolonies._waiting.listener import EndListener
from pycolonies._waiting.polling import poll

if TYPE_CHECKING:
    from pycolonies._rpc.endpoint import Endpoint
    from pycolonies.errors import TransportError


def process_steps(
    endpoint: Endpoint,
    processid: str,
    timeout: float | None,
    *,
    longest: float,
    age: float = 0,
    noted: Callable[[TransportError | None], object] | None = None,
) -> Generator[Process | None, None, None]:
    """Yield a process whenever its state has changed until it has ended, and None in between.

    Args:
        endpoint: Server, and key of a member.
        processid: Id of the process.
        timeout: Seconds to wait; None for no limit.
        longest: The longest pause between two polls in seconds.
        age: Seconds for which the process has been waited for before.
        noted: Called after each poll with the error, or None.

    Raises:
        WaitTimeoutError: It has not ended in time.
        NotFoundError: There is no such process.
        PermissionDeniedError: The key is no member's.
        TransportError: The first call failed, or the server did not answer for a minute.
    """
    subject = Subject(
        "process",
        processid,
        "getprocessmsg",
        {"processid": processid},
        Process,
        Ending().reached,
        lambda found: (found.state, found.retries),
    )
    yield from poll(endpoint, subject, timeout, listener=EndListener(endpoint, longest, age), noted=noted)
