"""What waits for a server's changes is tested with changes at once and in steps."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

INTEGRATION = Path(__file__).parents[1] / "integration"
#: Calls that wait for a process, a workflow or a channel.
WAITS = {"exception", "follow_channel", "follow_process", "map", "outcome", "result", "wait", "wait_workflow"}
#: Fixtures that bring the server.
SERVERS = {"bench", "client", "colony", "executor", "own_server", "server"}
#: Modules that use a server and wait, and run in one mode only, with the reason.
ONE_MODE = {
    "executor/test_console.py": "waits for a terminal",
    "executor/test_files.py": "is about files",
    "executor/test_odd_exceptions.py": "is about exceptions",
    "executor/test_run_command.py": "starts its servers as commands",
    "test_application_servers.py": "is about servers of applications",
    "test_bound_client.py": "waits in one call of many",
    "test_drive_by.py": "chooses the mode itself",
    "test_examples.py": "runs the programs of examples/ as they are",
    "test_garbage.py": "counts objects, not what is seen of processes",
    "test_green_threads.py": "is about libraries of green threads",
    "test_notebooks.py": "is about what notebooks show",
    "test_numbers_of_others.py": "is about numbers",
    "test_proxies.py": "is about proxies",
    "test_s3.py": "is about files",
    "test_unreadable_processes.py": "answers with what no server sends",
}


def _waits(tree: ast.Module) -> bool:
    calls = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    used = {
        argument.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for argument in node.args.args
    }
    return bool(calls & WAITS) and bool(used & SERVERS)


@pytest.mark.parametrize(
    "module", [str(path.relative_to(INTEGRATION)) for path in sorted(INTEGRATION.rglob("test_*.py"))]
)
def test_what_waits_runs_in_both_modes(module: str) -> None:
    source = (INTEGRATION / module).read_text()
    both = "pytest.mark.both_modes" in source
    assert (_waits(ast.parse(source)) and module not in ONE_MODE) <= both
    assert not (both and module in ONE_MODE)


@pytest.mark.parametrize("module", ONE_MODE)
def test_each_exception_is_needed(module: str) -> None:
    assert _waits(ast.parse((INTEGRATION / module).read_text()))
