"""Whose code an executor runs, and what that code can reach."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conftest import Colony, Member
from executor_bench import KIND, PATIENCE, Bench, ended, environment
from polling import until
from pycolonies import (
    CodePolicy,
    CodeRefusedError,
    ConfigurationError,
    PrivateKey,
    Process,
    Sandbox,
    func_spec,
)
from pycolonies._executor.injected.runner import CodeRunner

if TYPE_CHECKING:
    from programs import Programs

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces and /proc of Linux"),
    pytest.mark.both_modes,
]


def works() -> bool:
    """Whether bubblewrap can make a sandbox here."""
    try:
        Sandbox().check()
    except ConfigurationError:
        return False
    return True


needs_sandbox = pytest.mark.skipif(
    shutil.which("bwrap") is None or not works(), reason="bubblewrap is not installed, or not allowed here"
)


class Code:
    """Submits source code to the executor of a bench."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def start(self, policy: CodePolicy) -> None:
        self.bench.executor(code=policy).start(2)

    def __call__(
        self, source: str, *args: Any, member: Member | None = None, maxexectime: int = 60
    ) -> Process:
        spec = func_spec("f", args, self.bench.colony.name, KIND, maxexectime=maxexectime)
        spec.env["code"] = base64.b64encode(textwrap.dedent(source).encode()).decode()
        client, key = self.bench.client, (member or self.bench.user).prvkey
        return client.wait(client.submit_func_spec(spec, key), PATIENCE, key)

    def output(self, source: str, *args: Any) -> Any:
        process = self(source, *args)
        assert process.errors == []
        return process.output[0] if process.output else None


@pytest.fixture
def code(bench: Bench) -> Code:
    return Code(bench)


def member(colony: Colony, kind: str, name: str) -> Member:
    return colony.user(name=name) if kind == "user" else colony.executor(name=name)


@pytest.mark.parametrize("listed", ["alice", "executor:alice"])
@pytest.mark.parametrize("kind", ["user", "executor"])
def test_a_name_means_a_member_of_one_kind(code: Code, listed: str, kind: str) -> None:
    code.start(CodePolicy([listed]))
    process = code("def f(): return 1", member=member(code.bench.colony, kind, "alice"))
    if listed == ("alice" if kind == "user" else "executor:alice"):
        assert process.output == [1]
    else:
        assert f"does not run source code of the {kind} alice" in process.errors[0]


def test_an_identity_means_one_member(code: Code) -> None:
    alice, bob = code.bench.colony.user(name="alice"), code.bench.colony.user(name="bob")
    code.start(CodePolicy([alice.id]))
    assert code("def f(): return 1", member=alice).output == [1]
    assert "the user bob" in code("def f(): return 1", member=bob).errors[0]


@pytest.mark.parametrize("listed", ["alice", "executor:alice", "*"])
@pytest.mark.parametrize("kind", ["user", "executor"])
def test_a_member_of_another_colony_does_not_pass(code: Code, listed: str, kind: str) -> None:
    """Servers may assign a process that a member of another colony has added to a workflow there."""
    colony = code.bench.colony
    stranger = member(Colony(code.bench.client), kind, "alice")
    spec = func_spec("f", [], colony.name, KIND, maxexectime=60)
    spec.env["code"] = base64.b64encode(b"def f(): return 1").decode()
    own = member(colony, kind, "alice")
    process = code.bench.client.submit_func_spec(spec, own.prvkey)
    executor = colony.executor()
    runner = CodeRunner(
        CodePolicy([listed, own.id]),
        1,
        colonyname=colony.name,
        executorname=executor.name,
        executorid=executor.id,
        prvkey=PrivateKey(executor.prvkey),
        client=code.bench.client,
    )
    assert runner.run(process, [], context=None) == [1]
    process.initiatorid = stranger.id
    with pytest.raises(CodeRefusedError, match="of alice, who is no member of its colony: its code policy"):
        runner.run(process, [], context=None)
    runner.close()


def test_code_reads_nothing_of_its_executor(bench: Bench, tmp_path: Path, programs: Programs) -> None:
    """In a separate program, since hidden memory stays hidden."""
    script = tmp_path / "executor.py"
    script.write_text(
        f"from pycolonies import CodePolicy, Executor\nExecutor({KIND!r}, code=CodePolicy(['*'])).run()\n"
    )
    executor = programs([sys.executable, script], env={**environment(bench), "TOKEN": "secret"})
    try:
        read = Code(bench).output(
            """
            import os
            def f():
                found = []
                for name in ("environ", "mem", "maps", "fd", "cwd"):
                    path = f"/proc/{os.getppid()}/../{EXECUTOR}/{name}"
                    try:
                        if name == "fd": [os.readlink(f"{path}/{number}") for number in os.listdir(path)]
                        elif name == "cwd": os.readlink(path)
                        else: open(path, "rb").read(1)
                        found.append(name)
                    except OSError:
                        pass
                return found
            """.replace("EXECUTOR", str(executor.pid))
        )
        assert read == []
    finally:
        executor.terminate()
        executor.wait()


def test_a_link_in_the_place_of_the_temporary_directory_goes(code: Code, tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    code.start(CodePolicy(["*"]))
    link = code.output(
        """
        import os
        def f(target):
            folder = os.getcwd()
            os.chdir("/")
            os.rmdir(folder)
            os.symlink(target, folder)
            return folder
        """,
        str(tmp_path),
    )
    until(lambda: not os.path.lexists(link))
    assert (tmp_path / "kept").exists()


def test_limits_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="processes must be at least 4, got 1"):
        CodePolicy(["*"], processes=1)
    with pytest.raises(ConfigurationError, match="visible must hold absolute paths, got 'data'"):
        Sandbox(visible=["data"])
    with pytest.raises(TypeError, match="visible must be a list of paths"):
        Sandbox(visible="/data")
    with pytest.raises(
        ConfigurationError, match="the sandbox needs the program no-such-program; install bubblewrap"
    ):
        Sandbox(program="no-such-program").check()
    with pytest.raises(ConfigurationError, match="false cannot make a sandbox here"):
        Sandbox(program="false").check()
    assert CodePolicy(["*"], sandbox=True).sandbox == Sandbox()


