"""Calls on executors and the functions that they offer."""

from __future__ import annotations

from collections.abc import Iterable

from pycolonies._client._caller import Caller
from pycolonies._records import Executor, Function, FunctionArgument


class ExecutorCalls(Caller):
    """Calls on executors and the functions that they offer."""

    def add_executor(self, executor: Executor, prvkey: str) -> Executor:
        """Add an executor to a colony. It may work once it is approved.

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
        added: Executor = self._ask("addexecutormsg", prvkey, executor=executor)
        return added

    def list_executors(self, colonyname: str, prvkey: str) -> list[Executor]:
        """List the executors of a colony, pending, rejected and removed ones too.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.

        Raises:
            PermissionDeniedError: The key is no member's.
        """
        return self._ask("getexecutorsmsg", prvkey, colonyname=colonyname) or []

    def get_executor(self, colonyname: str, executorname: str, prvkey: str) -> Executor:
        """Return an executor.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            prvkey: Private key of a member.

        Raises:
            ServerError: There is no such executor (status 500).
            PermissionDeniedError: The key is no member's.
        """
        executor: Executor = self._ask(
            "getexecutormsg", prvkey, colonyname=colonyname, executorname=executorname
        )
        return executor

    def approve_executor(self, colonyname: str, executorname: str, prvkey: str) -> None:
        """Let an executor work.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            prvkey: The colony owner's private key.

        Raises:
            ServerError: There is no such executor (status 500).
            PermissionDeniedError: The key is not the colony owner's.
        """
        self._call("approveexecutormsg", prvkey, colonyname=colonyname, executorname=executorname)

    def reject_executor(self, colonyname: str, executorname: str, prvkey: str) -> None:
        """Forbid an executor to work. A process that it holds stays with it.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            prvkey: The colony owner's private key.

        Raises:
            ServerError: There is no such executor (status 500).
            PermissionDeniedError: The key is not the colony owner's.
        """
        self._call("rejectexecutormsg", prvkey, colonyname=colonyname, executorname=executorname)

    def remove_executor(self, colonyname: str, executorname: str, prvkey: str) -> None:
        """Unregister an executor. Its running processes go back to the queue, its functions are forgotten.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            prvkey: The colony owner's private key.

        Raises:
            ServerError: There is no such executor (status 500).
            PermissionDeniedError: The key is not the colony owner's.
        """
        self._call("removeexecutormsg", prvkey, colonyname=colonyname, executorname=executorname)

    def add_function(
        self,
        colonyname: str,
        executorname: str,
        funcname: str,
        prvkey: str,
        *,
        args: Iterable[FunctionArgument] = (),
        description: str = "",
    ) -> Function:
        """Tell the colony that an executor offers a function.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            funcname: Name of the function.
            prvkey: The executor's private key: an executor registers its own functions only.
            args: The function's arguments.
            description: What the function does.

        Returns:
            The function, with the id that the server gave it.

        Raises:
            PermissionDeniedError: The key is not that of this executor, or it is not approved.
        """
        function: Function = {"colonyname": colonyname, "executorname": executorname, "funcname": funcname}
        if described := list(args):
            function["args"] = described
        if description:
            function["description"] = description
        added: Function = self._ask("addfunctionmsg", prvkey, fun=function)
        return added

    def get_functions_by_executor(self, colonyname: str, executorname: str, prvkey: str) -> list[Function]:
        """List the functions that an executor offers.

        Args:
            colonyname: Name of the colony.
            executorname: Name of the executor.
            prvkey: Private key of a member.

        Raises:
            PermissionDeniedError: The key is no member's.
        """
        fields = {"colonyname": colonyname, "executorname": executorname}
        return self._ask("getfunctionsmsg", prvkey, **fields) or []

    def get_functions_by_colony(self, colonyname: str, prvkey: str) -> list[Function]:
        """List the functions that any executor of a colony offers.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.

        Raises:
            PermissionDeniedError: The key is no member's.
        """
        return self._ask("getfunctionsmsg", prvkey, colonyname=colonyname) or []
