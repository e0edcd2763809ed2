"""Calls that list failed processes and resubmit workflows."""

from __future__ import annotations

from datetime import datetime, timedelta

from pycolonies import _checks as checks
from pycolonies._client.crons import CronCalls
from pycolonies._client.workflows import WorkflowCalls
from pycolonies._models import FuncSpec, Process, ProcessGraph, ProcessState
from pycolonies._rpc.defaults import OWN
from pycolonies._rpc.keys import Key
from pycolonies._specs.again import seconds_since, workflow_again
from pycolonies._specs.submission import STATES, check_same_call, of_keys


class ResubmittingCalls(CronCalls, WorkflowCalls):
    """Calls that list failed processes and resubmit workflows."""

    def failed(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        *,
        since: datetime | timedelta | float | None = None,
        funcname: str = "",
        label: str = "",
    ) -> list[Process]:
        """List failed processes, including those of workflows, the newest first.

        Args:
            colonyname: Name of the colony.
            prvkey: Private key of a member.
            since: Only those submitted since then: a time, a duration, or seconds; None for all.
            funcname: Only calls of this function.
            label: Only those with this label.

        Raises:
            ValueError: `since` lies in the future.
            ProtocolError: The key is no member's: servers send an empty answer then.
        """
        checks.kind("funcname", funcname, str, "a string")
        checks.kind("label", label, str, "a string")
        seconds = seconds_since(since)
        found = self.get_process_history(colonyname, seconds, int(ProcessState.FAILED), prvkey)
        return [
            process
            for process in reversed(found)
            if (not funcname or process.spec.funcname == funcname)
            and (not label or process.spec.label == label)
        ]

    def _find_by_key(self, spec: FuncSpec, prvkey: Key) -> Process | None:
        """Return the process that has the idempotency key of a function spec, if there is one."""
        colonyname = spec.conditions.colonyname or OWN
        for state in STATES:
            listed = self.list_processes(colonyname, 100, state, prvkey, label=spec.label)
            found = of_keys(listed)
            if found is not None:
                check_same_call(found, spec, arguments=self.endpoint.codec is None)
                return found
        return None

    def resubmit_workflow(
        self, graph: ProcessGraph | str, prvkey: Key = OWN, *, only_failed: bool = True
    ) -> ProcessGraph:
        """Resubmit the unsuccessful nodes of a workflow as a new workflow.

        The output of successful nodes becomes arguments of those that waited for them. A node that waits for
        successful and other nodes gets its input from nodes only, so that the successful ones run again.

        Args:
            graph: The process graph, or its id.
            prvkey: Private key of a member.
            only_failed: Omit successful nodes; False resubmits all nodes.

        Raises:
            ValueError: All nodes were successful.
            ServerError: There is no such process graph (status 500).
            PermissionDeniedError: The key is no member's.
        """
        processgraphid = graph if isinstance(graph, str) else graph["processgraphid"]
        found = self.get_processgraph(processgraphid, prvkey)
        processes = [self.get_process(processid, prvkey) for processid in found.processids]
        return self.submit_workflow(workflow_again(processes, only_failed=only_failed), prvkey)
