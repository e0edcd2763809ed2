"""The commands of the user document, under its name for the command: what they print is of its kind."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from commands import PYCOLONIES, Commands
from conftest import Colony, Member

#: What the document shows, with kinds instead of values. Colonies and executors had ids where names are now.
SUBMITTED = "INFO[<number>] Process submitted ProcessID=<id>"
PROCESS = """
Process:
+-+-+
| ID | <id> |
| IsAssigned | False |
| AssignedExecutorID | None |
| State | Waiting |
| Priority | <number> |
| SubmissionTime | <time> |
| StartTime | <time> |
| EndTime | <time> |
| WaitDeadline | <time> |
| ExecDeadline | <time> |
| WaitingTime | <duration> |
| ProcessingTime | <duration> |
| Retries | <number> |
| Errors | |
| Output | |
+-+-+

FunctionSpec:
+-+-+
| Func | echo |
| Args | helloworld |
| MaxWaitTime | <number> |
| MaxExecTime | <number> |
| MaxRetries | <number> |
| Priority | <number> |
+-+-+

Conditions:
+-+-+
| ColonyName | <name> |
| ExecutorNames | None |
| ExecutorType | echo_executor |
| Dependencies | |
+-+-+

Attributes:
No attributes found
"""
WAITING = """
+-+-+-+-+-+-+-+-+-+-+
| ID | FUNC | ARGS | KWARGS | WAITING | SUBMISSION TIME | EXECUTOR | EXECUTOR TYPE | INITIATOR | LABEL |
+-+-+-+-+-+-+-+-+-+-+
| <id> | echo | helloworld | - | <age> | <time> | - | echo_executor | <name> | - |
+-+-+-+-+-+-+-+-+-+-+
"""
STARTING = "INFO[<number>] Starting a Colonies client Insecure=true ServerHost=<host> ServerPort=<number>"
FUNCTIONS = """
Function:
+-+-+
| FuncName | sum_nums(n1,n2) |
| Calls | <number> |
| Served by | <number> executors |
| MinWaitTime | <seconds> |
| MaxWaitTime | <seconds> |
| AvgWaitTime | <seconds> |
| MinExecTime | <seconds> |
| MaxExecTime | <seconds> |
| AvgExecTime | <seconds> |
+-+-+
"""
_KINDS = (
    (r"\b[0-9a-f]{64}\b|(?<=\| )[0-9a-f]{12}(?= \|)", "<id>"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "<time>"),
    (r"((?<=Time )|(?<=Deadline ))\| - ", "| <time> "),
    (r"((?<=WaitingTime )|(?<=ProcessingTime ))\| [\d.]+m?s", "| <duration>"),
    (r"(?<=Time \| )[\d.]+m?s", "<seconds>"),
    (r"(?<=\| )\d+s(?= \|)", "<age>"),
    (r"(?<=echo_executor \| )executor-\w+", "<name>"),
    (r"(?<=ServerHost=)\S+", "<host>"),
    (r"(?<=ColonyName \| )\S+", "<name>"),
    (r"(?<![\w<.])-?\d+(?![\w.])", "<number>"),
)


def _kinds(lines: list[str]) -> list[str]:
    """Lines with kinds instead of values, and without the widths of columns."""
    return [_kind(re.sub(" +", " ", re.sub("-{2,}", "-", line)).strip()) for line in lines]


def _kind(line: str) -> str:
    for pattern, kind in _KINDS:
        line = re.sub(pattern, kind, line)
    return line


def _expected(text: str) -> list[str]:
    return text.strip("\n").split("\n")


def _colonies(cli: Commands, line: str) -> list[str]:
    """What a line of the document writes in a shell where `colonies` is an alias."""
    script = f"shopt -s expand_aliases\nalias colonies={shlex.quote(shlex.join(PYCOLONIES))}\n{line}\n"
    with cli.program("bash", "-c", script, variables={"COLONIES_CLI_ASCII": "true"}) as terminal:
        lines = terminal.end()
        assert terminal.child.exitstatus == 0, lines
        return lines


@pytest.fixture
def echo_func_spec(tmp_path: Path) -> Path:
    path = tmp_path / "echo_func_spec.json"
    spec = {"conditions": {"executortype": "echo_executor"}, "func": "echo", "args": ["helloworld"]}
    path.write_text(json.dumps(spec))
    return path


def test_a_function_spec_is_submitted_and_looked_up(
    cli: Commands, colony: Colony, echo_func_spec: Path
) -> None:
    colony.executor("echo_executor")
    (submitted,) = _colonies(cli, f"colonies function submit --spec {shlex.quote(str(echo_func_spec))}")
    assert _kinds([submitted]) == [SUBMITTED]
    processid = submitted.split("ProcessID=")[1]
    shown = _colonies(cli, f"colonies process get -p {processid}")
    kinds = _kinds(shown)
    kinds.remove(next(line for line in kinds if line.startswith("| Initiator |")))  # not in 2023
    assert kinds == _expected(PROCESS)
    assert _kinds(_colonies(cli, "colonies process psw")) == _expected(WAITING)
    with_exchange = _kinds(_colonies(cli, "colonies process psw -v"))
    assert with_exchange[0] == STARTING
    assert with_exchange[-5:] == _expected(WAITING)


def test_registered_functions_are_listed(cli: Commands, colony: Colony, executor: Member) -> None:
    colony.client.add_function(
        colony.name, executor.name, "sum_nums", executor.prvkey, args=[{"name": "n1"}, {"name": "n2"}]
    )
    assert _kinds(_colonies(cli, "colonies function ls")) == _expected(FUNCTIONS)


def test_the_development_server_is_started() -> None:
    with Commands({}).terminal("dev", "--port", "0", lines=60) as terminal:
        lines = terminal.until("Its keys are public")
        assert lines[0].startswith("Colonies development server at http://127.0.0.1:")
        terminal.child.sendintr()
        assert terminal.end()[3:] == ["^C"]
        assert re.fullmatch(r'  eval "\$\(pycolonies dev --env --port \d+\)"', lines[1])
        assert terminal.child.exitstatus == 0
