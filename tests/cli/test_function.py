"""`pycolonies function`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from commands import Commands
from conftest import Colony, Member
from pycolonies import NoProcessAvailable, Process

Carry = Callable[[Process], None]


@contextmanager
def working(colony: Colony, executor: Member, carry_out: Carry) -> Iterator[None]:
    """An executor that carries out what comes, one process after the other, in a thread."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                process = colony.client.assign(colony.name, 1, executor.prvkey)
            except NoProcessAvailable:
                continue
            carry_out(process)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def echoing(colony: Colony, executor: Member) -> Iterator[None]:
    def echo(process: Process) -> None:
        for arg in process.spec.args:
            colony.client.add_log(process.processid, f"echoing {arg}", executor.prvkey)
        if process.spec.funcname == "echo":
            colony.client.close(process.processid, process.spec.args, executor.prvkey)
        else:
            colony.client.fail(process.processid, ["there is no such function"], executor.prvkey)

    with working(colony, executor, echo):
        yield


ECHO = ["function", "exec", "--func", "echo", "--args", "helloworld", "--targettype", "echo"]


@pytest.mark.usefixtures("echoing")
def test_a_function_is_executed_and_its_output_printed(cli: Commands) -> None:
    done = cli.piped(*ECHO, "--wait", "--out")
    assert done.stdout == "helloworld\n"
    submitted, finished = done.stderr.splitlines()
    assert " Process submitted" in submitted
    assert " Process finished successfully" in finished
    assert submitted.split("ProcessID=")[1] == finished.split("ProcessID=")[1]
    assert cli.drawn(*ECHO, "--out")[-1] == "helloworld"
    assert cli.json(*ECHO, "--wait")["out"] == ["helloworld"]


@pytest.mark.usefixtures("echoing")
def test_a_failure_is_an_exit_code_and_errors_on_stderr(cli: Commands) -> None:
    failed = cli.piped("function", "exec", "--func", "nothing", "--targettype", "echo", "--out", code=1)
    assert failed.stdout == ""
    assert failed.stderr.splitlines()[-1].endswith("failed: there is no such function")
    both = [*ECHO[:3], "nothing", *ECHO[4:], "--follow", "--json"]
    assert cli.piped(*both, code=1).stderr.splitlines()[0] == "echoing helloworld"


def test_the_log_is_streamed_while_it_runs(cli: Commands, colony: Colony, executor: Member) -> None:
    seen = threading.Event()

    def slowly(process: Process) -> None:
        colony.client.add_log(process.processid, "first\n", executor.prvkey)
        assert seen.wait(60)
        colony.client.add_log(process.processid, "second", executor.prvkey)
        colony.client.close(process.processid, ["done"], executor.prvkey)

    with working(colony, executor, slowly):
        with cli.running(*ECHO, "--follow") as following:
            assert following.stdout is not None
            assert following.stdout.readline() == "first\n"
            seen.set()
            assert following.stdout.readline() == "second\n"
            assert following.wait(60) == 0
        done = cli.piped(*ECHO, "--follow", "--out")
        assert done.stdout == "done\n"
        assert done.stderr.splitlines()[1:3] == ["first", "second"]


def test_errors_of_several_lines_stay_as_they_are(cli: Commands, colony: Colony, executor: Member) -> None:
    error = "Traceback:\n  somewhere\nValueError: no"

    def fail(process: Process) -> None:
        colony.client.fail(process.processid, [error], executor.prvkey)

    with working(colony, executor, fail):
        failed = cli.piped(*ECHO, "--wait", code=1)
    assert failed.stderr.splitlines()[1:4] == error.splitlines()
    assert failed.stderr.splitlines()[4].endswith("failed")


def test_waiting_ends_in_time(cli: Commands) -> None:
    late = cli.piped(*ECHO, "--wait", "--wait-timeout", "0.2", code=6)
    assert "did not end within 0.2 seconds" in late.stderr
    with cli.terminal(*ECHO, "--wait") as terminal:
        terminal.until("echo waits for an executor of type echo")
        terminal.child.sendintr()
        terminal.end()
        assert terminal.child.exitstatus == 130


def test_everything_that_a_call_may_say_is_sent(cli: Commands, executor: Member) -> None:
    options = ["--kwargs", "cmd:python3,args:/tmp/x.py", "--env", "a=1,b=2=3", "--label", "mine"]
    options += ["--priority", "2", "--maxwaittime", "60", "--maxexectime", "70", "--maxretries", "3"]
    options += ["--channels", "in,out", "--args-json", '[1, {"a": null}]', "--args", '"x,y"']
    spec = cli.json(*ECHO, *options)["spec"]
    assert spec["args"] == ["helloworld", "x,y", 1, {"a": None}]
    assert spec["kwargs"] == {"cmd": "python3", "args": ["/tmp/x.py"]}
    assert spec["env"] == {"a": "1", "b": "2=3"}
    assert spec["label"] == "mine"
    assert spec["priority"] == 2
    assert spec["channels"] == ["in", "out"]
    assert spec["maxwaittime"] == 60
    assert spec["maxexectime"] == 70
    assert spec["maxretries"] == 3
    named = cli.json(*ECHO[:-2], "--targetname", executor.name, "--args-json", '{"b": 1}')["spec"]
    assert named["conditions"]["executornames"] == [executor.name]
    assert named["conditions"]["executortype"] == "echo"
    assert named["kwargs"] == {"b": 1}
    by_id = cli.json(*ECHO[:-2], "--targetid", executor.id)["spec"]
    assert by_id["conditions"]["executornames"] == [executor.name]