@pytest.fixture
def sandboxed(code: Code) -> Callable[..., Any]:
    code.start(CodePolicy(["*"], sandbox=True))
    return code.output


@needs_sandbox
def test_code_works_in_a_sandbox(sandboxed: Callable[..., Any]) -> None:
    source = """
        import json, hashlib, sqlite3, pathlib, subprocess, sys, tempfile
        def f(a, ctx):
            import pydantic
            ctx.log("in a sandbox")
            pathlib.Path("made.txt").write_text("made")
            with tempfile.NamedTemporaryFile() as file:
                file.write(b"x")
            run = subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True)
            return [a, run.stdout.strip(), ctx["process"].spec.funcname, pydantic.VERSION[:1]]
        """
    assert sandboxed(source, 1) == [1, "42", "f", "2"]


@needs_sandbox
def test_a_sandbox_hides_files_processes_and_the_network(
    sandboxed: Callable[..., Any], tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    listener = socket.create_server(("127.0.0.1", 0))
    source = """
        import os, socket, urllib.request
        def attempt(call):
            try:
                call()
                return "done"
            except OSError as error:
                return type(error).__name__
        def f(secret, tests, executor, port):
            return {
                "secret": attempt(lambda: open(secret).read()),
                "tests": attempt(lambda: os.listdir(tests)),
                "passwd": attempt(lambda: open("/etc/shadow").read()),
                "write": attempt(lambda: open("/usr/bin/made", "w")),
                "library": attempt(lambda: open(os.__file__ + "made", "w")),
                "executor": attempt(lambda: os.kill(executor, 0)),
                "environ": attempt(lambda: open(f"/proc/{executor}/environ").read()),
                "processes": [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) > 50],
                "local": attempt(lambda: socket.create_connection(("127.0.0.1", port), 2)),
                "unix": attempt(lambda: os.stat("/run")),
            }
        """
    found = sandboxed(source, str(secret), str(Path(__file__).parent), os.getpid(), listener.getsockname()[1])
    assert found.pop("processes") == []
    assert {name for name, how in found.items() if how == "done"} <= set()
    listener.close()


@needs_sandbox
def test_a_sandbox_shows_what_it_is_told_to_and_may_have_a_network(code: Code, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("shown")
    listener = socket.create_server(("127.0.0.1", 0))
    code.start(CodePolicy(["*"], sandbox=Sandbox(network=True, visible=[tmp_path])))
    source = """
        import os, socket
        def f(path, port):
            socket.create_connection(("127.0.0.1", port), 5).close()
            try:
                open(path, "a")
            except OSError:
                return open(path).read()
        """
    assert code.output(source, str(tmp_path / "data"), listener.getsockname()[1]) == "shown"
    listener.close()


@needs_sandbox
def test_a_sandbox_ends_with_all_that_is_in_it(code: Code) -> None:
    code.start(CodePolicy(["*"], seconds=8, sandbox=True))
    marker = f"{time.time_ns()}.25"
    process = code(
        """
        import os, subprocess, time
        def f(seconds):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.execvp("sleep", ["sleep", seconds])
                os._exit(0)
            time.sleep(600)
        """,
        marker,
    )
    assert "was not done in time" in process.errors[0]
    find = ["pgrep", "-f", f"sleep {marker}"]
    until(lambda: subprocess.run(find, stdout=subprocess.DEVNULL, check=False).returncode == 1, "its end")


@needs_sandbox
def test_limits_hold_in_a_sandbox(code: Code) -> None:
    code.start(CodePolicy(["*"], memory=200 << 20, processes=20, sandbox=True))
    takes = """
        import os, time
        def f(size):
            [os.fork() for _ in "12"]
            held = bytearray(b"x") * size
            time.sleep(60)
        """
    assert "used more memory than" in code(takes, 100 << 20).errors[0]
    many = """
        import subprocess, time
        def f():
            held = [subprocess.Popen(["sleep", "60"]) for _ in range(40)]
            time.sleep(60)
        """
    assert "used more processes than the 20" in code(many).errors[0]


@needs_sandbox
def test_a_sandbox_ends_with_an_executor_that_is_killed(
    bench: Bench, tmp_path: Path, programs: Programs
) -> None:
    script = tmp_path / "executor.py"
    script.write_text(
        "from pycolonies import CodePolicy, Executor\n"
        f"Executor({KIND!r}, code=CodePolicy(['*'], sandbox=True)).run()\n"
    )
    executor = programs([sys.executable, script], env=environment(bench))
    marker = f"{time.time_ns()}.25"
    spec = func_spec("f", [marker], bench.colony.name, KIND, maxexectime=600)
    source = "import os\ndef f(seconds):\n    os.execvp('sleep', ['sleep', seconds])\n"
    spec.env["code"] = base64.b64encode(source.encode()).decode()
    bench.client.submit_func_spec(spec, bench.user.prvkey)

    def pids() -> list[int]:
        found = subprocess.run(
            ["pgrep", "-x", "-f", f"sleep {marker}"], capture_output=True, text=True, check=False
        )
        return list(map(int, found.stdout.split()))

    (sleeping,) = until(pids, "the start of the code")
    executor.kill()
    executor.wait()
    until(lambda: ended(sleeping), "the end of the sandbox")
