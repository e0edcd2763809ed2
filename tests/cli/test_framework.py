"""What holds for every command: settings, faults, exit codes, output, completion, documentation."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from write_cli_docs import TARGET, commands, write

from commands import PYCOLONIES, Commands
from conftest import Colony
from pycolonies import Colonies, Crypto
from pycolonies._units import duration
from pycolonies.cli import SUBJECTS, main
from pycolonies.cli._times import moment

PATHS = [path for path, _ in commands()]


def test_the_documentation_is_current() -> None:
    assert TARGET.read_text() == write(), "run: python tools/write_cli_docs.py"


def test_the_list_of_subjects_says_what_the_subjects_say() -> None:
    context = click.Context(main)
    for name, (_, line) in SUBJECTS.items():
        command = main.get_command(context, name)
        assert command is not None
        assert (command.help or "").strip().splitlines()[0] == line, name


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_command_is_described(path: list[str]) -> None:
    command = next(found for known, found in commands() if known == path)
    assert command.help, path
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, (path, parameter.name)


def test_help_loads_nothing_that_it_does_not_need() -> None:
    script = (
        "import sys; from pycolonies.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, sep=chr(10), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stderr.splitlines()}
    assert "click" in loaded
    assert not loaded & {"pydantic", "rich", "asyncio", "ssl"}
    assert "pycolonies._core" not in done.stderr
    assert all(name in done.stdout for name in SUBJECTS)


def test_what_is_missing_is_named(cli: Commands) -> None:
    for name in ("COLONIES_SERVER_HOST", "COLONIES_SERVER_PORT", "COLONIES_PRVKEY"):
        wrong = cli.piped("process", "psw", code=2, variables={name: ""})
        assert f"the environment variable {name} is not set" in wrong.stderr
        assert len(wrong.stderr.splitlines()) == 1
    given = {name: cli.environment[name] for name in cli.environment if name.startswith("COLONIES_")}
    without = dict.fromkeys(given, "")
    options = ["--host", given["COLONIES_SERVER_HOST"], "--port", given["COLONIES_SERVER_PORT"]]
    options += ["--insecure", "--colonyname", given["COLONIES_COLONY_NAME"]]
    cli.piped(*options, "process", "psw", "--prvkey", given["COLONIES_PRVKEY"], variables=without)


def test_a_server_that_cannot_be_reached_is_named_with_how_to_start_one(cli: Commands) -> None:
    lost = cli.piped("process", "psw", "--port", "1", code=3)
    assert "127.0.0.1:1" in lost.stderr
    assert "pycolonies dev" in lost.stderr
    assert len(lost.stderr.splitlines()) == 1


def test_denied_access_tells_which_key_is_needed(cli: Commands) -> None:
    stranger = Crypto().prvkey()
    denied = cli.piped("process", "psw", code=4, variables={"COLONIES_PRVKEY": stranger})
    assert "access denied" in denied.stderr
    assert "COLONIES_PRVKEY" in denied.stderr
    assert Crypto().id(stranger) in denied.stderr
    assert stranger not in denied.stderr
    malformed = cli.piped("process", "psw", "--prvkey", "12", code=2)
    assert len(malformed.stderr.splitlines()) == 1


def test_a_wrong_command_line_is_told(cli: Commands) -> None:
    assert "did you mean process?" in cli.piped("proces", code=2).stderr
    assert "did you mean psw?" in cli.piped("process", "pswx", code=2).stderr
    wrong = cli.piped("process", "psw", "--nothing", code=2)
    assert wrong.stderr == "Error: No such option '--nothing'; see pycolonies process psw --help\n"


def test_the_exchange_is_shown_without_keys(cli: Commands) -> None:
    shown = cli.piped("-v", "process", "psw")
    assert "] Starting a Colonies client" in shown.stderr
    assert f"ServerPort={cli.environment['COLONIES_SERVER_PORT']}" in shown.stderr
    assert "getprocessesmsg" in shown.stderr
    assert f"signed by {Crypto().id(cli.environment['COLONIES_PRVKEY'])}, signature ***" in shown.stderr
    assert not [key for name, key in cli.environment.items() if "PRVKEY" in name and key in shown.stderr]


@pytest.mark.parametrize(
    "line",
    [
        "KEY",
        "process KEY",
        "process ps --count KEY",
        "process ps --prvkye=KEY",
        "--port KEY user ls",
        "dev KEY",
        "run KEY",
        "executor run KEY",
        "log get --since KEY",
        "workflow submit --spec KEY",
        "process get --processid KEY --prvkey KEY",
    ],
)
def test_a_key_in_a_wrong_place_of_the_command_line_is_not_shown(cli: Commands, line: str) -> None:
    key = Crypto().prvkey()
    done = cli.piped(*line.replace("KEY", key).split(), code=2)
    assert key[4:] not in done.stdout + done.stderr


def test_flags_take_values_and_stand_anywhere(cli: Commands) -> None:
    assert json.loads(cli.piped("--json=true", "process", "--insecure", "psw").stdout) == []
    assert cli.piped("process", "psw", "--json=false").stdout == ""


def test_help_may_be_a_command(cli: Commands) -> None:
    assert cli.piped("help", "process", "psw").stdout == cli.piped("process", "psw", "--help").stdout
    assert "Work:" in cli.piped("help").stdout


def test_ctrl_c_ends_a_command(cli: Commands) -> None:
    with cli.terminal("process", "psw", "--watch", "0.1") as terminal:
        terminal.until("No waiting processes found")
        terminal.child.sendintr()
        terminal.end()
        assert terminal.child.exitstatus == 130


def _suggested(cli: Commands, line: str, **variables: str) -> list[str]:
    words = line.split(" ")
    completing = {
        "_PYCOLONIES_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run(
        PYCOLONIES,
        capture_output=True,
        text=True,
        check=False,
        env={**cli.environment, **completing, **variables},
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.split()]


def test_ids_from_the_server_are_suggested(cli: Commands, colony: Colony) -> None:
    processid = colony.submit(colony.executor(), "a").processid
    assert _suggested(cli, f"pycolonies process get -p {processid[:6]}") == [processid]
    assert _suggested(cli, "pycolonies process psw --executortype ") == ["echo"]
    assert _suggested(cli, "pycolonies process get -p ", COLONIES_SERVER_PORT="1") == []
    assert _suggested(cli, "pycolonies process get -p ", COLONIES_PRVKEY="") == []
    assert "process" in _suggested(cli, "pycolonies pro")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_for_aliases_too(cli: Commands, shell: str) -> None:
    script = cli.piped("completion", shell, "--name", "colonies").stdout
    assert "_PYCOLONIES_COMPLETE" in script
    assert "colonies" in script.replace("pycolonies", "")
    if shell == "bash":
        subprocess.run(["bash", "-c", script], check=True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_offers_no_name_that_a_shell_could_run(cli: Commands, colony: Colony, shell: str) -> None:
    plain = ["ok-1", "größe", "a.b:c"]
    hostile = [
        "$(touch owned)",
        "`id`",
        "a;id",
        "--json",
        "x\nplain,y",
        "a b",
        "~",
        "a'b",
        "x\x1b[2J",
        "*",
        "<(id)",
    ]
    for name in plain + hostile:
        colony.executor(name=name)
    variables = {
        **cli.environment,
        "COLONIES_COLONY_NAME": colony.name,
        "COLONIES_PRVKEY": colony.executor().prvkey,
        "_PYCOLONIES_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "pycolonies executor get --name ",
        "COMP_CWORD": "" if shell == "fish" else "4",
    }
    done = subprocess.run(PYCOLONIES, capture_output=True, text=True, check=True, env=variables, timeout=60)
    for name in plain:
        assert name in done.stdout, done
    for name in [*hostile, "y"]:
        assert name not in done.stdout.splitlines(), done
        assert f"plain,{name}" not in done.stdout.splitlines(), done
    assert not any(character in done.stdout for character in "$`;~'\x1b*<")


def test_durations_are_for_people() -> None:
    spoken = [duration(seconds) for seconds in (0, 0.031, 29.58, 65, 7500, 200_000)]
    assert spoken == ["0s", "31ms", "29.6s", "1m 5s", "2h 5m", "2d 7h"]


def test_times_are_local(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Europe/Stockholm")
    time.tzset()
    try:
        assert moment("2026-07-01T12:00:00.123456789Z") == "2026-07-01 14:00:00"
        assert moment("0001-01-01T00:00:00Z") == moment(None) == moment("what?") == "-"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_states_have_the_numbers_of_the_protocol() -> None:
    from pycolonies.cli._views import STATES

    for name in ("WAITING", "RUNNING", "SUCCESSFUL", "FAILED", "CANCELLED"):
        assert STATES[getattr(Colonies, name)].text.upper() == name


def test_files_and_then_their_functions_are_suggested(cli: Commands, tmp_path: Path) -> None:
    (tmp_path / "adder.py").write_text(
        "raise SystemExit\n\ndef add(): ...\nasync def audit(): ...\ndef sub(): ...\n"
    )
    done = cli.piped("completion", "bash")
    (tmp_path / "completion").write_text(done.stdout)
    suggest = (
        "COMP_WORDBREAKS=$' \\t\\n:='; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); "
        "COMPREPLY=(); compopt() {{ echo files; }}; _pycolonies_completion; echo ${{COMPREPLY[*]}}"
    )
    program = tmp_path / "bin" / "pycolonies"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.join(PYCOLONIES)} "$@"\n')
    program.chmod(0o755)
    variables = {**cli.environment, "PATH": f"{program.parent}:{cli.environment['PATH']}"}
    for words, expected in (
        ("pycolonies run adder.py : a", "add audit"),
        ("pycolonies run adder.py :", "add audit sub"),
        ("pycolonies run add", "files"),
        ("pycolonies run wrong.py : a", ""),
        ("pycolonies proces", "process"),
    ):
        line = f"complete() {{ :; }}; . ./completion; {suggest.format(words=words)}"
        shell = subprocess.run(
            ["bash", "-c", line],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
            env=variables,
        )
        assert shell.stdout.split() == expected.split(), (words, shell)