def test_what_is_wrong_with_a_call_is_told(cli: Commands) -> None:
    for options, told in (
        (ECHO[:-2], "--targetid; see pycolonies function exec --help"),
        ([*ECHO, "--kwargs", "x"], "--kwargs is 'x'; write it as name:value"),
        ([*ECHO, "--args-json", "{"], "--args-json is not JSON"),
        ([*ECHO, "--args-json", "1"], "--args-json must be a JSON list or object"),
    ):
        assert told in cli.piped(*options, code=2).stderr


def test_specs_are_read_from_files(cli: Commands, tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"

    def submit(text: str, code: int = 0) -> str:
        spec.write_text(text)
        return cli.piped("function", "submit", "--spec", str(spec), code=code).stderr

    conditions = '"conditions": {"executortype": "echo"}'
    submitted = submit(f'{{"funcname": "echo", "args": [1.5], {conditions}}}')
    processid = submitted.split("ProcessID=")[1].strip()
    sent = cli.json("process", "get", "-p", processid)["spec"]
    assert sent["args"] == [1.5]
    assert sent["maxwaittime"] == -1
    assert sent["maxexectime"] == -1
    assert "did you mean executortype?" in submit(
        '{"funcname": "echo", "conditions": {"exectuortype": "echo"}}'
    )
    assert "is not JSON: Expecting" in submit("{", 2)
    assert "funcname is missing" in submit("{}", 2)
    assert "maxretries: must be a valid integer" in submit(
        f'{{"funcname": "f", "maxretries": "x", {conditions}}}', 2
    )
    assert "pycolonies workflow submit --spec" in submit(f'[{{"funcname": "f", {conditions}}}]', 2)
    assert "does not exist" in cli.piped("function", "submit", "--spec", "nowhere.json", code=2).stderr
    typed = json.dumps({"funcname": "echo", "conditions": {"executortype": "echo"}})
    done = cli.piped("function", "submit", "--spec", "-", "--label", "typed", "--json", typed=typed)
    assert json.loads(done.stdout)["spec"]["label"] == "typed"


def test_snapshots_that_a_spec_mounts_are_made(
    cli: Commands, colony: Colony, executor: Member, tmp_path: Path
) -> None:
    file = {"colonyname": colony.name, "label": "/data", "name": "a", "size": 1, "checksum": "c"}
    colony.client.endpoint.signing(executor.prvkey).call(
        "addfilemsg", file={**file, "ref": {"protocol": "s3"}}
    )
    spec = tmp_path / "spec.json"
    fields = {"funcname": "f", "conditions": {"executortype": "echo"}}
    spec.write_text(json.dumps({**fields, "fs": {"snapshots": [{"label": "/data", "dir": "/in"}]}}))
    process = cli.json("function", "submit", "--spec", str(spec), "--snapshot")
    (made,) = colony.client.get_snapshots(colony.name, executor.prvkey)
    assert process["spec"]["fs"]["snapshots"][0]["snapshotid"] == made["snapshotid"]


def test_functions_are_registered_listed_and_removed(cli: Commands, colony: Colony, executor: Member) -> None:
    assert "No functions found" in cli.piped("function", "ls").stderr
    register = ["function", "register", "--name", executor.name, "--func"]
    added = cli.json(*register, "add", "--args", "a,b", "--desc", "Adds")
    cli.piped(*register, "other")
    colony.client.add_function(colony.name, (other := colony.executor()).name, "add", other.prvkey)
    listed = cli.piped("function", "ls").stdout
    assert "add(a,b)" in listed
    assert "Served by    2 executors" in listed
    assert len(cli.json("function", "ls")) == 3
    assert len(cli.json("function", "ls", "--name", executor.name)) == 2
    assert "add(a,b)" in "\n".join(cli.drawn("function", "ls"))
    cli.piped("function", "remove", "--functionid", added["functionid"])
    cli.piped("function", "remove", "--name", executor.name, "--func", "other")
    assert cli.json("function", "ls", "--name", executor.name) == []
    assert "has no function" in cli.piped(
        "function", "remove", "--name", executor.name, "--func", "other", code=5
    ).stderr  # fmt: skip
    assert "give --functionid" in cli.piped("function", "remove", code=2).stderr


@pytest.mark.parametrize("options", [[], ["--json"], ["--wait", "--wait-timeout", "0.3"]])
def test_the_command_says_it_at_once(cli: Commands, colony: Colony, options: list[str]) -> None:
    line = ["function", "exec", "--func", "add", "--targettype", "addr", *options]
    done = cli.piped(*line, code=6 if "--wait" in options else 0)
    text = f"no executor of type 'addr' is registered in colony '{colony.name}'"
    assert done.stderr.count(text) == (2 if "--wait" in options else 1)
    assert text not in done.stdout


def test_the_command_does_not_say_it_of_a_known_type(cli: Commands, colony: Colony) -> None:
    colony.executor("addr")
    done = cli.piped("function", "exec", "--func", "add", "--targettype", "addr")
    assert "no executor" not in done.stderr
