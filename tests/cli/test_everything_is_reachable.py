"""Whatever the client can do, a command does."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest
from write_cli_docs import commands

import pycolonies.cli
from pycolonies import Colonies

#: For each call of the client the command that makes it.
COMMANDS = {
    "add_attribute": "attribute add",
    "add_blueprint": "blueprint add",
    "add_blueprint_definition": "blueprint definition add",
    "add_child": "workflow addchild",
    "add_colony": "colony add",
    "add_cron": "cron add",
    "add_executor": "executor add",
    "add_executor_log": "log add",
    "add_function": "function register",
    "add_generator": "generator add",
    "add_location": "location add",
    "add_log": "log add",
    "add_user": "user add",
    "apply_sync": "fs sync",
    "approve_executor": "executor approve",
    "assign": "process assign",
    "assignments_are_paused": "process status",
    "cancel_process": "process cancel",
    "cancel_processgraph": "workflow cancel",
    "change_colony_id": "colony chid",
    "change_executor_id": "executor chid",
    "change_server_id": "server chid",
    "change_user_id": "user chid",
    "channel_append": "channel append",
    "channel_read": "channel read",
    "close": "process close",
    "create_snapshot": "fs snapshot create",
    "del_colony": "colony remove",
    "del_cron": "cron remove",
    "delete_file": "fs remove",
    "download_data": "fs cat",
    "download_file": "fs get",
    "download_snapshot": "fs snapshot download",
    "fail": "process fail",
    "find_process": "workflow node",
    "follow_channel": "channel follow",
    "follow_processes": "process follow",
    "get_attribute": "attribute get",
    "get_blueprint": "blueprint get",
    "get_blueprint_definition": "blueprint definition get",
    "get_blueprint_definitions": "blueprint definition ls",
    "get_blueprint_history": "blueprint history",
    "get_blueprints": "blueprint ls",
    "get_cluster": "server cluster",
    "get_colony": "colony get",
    "get_cron": "cron get",
    "get_crons": "cron ls",
    "get_executor": "executor get",
    "get_executor_by_id": "executor get",
    "get_executor_log": "log get",
    "get_file": "fs info",
    "get_file_labels": "fs label ls",
    "get_files": "fs ls",
    "get_functions_by_colony": "function ls",
    "get_functions_by_executor": "function ls",
    "get_generator": "generator get",
    "get_generators": "generator ls",
    "get_location": "location get",
    "get_locations": "location ls",
    "get_process": "process get",
    "get_process_history": "process history",
    "get_process_log": "log get",
    "get_processes_for_workflow": "workflow get",
    "get_processgraph": "workflow get",
    "get_processgraphs": "workflow ls",
    "get_server_info": "server info",
    "get_snapshot_by_id": "fs snapshot info",
    "get_snapshot_by_name": "fs snapshot info",
    "get_snapshots": "fs snapshot ls",
    "get_statistics": "server stats",
    "get_user": "user get",
    "get_user_by_id": "user get",
    "get_users": "user ls",
    "get_version": "server info",
    "list_colonies": "colony ls",
    "list_executors": "executor ls",
    "list_processes": "process psw",
    "pack_generator": "generator pack",
    "pause_assignments": "process pause",
    "plan_sync": "fs sync",
    "reconcile_blueprint": "blueprint reconcile",
    "reject_executor": "executor reject",
    "remove_all_processes": "process removeall",
    "remove_all_processgraphs": "workflow removeall",
    "remove_all_snapshots": "fs snapshot removeall",
    "remove_blueprint": "blueprint remove",
    "remove_blueprint_definition": "blueprint definition remove",
    "remove_executor": "executor remove",
    "remove_function": "function remove",
    "remove_generator": "generator remove",
    "remove_location": "location remove",
    "remove_process": "process remove",
    "remove_processgraph": "workflow remove",
    "remove_snapshot_by_id": "fs snapshot remove",
    "remove_snapshot_by_name": "fs snapshot remove",
    "remove_user": "user remove",
    "report_allocations": "executor allocate",
    "resolve_generator": "generator get",
    "resubmit": "process resubmit",
    "resubmit_workflow": "workflow resubmit",
    "resume_assignments": "process resume",
    "run_cron": "cron run",
    "search_logs": "log search",
    "set_output": "process output",
    "stats": "colony stats",
    "submit_func_spec": "function submit",
    "submit_workflow": "workflow submit",
    "update_blueprint": "blueprint update",
    "update_blueprint_status": "blueprint status",
    "update_executor": "executor update",
    "upload_data": "fs upload",
    "upload_file": "fs upload",
}
#: The calls that no command makes, and what does the same.
OTHERWISE = {
    "create_func_spec": "a form of 2023; function exec makes function specs",
    "delete_executor": "a form of 2023; executor remove",
    "delete_process": "a form of 2023; process remove",
    "failed": "process psf and process history --state failed list them",
    "schedule": "calls of Python functions; cron add",
    "follow_process": "process wait drives the same steps, to look at the log in between",
    "bind": "options name the key and the colony of a command",
    "call": "calls of Python functions; run makes one",
    "with_options": "run has the options themselves",
    "from_env": "every command reads the environment",
    "get_handle": "an object of Python; process wait",
    "map": "many calls of Python functions; run makes one",
    "submit": "calls of Python functions; run makes one",
    "subscribe_channel": "the form of 1.x with a callback; channel follow",
    "sync": "fs sync plans, asks, and carries out the plan",
    "wait": "process wait drives the same steps",
    "wait_workflow": "workflow watch looks at the graph, to draw it in between",
}


def _calls() -> list[str]:
    public = inspect.getmembers(Colonies, callable)
    return [name for name, _ in public if not name.startswith("_")]


@pytest.mark.parametrize("name", _calls())
def test_a_command_makes_this_call(name: str) -> None:
    assert (name in COMMANDS) != (name in OTHERWISE), f"which command does what {name} does?"
    if name in COMMANDS:
        assert COMMANDS[name].split() in [path for path, _ in commands()]
        assert name in _used(), name


def test_nothing_is_listed_that_is_not_there() -> None:
    assert COMMANDS.keys() | OTHERWISE.keys() == set(_calls())


def _used() -> set[str]:
    """Names of the attributes that the command's modules use."""
    folder = Path(pycolonies.cli.__file__).parent
    modules = [ast.parse(path.read_text()) for path in folder.glob("_*.py")]
    return {node.attr for module in modules for node in ast.walk(module) if isinstance(node, ast.Attribute)}
