"""Subscriptions to processes."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator

from pycolonies import _checks as checks
from pycolonies._client.processes import ProcessCalls
from pycolonies._models import Process
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.encoding import fitted
from pycolonies._rpc.endpoint import require
from pycolonies._rpc.keys import Key
from pycolonies._waiting.backoff import POLL_MAX
from pycolonies._waiting.process_steps import process_steps
from pycolonies.errors import WaitTimeoutError

#: Longest step of a subscription in seconds.
STEP = 10.0
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
        """Receive processes for executors of one type when they enter a state.

        The server distributes them: of several clients that follow the same type and state, each gets some.
        A Colonies server also counts executors of that type that wait for work, in all colonies, among the
        receivers of waiting processes. Events during a lost connection are missed.

        Args:
            colonyname: Name of the colony.
            executortype: Type of the executors.
            state: ``Colonies.WAITING``, ``RUNNING``, ``SUCCESSFUL``, ``FAILED`` or ``CANCELLED``.
            prvkey: Private key of an executor. Users and owners cannot follow.
            timeout: Seconds until it ends; None for no limit.

        Returns:
            The processes, as the server saw them. `get_process` returns the output of ended ones.

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
        """Receive a process now, and whenever its state has changed, until it has ended.

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
            "timeout": served_for(timeout),
        }
        endpoint = self._endpoint(prvkey)
        with endpoint.follow("subscribeprocessesmsg", [fields], timeout) as connection:
            while not connection.over:
                found = connection.next(min(STEP, endpoint.poll_interval))
                process = None if found is None else fitted(Process, "subscribeprocessesmsg", found)
                # Servers send events of all colonies that have executors of the type.
                if process is not None and process.spec.conditions.colonyname != colonyname:
                    process = None
                yield process

    def _process_steps(
        self, processid: str, prvkey: Key, timeout: float | None
    ) -> Generator[Process | None, None, None]:
        """Yield a process whenever its state has changed, and None in between."""
        endpoint = self._endpoint(prvkey)
        try:
            yield from process_steps(endpoint, processid, timeout, longest=POLL_MAX)
        except WaitTimeoutError:
            return


def served_for(timeout: float | None, longest: int = SUBSCRIBED_FOR) -> int:
    """Return the whole seconds for which a server is asked to serve a subscription."""
    checks.check_timeout(timeout)
    return longest if timeout is None else min(math.ceil(timeout) + 1, longest)
