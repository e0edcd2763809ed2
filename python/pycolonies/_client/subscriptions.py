"""Subscriptions to processes."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator

from pycolonies._client.processes import ENDED, LOOK_EVERY, ProcessCalls
from pycolonies._models import Process
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.encoding import fitted
from pycolonies._rpc.endpoint import require
from pycolonies._rpc.keys import Key
from pycolonies.errors import TransportError

#: All states that a process can be in.
STATES = (0, 1, 2, 3, 4)
#: Seconds that a server is asked to serve a subscription; then it closes the connection.
SUBSCRIBED_FOR = 3600


class SubscriptionCalls(ProcessCalls):
    """Subscriptions to processes."""

    def follow_processes(
        self,
        colonyname: str = OWN,
        executortype: str = REQUIRED,
        state: int = REQUIRED,
        prvkey: Key = OWN,
        *,
        timeout: float | None = None,
    ) -> Iterator[Process]:
        """Receive the processes for executors of one type as they come into a state.

        The server shares them out: of several who follow the same type and state each gets some. It keeps
        none for a connection that is lost; what comes while it is opened again is missed.

        Args:
            colonyname: Name of the colony.
            executortype: Type of the executors.
            state: ``Colonies.WAITING``, ``RUNNING``, ``SUCCESSFUL``, ``FAILED`` or ``CANCELLED``.
            prvkey: Private key of an executor. Users and owners cannot follow.
            timeout: Seconds until it ends; None for no limit.

        Returns:
            The processes, as the server saw them: of one that has just ended, `get_process` tells the output.

        Raises:
            PermissionDeniedError: The key is no executor's.
            TransportError: The connection was lost, and could not be opened again for a minute.
        """
        for process in self._type_steps(colonyname, executortype, state, prvkey, timeout):
            if process is not None:
                yield process

    def follow_process(
        self, processid: str, prvkey: Key = OWN, *, timeout: float | None = None
    ) -> Iterator[Process]:
        """Receive a process now, and again whenever its state has changed, until it has ended.

        Args:
            processid: Its id.
            prvkey: Private key of a member.
            timeout: Seconds until it ends in any case; None for no limit.

        Raises:
            NotFoundError: There is no such process, or no longer.
            PermissionDeniedError: The key is no member's.
            TransportError: The connection was lost, and could not be opened again for a minute.
        """
        for process in self._process_steps(processid, prvkey, timeout):
            if process is not None:
                yield process

    def _type_steps(
        self, colonyname: str, executortype: str, state: int, prvkey: Key, timeout: float | None
    ) -> Generator[Process | None, None, None]:
        """Yield the processes for executors of a type, and None in between."""
        require(executortype=executortype, state=state)
        colonyname = self.endpoint.colony(colonyname)
        fields = {
            "colonyname": colonyname,
            "executortype": executortype,
            "state": state,
            "timeout": _served_for(timeout),
        }
        endpoint = self._endpoint(prvkey)
        with endpoint.follow("subscribeprocessesmsg", [fields], timeout) as connection:
            while not connection.over:
                found = connection.next(min(LOOK_EVERY, endpoint.poll_interval))
                process = None if found is None else fitted(Process, "subscribeprocessesmsg", found)
                # Servers tell of all colonies that have executors of the type.
                if process is not None and process.spec.conditions.colonyname != colonyname:
                    process = None
                yield process

    def _process_steps(
        self, processid: str, prvkey: Key, timeout: float | None
    ) -> Generator[Process | None, None, None]:
        """Yield a process whenever its state has changed, and None in between."""
        endpoint = self._endpoint(prvkey)
        found = self.get_process(processid, prvkey)
        messages = [
            {
                "processid": processid,
                "executortype": found.spec.conditions.executortype,
                "colonyname": found.spec.conditions.colonyname,
                "state": state,
                "timeout": _served_for(timeout),
            }
            for state in STATES
        ]
        yield found
        if found.state in ENDED:
            return
        with endpoint.follow("subscribeprocessmsg", messages, timeout) as connection:
            look_at = time.monotonic() + LOOK_EVERY
            while not connection.over:
                told = connection.next(min(look_at - time.monotonic(), endpoint.poll_interval))
                if told is None and time.monotonic() < look_at and not connection.over:
                    yield None
                    continue
                look_at = time.monotonic() + LOOK_EVERY
                # What a message shows is older than what it tells, and not every end is told.
                try:
                    seen, found = found, self.get_process(processid, prvkey)
                except TransportError:
                    continue
                if (found.state, found.retries) != (seen.state, seen.retries):
                    yield found
                if found.state in ENDED:
                    return


def _served_for(timeout: float | None) -> int:
    return SUBSCRIBED_FOR if timeout is None else min(math.ceil(timeout) + 1, SUBSCRIBED_FOR)
