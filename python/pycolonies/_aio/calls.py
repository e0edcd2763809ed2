"""The calls that are one message each. Written by ``tools/write_async_calls.py``; do not edit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pycolonies._aio.caller import AsyncCaller
from pycolonies._files.names import LocalPath
from pycolonies._files.plan import SyncPlan
from pycolonies._files.progress import Tell
from pycolonies._models import Attribute, FuncSpec, Process, ProcessGraph
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
from pycolonies._rpc.keys import Key
from pycolonies._specs.workflow import Workflow


class AsyncCalls(AsyncCaller):
    """The calls that are one message each; `Colonies` tells what they take, return and raise."""

    async def add_attribute(self, processid: str, key: str, value: str, prvkey: Key = OWN) -> Attribute:
        """Attach a named value to a running process."""
        return await self._run(self._sync.add_attribute, processid, key, value, prvkey)

    async def get_attribute(self, attributeid: str, prvkey: Key = OWN) -> Attribute:
        """Return an attribute."""
        return await self._run(self._sync.get_attribute, attributeid, prvkey)

    async def add_blueprint_definition(
        self, definition: BlueprintDefinition, prvkey: Key = OWN
    ) -> BlueprintDefinition:
        """Define a kind of blueprint."""
        return await self._run(self._sync.add_blueprint_definition, definition, prvkey)

    async def get_blueprint_definition(
        self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN
    ) -> BlueprintDefinition:
        """Return a definition."""
        return await self._run(self._sync.get_blueprint_definition, colony_name, name, prvkey)

    async def get_blueprint_definitions(
        self, colony_name: str = OWN, prvkey: Key = OWN
    ) -> list[BlueprintDefinition]:
        """List the definitions of a colony by name."""
        return await self._run(self._sync.get_blueprint_definitions, colony_name, prvkey)

    async def remove_blueprint_definition(
        self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Remove a definition of which there are no blueprints."""
        return await self._run(self._sync.remove_blueprint_definition, colony_name, name, prvkey)

    async def add_blueprint(self, blueprint: Blueprint, prvkey: Key = OWN) -> Blueprint:
        """Add a blueprint. The server submits a process that makes it so, and does so again every minute."""
        return await self._run(self._sync.add_blueprint, blueprint, prvkey)

    async def get_blueprint(
        self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN
    ) -> Blueprint:
        """Return a blueprint."""
        return await self._run(self._sync.get_blueprint, colony_name, name, prvkey)

    async def get_blueprints(
        self, colony_name: str = OWN, prvkey: Key = OWN, kind: str | None = None, location: str | None = None
    ) -> list[Blueprint]:
        """List the blueprints of a colony by name."""
        return await self._run(self._sync.get_blueprints, colony_name, prvkey, kind, location)

    async def update_blueprint(
        self, blueprint: Blueprint, prvkey: Key = OWN, force_generation: bool = False
    ) -> Blueprint:
        """Put a blueprint in place of the one of that name, as a whole."""
        return await self._run(self._sync.update_blueprint, blueprint, prvkey, force_generation)

    async def remove_blueprint(self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Remove a blueprint. The server submits a process that cleans up."""
        return await self._run(self._sync.remove_blueprint, colony_name, name, prvkey)

    async def update_blueprint_status(
        self,
        colony_name: str = OWN,
        name: str = REQUIRED,
        status: dict[str, Any] = REQUIRED,
        prvkey: Key = OWN,
    ) -> None:
        """Say what is, as against what ought to be."""
        return await self._run(self._sync.update_blueprint_status, colony_name, name, status, prvkey)

    async def reconcile_blueprint(
        self, colony_name: str = OWN, name: str = REQUIRED, prvkey: Key = OWN, force: bool = False
    ) -> Process:
        """Have a process submitted that makes a blueprint so."""
        return await self._run(self._sync.reconcile_blueprint, colony_name, name, prvkey, force)

    async def get_blueprint_history(
        self, blueprint_id: str, prvkey: Key = OWN, limit: int | None = None
    ) -> list[BlueprintChange]:
        """List how a blueprint has changed, the newest first."""
        return await self._run(self._sync.get_blueprint_history, blueprint_id, prvkey, limit)

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
        return await self._run(
            self._sync.channel_append,
            processid,
            channel_name,
            sequence,
            payload,
            prvkey,
            in_reply_to,
            payload_type,
        )

    async def channel_read(
        self, processid: str, channel_name: str, after_seq: int, limit: int, prvkey: Key = OWN
    ) -> list[ChannelEntry]:
        """Read messages."""
        return await self._run(self._sync.channel_read, processid, channel_name, after_seq, limit, prvkey)

    async def add_colony(self, colony: Colony, prvkey: Key = OWN) -> Colony:
        """Add a colony."""
        return await self._run(self._sync.add_colony, colony, prvkey)

    async def del_colony(self, colonyname: str = OWN, prvkey: Key = OWN) -> None:
        """Remove a colony with everything in it: executors, users, processes, logs, files."""
        return await self._run(self._sync.del_colony, colonyname, prvkey)

    async def list_colonies(self, prvkey: Key = OWN) -> list[Colony]:
        """List all colonies of the server."""
        return await self._run(self._sync.list_colonies, prvkey)

    async def get_colony(self, colonyname: str = OWN, prvkey: Key = OWN) -> Colony:
        """Return a colony."""
        return await self._run(self._sync.get_colony, colonyname, prvkey)

    async def stats(self, colonyname: str = OWN, prvkey: Key = OWN) -> Statistics:
        """Count what a colony holds."""
        return await self._run(self._sync.stats, colonyname, prvkey)

    async def change_colony_id(
        self, colonyname: str = OWN, colonyid: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Give a colony another owner, at once. Its members stay."""
        return await self._run(self._sync.change_colony_id, colonyname, colonyid, prvkey)

    async def pause_assignments(self, colonyname: str = OWN, prvkey: Key = OWN) -> None:
        """Stop handing out processes. Those that run go on, and new ones can be submitted."""
        return await self._run(self._sync.pause_assignments, colonyname, prvkey)

    async def resume_assignments(self, colonyname: str = OWN, prvkey: Key = OWN) -> None:
        """Hand out processes again."""
        return await self._run(self._sync.resume_assignments, colonyname, prvkey)

    async def assignments_are_paused(self, colonyname: str = OWN, prvkey: Key = OWN) -> bool:
        """Tell whether a colony hands out no processes at present."""
        return await self._run(self._sync.assignments_are_paused, colonyname, prvkey)

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
        return await self._run(
            self._sync.add_cron,
            cronname,
            cronexpr,
            wait,
            workflow,
            colonyname,
            prvkey,
            interval=interval,
            random=random,
        )

    async def get_cron(self, cronid: str, prvkey: Key = OWN) -> Cron:
        """Return a cron."""
        return await self._run(self._sync.get_cron, cronid, prvkey)

    async def get_crons(self, colonyname: str = OWN, count: int = 100, prvkey: Key = OWN) -> list[Cron]:
        """List the crons of a colony."""
        return await self._run(self._sync.get_crons, colonyname, count, prvkey)

    async def del_cron(self, cronid: str, prvkey: Key = OWN) -> None:
        """Remove a cron. Its workflows stay."""
        return await self._run(self._sync.del_cron, cronid, prvkey)

    async def run_cron(self, cronid: str, prvkey: Key = OWN) -> Cron:
        """Submit the workflow of a cron now."""
        return await self._run(self._sync.run_cron, cronid, prvkey)

    async def add_executor(self, executor: ExecutorRecord, prvkey: Key = OWN) -> ExecutorRecord:
        """Add an executor to a colony. It may work once it is approved."""
        return await self._run(self._sync.add_executor, executor, prvkey)

    async def list_executors(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[ExecutorRecord]:
        """List the executors of a colony, pending, rejected and removed ones too."""
        return await self._run(self._sync.list_executors, colonyname, prvkey)

    async def get_executor(
        self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN
    ) -> ExecutorRecord:
        """Return an executor."""
        return await self._run(self._sync.get_executor, colonyname, executorname, prvkey)

    async def approve_executor(
        self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Let an executor work."""
        return await self._run(self._sync.approve_executor, colonyname, executorname, prvkey)

    async def reject_executor(
        self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Forbid an executor to work. A process that it holds stays with it."""
        return await self._run(self._sync.reject_executor, colonyname, executorname, prvkey)

    async def remove_executor(
        self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Unregister an executor. Its running processes go back to the queue, its functions are forgotten."""
        return await self._run(self._sync.remove_executor, colonyname, executorname, prvkey)

    async def get_executor_by_id(self, executorid: str, prvkey: Key = OWN) -> ExecutorRecord:
        """Return the executor that has an identity."""
        return await self._run(self._sync.get_executor_by_id, executorid, prvkey)

    async def update_executor(
        self,
        colonyname: str = OWN,
        executorname: str = REQUIRED,
        capabilities: Capabilities = REQUIRED,
        prvkey: Key = OWN,
    ) -> None:
        """Say what an executor has to offer, in place of what it said before."""
        return await self._run(self._sync.update_executor, colonyname, executorname, capabilities, prvkey)

    async def report_allocations(
        self,
        colonyname: str = OWN,
        executorname: str = REQUIRED,
        allocations: Allocations = REQUIRED,
        prvkey: Key = OWN,
    ) -> None:
        """Say how much of an executor is allocated to projects, in place of what it said before."""
        return await self._run(self._sync.report_allocations, colonyname, executorname, allocations, prvkey)

    async def change_executor_id(
        self, colonyname: str = OWN, executorid: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Take another identity, as an executor, at once. Processes that it runs stay with the old one."""
        return await self._run(self._sync.change_executor_id, colonyname, executorid, prvkey)

    async def add_function(
        self,
        colonyname: str = OWN,
        executorname: str = REQUIRED,
        funcname: str = REQUIRED,
        prvkey: Key = OWN,
        *,
        args: Iterable[FunctionArgument] = (),
        description: str = "",
    ) -> Function:
        """Tell the colony that an executor offers a function."""
        return await self._run(
            self._sync.add_function,
            colonyname,
            executorname,
            funcname,
            prvkey,
            args=args,
            description=description,
        )

    async def get_functions_by_executor(
        self, colonyname: str = OWN, executorname: str = REQUIRED, prvkey: Key = OWN
    ) -> list[Function]:
        """List the functions that an executor offers."""
        return await self._run(self._sync.get_functions_by_executor, colonyname, executorname, prvkey)

    async def get_functions_by_colony(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[Function]:
        """List the functions that any executor of a colony offers."""
        return await self._run(self._sync.get_functions_by_colony, colonyname, prvkey)

    async def remove_function(self, functionid: str, prvkey: Key = OWN) -> None:
        """Take back a function that an executor offered."""
        return await self._run(self._sync.remove_function, functionid, prvkey)

    async def get_files(self, label: str, colonyname: str = OWN, prvkey: Key = OWN) -> list[FileSummary]:
        """List the files with a label, each in its newest version."""
        return await self._run(self._sync.get_files, label, colonyname, prvkey)

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
        return await self._run(self._sync.get_file, colonyname, prvkey, label, fileid, filename, latest)

    async def get_file_labels(
        self, colonyname: str = OWN, prvkey: Key = OWN, name: str = "", exact: bool = False
    ) -> list[FileLabel]:
        """List the labels that files have."""
        return await self._run(self._sync.get_file_labels, colonyname, prvkey, name, exact)

    async def add_generator(self, generator: Generator, prvkey: Key = OWN) -> Generator:
        """Add a generator: with each `trigger` arguments that are packed it submits its workflow."""
        return await self._run(self._sync.add_generator, generator, prvkey)

    async def get_generator(self, generatorid: str, prvkey: Key = OWN) -> Generator:
        """Return a generator."""
        return await self._run(self._sync.get_generator, generatorid, prvkey)

    async def resolve_generator(
        self, colonyname: str = OWN, generatorname: str = REQUIRED, prvkey: Key = OWN
    ) -> Generator:
        """Return the generator of a name."""
        return await self._run(self._sync.resolve_generator, colonyname, generatorname, prvkey)

    async def get_generators(
        self, colonyname: str = OWN, prvkey: Key = OWN, count: int = 100
    ) -> list[Generator]:
        """List the generators of a colony."""
        return await self._run(self._sync.get_generators, colonyname, prvkey, count)

    async def pack_generator(self, generatorid: str, arg: str, prvkey: Key = OWN) -> None:
        """Give a generator an argument."""
        return await self._run(self._sync.pack_generator, generatorid, arg, prvkey)

    async def remove_generator(self, generatorid: str, prvkey: Key = OWN) -> None:
        """Remove a generator, with the arguments that are packed."""
        return await self._run(self._sync.remove_generator, generatorid, prvkey)

    async def add_location(self, location: Location, prvkey: Key = OWN) -> Location:
        """Add a location."""
        return await self._run(self._sync.add_location, location, prvkey)

    async def get_location(self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> Location:
        """Return a location."""
        return await self._run(self._sync.get_location, colonyname, name, prvkey)

    async def get_locations(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[Location]:
        """List the locations of a colony."""
        return await self._run(self._sync.get_locations, colonyname, prvkey)

    async def remove_location(self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Remove a location. Executors there keep its name."""
        return await self._run(self._sync.remove_location, colonyname, name, prvkey)

    async def add_log(self, processid: str, logmsg: str, prvkey: Key = OWN) -> None:
        """Write a line into the log of a running process."""
        return await self._run(self._sync.add_log, processid, logmsg, prvkey)

    async def add_executor_log(
        self, colonyname: str = OWN, executorname: str = REQUIRED, logmsg: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Write a line into the log of an executor."""
        return await self._run(self._sync.add_executor_log, colonyname, executorname, logmsg, prvkey)

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
        return await self._run(
            self._sync.get_process_log, colonyname, processid, count, since, prvkey, latest=latest
        )

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
        return await self._run(
            self._sync.get_executor_log, colonyname, executorname, count, since, prvkey, latest=latest
        )

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
        return await self._run(self._sync.search_logs, colonyname, text, prvkey, days=days, count=count)

    async def submit_func_spec(self, spec: FuncSpec, prvkey: Key = OWN) -> Process:
        """Ask for a function to be executed."""
        return await self._run(self._sync.submit_func_spec, spec, prvkey)

    async def get_process(self, processid: str, prvkey: Key = OWN) -> Process:
        """Return a process."""
        return await self._run(self._sync.get_process, processid, prvkey)

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
        return await self._run(
            self._sync.list_processes,
            colonyname,
            count,
            state,
            prvkey,
            executortype=executortype,
            label=label,
            initiator=initiator,
        )

    async def get_process_history(
        self,
        colonyname: str = OWN,
        seconds: int = REQUIRED,
        state: int = REQUIRED,
        prvkey: Key = OWN,
        *,
        executorid: str = "",
    ) -> list[Process]:
        """List the processes of one state that were submitted lately, the oldest first."""
        return await self._run(
            self._sync.get_process_history, colonyname, seconds, state, prvkey, executorid=executorid
        )

    async def cancel_process(self, processid: str, prvkey: Key = OWN) -> None:
        """Cancel a process that waits or runs. Its executor is not told, and can no longer close it."""
        return await self._run(self._sync.cancel_process, processid, prvkey)

    async def remove_process(self, processid: str, prvkey: Key = OWN) -> None:
        """Remove a process that is not running."""
        return await self._run(self._sync.remove_process, processid, prvkey)

    async def remove_all_processes(self, colonyname: str = OWN, prvkey: Key = OWN, state: int = -1) -> None:
        """Remove all processes of a colony, but for those in process graphs."""
        return await self._run(self._sync.remove_all_processes, colonyname, prvkey, state)

    async def close(self, processid: str, output: Sequence[Any] | None, prvkey: Key = OWN) -> None:
        """End a process as successful."""
        return await self._run(self._sync.close, processid, output, prvkey)

    async def fail(self, processid: str, errors: Sequence[str], prvkey: Key = OWN) -> None:
        """End a process as failed. It is not tried again, whatever its maxretries."""
        return await self._run(self._sync.fail, processid, errors, prvkey)

    async def set_output(self, processid: str, arr: Sequence[Any], prvkey: Key = OWN) -> None:
        """Store the output of a running process, in place of what was there."""
        return await self._run(self._sync.set_output, processid, arr, prvkey)

    async def get_version(self) -> Version:
        """Return the server's version. Needs no key."""
        return await self._run(self._sync.get_version)

    async def get_server_info(self) -> ServerInfo:
        """Return the server's version, and how it can be reached. Needs no key."""
        return await self._run(self._sync.get_server_info)

    async def get_cluster(self, prvkey: Key = OWN) -> Cluster:
        """Return the servers that work together, and which of them leads."""
        return await self._run(self._sync.get_cluster, prvkey)

    async def get_statistics(self, prvkey: Key = OWN) -> Statistics:
        """Count what all colonies hold together."""
        return await self._run(self._sync.get_statistics, prvkey)

    async def change_server_id(self, serverid: str, prvkey: Key = OWN) -> None:
        """Give the server another owner, at once."""
        return await self._run(self._sync.change_server_id, serverid, prvkey)

    async def create_snapshot(
        self, colonyname: str = OWN, label: str = REQUIRED, name: str = REQUIRED, prvkey: Key = OWN
    ) -> Snapshot:
        """Keep the newest versions of all files with a label, and with the labels below it."""
        return await self._run(self._sync.create_snapshot, colonyname, label, name, prvkey)

    async def get_snapshots(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[Snapshot]:
        """List the snapshots of a colony, the newest first."""
        return await self._run(self._sync.get_snapshots, colonyname, prvkey)

    async def get_snapshot_by_name(
        self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN
    ) -> Snapshot:
        """Return the snapshot of a name."""
        return await self._run(self._sync.get_snapshot_by_name, colonyname, name, prvkey)

    async def get_snapshot_by_id(
        self, colonyname: str = OWN, snapshotid: str = REQUIRED, prvkey: Key = OWN
    ) -> Snapshot:
        """Return a snapshot."""
        return await self._run(self._sync.get_snapshot_by_id, colonyname, snapshotid, prvkey)

    async def remove_snapshot_by_name(
        self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Remove the snapshot of a name, if it is there. Its files stay."""
        return await self._run(self._sync.remove_snapshot_by_name, colonyname, name, prvkey)

    async def remove_snapshot_by_id(
        self, colonyname: str = OWN, snapshotid: str = REQUIRED, prvkey: Key = OWN
    ) -> None:
        """Remove a snapshot, if it is there. Its files stay."""
        return await self._run(self._sync.remove_snapshot_by_id, colonyname, snapshotid, prvkey)

    async def remove_all_snapshots(self, colonyname: str = OWN, prvkey: Key = OWN) -> None:
        """Remove all snapshots of a colony. Their files stay."""
        return await self._run(self._sync.remove_all_snapshots, colonyname, prvkey)

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
        """Fetch a file into a directory, where it has its own name."""
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
        """Fetch the content of a file into memory; see `download_file`."""
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
        """Make a directory and a label equal, with the directories and labels below them."""
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
        """Tell what `sync` would do, and do nothing."""
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
        """Do what a plan says."""
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
        """Lay out the files of a snapshot in a directory, as they were when it was made."""
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

    async def add_user(self, user: User, prvkey: Key = OWN) -> User:
        """Make a person a member of a colony."""
        return await self._run(self._sync.add_user, user, prvkey)

    async def get_users(self, colonyname: str = OWN, prvkey: Key = OWN) -> list[User]:
        """List the users of a colony."""
        return await self._run(self._sync.get_users, colonyname, prvkey)

    async def remove_user(self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> None:
        """End a user's membership. The user's processes stay."""
        return await self._run(self._sync.remove_user, colonyname, name, prvkey)

    async def get_user(self, colonyname: str = OWN, name: str = REQUIRED, prvkey: Key = OWN) -> User:
        """Return a user."""
        return await self._run(self._sync.get_user, colonyname, name, prvkey)

    async def get_user_by_id(self, colonyname: str = OWN, userid: str = REQUIRED, prvkey: Key = OWN) -> User:
        """Return the user who has an identity."""
        return await self._run(self._sync.get_user_by_id, colonyname, userid, prvkey)

    async def change_user_id(self, colonyname: str = OWN, userid: str = REQUIRED, prvkey: Key = OWN) -> None:
        """Take another identity, as a user, at once."""
        return await self._run(self._sync.change_user_id, colonyname, userid, prvkey)

    async def submit_workflow(
        self, workflow: Workflow | Mapping[str, Any], prvkey: Key = OWN
    ) -> ProcessGraph:
        """Submit function specs that depend on each other."""
        return await self._run(self._sync.submit_workflow, workflow, prvkey)

    async def get_processgraph(self, processgraphid: str, prvkey: Key = OWN) -> ProcessGraph:
        """Return a process graph, with how it may be drawn."""
        return await self._run(self._sync.get_processgraph, processgraphid, prvkey)

    async def get_processgraphs(
        self, colonyname: str = OWN, count: int = 100, prvkey: Key = OWN, state: int | None = None
    ) -> list[ProcessGraph]:
        """List process graphs of one state, the newest first, without how they may be drawn."""
        return await self._run(self._sync.get_processgraphs, colonyname, count, prvkey, state)

    async def get_processes_for_workflow(
        self, processgraphid: str, colonyname: str = OWN, prvkey: Key = OWN, count: int = 100
    ) -> list[Process]:
        """Return the processes of a process graph: one call for the graph, and one for each process."""
        return await self._run(
            self._sync.get_processes_for_workflow, processgraphid, colonyname, prvkey, count
        )

    async def find_process(
        self, nodename: str, processids: Sequence[str], prvkey: Key = OWN
    ) -> Process | None:
        """Find the process of a node in a process graph. Takes three calls, however many ids there are."""
        return await self._run(self._sync.find_process, nodename, processids, prvkey)

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
        """Add a process to a process graph that runs."""
        return await self._run(
            self._sync.add_child,
            processgraphid,
            parentprocessid,
            childprocessid,
            funcspec,
            nodename,
            insert,
            prvkey,
        )

    async def cancel_processgraph(self, processgraphid: str, prvkey: Key = OWN) -> None:
        """Cancel a process graph with all its processes that wait or run."""
        return await self._run(self._sync.cancel_processgraph, processgraphid, prvkey)

    async def remove_processgraph(self, processgraphid: str, prvkey: Key = OWN) -> None:
        """Remove a process graph that does not run, with its processes."""
        return await self._run(self._sync.remove_processgraph, processgraphid, prvkey)

    async def remove_all_processgraphs(
        self, colonyname: str = OWN, prvkey: Key = OWN, state: int | None = None
    ) -> None:
        """Remove the process graphs of a colony that are in one state, with their processes."""
        return await self._run(self._sync.remove_all_processgraphs, colonyname, prvkey, state)
