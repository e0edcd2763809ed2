"""The awaitable calls. Written by ``tools/write_async_calls.py``; do not edit."""
# ruff: noqa: PLR2004 (the reasons are where this is written from)

from __future__ import annotations

import base64
import time
from asyncio import sleep
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta, timezone
from typing import Any

from pycolonies import _checks as checks
from pycolonies import _core
from pycolonies._aio.caller import AsyncCaller
from pycolonies._aio.endpoint import AsyncEndpoint
from pycolonies._aio.polling import poll
from pycolonies._aio.process_steps import process_steps
from pycolonies._client.attributes import _OUTPUT
from pycolonies._client.channels import LAST_WORDS, LOOK_AFTER, LOOK_AFTER_AT_MOST, _entries, _unseen
from pycolonies._client.crons import LOOK, LOOKS
from pycolonies._client.snapshots import _with_files
from pycolonies._client.subscriptions import STEP, SUBSCRIBED_FOR, served_for
from pycolonies._client.workflows import ERRORS_POLL, GRAPH_POLL_MAX, MOST_FAILED
from pycolonies._files.names import LocalPath, uploaded
from pycolonies._files.plan import SyncPlan
from pycolonies._files.progress import Tell
from pycolonies._futures.workflow_result import ids_by_name
from pycolonies._models import Attribute, FuncSpec, Process, ProcessGraph, ProcessState
from pycolonies._models.base import is_never
from pycolonies._records import (
    Allocations,
    Blueprint,
    BlueprintChange,
    BlueprintDefinition,
    Capabilities,
    ChannelEntry,
    Cluster,
    Colony,
    Cron,
    ExecutorRecord,
    FileLabel,
    FileSummary,
    FileVersion,
    Function,
    FunctionArgument,
    Generator,
    Location,
    Log,
    ServerInfo,
    Snapshot,
    Statistics,
    User,
    Version,
)
from pycolonies._rpc.defaults import OWN, REQUIRED
from pycolonies._rpc.encoding import dumps, fitted, loads
from pycolonies._rpc.endpoint import require
from pycolonies._rpc.keys import BOTH_GIVEN, Key
from pycolonies._rpc.values import plain
from pycolonies._shown import shown
from pycolonies._specs.again import seconds_since, workflow_again
from pycolonies._specs.nodes import check_nodes, with_nodes
from pycolonies._specs.submission import (
    NEAR,
    ONCE,
    STATES,
    check_same_call,
    of_keys,
    once_expression,
    was_missed,
)
from pycolonies._specs.workflow import Workflow, workflow_of
from pycolonies._waiting.backoff import POLL_MAX, Backoff
from pycolonies._waiting.endings import ENDED, FAILED, Ending, GraphEnding, Subject
from pycolonies._waiting.listener import LISTEN_MAX
from pycolonies._waiting.polling import ANSWER_TIMEOUT
from pycolonies.errors import (
    CallCancelledError,
    InvalidRequestError,
    NotFoundError,
    TransportError,
    WaitTimeoutError,
)


