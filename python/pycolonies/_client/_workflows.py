"""Calls on workflows and the process graphs that the server makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pycolonies._client._bound import OWN
from pycolonies._client._processes import ProcessCalls
from pycolonies._models import FuncSpec, Process, ProcessGraph
from pycolonies._nodes import check_nodes, with_nodes
from pycolonies._wire import read, read_list
from pycolonies._workflow import Workflow, workflow_of


class WorkflowCalls(ProcessCalls):
    """Calls on workflows and the process graphs that the server makes of them."""

    def submit_workflow(self, workflow: Workflow | Mapping[str, Any], prvkey: str = OWN) -> ProcessGraph:
        """Submit function specs that depend on each other.

        Args:
            workflow: Its nodes, each with a name of its own. Those without dependencies can start at once.
            prvkey: Private key of a member.

        Returns:
            The process graph, with its nodes and edges, so that it can be drawn. Its ``processids`` are in
            the order of the function specs.

        Raises:
            InvalidWorkflowError: A node has no name, or that of another, or depends on a node that is not
                there, or waits for itself. Nothing was sent.
            PermissionDeniedError: The key is no member's.
        """
        specs = workflow_of(workflow).functionspecs
        check_nodes(specs)
        reply = self._call("submitworkflowspecmsg", prvkey, spec=workflow)
        return with_nodes(read(ProcessGraph, "submitworkflowspecmsg", reply), specs)

    def get_processgraph(self, processgraphid: str, prvkey: str = OWN) -> ProcessGraph:
        """Return a process graph, with how it may be drawn.

        Args:
            processgraphid: Its id.
            prvkey: Private key of a member.

        Raises:
            ServerError: There is no such process graph (status 500).
            PermissionDeniedError: The key is no member's.
        """
        reply = self._call("getprocessgraphmsg", prvkey, processgraphid=processgraphid)
        return read(ProcessGraph, "getprocessgraphmsg", reply)

    def get_processgraphs(
        self, colonyname: str = OWN, count: int = 100, prvkey: str = OWN, state: int | None = None
    ) -> list[ProcessGraph]:
        """List process graphs of one state, the newest first, without how they may be drawn.

        Args:
            colonyname: Name of the colony.
            count: How many at the most, up to 100.
            prvkey: Private key of a member.
            state: ``Colonies.WAITING``, ``RUNNING``, ``SUCCESSFUL``, ``FAILED`` or ``CANCELLED``; None for
                those that wait.

        Raises:
            InvalidRequestError: The count is above 100, or there is no such state.
            PermissionDeniedError: The key is no member's.
        """
        fields = {} if state is None else {"state": state}
        reply = self._call("getprocessgraphsmsg", prvkey, colonyname=colonyname, count=count, **fields)
        return read_list(ProcessGraph, "getprocessgraphsmsg", reply)

    def get_processes_for_workflow(
        self,
        processgraphid: str,
        colonyname: str = OWN,  # noqa: ARG002 (the id of a graph says it all)
        prvkey: str = OWN,
        count: int = 100,
    ) -> list[Process]:
        """Return the processes of a process graph: one call for the graph, and one for each process.

        Args:
            processgraphid: Id of the process graph.
            colonyname: Not looked at; part of the signature since 1.x.
            prvkey: Private key of a member.
            count: How many at the most.

        Raises:
            ServerError: There is no such process graph (status 500).
            PermissionDeniedError: The key is no member's.
        """
        graph = self.get_processgraph(processgraphid, prvkey)
        return [self.get_process(processid, prvkey) for processid in graph.processids[: max(count, 0)]]

    def find_process(self, nodename: str, processids: Sequence[str], prvkey: str = OWN) -> Process | None:
        """Find the process of a node in a process graph. Takes three calls, however many ids there are.

        Args:
            nodename: Name of the node.
            processids: Processes to look among, as in ``processids`` of a process graph.
            prvkey: Private key of a member.

        Returns:
            The process, or None where none of them has that node name.

        Raises:
            NotFoundError: A process is not there.
            PermissionDeniedError: The key is no member's.
        """
        rest = list(processids)
        if not rest:
            return None
        first = self.get_process(rest.pop(0), prvkey)
        if first.spec.nodename == nodename:
            return first
        if first.processgraphid:
            graph = self.get_processgraph(first.processgraphid, prvkey)
            names = {node.id: node.data.get("label") for node in graph.nodes}
            # What is not in the drawing, as nothing of a graph without a root is, is looked at below.
            rest = [processid for processid in rest if names.get(processid, nodename) == nodename]
        for processid in rest:
            process = self.get_process(processid, prvkey)
            if process.spec.nodename == nodename:
                return process
        return None

    def add_child(
        self,
        processgraphid: str,
        parentprocessid: str,
        childprocessid: str,
        funcspec: FuncSpec,
        nodename: str,
        insert: bool,
        prvkey: str = OWN,
    ) -> Process:
        """Add a process to a process graph that runs.

        Args:
            processgraphid: Id of the process graph.
            parentprocessid: A process that is assigned to this executor; the new one waits for it.
            childprocessid: A process of the graph that is to wait for the new one; ``""`` for none.
            funcspec: What to execute.
            nodename: Name of the new node.
            insert: Put it between the parent and all children of that; `childprocessid` is not looked at.
            prvkey: Private key of the executor that runs the parent.

        Returns:
            The new process.

        Raises:
            InvalidRequestError: The parent does not run, or not on this executor, or is in no process graph.
            PermissionDeniedError: The key is no member's.
        """
        named = self._spec_in_colony(funcspec).model_copy(update={"nodename": nodename})
        return self._process(
            "addchildmsg",
            prvkey,
            processgraphid=processgraphid,
            parentprocessid=parentprocessid,
            childprocessid=childprocessid,
            insert=insert,
            spec=named,
        )

    def cancel_processgraph(self, processgraphid: str, prvkey: str = OWN) -> None:
        """Cancel a process graph with all its processes that wait or run.

        Args:
            processgraphid: Its id.
            prvkey: Private key of a member.

        Raises:
            ServerError: There is no such process graph (status 500).
            PermissionDeniedError: The key is no member's.
        """
        self._call("cancelprocessgraphmsg", prvkey, processgraphid=processgraphid)

    def remove_processgraph(self, processgraphid: str, prvkey: str = OWN) -> None:
        """Remove a process graph that does not run, with its processes.

        Args:
            processgraphid: Its id.
            prvkey: Private key of a member.

        Raises:
            InvalidRequestError: It is running.
            ServerError: There is no such process graph (status 500).
            PermissionDeniedError: The key is no member's.
        """
        self._call("removeprocessgraphmsg", prvkey, processgraphid=processgraphid)

    def remove_all_processgraphs(
        self, colonyname: str = OWN, prvkey: str = OWN, state: int | None = None
    ) -> None:
        """Remove the process graphs of a colony that are in one state, with their processes.

        Args:
            colonyname: Name of the colony.
            prvkey: The colony owner's private key.
            state: Only those in this state; None for those that wait, -1 for all, the running ones too.

        Raises:
            InvalidRequestError: The state is running, or none.
            PermissionDeniedError: The key is not the colony owner's.
        """
        fields = {} if state is None else {"state": state}
        self._call("removeallprocessgraphsmsg", prvkey, colonyname=colonyname, **fields)
