"""What `Executor.run` shows: a banner and lines in a terminal, log records elsewhere."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from polling import until
from ports import reserved_port
from pycolonies import Colonies, ProcessFailedError
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, DevServer

if TYPE_CHECKING:
    from programs import Programs

pexpect = pytest.importorskip("pexpect")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal")

SCRIPT = """
    import sys, time
    from pathlib import Path
    from pycolonies import Context, Executor

    executor = Executor(executortype="worker")


    @executor.function
    def add(*numbers: float) -> float:
        return sum(numbers)


    @executor.function
    def fail(text: str, ctx: Context) -> None:
        raise ValueError(text)


    @executor.function
    def hold(gate: str) -> None:
        while not Path(gate).exists():
            time.sleep(0.01)


    executor.run(concurrency=2, quiet="quiet" in sys.argv)
"""


@pytest.fixture
def server(own_server: DevServer) -> DevServer:
    return own_server


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "worker.py"
    path.write_text(dedent(SCRIPT), encoding="utf-8")
    return path


def submit(server: DevServer, name: str, *args: object) -> Any:
    client = server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)
    return client.submit(name, args=list(args), executortype="worker", maxexectime=60)


@pytest.fixture
def in_a_terminal(server: DevServer) -> Iterator[Callable[..., Any]]:
    """Runs Python in a terminal, until the end of the test at most."""
    with contextlib.ExitStack() as stack:

        def start(*arguments: str, server: DevServer = server) -> Any:
            terminal = pexpect.spawn(
                sys.executable,
                list(arguments),
                env={**os.environ, **server.environment},
                encoding="utf-8",
                dimensions=(24, 120),
                timeout=60,
            )
            stack.callback(terminal.close, force=True)
            return terminal

        yield start


@pytest.mark.parametrize("command", [[], ["-m", "pycolonies", "executor", "run"]], ids=["script", "command"])
def test_a_terminal_shows_who_it_is_what_fails_and_how_it_stops(
    server: DevServer, script: Path, command: list[str], in_a_terminal: Callable[..., Any]
) -> None:
    terminal = in_a_terminal(*command, str(script))
    terminal.expect(rf"Executor worker-\w+ \(type worker\) in colony dev at {server.host}:{server.port}")
    terminal.expect_exact("  add(*numbers: float) -> float")
    terminal.expect_exact("  fail(text: str) -> None")  # without the context
    terminal.expect(r"Ready for \d calls? at a time\. Press Ctrl-C to stop\.")
    failed = submit(server, "fail", "one\nlast line\x1b[2J")
    with pytest.raises(ProcessFailedError):
        failed.result(timeout=60)
    terminal.expect(rf"\d\d:\d\d:\d\d fail {failed.processid[:12]} failed after \S+.*: ValueError: last line")
    assert "\x1b[2J" not in terminal.before + terminal.after
    gate = script.with_name("gate")
    handle = submit(server, "hold", str(gate))
    client = server.client(prvkey=EXECUTOR_PRVKEY)
    until(lambda: client.get_process(handle.processid).state != Colonies.WAITING, "the assignment")
    terminal.sendintr()
    terminal.expect_exact("Stopping: finishing 1 call, up to 30 s. Press Ctrl-C again to stop now.")
    gate.touch()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert "Stopped" in terminal.before
    assert terminal.exitstatus == 0


def test_a_terminal_shows_why_a_process_without_a_function_failed(
    server: DevServer, script: Path, in_a_terminal: Callable[..., Any]
) -> None:
    terminal = in_a_terminal(str(script))
    terminal.expect_exact("Ready for 2 calls")
    failed = submit(server, "ad")
    with pytest.raises(ProcessFailedError):
        failed.result(timeout=60)
    terminal.setwinsize(24, 400)
    terminal.expect(rf"ad {failed.processid[:12]} failed: UnknownFunctionError: the executor has no function")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)


def test_a_terminal_shows_the_connection_lost_and_regained(
    script: Path, in_a_terminal: Callable[..., Any]
) -> None:
    with reserved_port() as port:
        with DevServer(port=port) as server:
            terminal = in_a_terminal(str(script), server=server)
            terminal.expect_exact("Ready for 2 calls")
        terminal.expect(r"Connection lost, retrying: \w+: ")
        with DevServer(port=port):
            terminal.expect("Connected again after")
    terminal.sendintr()
    terminal.sendintr()
    terminal.expect(pexpect.EOF)


def test_quiet_shows_nothing_in_a_terminal(
    server: DevServer, script: Path, in_a_terminal: Callable[..., Any]
) -> None:
    terminal = in_a_terminal(str(script), "quiet")
    with pytest.raises(ProcessFailedError):
        submit(server, "fail", "text").result(timeout=60)
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    assert terminal.before.replace("^C", "").strip() == ""


def test_without_a_terminal_log_records_go_to_stderr(
    server: DevServer, script: Path, programs: Programs
) -> None:
    environment = {**os.environ, **server.environment}
    process = programs([sys.executable, script], env=environment, stderr=subprocess.PIPE, text=True)
    with pytest.raises(ProcessFailedError):
        submit(server, "fail", "text").result(timeout=60)
    assert submit(server, "add", 1, 2).result(timeout=60) == 3
    process.send_signal(signal.SIGTERM)
    _, shown = process.communicate(timeout=60)
    lines = shown.splitlines()
    assert any(" INFO    pycolonies.executor: executor worker-" in line for line in lines)
    assert any(" ERROR   pycolonies.executor: fail: process " in line for line in lines)
    assert any(line == "ValueError: text" for line in lines)
    assert any(
        " INFO    pycolonies.executor: add: process " in line and "succeeded after" in line for line in lines
    )


def test_each_process_has_records_with_fields(
    server: DevServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pycolonies import Executor

    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    executor = Executor("worker")
    executor.function(name="add")(lambda a, b: a + b)
    executor.function(name="divide")(lambda a, b: a / b)
    with caplog.at_level("DEBUG", logger="pycolonies.executor"), executor:
        added, divided = submit(server, "add", 1, 2), submit(server, "divide", 1, 0)
        unknown = submit(server, "ad")
        assert added.result(timeout=60) == 3
        with pytest.raises(ProcessFailedError):
            divided.result(timeout=60)
        with pytest.raises(ProcessFailedError):
            unknown.result(timeout=60)
    found = {
        (record.__dict__["event"], record.__dict__["processid"]): record
        for record in caplog.records
        if "processid" in record.__dict__
    }
    for handle in (added, divided):
        assert {
            ("assigned", handle.processid),
            ("began", handle.processid),
            ("ended", handle.processid),
        } <= set(found)
    success, failure = found["ended", added.processid], found["ended", divided.processid]
    assert success.levelname == "INFO"
    assert success.__dict__["outcome"] == "successful"
    assert failure.levelname == "ERROR"
    assert failure.__dict__["outcome"] == "failed"
    assert failure.exc_info is not None
    assert failure.exc_info[0] is ZeroDivisionError
    assert failure.getMessage().endswith(": ZeroDivisionError: division by zero")
    assert found["ended", unknown.processid].getMessage() == (
        f"ad: process {unknown.processid[:12]} failed: UnknownFunctionError: "
        "the executor has no function 'ad'; it has: add, divide"
    )
    assert failure.__dict__["function"] == "divide"
    assert failure.__dict__["attempt"] == 1
