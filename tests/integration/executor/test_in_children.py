"""Executors run functions in child processes, and source code that comes along."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import childwork
from executor_bench import KIND, Bench, ended, environment
from polling import until
from pycolonies import CodePolicy, Colonies, ConfigurationError, func_spec

if TYPE_CHECKING:
    from programs import Programs

pytest_plugins = ["executor_bench"]
pytestmark = [pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"), pytest.mark.both_modes]


def test_a_function_runs_in_a_child_process(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(childwork.pid, process=True)
    executor.function(childwork.add, process=True)
    with executor:
        (pid,) = bench.outcome("pid").output or []
        assert pid != os.getpid()
        assert bench.outcome("pid").output == [pid]
        assert bench.outcome("add", "40", b=2).output == [42]  # converted here, run there
    until(lambda: ended(int(pid)), "the end of the child")


def test_what_it_raises_fails_the_process_with_its_traceback(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(childwork.fail, process=True)
    with executor:
        said, trace = bench.outcome("fail", "no such picture").errors
    assert said == "ValueError: no such picture"
    assert "childwork.py" in trace
    assert "_executor" not in trace


def test_a_child_that_dies_fails_its_process_only(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(childwork.kill_itself, process=True)
    executor.function(childwork.add, process=True)
    with executor:
        failed = bench.outcome("kill_itself", int(signal.SIGSEGV))
        assert failed.state == Colonies.FAILED
        assert "the child process that ran kill_itself was killed by SIGSEGV" in failed.errors[0]
        assert bench.outcome("add", 1, 2).output == [3]


def test_the_context_works_in_a_child(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(childwork.converse, process=True)
    executor.function(childwork.add)
    spec = bench.spec("converse")
    spec.channels = ["talk"]
    with executor:
        process = bench.client.submit_func_spec(spec, bench.user.prvkey)
        until(lambda: bench.get(process).state == Colonies.RUNNING)
        for number, text in enumerate(("one", "two", "three"), start=1):
            bench.client.channel_append(process.processid, "talk", number, text, bench.user.prvkey)
        ended = bench.wait(process)
        assert ended.errors == []
        (output,) = ended.output or []
        assert output["heard"] == ["one", "two", "three"]
        assert output["pid"] != os.getpid()
        submitted = bench.client.get_process(output["submitted"], bench.user.prvkey)
        assert submitted.spec.funcname == "add"
        bench.wait(submitted)
    log = bench.log(
        process
    )  # on a busy machine, the second report of progress may come late enough to be shown
    assert [line for line in log if line != "progress 60%"] == ["from the child", "progress 50% half"]
    assert {"color": "red"}.items() <= {a.key: a.value for a in ended.attributes or []}.items()


def test_a_cancelled_process_ends_its_child(bench: Bench, tmp_path: Path) -> None:
    executor = bench.executor()
    executor.function(childwork.hang, process=True)
    started = tmp_path / "started"
    with executor:
        process = bench.submit("hang", str(started))
        until(started.exists)
        bench.client.cancel_process(process.processid, bench.user.prvkey)
        until(Path(f"{started}.finally").exists, "the function's finally clause")
        until(lambda: executor.stats().held == 0)


def test_functions_that_no_child_finds_are_refused_when_they_are_offered(bench: Bench) -> None:
    executor = bench.executor()
    with pytest.raises(ConfigurationError, match="defined inside another function"):

        @executor.function(process=True)
        def inner() -> None: ...


def test_source_code_is_run_where_a_policy_allows_it(bench: Bench) -> None:
    executor = bench.executor(code=CodePolicy([bench.user.name], ["sum_*"]))
    with executor:

        def outcome(name: str, code: str, *args: object) -> tuple[list[object] | None, list[str]]:
            spec = func_spec(name, args, bench.colony.name, KIND, code=code, maxexectime=60)
            ended = bench.wait(bench.client.submit_func_spec(spec, bench.user.prvkey))
            return ended.output, ended.errors

        assert outcome("sum_nums", "def sum_nums(a, b, ctx={}): return a + b", 1, 2) == ([3], [])
        assert outcome("sum_two", "def sum_two(): return 1, 2") == ([1, 2], [])
        assert outcome("sum_none", "def sum_none(ctx): ctx.log('x')") == ([], [])
        _, errors = outcome("sum_up", "def sum_up(): return 1 / 0")
        assert errors[0] == "ZeroDivisionError: division by zero"
        assert "return 1 / 0" in errors[1]
        _, errors = outcome("evil", "def evil(): return 1")
        assert errors == [
            "this executor does not run source code of a function evil: its code policy lists other functions"
        ]
    assert executor.stats().functions["sum_nums"].successful == 1


def test_source_code_is_not_run_by_default(bench: Bench) -> None:
    executor = bench.executor()
    executor.function(childwork.add)
    with executor:
        spec = func_spec("f", [], bench.colony.name, KIND, code="def f(): return 1", maxexectime=60)
        ended = bench.wait(bench.client.submit_func_spec(spec, bench.user.prvkey))
        assert ended.state == Colonies.FAILED
        assert "Executor(code=CodePolicy(...))" in ended.errors[0]
        # A function that is offered is the executor's own, whatever comes along.
        spec = func_spec(
            "add", [1, 2], bench.colony.name, KIND, code="def add(a, b): return 'x'", maxexectime=60
        )
        assert bench.wait(bench.client.submit_func_spec(spec, bench.user.prvkey)).output == [3]


SCRIPT = f"""
import os, time
from pycolonies import Context, Executor

executor = Executor({KIND!r})

@executor.function(process=True)
def where(ctx: Context) -> list:
    return [os.getpid(), os.getppid(), ctx.processid]

@executor.function(process=True)
def hang(started: str) -> None:
    with open(started, "w") as file:
        file.write(str(os.getpid()))
    time.sleep(600)

executor.run(concurrency=2)
print("stopped", flush=True)
"""


def test_a_script_of_ten_lines_has_children_without_a_guard(
    bench: Bench, tmp_path: Path, programs: Programs
) -> None:
    script = tmp_path / "ten_lines.py"
    script.write_text(SCRIPT)
    program = programs(
        [sys.executable, script],
        env=environment(bench),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process = bench.submit("where")
    ((pid, parent, processid),) = bench.wait(process).output or []
    assert parent == program.pid
    assert processid == process.processid
    bench.submit("hang", str(tmp_path / "started"))
    until(lambda: (tmp_path / "started").exists() and (tmp_path / "started").read_text())
    program.kill()
    program.wait()
    hanging = int((tmp_path / "started").read_text())
    until(lambda: ended(hanging) and ended(int(pid)), "the end of the children of a killed executor")
    output, errors = program.communicate()
    assert output == ""
    assert not re.search("WARNING|ERROR|Traceback", errors)
