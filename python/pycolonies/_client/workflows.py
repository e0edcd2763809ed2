"""Calls on workflows and the process graphs that the server makes of them."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from pycolonies import _checks as checks
from pycolonies._client.processes import ProcessCalls
from pycolonies._futures.progress import Bar, show_graph
from pycolonies._futures.workflow_result import WorkflowResult, ids_by_name
from pycolonies._models import FuncSpec, Process, ProcessGraph
from pycolonies._rpc import green
from pycolonies._rpc.defaults import OWN
from pycolonies._rpc.keys import Key
from pycolonies._specs.nodes import check_nodes, with_nodes
from pycolonies._specs.workflow import Workflow, workflow_of
from pycolonies._waiting.backoff import Backoff
from pycolonies._waiting.endings import ENDED, FAILED, Ending, GraphEnding, Subject, end_of
from pycolonies._waiting.polling import ANSWER_TIMEOUT, poll
from pycolonies.errors import CallCancelledError, TransportError, WorkflowFailedError

#: The longest pause between two polls of a process graph, in seconds.
GRAPH_POLL_MAX = 5.0
#: Seconds between two polls of a failed node whose errors are not stored yet.
ERRORS_POLL = 0.02
#: The most nodes that an exception names.
MOST_FAILED = 20


class WorkflowCalls(ProcessCalls):
    """Calls on workflows and the process graphs that the server makes of them."""

    def submit_workflow(self, workflow: Workflow | Mapping[str, Any], prvkey: Key = OWN) -> ProcessGraph:
        """Submit function specs that depend on each other.

        Args:
            workflow: Nodes with unique names. Nodes without dependencies can start at once.
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
        reply = self._endpoint(prvkey).call("submitworkflowspecmsg", spec=workflow)
        return with_nodes(reply.to(ProcessGraph), specs)

    def wait_workflow(
        self,
        graph: ProcessGraph | str,
        timeout: float | None = None,
        prvkey: Key = OWN,
        *,
        progress: bool = False,
    ) -> WorkflowResult:
        """Wait until a process graph has ended, and return the results of its nodes.

        Args:
            graph: The process graph, or its id.
            timeout: Seconds to wait; None for no limit. Other Python threads run meanwhile.
            prvkey: Private key of a member.
            progress: Show a progress bar, if standard error is a terminal.

        Returns:
            The results by the names of the nodes.

        Raises:
            WorkflowFailedError: It failed or was cancelled.
            WaitTimeoutError: It did not end in time; it continues.
            TransportError: The first call failed, or the server did not answer for a minute.
            ServerError: There is no such process graph (status 500).
            PermissionDeniedError: The key is no member's.
        """
        bar = Bar(None, shown=progress, what="workflow")
        ended: ProcessGraph | None = None
        try:
            for seen in self._workflow_steps(graph, timeout, prvkey):
                if seen is not None:
                    show_graph(bar, seen)
                    ended = seen
        finally:
            bar.close()
        if ended is None:
            raise AssertionError("waiting ends with a process graph, or with an exception")
        return self._workflow_result(ended, prvkey)

    def _workflow_steps(
        self, graph: ProcessGraph | str, timeout: float | None, prvkey: Key
    ) -> Generator[ProcessGraph | None, None, None]:
        """Yield a process graph whenever it has changed until it has ended, and None in between."""
        processgraphid = graph if isinstance(graph, str) else graph["processgraphid"]
        subject = Subject(
            "process graph",
            processgraphid,
            "getprocessgraphmsg",
            {"processgraphid": processgraphid},
            ProcessGraph,
            GraphEnding().reached,
            # Servers store the state of the last node before that of the graph.
            lambda found: (found.state, found.picture()),
        )
        return poll(self._endpoint(prvkey), subject, timeout, longest=GRAPH_POLL_MAX)

    def _workflow_result(self, graph: ProcessGraph, prvkey: Key) -> WorkflowResult:
        """Return the results of a process graph that has ended, or raise what it failed of."""
        state = end_of(graph)
        if state == ENDED[0]:
            return WorkflowResult(
                graph, lambda processid: self._node_process(processid, prvkey), self.endpoint.codec
            )
        failed = self._errors_of_nodes(graph, prvkey) if state == FAILED else {}
        raise WorkflowFailedError(graph.processgraphid, state, failed)

    def _errors_of_nodes(self, graph: ProcessGraph, prvkey: Key) -> dict[str, list[str]]:
        """Return the errors of the nodes that failed, once the server has stored them.

        Nodes that failed together with another one have no errors.
        """
        states = {box.id: box.state for box in graph.picture().boxes}
        ids = {name: node for name, node in ids_by_name(graph).items() if states.get(node) == FAILED}
        endings = {name: Ending() for name in ids}
        errors: dict[str, list[str]] = {}
        while True:
            for name in list(endings):
                process = self._node_process(ids[name], prvkey)
                if endings[name].reached(process):
                    del endings[name]
                    if process.errors:
                        errors[name] = process.errors
                if len(errors) == MOST_FAILED:
                    endings.clear()
                    break
            if not endings:
                return {name: errors[name] for name in ids if name in errors}
            green.pause(ERRORS_POLL)

    def _node_process(self, processid: str, prvkey: Key) -> Process:
        """Return the process of a node of a workflow that has ended.

        Lost answers are outlasted as those of the wait were, or the workflow's end would be lost with them.
        """
        backoff, since = Backoff(), time.monotonic()
        while True:
            try:
                return self.get_process(processid, prvkey)
            except CallCancelledError:
                raise
            except TransportError:
                if time.monotonic() - since > ANSWER_TIMEOUT:
                    raise
            green.pause(backoff.pause())

    def get_processgraph(self, processgraphid: str, prvkey: Key = OWN) -> ProcessGraph:
        """Return a process graph, with the positions of its nodes.

        Args:
            processgraphid: Its id.
            prvkey: Private key of a member.

        Raises:
            ServerError: There is no such process graph (status 500).
            PermissionDeniedError: The key is no member's.
        """
        reply = self._endpoint(prvkey).call("getprocessgraphmsg", processgraphid=processgraphid)
        return reply.to(ProcessGraph)

    def get_processgraphs(
        self, colonyname: str = OWN, count: int = 100, prvkey: Key = OWN, state: int | None = None
    ) -> list[ProcessGraph]:
        """List process graphs of one state, the newest first, without the positions of their nodes.

        Args:
            colonyname: Name of the colony.
            count: How many at most, up to 100.
            prvkey: Private key of a member.
            state: ``Colonies.WAITING``, ``RUNNING``, ``SUCCESSFUL``, ``FAILED`` or ``CANCELLED``; None for
                waiting ones.

        Raises:
            InvalidRequestError: The count is above 100, or there is no such state.
            PermissionDeniedError: The key is no member's.
        """
        fields = {} if state is None else {"state": state}
        reply = self._endpoint(prvkey).call(
            "getprocessgraphsmsg", colonyname=colonyname, count=count, **fields
        )
        return reply.dicts_of(ProcessGraph)

    def get_processes_for_workflow(
        self,
        processgraphid: str,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        count: int = 100,
    ) -> list[Process]:
        """Return the processes of a process graph: one call for the graph, and one for each process.

        Args:
            processgraphid: Id of the process graph.
            colonyname: Ignored; part of the signature since 1.x.
            prvkey: Private key of a member.
            count: How many at most.

        Raises:
            ServerError: There is no such process graph (status 500).
            PermissionDeniedError: The key is no member's.
        """
        checks.kind("count", count, int, "an integer")
        graph = self.get_processgraph(processgraphid, prvkey)
        endpoint = self._endpoint(prvkey)
        return [
            endpoint.call("getprocessmsg", processid=processid).dict_of(Process)
            for processid in graph.processids[: max(count, 0)]
        ]

    def find_process(self, nodename: str, processids: Sequence[str], prvkey: Key = OWN) -> Process | None:
        """Find the process of a node in a process graph. Takes three calls, however many ids there are.

        Args:
            nodename: Name of the node.
            processids: Ids of the processes to search, as in ``processids`` of a process graph.
            prvkey: Private key of a member.

        Returns:
            The process, or None if none of them has that node name.

        Raises:
            NotFoundError: A process does not exist.
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
        prvkey: Key = OWN,
    ) -> Process:
        """Add a process to a running process graph.

        Args:
            processgraphid: Id of the process graph.
            parentprocessid: A process that is assigned to this executor; the new one waits for it.
            childprocessid: A process of the graph that will wait for the new one; ``""`` for none.
            funcspec: The function spec.
            nodename: Name of the new node.
            insert: Insert it between the parent and all its children; `childprocessid` is ignored.
            prvkey: Private key of the executor that runs the process.

        Returns:
            The new process.

        Raises:
            InvalidRequestError: The parent does not run, or not on this executor, or is in no process graph.
            PermissionDeniedError: The process does not run on this executor.
        """
        named = self.endpoint.spec_in_colony(funcspec).model_copy(update={"nodename": nodename})
        reply = self._endpoint(prvkey).call(
            "addchildmsg",
            processgraphid=processgraphid,
            parentprocessid=parentprocessid,
            childprocessid=childprocessid,
            insert=insert,
            spec=named,
        )
        return reply.dict_of(Process)

    def cancel_processgraph(self, processgraphid: str, prvkey: Key = OWN) -> None:
        """Cancel a process graph with all its waiting and running processes.

        Args:
            processgraphid: Its id.
            prvkey: Private key of a member.

        Raises:
            ServerError: There is no such process graph (status 500).
            PermissionDeniedError: The key is no member's.
        """
        self._endpoint(prvkey).call("cancelprocessgraphmsg", processgraphid=processgraphid)

    def remove_processgraph(self, processgraphid: str, prvkey: Key = OWN) -> None:
        """Remove a process graph that is not running, with its processes.

        Args:
            processgraphid: Its id.
            prvkey: Private key of a member.

        Raises:
            InvalidRequestError: It is running.
            ServerError: There is no such process graph (status 500).
            PermissionDeniedError: The key is no member's.
        """
        self._endpoint(prvkey).call("removeprocessgraphmsg", processgraphid=processgraphid)

    def remove_all_processgraphs(
        self, colonyname: str = OWN, prvkey: Key = OWN, state: int | None = None
    ) -> None:
        """Remove the process graphs of a colony that are in one state, with their processes.

        Args:
            colonyname: Name of the colony.
            prvkey: The colony owner's private key.
            state: Only those in this state; None for waiting ones, -1 for all, including running ones.

        Raises:
            InvalidRequestError: The state is running, or not a state.
            PermissionDeniedError: The key is not the colony owner's.
        """
        fields = {} if state is None else {"state": state}
        self._endpoint(prvkey).call("removeallprocessgraphsmsg", colonyname=colonyname, **fields)
