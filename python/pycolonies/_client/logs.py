"""Calls on the logs of processes and executors."""

from __future__ import annotations

from pycolonies._client.caller import Caller
from pycolonies._records import Log
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.endpoint import require
from pycolonies._rpc.keys import Key


class LogCalls(Caller):
    """Calls on the logs of processes and executors. Lines are returned oldest first."""

    def add_log(self, processid: str, logmsg: str, prvkey: Key = OWN) -> None:
        """Write a line into the log of a running process.

        Args:
            processid: A process that is assigned to this executor.
            logmsg: The line.
            prvkey: Private key of the executor that runs the process.

        Raises:
            PermissionDeniedError: The process does not run on this executor.
            ServerError: There is no such process (status 500).
        """
        self._endpoint(prvkey).call("addlogmsg", processid=processid, message=logmsg)

    def add_executor_log(
        self, colonyname: str = OWN, executorname: str = REQUIRED, logmsg: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Write a line into the log of an executor.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            logmsg: The line.
            prvkey: The executor's private key.

        Raises:
            PermissionDeniedError: The key is not that of this executor.
        """
        require(logmsg=logmsg)
        self._endpoint(prvkey).call(
            "addexecutorlogmsg", colonyname=colonyname, executorname=executorname, message=logmsg
        )

    def get_process_log(
        self,
        colonyname: str = OWN,
        processid: str = REQUIRED,
        count: int = 100,
        since: int = 0,
        prvkey: Key = OWN,
        *,
        latest: bool = False,
    ) -> list[Log]:
        """Read the log of a process.

        Args:
            colonyname: Name of the colony.
            processid: Id of the process.
            count: How many lines at most, up to 500.
            since: Only lines after this time, in nanoseconds since 1970 UTC, as in ``timestamp``; 0 for all.
            prvkey: Private key of a member.
            latest: Return the last lines instead of the first; `since` is then ignored.

        Raises:
            PermissionDeniedError: The key is no member's, or the count is above 500.
            ServerError: There is no such process (status 500).
        """
        fields = {"colonyname": colonyname, "processid": processid, "count": count, "since": since}
        return self._endpoint(prvkey).call("getlogsmsg", **fields, latest=latest).list_of(Log)

    def get_executor_log(
        self,
        colonyname: str = OWN,
        executorname: str = REQUIRED,
        count: int = 100,
        since: int = 0,
        prvkey: Key = OWN,
        *,
        latest: bool = False,
    ) -> list[Log]:
        """Read the log of an executor: its own lines, and those that it wrote for processes.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            count: How many lines at most, up to 500.
            since: Only lines after this time, in nanoseconds since 1970 UTC, as in ``timestamp``; 0 for all.
            prvkey: Private key of a member.
            latest: Return the last lines instead of the first; `since` is then ignored.

        Raises:
            PermissionDeniedError: The key is no member's, or the count is above 500.
            ServerError: There is no such executor (status 500).
        """
        fields = {"colonyname": colonyname, "executorname": executorname, "count": count, "since": since}
        return self._endpoint(prvkey).call("getlogsmsg", **fields, latest=latest).list_of(Log)

    def search_logs(
        self,
        colonyname: str = OWN,
        text: str = REQUIRED,
        prvkey: Key = OWN,
        *,
        days: int = 1,
        count: int = 100,
    ) -> list[Log]:
        """Find lines in all logs of a colony.

        Args:
            colonyname: Name of the colony.
            text: Text that the lines contain, as in SQL's LIKE: ``%`` and ``_`` are wildcards.
            prvkey: Private key of a member.
            days: How many days back, up to 30.
            count: How many lines at most, up to 100.

        Raises:
            InvalidRequestError: More than 30 days or 100 lines.
            PermissionDeniedError: The key is no member's.
        """
        return (
            self._endpoint(prvkey)
            .call("searchlogsmsg", colonyname=colonyname, text=text, days=days, count=count)
            .list_of(Log)
        )
