"""Calls on executors and the functions that they offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pycolonies._client.caller import Caller
from pycolonies._records import Allocations, Capabilities, ExecutorRecord, Function, FunctionArgument
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.endpoint import require
from pycolonies._rpc.keys import Key


class ExecutorCalls(Caller):
    """Calls on executors and the functions that they offer."""

    def add_executor(self, executor: ExecutorRecord | Mapping[str, Any], prvkey: Key = OWN) -> ExecutorRecord:
        """Add an executor to a colony. It gets processes once it is approved.

        Args:
            executor: ``{"executorname", "executorid", "colonyname", "executortype"}`` at least; the id is
                that of the executor's key (`Crypto.id`).
            prvkey: The colony owner's private key.

        Returns:
            The executor, pending.

        Raises:
            InvalidRequestError: The name is taken, on a server that does not allow registering again.
            PermissionDeniedError: The key is not the colony owner's.
        """
        return (
            self._endpoint(prvkey)
            .call("addexecutormsg", executor=self.endpoint.in_colony(executor))
            .to(ExecutorRecord)
        )

    def list_executors(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[ExecutorRecord]:
        """List the executors of a colony, pending, rejected and removed ones too.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a user, or of an executor in any state.

        Raises:
            PermissionDeniedError: The key is neither's.
        """
        return self._endpoint(prvkey).call("getexecutorsmsg", colonyname=colonyname).list_of(ExecutorRecord)

    def get_executor(
        self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN
    ) -> ExecutorRecord:
        """Return an executor.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            prvkey: Private key of a member.

        Raises:
            ServerError: There is no such executor (status 500).
            PermissionDeniedError: The key is no member's.
        """
        return (
            self._endpoint(prvkey)
            .call("getexecutormsg", colonyname=colonyname, executorname=executorname)
            .to(ExecutorRecord)
        )

    def approve_executor(
        self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Approve an executor, so that it can get processes.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            prvkey: The colony owner's private key.

        Raises:
            ServerError: There is no such executor (status 500).
            PermissionDeniedError: The key is not the colony owner's.
        """
        self._endpoint(prvkey).call("approveexecutormsg", colonyname=colonyname, executorname=executorname)

    def reject_executor(self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Reject an executor: it gets no more processes. A running process stays with it.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            prvkey: The colony owner's private key.

        Raises:
            ServerError: There is no such executor (status 500).
            PermissionDeniedError: The key is not the colony owner's.
        """
        self._endpoint(prvkey).call("rejectexecutormsg", colonyname=colonyname, executorname=executorname)

    def remove_executor(self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Unregister an executor. Its running processes are requeued, and its functions removed.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            prvkey: The colony owner's private key.

        Raises:
            ServerError: There is no such executor (status 500).
            PermissionDeniedError: The key is not the colony owner's.
        """
        self._endpoint(prvkey).call("removeexecutormsg", colonyname=colonyname, executorname=executorname)

    def get_executor_by_id(self, executorid: str, prvkey: Key = OWN) -> ExecutorRecord:
        """Return the executor that has an identity.

        Args:
            executorid: Identity of the executor.
            prvkey: Private key of a member.

        Raises:
            NotFoundError: There is no such executor.
            PermissionDeniedError: The key is no member's.
        """
        return self._endpoint(prvkey).call("getexecutorbyidmsg", executorid=executorid).to(ExecutorRecord)

    def update_executor(
        self,
        colonyname: str = OWN,
        executorname: str = REQUIRED,
        capabilities: Capabilities | Mapping[str, Any] = REQUIRED,
        prvkey: Key = OWN,
    ) -> None:
        """Replace the capabilities of an executor.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            capabilities: Its hardware and software.
            prvkey: The executor's private key.

        Raises:
            InvalidRequestError: There is no such executor, or the key is not the executor's.
            PermissionDeniedError: The key is not that of this executor.
        """
        self._endpoint(prvkey).call(
            "updateexecutormsg", colonyname=colonyname, executorname=executorname, capabilities=capabilities
        )

    def report_allocations(
        self,
        colonyname: str = OWN,
        executorname: str = REQUIRED,
        allocations: Allocations | Mapping[str, Any] = REQUIRED,
        prvkey: Key = OWN,
    ) -> None:
        """Replace the allocations of an executor to projects.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            allocations: ``{"projects": {name of the project: what it may use, and uses}}``.
            prvkey: The executor's private key.

        Raises:
            InvalidRequestError: There is no such executor, or the key is not the executor's.
            PermissionDeniedError: The key is not that of this executor.
        """
        self._endpoint(prvkey).call(
            "reportallocationmsg", colonyname=colonyname, executorname=executorname, allocations=allocations
        )

    def change_executor_id(
        self, colonyname: str = OWN, executorid: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Change the identity of an executor, at once. Running processes stay with the old one.

        Args:
            colonyname: Name of the colony.
            executorid: The new identity, 64 hexadecimal digits.
            prvkey: The executor's private key. Later calls need the new one.

        Raises:
            InvalidRequestError: The id does not have 64 characters, or the key is a user's.
            PermissionDeniedError: The key is not that of this executor.
        """
        self._endpoint(prvkey).call("changeexecutoridmsg", colonyname=colonyname, executorid=executorid)

    def add_function(
        self,
        colonyname: str = OWN,
        executorname: str = REQUIRED,
        funcname: str = REQUIRED,
        prvkey: Key = OWN,
        *,
        args: Iterable[FunctionArgument | Mapping[str, Any]] = (),
        description: str = "",
    ) -> Function:
        """Register a function of an executor.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            funcname: Name of the function.
            prvkey: The executor's private key.
            args: The function's arguments.
            description: What the function does.

        Returns:
            The function, with the id that the server gave it.

        Raises:
            PermissionDeniedError: The key is not that of this executor, or it is not approved.
        """
        require(executorname=executorname, funcname=funcname)
        function = Function(
            colonyname=self.endpoint.colony(colonyname), executorname=executorname, funcname=funcname
        )
        if described := list(args):
            function["args"] = described
        if description:
            function["description"] = description
        return self._endpoint(prvkey).call("addfunctionmsg", fun=function).to(Function)

    def get_functions_by_executor(
        self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN
    ) -> list[Function]:
        """List the functions that an executor offers.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            prvkey: Private key of a member.

        Raises:
            PermissionDeniedError: The key is no member's.
        """
        fields = {"colonyname": colonyname, "executorname": executorname}
        return self._endpoint(prvkey).call("getfunctionsmsg", **fields).list_of(Function)

    def get_functions_by_colony(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[Function]:
        """List the functions that any executor of a colony offers.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.

        Raises:
            PermissionDeniedError: The key is no member's.
        """
        return self._endpoint(prvkey).call("getfunctionsmsg", colonyname=colonyname).list_of(Function)

    def remove_function(self, functionid: str, prvkey: Key = OWN) -> None:
        """Unregister a function of an executor.

        Args:
            functionid: Its id, as from `get_functions_by_executor`.
            prvkey: The executor's private key.

        Raises:
            NotFoundError: There is no such function.
            PermissionDeniedError: The key is not that of this executor.
        """
        self._endpoint(prvkey).call("removefunctionmsg", functionid=functionid)
