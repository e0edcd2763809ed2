"""Calls on processes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Mapping, Sequence
from functools import partial
from typing import Any

from pycolonies import _checks as checks
from pycolonies._client.caller import Caller
from pycolonies._models import FuncSpec, Process
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.encoding import read_assigned
from pycolonies._rpc.endpoint import require
from pycolonies._rpc.keys import Key
from pycolonies._rpc.reply import Reply
from pycolonies._waiting.backoff import LONGEST_HOLD, hold
from pycolonies._waiting.completion import carry_out, fetch
from pycolonies._waiting.endings import ENDED, id_of
from pycolonies._waiting.listener import LISTEN_MAX
from pycolonies._waiting.process_steps import process_steps
from pycolonies.errors import ColoniesError, NoProcessAvailable, NotFoundError, UnreadableProcessError


class ProcessCalls(Caller):
    """Calls on processes."""

    def submit_func_spec(self, spec: FuncSpec | Mapping[str, Any], prvkey: Key = OWN) -> Process:
        """Submit a process.

        Args:
            spec: The function spec, or its dictionary.
            prvkey: Private key of a member.

        Returns:
            The process, waiting.

        Raises:
            TypeError: It is neither a function spec nor a dictionary, or the dictionary has an unknown
                field.
            ValueError: A field of the dictionary does not fit.
            InvalidRequestError: The priority is outside -50000 to 50000, or cpu, mem or storage is malformed.
            PermissionDeniedError: The key is no member's.
            ConnectionLostError: The connection broke; the process may exist anyway. It is never
                submitted twice.
        """
        return (
            self._endpoint(prvkey)
            .call("submitfuncspecmsg", spec=self.endpoint.spec_in_colony(spec))
            .to(Process)
        )

    def assign(
        self,
        colonyname: str = OWN,
        timeout: int = REQUIRED,
        prvkey: Key = OWN,
        *,
        availablecpu: str = "",
        availablemem: str = "",
    ) -> Process:
        """Request the next process that this executor may run, and wait for one.

        A long wait takes several requests: a Colonies server can miss new work for a request that it holds.
        It may also assign a process before it has stored its ``env``, which is then fetched, within 2 s.

        Args:
            colonyname: Colony to take work from.
            timeout: Seconds to wait for work, 1 or more; -1 not to wait. Other Python threads run meanwhile.
            prvkey: Private key of an approved executor.
            availablecpu: Only processes that require at most this CPU, as ``"1500m"``; ``""`` for no limit.
            availablemem: Only processes that require at most this memory, as ``"2Gi"``; ``""`` for no limit.

        Returns:
            The process, running and assigned to this executor.

        Raises:
            NoProcessAvailable: No process was assigned in time.
            UnreadableProcessError: The assigned process can't be read. It was failed with the reason.
            InvalidRequestError: CPU or memory is malformed.
            PermissionDeniedError: The key is not that of an approved executor.
        """
        require(timeout=timeout)
        checks.check_timeout(timeout)
        fields: dict[str, Any] = {"colonyname": colonyname, "timeout": timeout}
        if availablecpu:
            fields["availablecpu"] = availablecpu
        if availablemem:
            fields["availablemem"] = availablemem
        reply = self._next_assigned(fields, timeout, prvkey)
        try:
            process = read_assigned(reply.payload)
        except UnreadableProcessError as unreadable:
            if unreadable.processid:
                with contextlib.suppress(ColoniesError):
                    self.fail(unreadable.processid, [str(unreadable)], prvkey)
            raise
        looks = self._assignments.looks(process)
        if looks is None:
            return process
        return carry_out(looks, process, partial(fetch, self._endpoint(prvkey)))

    def _next_assigned(self, fields: dict[str, Any], timeout: int, prvkey: Key) -> Reply:
        """Return the reply with the next process. A long wait is several requests: servers lose wake-ups."""
        began, waited, endpoint = time.monotonic(), 0.0, self._endpoint(prvkey)
        while True:
            if isinstance(timeout, int) and timeout > 1:
                fields["timeout"] = max(min(hold(waited, LONGEST_HOLD), round(timeout - waited)), 1)
            # The server holds the call for as long as it was asked to; then the reply has the usual time.
            limit = max(fields["timeout"], 0) + self.timeout
            try:
                return endpoint.call_within(limit, "assignprocessmsg", **fields)
            except NotFoundError as refused:
                before, waited = waited, time.monotonic() - began
                at_once = waited - before < fields["timeout"] - 0.5
                if at_once or timeout - waited < 0.5:  # noqa: PLR2004 (half a second, as holds are whole seconds)
                    raise NoProcessAvailable(refused.message, refused.status, refused.msgtype) from None

    def get_process(self, processid: str, prvkey: Key = OWN) -> Process:
        """Return a process.

        Args:
            processid: Its id.
            prvkey: Private key of a member.

        Raises:
            NotFoundError: There is no such process.
            PermissionDeniedError: The key is no member's.
        """
        return self._endpoint(prvkey).call("getprocessmsg", processid=processid).to(Process)

    def list_processes(
        self,
        colonyname: str = OWN,
        count: int = 100,
        state: int = REQUIRED,
        prvkey: Key = OWN,
        *,
        executortype: str = "",
        label: str = "",
        initiator: str = "",
    ) -> list[Process]:
        """List processes of one state: waiting ones in the order of the queue, ended ones newest first.

        Args:
            colonyname: Name of the colony.
            count: How many at most, up to 100.
            state: ``Colonies.WAITING``, ``RUNNING``, ``SUCCESSFUL``, ``FAILED`` or ``CANCELLED``.
            prvkey: Private key of a member.
            executortype: Only those for executors of this type.
            label: Only those whose function spec has this label.
            initiator: Only those that the user of this name submitted.

        Raises:
            InvalidRequestError: The count is above 100, there is no such state, or no such user.
            PermissionDeniedError: The key is no member's.
            ValueError: More than one filter; the server would only use the first.
        """
        filters = {"executortype": executortype, "label": label, "initiator": initiator}
        used: dict[str, Any] = {name: value for name, value in filters.items() if value}
        if len(used) > 1:
            raise ValueError(f"only one filter can be given, got {' and '.join(used)}")
        reply = self._endpoint(prvkey).call(
            "getprocessesmsg", colonyname=colonyname, count=count, state=state, **used
        )
        return reply.dicts_of(Process)

    def get_process_history(
        self,
        colonyname: str = OWN,
        seconds: int = REQUIRED,
        state: int = REQUIRED,
        prvkey: Key = OWN,
        *,
        executorid: str = "",
    ) -> list[Process]:
        """List recently submitted processes of one state, the oldest first.

        Args:
            colonyname: Name of the colony.
            seconds: How far back.
            state: ``Colonies.WAITING``, ``RUNNING``, ``SUCCESSFUL``, ``FAILED`` or ``CANCELLED``.
            prvkey: Private key of a member.
            executorid: Only those assigned to this executor.

        Raises:
            ProtocolError: The key is no member's: servers send an empty answer then.
        """
        reply = self._endpoint(prvkey).call(
            "getprocesshistmsg", colonyname=colonyname, executorid=executorid, seconds=seconds, state=state
        )
        return reply.list_of(Process)

    def cancel_process(self, processid: str, prvkey: Key = OWN) -> None:
        """Cancel a waiting or running process. Its executor gets no message, and can no longer close it.

        Args:
            processid: A process that is in no process graph; those are cancelled as a whole.
            prvkey: Private key of a member.

        Raises:
            InvalidRequestError: It has ended, or is part of a process graph.
            ServerError: There is no such process (status 500).
            PermissionDeniedError: The key is no member's.
        """
        self._endpoint(prvkey).call("cancelprocessmsg", processid=processid)

    def remove_process(self, processid: str, prvkey: Key = OWN) -> None:
        """Remove a process that is not running.

        Args:
            processid: Its id.
            prvkey: Private key of a member.

        Raises:
            InvalidRequestError: It is running, or part of a process graph.
            ServerError: There is no such process (status 500).
        """
        self._endpoint(prvkey).call("removeprocessmsg", processid=processid)

    def remove_all_processes(self, colonyname: str = OWN, prvkey: Key = OWN, state: int = -1) -> None:
        """Remove all processes of a colony, except those in process graphs.

        Args:
            colonyname: Name of the colony.
            prvkey: The colony owner's private key.
            state: Only those in this state; -1 for all, including running ones.

        Raises:
            InvalidRequestError: The state is running, or not a state.
            PermissionDeniedError: The key is not the colony owner's.
        """
        self._endpoint(prvkey).call("removeallprocessesmsg", colonyname=colonyname, state=state)

    def close(self, processid: str, output: Sequence[Any] | None, prvkey: Key = OWN) -> None:
        """Close a process as successful.

        Args:
            processid: A process that is assigned to this executor.
            output: List of JSON values; empty or None keeps what `set_output` stored.
            prvkey: Private key of the executor that runs the process.

        Raises:
            PermissionDeniedError: The process does not run on this executor.
            InvalidRequestError: The process has failed or was cancelled.
        """
        self._endpoint(prvkey).call("closesuccessfulmsg", processid=processid, out=output)

    def fail(self, processid: str, errors: Sequence[str], prvkey: Key = OWN) -> None:
        """Close a process as failed. It is not retried, whatever its maxretries.

        Args:
            processid: A process that is assigned to this executor.
            errors: Error messages.
            prvkey: Private key of the executor that runs the process.

        Raises:
            PermissionDeniedError: The process does not run on this executor.
            InvalidRequestError: The process has ended already.
        """
        self._endpoint(prvkey).call("closefailedmsg", processid=processid, errors=errors)

    def set_output(self, processid: str, arr: Sequence[Any], prvkey: Key = OWN) -> None:
        """Store the output of a running process. It replaces earlier output.

        Args:
            processid: A process that is assigned to this executor.
            arr: List of JSON values; an empty one changes nothing.
            prvkey: Private key of the executor that runs the process.

        Raises:
            PermissionDeniedError: The process does not run on this executor.
        """
        self._endpoint(prvkey).call("setoutputmsg", processid=processid, out=arr)

    def wait(self, process: Process, timeout: float, prvkey: Key = OWN) -> Process:
        """Wait until a process has ended, successfully or not. Returns at once if it has.

        Args:
            process: The process; only its id, executor type and colony are used.
            timeout: Seconds to wait. Other Python threads run meanwhile.
            prvkey: Private key of a member.

        Returns:
            The process, successful, failed or cancelled: see its ``state``, ``output`` and ``errors``.

        Raises:
            WaitTimeoutError: It did not end in time.
            NotFoundError: There is no such process.
            PermissionDeniedError: The key is no member's.
            TransportError: The server did not answer the first call, or none for a minute.
        """
        steps = self._wait_steps(id_of(process), timeout, prvkey)
        return next(ended for ended in steps if ended is not None)

    def _wait_steps(
        self, processid: str, timeout: float, prvkey: Key
    ) -> Generator[Process | None, None, None]:
        """Yield None repeatedly, and finally the ended process."""
        for found in process_steps(self._endpoint(prvkey), processid, timeout, longest=LISTEN_MAX):
            yield found if found is not None and found.state in ENDED else None