class AsyncCalls(AsyncCaller):
    """The calls that are one message each; `Colonies` documents what they take, return and raise."""

    async def add_attribute(self, processid: str, key: str, value: str, prvkey: Key = OWN) -> Attribute:
        """Attach a named value to a running process."""
        attribute = {"targetid": processid, "key": key, "value": value, "attributetype": _OUTPUT}
        reply = await self._endpoint(prvkey).call("addattributemsg", attribute=attribute)
        return reply.dict_of(Attribute)

    async def get_attribute(self, attributeid: str, prvkey: Key = OWN) -> Attribute:
        """Return an attribute."""
        reply = await self._endpoint(prvkey).call("getattributemsg", attributeid=attributeid)
        return reply.dict_of(Attribute)

    async def add_blueprint_definition(
        self, definition: BlueprintDefinition | Mapping[str, Any], prvkey: Key = OWN
    ) -> BlueprintDefinition:
        """Define a kind of blueprint."""
        return (
            await self._endpoint(prvkey).call("addblueprintdefinitionmsg", blueprintdefinition=definition)
        ).to(BlueprintDefinition)

    async def get_blueprint_definition(
        self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN
    ) -> BlueprintDefinition:
        """Return a definition."""
        return (
            await self._endpoint(prvkey).call("getblueprintdefinitionmsg", colonyname=colony_name, name=name)
        ).to(BlueprintDefinition)

    async def get_blueprint_definitions(
        self, colony_name: str = OWN, prvkey: Key = OWN
    ) -> list[BlueprintDefinition]:
        """List the definitions of a colony by name."""
        return (
            await self._endpoint(prvkey).call("getblueprintdefinitionsmsg", colonyname=colony_name)
        ).list_of(BlueprintDefinition)

    async def remove_blueprint_definition(
        self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Remove a definition without blueprints."""
        await self._endpoint(prvkey).call("removeblueprintdefinitionmsg", namespace=colony_name, name=name)

    async def add_blueprint(self, blueprint: Blueprint | Mapping[str, Any], prvkey: Key = OWN) -> Blueprint:
        """Add a blueprint. The server submits a process that reconciles it, now and every minute."""
        return (await self._endpoint(prvkey).call("addblueprintmsg", blueprint=blueprint)).to(Blueprint)

    async def get_blueprint(
        self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN
    ) -> Blueprint:
        """Return a blueprint."""
        return (await self._endpoint(prvkey).call("getblueprintmsg", namespace=colony_name, name=name)).to(
            Blueprint
        )

    async def get_blueprints(
        self, colony_name: str = OWN, prvkey: Key = OWN, kind: str | None = None, location: str | None = None
    ) -> list[Blueprint]:
        """List the blueprints of a colony by name."""
        if location and (not kind):
            raise ValueError("location can only be given together with kind")
        fields = {"kind": kind or "", "locationname": location or ""}
        return (
            await self._endpoint(prvkey).call("getblueprintsmsg", namespace=colony_name, **fields)
        ).list_of(Blueprint)

    async def update_blueprint(
        self, blueprint: Blueprint | Mapping[str, Any], prvkey: Key = OWN, force_generation: bool = False
    ) -> Blueprint:
        """Replace the blueprint of that name as a whole."""
        return (
            await self._endpoint(prvkey).call(
                "updateblueprintmsg", blueprint=blueprint, forcegeneration=force_generation
            )
        ).to(Blueprint)

    async def remove_blueprint(self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Remove a blueprint. The server submits a process that cleans up."""
        await self._endpoint(prvkey).call("removeblueprintmsg", namespace=colony_name, name=name)

    async def update_blueprint_status(
        self,
        colony_name: str = OWN,
        name: str = REQUIRED,
        status: dict[str, Any] = REQUIRED,
        prvkey: Key = OWN,
    ) -> None:
        """Set the status: the actual state of the resource."""
        require(name=name)
        await self._endpoint(prvkey).call(
            "updateblueprintstatusmsg", colonyname=colony_name, blueprintname=name, status=status
        )

    async def reconcile_blueprint(
        self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN, force: bool = False
    ) -> Process:
        """Submit a process that reconciles a blueprint."""
        reply = await self._endpoint(prvkey).call(
            "reconcileblueprintmsg", namespace=colony_name, name=name, force=force
        )
        return reply.dict_of(Process)

    async def get_blueprint_history(
        self, blueprint_id: str, prvkey: Key = OWN, limit: int | None = None
    ) -> list[BlueprintChange]:
        """List how a blueprint has changed, the newest first."""
        return (
            await self._endpoint(prvkey).call(
                "getblueprinthistorymsg", blueprintid=blueprint_id, limit=limit or 0
            )
        ).list_of(BlueprintChange)

    async def channel_append(
        self,
        processid: str,
        channel_name: str,
        sequence: int,
        payload: str | bytes | bytearray | memoryview | list[int],
        prvkey: Key = OWN,
        in_reply_to: int = 0,
        payload_type: str = "",
    ) -> None:
        """Send a message."""
        if isinstance(payload, int):
            raise TypeError(f"payload must be a string or bytes, got {shown(payload)}")
        content = plain(payload, "payload").encode() if isinstance(payload, str) else bytes(payload)
        await self._endpoint(prvkey).call(
            "channelappendmsg",
            processid=processid,
            name=channel_name,
            sequence=sequence,
            inreplyto=in_reply_to,
            payload=base64.b64encode(content).decode("ascii"),
            payloadtype=payload_type,
        )

    async def channel_read(
        self, processid: str, channel_name: str, after_seq: int, limit: int, prvkey: Key = OWN
    ) -> list[ChannelEntry]:
        """Read messages."""
        fields = {"processid": processid, "name": channel_name, "afterseq": after_seq, "limit": limit}
        return _entries((await self._endpoint(prvkey).call("channelreadmsg", **fields)).value())

    async def _channel_steps(
        self, processid: str, channel_name: str, prvkey: Key, after_seq: int, timeout: float | None
    ) -> AsyncGenerator[list[ChannelEntry], None]:
        """Yield messages as the server sends them, over as many connections as it takes; none at times."""
        endpoint = self._endpoint(prvkey)
        fields: dict[str, Any] = {
            "processid": processid,
            "name": channel_name,
            "afterseq": after_seq,
            "timeout": served_for(timeout, SUBSCRIBED_FOR),
        }
        seen: set[tuple[Any, ...]] = set()
        async with endpoint.follow("subscribechannelmsg", [fields], timeout) as connection:
            silence, ended = (LOOK_AFTER, False)
            look_at = time.monotonic() + silence
            while not connection.over:
                wait = LAST_WORDS if ended else min(look_at - time.monotonic(), endpoint.poll_interval)
                try:
                    found = await connection.next(wait)
                except NotFoundError:
                    if ended or (connection.resumed and await _has_ended(endpoint, processid)):
                        return
                    raise
                if found == []:
                    await connection.ask()
                elif ended and found is None:
                    return
                elif found is None and time.monotonic() >= look_at:
                    ended = await _has_ended(endpoint, processid)
                    silence = min(2 * silence, LOOK_AFTER_AT_MOST)
                    look_at = time.monotonic() + silence
                elif found is not None:
                    silence = LOOK_AFTER
                    look_at = time.monotonic() + silence
                yield _unseen(found or [], seen)

    async def add_colony(self, colony: Colony | Mapping[str, Any], prvkey: Key = OWN) -> Colony:
        """Add a colony."""
        return (await self._endpoint(prvkey).call("addcolonymsg", colony=colony)).to(Colony)

    async def del_colony(self, colonyname: str = OWN, prvkey: Key = OWN) -> None:
        """Remove a colony with everything in it: executors, users, processes, logs, files."""
        await self._endpoint(prvkey).call("removecolonymsg", colonyname=colonyname)

    async def list_colonies(self, prvkey: Key = OWN) -> list[Colony]:
        """List all colonies of the server."""
        return (await self._endpoint(prvkey).call("getcoloniesmsg")).list_of(Colony)

    async def get_colony(self, colonyname: str = OWN, prvkey: Key = OWN) -> Colony:
        """Return a colony."""
        return (await self._endpoint(prvkey).call("getcolonymsg", colonyname=colonyname)).to(Colony)

    async def stats(self, colonyname: str = OWN, prvkey: Key = OWN) -> Statistics:
        """Return statistics of a colony: numbers of executors, processes and workflows."""
        return (await self._endpoint(prvkey).call("getcolonystatsmsg", colonyname=colonyname)).to(Statistics)

    async def change_colony_id(
        self, colonyname: str = OWN, colonyid: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Change the owner of a colony, at once. Its members stay."""
        await self._endpoint(prvkey).call("changecolonyidmsg", colonyname=colonyname, colonyid=colonyid)

    async def pause_assignments(self, colonyname: str = OWN, prvkey: Key = OWN) -> None:
        """Pause assignments. Running processes continue, and new ones can be submitted."""
        await self._endpoint(prvkey).call("pauseassignmentsmsg", colonyname=colonyname)

    async def resume_assignments(self, colonyname: str = OWN, prvkey: Key = OWN) -> None:
        """Resume assignments."""
        await self._endpoint(prvkey).call("resumeassignmentsmsg", colonyname=colonyname)

    async def assignments_are_paused(self, colonyname: str = OWN, prvkey: Key = OWN) -> bool:
        """Return whether the assignments of a colony are paused."""
        return bool(
            (await self._endpoint(prvkey).call("getpausestatusmsg", colonyname=colonyname)).value()[
                "ispaused"
            ]
        )

    async def add_cron(
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
        """Submit a workflow at the times of a cron expression, or at an interval."""
        cron = {
            "name": cronname,
            "colonyname": self.endpoint.colony(colonyname),
            "interval": interval,
            "random": random,
            "waitforprevprocessgraph": wait,
            "cronexpression": cronexpr,
            "workflowspec": dumps(workflow, ""),
        }
        return (await self._endpoint(prvkey).call("addcronmsg", cron=cron)).to(Cron)

    async def _add_once(self, name: str, spec: FuncSpec, due: datetime, prvkey: Key) -> Cron:
        """Add a cron that submits a call at one time."""
        named = spec.model_copy(update={"label": ONCE + name, "nodename": spec.nodename or spec.funcname})
        colonyname = spec.conditions.colonyname or self.endpoint.colony()
        workflow = Workflow(colonyname=colonyname, functionspecs=[named])
        cron = await self.add_cron(name, once_expression(due), False, workflow, colonyname, prvkey)
        if (due - datetime.now(timezone.utc)).total_seconds() > NEAR:
            return cron
        for _ in range(LOOKS):
            cron = await self.get_cron(cron["cronid"], prvkey)
            if not is_never(cron["nextrun"]):
                break
            _core.pause(LOOK)
        if was_missed(cron["nextrun"], due) and (not cron["prevprocessgraphid"]):
            await self.run_cron(cron["cronid"], prvkey)
        return cron

    async def get_cron(self, cronid: str, prvkey: Key = OWN) -> Cron:
        """Return a cron."""
        return (await self._endpoint(prvkey).call("getcronmsg", cronid=cronid)).to(Cron)

    async def get_crons(self, colonyname: str = OWN, count: int = 100, prvkey: Key = OWN) -> list[Cron]:
        """List the crons of a colony."""
        return (await self._endpoint(prvkey).call("getcronsmsg", colonyname=colonyname, count=count)).list_of(
            Cron
        )

    async def del_cron(self, cronid: str, prvkey: Key = OWN) -> None:
        """Remove a cron. Its workflows stay."""
        await self._endpoint(prvkey).call("removecronmsg", cronid=cronid)

    async def run_cron(self, cronid: str, prvkey: Key = OWN) -> Cron:
        """Submit the workflow of a cron now."""
        return (await self._endpoint(prvkey).call("runcronmsg", cronid=cronid)).to(Cron)

    async def add_executor(
        self, executor: ExecutorRecord | Mapping[str, Any], prvkey: Key = OWN
    ) -> ExecutorRecord:
        """Add an executor to a colony. It gets processes once it is approved."""
        return (
            await self._endpoint(prvkey).call("addexecutormsg", executor=self.endpoint.in_colony(executor))
        ).to(ExecutorRecord)

    async def list_executors(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[ExecutorRecord]:
        """List the executors of a colony, pending, rejected and removed ones too."""
        return (await self._endpoint(prvkey).call("getexecutorsmsg", colonyname=colonyname)).list_of(
            ExecutorRecord
        )

    async def get_executor(
        self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN
    ) -> ExecutorRecord:
        """Return an executor."""
        return (
            await self._endpoint(prvkey).call(
                "getexecutormsg", colonyname=colonyname, executorname=executorname
            )
        ).to(ExecutorRecord)

    async def approve_executor(
        self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Approve an executor, so that it can get processes."""
        await self._endpoint(prvkey).call(
            "approveexecutormsg", colonyname=colonyname, executorname=executorname
        )

    async def reject_executor(
        self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Reject an executor: it gets no more processes. A running process stays with it."""
        await self._endpoint(prvkey).call(
            "rejectexecutormsg", colonyname=colonyname, executorname=executorname
        )

    async def remove_executor(
        self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Unregister an executor. Its running processes are requeued, and its functions removed."""
        await self._endpoint(prvkey).call(
            "removeexecutormsg", colonyname=colonyname, executorname=executorname
        )

    async def get_executor_by_id(self, executorid: str, prvkey: Key = OWN) -> ExecutorRecord:
        """Return the executor that has an identity."""
        return (await self._endpoint(prvkey).call("getexecutorbyidmsg", executorid=executorid)).to(
            ExecutorRecord
        )

    async def update_executor(
        self,
        colonyname: str = OWN,
        executorname: str = REQUIRED,
        capabilities: Capabilities | Mapping[str, Any] = REQUIRED,
        prvkey: Key = OWN,
    ) -> None:
        """Replace the capabilities of an executor."""
        await self._endpoint(prvkey).call(
            "updateexecutormsg", colonyname=colonyname, executorname=executorname, capabilities=capabilities
        )

    async def report_allocations(
        self,
        colonyname: str = OWN,
        executorname: str = REQUIRED,
        allocations: Allocations | Mapping[str, Any] = REQUIRED,
        prvkey: Key = OWN,
    ) -> None:
        """Replace the allocations of an executor to projects."""
        await self._endpoint(prvkey).call(
            "reportallocationmsg", colonyname=colonyname, executorname=executorname, allocations=allocations
        )

    async def change_executor_id(
        self, colonyname: str = OWN, executorid: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Change the identity of an executor, at once. Running processes stay with the old one."""
        await self._endpoint(prvkey).call("changeexecutoridmsg", colonyname=colonyname, executorid=executorid)

    async def add_function(
        self,
        colonyname: str = OWN,
        executorname: str = REQUIRED,
        funcname: str = REQUIRED,
        prvkey: Key = OWN,
        *,
        args: Iterable[FunctionArgument | Mapping[str, Any]] = (),
        description: str = "",
    ) -> Function:
        """Register a function of an executor."""
        require(executorname=executorname, funcname=funcname)
        function = Function(
            colonyname=self.endpoint.colony(colonyname), executorname=executorname, funcname=funcname
        )
        if described := list(args):
            function["args"] = described
        if description:
            function["description"] = description
        return (await self._endpoint(prvkey).call("addfunctionmsg", fun=function)).to(Function)

    async def get_functions_by_executor(
        self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN
    ) -> list[Function]:
        """List the functions that an executor offers."""
        fields = {"colonyname": colonyname, "executorname": executorname}
        return (await self._endpoint(prvkey).call("getfunctionsmsg", **fields)).list_of(Function)

    async def get_functions_by_colony(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[Function]:
        """List the functions that any executor of a colony offers."""
        return (await self._endpoint(prvkey).call("getfunctionsmsg", colonyname=colonyname)).list_of(Function)

    async def remove_function(self, functionid: str, prvkey: Key = OWN) -> None:
        """Unregister a function of an executor."""
        await self._endpoint(prvkey).call("removefunctionmsg", functionid=functionid)

    async def get_files(self, label: str, colonyname: str = OWN, prvkey: Key = OWN) -> list[FileSummary]:
        """List the files with a label, each in its newest version."""
        endpoint = self._endpoint(prvkey)
        rooted = uploaded(label)
        found = (await endpoint.call("getfilesmsg", colonyname=colonyname, label=rooted)).list_of(FileSummary)
        if found or rooted == label:
            return found
        return (await endpoint.call("getfilesmsg", colonyname=colonyname, label=label)).list_of(FileSummary)

    async def get_file(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        label: str | None = None,
        fileid: str | None = None,
        filename: str | None = None,
        latest: bool = True,
    ) -> list[FileVersion]:
        """Return a version of a file by its id, or the versions of a file by label and name."""
        if fileid is not None and filename is not None:
            raise ValueError(BOTH_GIVEN)
        endpoint = self._endpoint(prvkey)
        given = {"label": label, "fileid": fileid, "name": filename, "latest": latest}
        fields = {name: value for name, value in given.items() if value is not None}
        if label is not None and uploaded(label) != label:
            try:
                return (
                    await endpoint.call(
                        "getfilemsg", colonyname=colonyname, **{**fields, "label": uploaded(label)}
                    )
                ).list_of(FileVersion)
            except (NotFoundError, InvalidRequestError):
                pass
        return (await endpoint.call("getfilemsg", colonyname=colonyname, **fields)).list_of(FileVersion)

    async def get_file_labels(
        self, colonyname: str = OWN, prvkey: Key = OWN, name: str = "", exact: bool = False
    ) -> list[FileLabel]:
        """List the labels that files have."""
        return (
            await self._endpoint(prvkey).call(
                "getfilelabelsmsg", colonyname=colonyname, name=name, exact=exact
            )
        ).list_of(FileLabel)

    async def add_generator(self, generator: Generator | Mapping[str, Any], prvkey: Key = OWN) -> Generator:
        """Add a generator. It submits its workflow for every `trigger` packed arguments."""
        fields = self.endpoint.in_colony(generator)
        if fields.get("trigger", 0) < 1:
            raise ValueError(f"trigger must be at least 1, got {shown(fields.get('trigger'))}")
        workflow = fields.get("workflowspec")
        if isinstance(workflow, str):
            plain(loads(workflow), "workflowspec")
        elif workflow is not None:
            fields["workflowspec"] = dumps(workflow, "")
        return (await self._endpoint(prvkey).call("addgeneratormsg", generator=fields)).to(Generator)

    async def get_generator(self, generatorid: str, prvkey: Key = OWN) -> Generator:
        """Return a generator."""
        return (await self._endpoint(prvkey).call("getgeneratormsg", generatorid=generatorid)).to(Generator)

    async def resolve_generator(
        self, colonyname: str = OWN, generatorname: str = REQUIRED, prvkey: Key = OWN
    ) -> Generator:
        """Return a generator by its name."""
        fields = {"colonyname": colonyname, "generatorname": generatorname}
        return (await self._endpoint(prvkey).call("resolvegeneratormsg", **fields)).to(Generator)

    async def get_generators(
        self, colonyname: str = OWN, prvkey: Key = OWN, count: int = 100
    ) -> list[Generator]:
        """List the generators of a colony."""
        return (
            await self._endpoint(prvkey).call("getgeneratorsmsg", colonyname=colonyname, count=count)
        ).list_of(Generator)

    async def pack_generator(self, generatorid: str, arg: str, prvkey: Key = OWN) -> None:
        """Pack an argument for a generator."""
        await self._endpoint(prvkey).call("packgeneratormsg", generatorid=generatorid, arg=arg)

    async def remove_generator(self, generatorid: str, prvkey: Key = OWN) -> None:
        """Remove a generator with its packed arguments."""
        await self._endpoint(prvkey).call("removegeneratormsg", generatorid=generatorid)

    async def add_location(self, location: Location | Mapping[str, Any], prvkey: Key = OWN) -> Location:
        """Add a location."""
        return (
            await self._endpoint(prvkey).call("addlocationmsg", location=self.endpoint.in_colony(location))
        ).to(Location)

    async def get_location(self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> Location:
        """Return a location."""
        return (await self._endpoint(prvkey).call("getlocationmsg", colonyname=colonyname, name=name)).to(
            Location
        )

    async def get_locations(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[Location]:
        """List the locations of a colony."""
        return (await self._endpoint(prvkey).call("getlocationsmsg", colonyname=colonyname)).list_of(Location)

    async def remove_location(self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Remove a location. Executors there keep its name."""
        await self._endpoint(prvkey).call("removelocationmsg", colonyname=colonyname, name=name)

    async def add_log(self, processid: str, logmsg: str, prvkey: Key = OWN) -> None:
        """Write a line into the log of a running process."""
        await self._endpoint(prvkey).call("addlogmsg", processid=processid, message=logmsg)

    async def add_executor_log(
        self, colonyname: str = OWN, executorname: str = REQUIRED, logmsg: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Write a line into the log of an executor."""
        require(logmsg=logmsg)
        await self._endpoint(prvkey).call(
            "addexecutorlogmsg", colonyname=colonyname, executorname=executorname, message=logmsg
        )

    async def get_process_log(
        self,
        colonyname: str = OWN,
        processid: str = REQUIRED,
        count: int = 100,
        since: int = 0,
        prvkey: Key = OWN,
        *,
        latest: bool = False,
    ) -> list[Log]:
        """Read the log of a process."""
        fields = {"colonyname": colonyname, "processid": processid, "count": count, "since": since}
        return (await self._endpoint(prvkey).call("getlogsmsg", **fields, latest=latest)).list_of(Log)

    async def get_executor_log(
        self,
        colonyname: str = OWN,
        executorname: str = REQUIRED,
        count: int = 100,
        since: int = 0,
        prvkey: Key = OWN,
        *,
        latest: bool = False,
    ) -> list[Log]:
        """Read the log of an executor: its own lines, and those that it wrote for processes."""
        fields = {"colonyname": colonyname, "executorname": executorname, "count": count, "since": since}
        return (await self._endpoint(prvkey).call("getlogsmsg", **fields, latest=latest)).list_of(Log)

    async def search_logs(
        self,
        colonyname: str = OWN,
        text: str = REQUIRED,
        prvkey: Key = OWN,
        *,
        days: int = 1,
        count: int = 100,
    ) -> list[Log]:
        """Find lines in all logs of a colony."""
        return (
            await self._endpoint(prvkey).call(
                "searchlogsmsg", colonyname=colonyname, text=text, days=days, count=count
            )
        ).list_of(Log)

    async def submit_func_spec(self, spec: FuncSpec | Mapping[str, Any], prvkey: Key = OWN) -> Process:
        """Submit a process."""
        return (
            await self._endpoint(prvkey).call("submitfuncspecmsg", spec=self.endpoint.spec_in_colony(spec))
        ).to(Process)

    async def get_process(self, processid: str, prvkey: Key = OWN) -> Process:
        """Return a process."""
        return (await self._endpoint(prvkey).call("getprocessmsg", processid=processid)).to(Process)

    async def list_processes(
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
        """List processes of one state: waiting ones in the order of the queue, ended ones newest first."""
        filters = {"executortype": executortype, "label": label, "initiator": initiator}
        used: dict[str, Any] = {name: value for name, value in filters.items() if value}
        if len(used) > 1:
            raise ValueError(f"only one filter can be given, got {' and '.join(used)}")
        reply = await self._endpoint(prvkey).call(
            "getprocessesmsg", colonyname=colonyname, count=count, state=state, **used
        )
        return reply.dicts_of(Process)

    async def get_process_history(
        self,
        colonyname: str = OWN,
        seconds: int = REQUIRED,
        state: int = REQUIRED,
        prvkey: Key = OWN,
        *,
        executorid: str = "",
    ) -> list[Process]:
        """List recently submitted processes of one state, the oldest first."""
        reply = await self._endpoint(prvkey).call(
            "getprocesshistmsg", colonyname=colonyname, executorid=executorid, seconds=seconds, state=state
        )
        return reply.list_of(Process)

    async def cancel_process(self, processid: str, prvkey: Key = OWN) -> None:
        """Cancel a waiting or running process. Its executor gets no message, and can no longer close it."""
        await self._endpoint(prvkey).call("cancelprocessmsg", processid=processid)

    async def remove_process(self, processid: str, prvkey: Key = OWN) -> None:
        """Remove a process that is not running."""
        await self._endpoint(prvkey).call("removeprocessmsg", processid=processid)

    async def remove_all_processes(self, colonyname: str = OWN, prvkey: Key = OWN, state: int = -1) -> None:
        """Remove all processes of a colony, except those in process graphs."""
        await self._endpoint(prvkey).call("removeallprocessesmsg", colonyname=colonyname, state=state)

    async def close(self, processid: str, output: Sequence[Any] | None, prvkey: Key = OWN) -> None:
        """Close a process as successful."""
        await self._endpoint(prvkey).call("closesuccessfulmsg", processid=processid, out=output)

    async def fail(self, processid: str, errors: Sequence[str], prvkey: Key = OWN) -> None:
        """Close a process as failed. It is not retried, whatever its maxretries."""
        await self._endpoint(prvkey).call("closefailedmsg", processid=processid, errors=errors)

    async def set_output(self, processid: str, arr: Sequence[Any], prvkey: Key = OWN) -> None:
        """Store the output of a running process. It replaces earlier output."""
        await self._endpoint(prvkey).call("setoutputmsg", processid=processid, out=arr)

    async def _wait_steps(
        self, processid: str, timeout: float, prvkey: Key
    ) -> AsyncGenerator[Process | None, None]:
        """Yield None repeatedly, and finally the ended process."""
        async with aclosing(
            process_steps(self._endpoint(prvkey), processid, timeout, longest=LISTEN_MAX)
        ) as inner:
            async for found in inner:
                yield (found if found is not None and found.state in ENDED else None)

    async def failed(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        *,
        since: datetime | timedelta | float | None = None,
        funcname: str = "",
        label: str = "",
    ) -> list[Process]:
        """List failed processes, including those of workflows, the newest first."""
        checks.kind("funcname", funcname, str, "a string")
        checks.kind("label", label, str, "a string")
        seconds = seconds_since(since)
        found = await self.get_process_history(colonyname, seconds, int(ProcessState.FAILED), prvkey)
        return [
            process
            for process in reversed(found)
            if (not funcname or process.spec.funcname == funcname)
            and (not label or process.spec.label == label)
        ]

    async def _find_by_key(self, spec: FuncSpec, prvkey: Key) -> Process | None:
        """Return the process that has the idempotency key of a function spec, if there is one."""
        colonyname = spec.conditions.colonyname or OWN
        for state in STATES:
            listed = await self.list_processes(colonyname, 100, state, prvkey, label=spec.label)
            found = of_keys(listed)
            if found is not None:
                check_same_call(found, spec, arguments=self.endpoint.codec is None)
                return found
        return None

    async def resubmit_workflow(
        self, graph: ProcessGraph | str, prvkey: Key = OWN, *, only_failed: bool = True
    ) -> ProcessGraph:
        """Resubmit the unsuccessful nodes of a workflow as a new workflow."""
        processgraphid = graph if isinstance(graph, str) else graph["processgraphid"]
        found = await self.get_processgraph(processgraphid, prvkey)
        processes = [await self.get_process(processid, prvkey) for processid in found.processids]
        return await self.submit_workflow(workflow_again(processes, only_failed=only_failed), prvkey)

    async def get_version(self) -> Version:
        """Return the server's version. Needs no key."""
        return (await self.endpoint.call_unsigned("versionmsg")).to(Version)

    async def get_server_info(self) -> ServerInfo:
        """Return the server's version and addresses. Needs no key."""
        return (await self.endpoint.call_unsigned("getserverinfomsg")).to(ServerInfo)

    async def get_cluster(self, prvkey: Key = OWN) -> Cluster:
        """Return the servers of the cluster, and their leader."""
        return (await self._endpoint(prvkey).call("getclustermsg")).to(Cluster)

    async def get_statistics(self, prvkey: Key = OWN) -> Statistics:
        """Return statistics of all colonies together."""
        return (await self._endpoint(prvkey).call("getstatisticsmsg")).to(Statistics)

    async def change_server_id(self, serverid: str, prvkey: Key = OWN) -> None:
        """Change the owner of the server, at once."""
        checks.kind("serverid", serverid, str, "a string")
        if len(serverid) != 64 or not set(serverid) <= set("0123456789abcdef"):
            raise ValueError("serverid must be the identity of its owner, 64 lower-case hexadecimal digits")
        await self._endpoint(prvkey).call("changeserveridmsg", serverid=serverid)

    async def create_snapshot(
        self, colonyname: str = OWN, label: str = REQUIRED, name: str = REQUIRED, prvkey: Key = OWN
    ) -> Snapshot:
        """Create a snapshot: the newest versions of all files with a label and the labels below it."""
        return await self._snapshot(
            "createsnapshotmsg", prvkey, colonyname=colonyname, label=label, name=name
        )

    async def get_snapshots(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[Snapshot]:
        """List the snapshots of a colony, the newest first."""
        found = (await self._endpoint(prvkey).call("getsnapshotsmsg", colonyname=colonyname)).list_of(
            Snapshot
        )
        return [_with_files(snapshot) for snapshot in found]

    async def get_snapshot_by_name(
        self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN
    ) -> Snapshot:
        """Return a snapshot by its name."""
        return await self._snapshot("getsnapshotmsg", prvkey, colonyname=colonyname, name=name)

    async def get_snapshot_by_id(
        self, colonyname: str = OWN, snapshotid: str = REQUIRED, prvkey: Key = OWN
    ) -> Snapshot:
        """Return a snapshot."""
        return await self._snapshot("getsnapshotmsg", prvkey, colonyname=colonyname, snapshotid=snapshotid)

    async def remove_snapshot_by_name(
        self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Remove a snapshot by its name, if it exists. Its files stay."""
        await self._endpoint(prvkey).call("removesnapshotmsg", colonyname=colonyname, name=name)

    async def remove_snapshot_by_id(
        self, colonyname: str = OWN, snapshotid: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Remove a snapshot, if it exists. Its files stay."""
        await self._endpoint(prvkey).call("removesnapshotmsg", colonyname=colonyname, snapshotid=snapshotid)

    async def remove_all_snapshots(self, colonyname: str = OWN, prvkey: Key = OWN) -> None:
        """Remove all snapshots of a colony. Their files stay."""
        await self._endpoint(prvkey).call("removeallsnapshotmsg", colonyname=colonyname)

    async def _snapshot(self, msgtype: str, prvkey: Key, **fields: Any) -> Snapshot:
        """Send a message that is answered with a snapshot."""
        return _with_files((await self._endpoint(prvkey).call(msgtype, **fields)).to(Snapshot))

    async def _type_steps(
        self, colonyname: str, executortype: str, state: int, prvkey: Key, timeout: float | None
    ) -> AsyncGenerator[Process | None, None]:
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
        async with endpoint.follow("subscribeprocessesmsg", [fields], timeout) as connection:
            while not connection.over:
                found = await connection.next(min(STEP, endpoint.poll_interval))
                process = None if found is None else fitted(Process, "subscribeprocessesmsg", found)
                if process is not None and process.spec.conditions.colonyname != colonyname:
                    process = None
                yield process

    async def _process_steps(
        self, processid: str, prvkey: Key, timeout: float | None
    ) -> AsyncGenerator[Process | None, None]:
        """Yield a process whenever its state has changed, and None in between."""
        endpoint = self._endpoint(prvkey)
        try:
            async with aclosing(process_steps(endpoint, processid, timeout, longest=POLL_MAX)) as inner:
                async for value in inner:
                    yield value
        except WaitTimeoutError:
            return

    async def add_user(self, user: User | Mapping[str, Any], prvkey: Key = OWN) -> User:
        """Add a user to a colony."""
        return (await self._endpoint(prvkey).call("addusermsg", user=self.endpoint.in_colony(user))).to(User)

    async def get_users(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[User]:
        """List the users of a colony."""
        return (await self._endpoint(prvkey).call("getusersmsg", colonyname=colonyname)).list_of(User)

    async def remove_user(self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Remove a user. The user's processes stay."""
        await self._endpoint(prvkey).call("removeusermsg", colonyname=colonyname, name=name)

    async def get_user(self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> User:
        """Return a user."""
        return (await self._endpoint(prvkey).call("getusermsg", colonyname=colonyname, name=name)).to(User)

    async def get_user_by_id(self, colonyname: str = OWN, userid: str = REQUIRED, prvkey: Key = OWN) -> User:
        """Return the user who has an identity."""
        return (await self._endpoint(prvkey).call("getuserbyidmsg", colonyname=colonyname, userid=userid)).to(
            User
        )

    async def change_user_id(self, colonyname: str = OWN, userid: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Change the identity of a user, at once."""
        await self._endpoint(prvkey).call("changeuseridmsg", colonyname=colonyname, userid=userid)

    async def submit_workflow(
        self, workflow: Workflow | Mapping[str, Any], prvkey: Key = OWN
    ) -> ProcessGraph:
        """Submit function specs that depend on each other."""
        specs = workflow_of(workflow).functionspecs
        check_nodes(specs)
        reply = await self._endpoint(prvkey).call("submitworkflowspecmsg", spec=workflow)
        return with_nodes(reply.to(ProcessGraph), specs)

    def _workflow_steps(
        self, graph: ProcessGraph | str, timeout: float | None, prvkey: Key
    ) -> AsyncGenerator[ProcessGraph | None, None]:
        """Yield a process graph whenever it has changed until it has ended, and None in between."""
        processgraphid = graph if isinstance(graph, str) else graph["processgraphid"]
        subject = Subject(
            "process graph",
            processgraphid,
            "getprocessgraphmsg",
            {"processgraphid": processgraphid},
            ProcessGraph,
            GraphEnding().reached,
            lambda found: (found.state, found.picture()),
        )
        return poll(self._endpoint(prvkey), subject, timeout, longest=GRAPH_POLL_MAX)

    async def _errors_of_nodes(self, graph: ProcessGraph, prvkey: Key) -> dict[str, list[str]]:
        """Return the errors of the nodes that failed, once the server has stored them."""
        states = {box.id: box.state for box in graph.picture().boxes}
        ids = {name: node for name, node in ids_by_name(graph).items() if states.get(node) == FAILED}
        endings = {name: Ending() for name in ids}
        errors: dict[str, list[str]] = {}
        while True:
            for name in list(endings):
                process = await self._node_process(ids[name], prvkey)
                if endings[name].reached(process):
                    del endings[name]
                    if process.errors:
                        errors[name] = process.errors
                if len(errors) == MOST_FAILED:
                    endings.clear()
                    break
            if not endings:
                return {name: errors[name] for name in ids if name in errors}
            await sleep(ERRORS_POLL)

    async def _node_process(self, processid: str, prvkey: Key) -> Process:
        """Return the process of a node of a workflow that has ended."""
        backoff, since = (Backoff(), time.monotonic())
        while True:
            try:
                return await self.get_process(processid, prvkey)
            except CallCancelledError:
                raise
            except TransportError:
                if time.monotonic() - since > ANSWER_TIMEOUT:
                    raise
            await sleep(backoff.pause())

    async def get_processgraph(self, processgraphid: str, prvkey: Key = OWN) -> ProcessGraph:
        """Return a process graph, with the positions of its nodes."""
        reply = await self._endpoint(prvkey).call("getprocessgraphmsg", processgraphid=processgraphid)
        return reply.to(ProcessGraph)

    async def get_processgraphs(
        self, colonyname: str = OWN, count: int = 100, prvkey: Key = OWN, state: int | None = None
    ) -> list[ProcessGraph]:
        """List process graphs of one state, the newest first, without the positions of their nodes."""
        fields = {} if state is None else {"state": state}
        reply = await self._endpoint(prvkey).call(
            "getprocessgraphsmsg", colonyname=colonyname, count=count, **fields
        )
        return reply.dicts_of(ProcessGraph)

    async def get_processes_for_workflow(
        self, processgraphid: str, colonyname: str = OWN, prvkey: Key = OWN, count: int = 100
    ) -> list[Process]:
        """Return the processes of a process graph: one call for the graph, and one for each process."""
        checks.kind("count", count, int, "an integer")
        graph = await self.get_processgraph(processgraphid, prvkey)
        endpoint = self._endpoint(prvkey)
        return [
            (await endpoint.call("getprocessmsg", processid=processid)).dict_of(Process)
            for processid in graph.processids[: max(count, 0)]
        ]

    async def find_process(
        self, nodename: str, processids: Sequence[str], prvkey: Key = OWN
    ) -> Process | None:
        """Find the process of a node in a process graph. Takes three calls, however many ids there are."""
        rest = list(processids)
        if not rest:
            return None
        first = await self.get_process(rest.pop(0), prvkey)
        if first.spec.nodename == nodename:
            return first
        if first.processgraphid:
            graph = await self.get_processgraph(first.processgraphid, prvkey)
            names = {node.id: node.data.get("label") for node in graph.nodes}
            rest = [processid for processid in rest if names.get(processid, nodename) == nodename]
        for processid in rest:
            process = await self.get_process(processid, prvkey)
            if process.spec.nodename == nodename:
                return process
        return None

    async def add_child(
        self,
        processgraphid: str,
        parentprocessid: str,
        childprocessid: str,
        funcspec: FuncSpec,
        nodename: str,
        insert: bool,
        prvkey: Key = OWN,
    ) -> Process:
        """Add a process to a running process graph."""
        named = self.endpoint.spec_in_colony(funcspec).model_copy(update={"nodename": nodename})
        reply = await self._endpoint(prvkey).call(
            "addchildmsg",
            processgraphid=processgraphid,
            parentprocessid=parentprocessid,
            childprocessid=childprocessid,
            insert=insert,
            spec=named,
        )
        return reply.dict_of(Process)

    async def cancel_processgraph(self, processgraphid: str, prvkey: Key = OWN) -> None:
        """Cancel a process graph with all its waiting and running processes."""
        await self._endpoint(prvkey).call("cancelprocessgraphmsg", processgraphid=processgraphid)

    async def remove_processgraph(self, processgraphid: str, prvkey: Key = OWN) -> None:
        """Remove a process graph that is not running, with its processes."""
        await self._endpoint(prvkey).call("removeprocessgraphmsg", processgraphid=processgraphid)

    async def remove_all_processgraphs(
        self, colonyname: str = OWN, prvkey: Key = OWN, state: int | None = None
    ) -> None:
        """Remove the process graphs of a colony that are in one state, with their processes."""
        fields = {} if state is None else {"state": state}
        await self._endpoint(prvkey).call("removeallprocessgraphsmsg", colonyname=colonyname, **fields)

    async def upload_file(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        filepath: LocalPath | None = None,
        label: str | None = None,
        *,
        on_progress: Tell | None = None,
        progress: bool = False,
    ) -> FileVersion:
        """Store a file, and record it under a label and its own base name."""
        return await self._run(
            self._sync.upload_file,
            colonyname,
            prvkey,
            filepath,
            label,
            on_progress=self._in_loop(on_progress),
            progress=progress,
        )

    async def upload_data(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        filename: str | None = None,
        data: bytes | None = None,
        label: str | None = None,
    ) -> FileVersion:
        """Store bytes as a file; see `upload_file`."""
        return await self._run(self._sync.upload_data, colonyname, prvkey, filename, data, label)

    async def download_file(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        dst: LocalPath | None = None,
        label: str | None = None,
        fileid: str | None = None,
        filename: str | None = None,
        latest: bool = True,
        *,
        on_progress: Tell | None = None,
        progress: bool = False,
    ) -> str:
        """Download a file into a directory, under its recorded name."""
        return await self._run(
            self._sync.download_file,
            colonyname,
            prvkey,
            dst,
            label,
            fileid,
            filename,
            latest,
            on_progress=self._in_loop(on_progress),
            progress=progress,
        )

    async def download_data(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        label: str | None = None,
        fileid: str | None = None,
        filename: str | None = None,
        latest: bool = True,
    ) -> bytes:
        """Download the content of a file into memory; see `download_file`."""
        return await self._run(self._sync.download_data, colonyname, prvkey, label, fileid, filename, latest)

    async def delete_file(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        label: str | None = None,
        fileid: str | None = None,
        filename: str | None = None,
    ) -> None:
        """Remove a version of a file by its id, or all versions of a file by label and name."""
        return await self._run(self._sync.delete_file, colonyname, prvkey, label, fileid, filename)

    async def sync(
        self,
        dir: LocalPath,
        label: str,
        keeplocal: bool,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        *,
        on_progress: Tell | None = None,
        progress: bool = False,
    ) -> SyncPlan:
        """Synchronise a directory and a label, with the directories and labels below them."""
        return await self._run(
            self._sync.sync,
            dir,
            label,
            keeplocal,
            colonyname,
            prvkey,
            on_progress=self._in_loop(on_progress),
            progress=progress,
        )

    async def plan_sync(
        self, dir: LocalPath, label: str, keeplocal: bool, colonyname: str = OWN, prvkey: Key = OWN
    ) -> SyncPlan:
        """Return what `sync` would do, without doing it."""
        return await self._run(self._sync.plan_sync, dir, label, keeplocal, colonyname, prvkey)

    async def apply_sync(
        self,
        plan: SyncPlan,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        *,
        on_progress: Tell | None = None,
        progress: bool = False,
    ) -> None:
        """Carry out a plan."""
        return await self._run(
            self._sync.apply_sync,
            plan,
            colonyname,
            prvkey,
            on_progress=self._in_loop(on_progress),
            progress=progress,
        )

    async def download_snapshot(
        self,
        colonyname: str = OWN,
        prvkey: Key = OWN,
        dst: LocalPath = REQUIRED,
        *,
        name: str | None = None,
        snapshotid: str | None = None,
        on_progress: Tell | None = None,
        progress: bool = False,
    ) -> str:
        """Download the files of a snapshot to a directory, as they were when it was created."""
        return await self._run(
            self._sync.download_snapshot,
            colonyname,
            prvkey,
            dst,
            name=name,
            snapshotid=snapshotid,
            on_progress=self._in_loop(on_progress),
            progress=progress,
        )


async def _has_ended(endpoint: AsyncEndpoint, processid: str) -> bool:
    try:
        return (await endpoint.call("getprocessmsg", processid=processid)).to(Process).state in ENDED
    except NotFoundError:
        return True
    except TransportError:
        return False
