"""Calls on crons, which submit workflows on a schedule."""

from __future__ import annotations

from datetime import datetime, timezone

from pycolonies import _core
from pycolonies._client.caller import Caller
from pycolonies._models import FuncSpec
from pycolonies._models.base import is_never
from pycolonies._records import Cron
from pycolonies._rpc.defaults import OWN
from pycolonies._rpc.encoding import dumps
from pycolonies._rpc.keys import Key
from pycolonies._specs.submission import NEAR, ONCE, once_expression, was_missed
from pycolonies._specs.workflow import Workflow

#: How often, and after how many seconds each time, a cron is polled until the server has planned it.
LOOKS, LOOK = 25, 0.2


class CronCalls(Caller):
    """Calls on crons, which submit workflows on a schedule."""

    def add_cron(
        self,
        cronname: str,
        cronexpr: str,
        wait: bool,
        workflow: Workflow,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        *,
        interval: int = -1,
        random: bool = False,
    ) -> Cron:
        """Submit a workflow at the times of a cron expression, or at an interval.

        Args:
            cronname: Name of the cron, unique in the colony.
            cronexpr: Six fields, in the time zone of the server: second, minute, hour, day of month, month,
                day of week; or ``@daily``, ``@every 90s`` and the like. With an interval, ``""``.
            wait: Do not submit the workflow again before it has ended.
            workflow: The workflow. The first nodes get the output of the last nodes of the run before.
            colonyname: Name of the colony.
            prvkey: Private key of a member. The workflow is submitted in its name.
            interval: Seconds between two runs; -1 to go by the expression.
            random: Kept by the server without effect; only with an interval.

        Returns:
            The cron, with the id that the server gave it.

        Raises:
            InvalidRequestError: The expression is malformed, a node depends on one that is not there, or the
                name is taken.
            PermissionDeniedError: The key is no member's.
        """
        cron = {
            "name": cronname,
            "colonyname": self.endpoint.colony(colonyname),
            "interval": interval,
            "random": random,
            "waitforprevprocessgraph": wait,
            "cronexpression": cronexpr,
            "workflowspec": dumps(workflow, ""),
        }
        return self._endpoint(prvkey).call("addcronmsg", cron=cron).to(Cron)

    def _add_once(self, name: str, spec: FuncSpec, due: datetime, prvkey: Key) -> Cron:
        """Add a cron that submits a call at one time.

        A server whose clock has passed that time when it first looks plans it for the next year; then it is
        run at once.
        """
        named = spec.model_copy(update={"label": ONCE + name, "nodename": spec.nodename or spec.funcname})
        colonyname = spec.conditions.colonyname or self.endpoint.colony()
        workflow = Workflow(colonyname=colonyname, functionspecs=[named])
        cron = self.add_cron(name, once_expression(due), False, workflow, colonyname, prvkey)
        if (due - datetime.now(timezone.utc)).total_seconds() > NEAR:
            return cron
        for _ in range(LOOKS):
            cron = self.get_cron(cron["cronid"], prvkey)
            if not is_never(cron["nextrun"]):
                break
            _core.pause(LOOK)
        if was_missed(cron["nextrun"], due) and not cron["prevprocessgraphid"]:
            self.run_cron(cron["cronid"], prvkey)
        return cron

    def get_cron(self, cronid: str, prvkey: Key = OWN) -> Cron:
        """Return a cron.

        Args:
            cronid: Its id.
            prvkey: Private key of a member.

        Raises:
            ServerError: There is no such cron (status 500).
            PermissionDeniedError: The key is no member's.
        """
        return self._endpoint(prvkey).call("getcronmsg", cronid=cronid).to(Cron)

    def get_crons(self, colonyname: str = OWN, count: int = 100, prvkey: Key = OWN) -> list[Cron]:
        """List the crons of a colony.

        Args:
            colonyname: Name of the colony.
            count: How many at most.
            prvkey: Private key of a member.

        Raises:
            PermissionDeniedError: The key is no member's.
        """
        return self._endpoint(prvkey).call("getcronsmsg", colonyname=colonyname, count=count).list_of(Cron)

    def del_cron(self, cronid: str, prvkey: Key = OWN) -> None:
        """Remove a cron. Its workflows stay.

        Args:
            cronid: Its id.
            prvkey: Private key of a member.

        Raises:
            ServerError: There is no such cron (status 500).
            PermissionDeniedError: The key is no member's.
        """
        self._endpoint(prvkey).call("removecronmsg", cronid=cronid)

    def run_cron(self, cronid: str, prvkey: Key = OWN) -> Cron:
        """Submit the workflow of a cron now.

        Args:
            cronid: Its id.
            prvkey: Private key of a member.

        Returns:
            The cron as it was before.

        Raises:
            InvalidRequestError: There is no such cron.
            PermissionDeniedError: The key is no member's.
        """
        return self._endpoint(prvkey).call("runcronmsg", cronid=cronid).to(Cron)
