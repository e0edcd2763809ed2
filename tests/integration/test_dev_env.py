"""`pycolonies dev --env`: it finds the running server, and writes what a shell reads."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from devcommand import PYCOLONIES, dev
from pycolonies import Colonies


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runtime directory without the servers of other tests."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "pycolonies"


def env(*options: str) -> subprocess.CompletedProcess[str]:
    command = [*PYCOLONIES, "dev", "--env", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def read(*options: str) -> dict[str, str]:
    done = env(*options, "--shell", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_the_port_of_the_running_server_is_found() -> None:
    with dev() as (_, printed):
        assert read() == printed


def test_s3_and_the_data_directory_of_the_running_server_are_found(tmp_path: Path) -> None:
    with dev("--s3", "--s3-port", "0", "--data-dir", str(tmp_path / "data"), "--random-keys") as (_, printed):
        assert read() == printed
        assert read("--data-dir", str(tmp_path / "data")) == printed


def test_the_file_of_a_server_is_private_and_has_no_key(runtime: Path) -> None:
    with dev() as (_, printed):
        (file,) = runtime.glob("*.json")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
        keys = [value for name, value in printed.items() if name.endswith("PRVKEY")]
        assert not any(key in file.read_text() for key in keys)


def test_a_stopped_server_leaves_no_file(runtime: Path) -> None:
    with dev() as (command, _):
        command.send_signal(signal.SIGTERM)
        command.communicate(timeout=60)
    assert list(runtime.iterdir()) == []


def test_the_file_of_a_killed_server_is_ignored(runtime: Path) -> None:
    with dev() as (command, _):
        command.kill()
        command.communicate(timeout=60)
    assert len(list(runtime.iterdir())) == 1
    done = env("--shell", "json")
    assert json.loads(done.stdout)["COLONIES_SERVER_PORT"] == "50080"
    assert done.stderr == "no development server is running; these are the variables of one on port 50080\n"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"port": 1}', '{"host": 1, "port": "x", "new": 1}'])
def test_a_file_that_cannot_be_read_is_ignored(runtime: Path, content: str) -> None:
    with dev() as (_, printed):
        (runtime / "1.json").write_text(content)
        assert read() == printed


def test_several_servers_are_reported_with_their_ports() -> None:
    with dev() as (_, one), dev() as (_, other):
        ports = sorted((one["COLONIES_SERVER_PORT"], other["COLONIES_SERVER_PORT"]), key=int)
        done = env()
        assert done.returncode != 0
        assert (
            f"several development servers are running, on ports {', '.join(ports)}; give --port"
            in done.stderr
        )
        assert read("--port", ports[0])["COLONIES_SERVER_PORT"] == ports[0]


def test_a_missing_s3_endpoint_is_reported() -> None:
    with dev():
        done = env("--s3")
        assert done.returncode != 0
        assert "has no S3 endpoint; restart it with --s3" in done.stderr


def test_a_directory_that_others_can_write_to_is_not_read(runtime: Path) -> None:
    with dev():
        runtime.chmod(0o777)
        assert "no development server is running" in env().stderr


def test_a_server_runs_where_its_file_cannot_be_written(runtime: Path) -> None:
    runtime.mkdir(mode=0o777)
    runtime.chmod(0o777)
    with dev() as (_, printed):
        client = Colonies(printed["COLONIES_SERVER_HOST"], int(printed["COLONIES_SERVER_PORT"]))
        assert client.get_version()
    assert list(runtime.iterdir()) == []


def test_shell_without_env_is_refused() -> None:
    done = subprocess.run(
        [*PYCOLONIES, "dev", "--shell", "fish"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "--shell needs --env" in done.stderr


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        ("bash", 'eval "$({})" && echo $COLONIES_SERVER_PORT'),
        ("zsh", 'eval "$({} --shell zsh)" && echo $COLONIES_SERVER_PORT'),
        ("fish", "{} --shell fish | source; and echo $COLONIES_SERVER_PORT"),
        (
            "pwsh",
            "{} --shell powershell | Out-String | Invoke-Expression; Write-Output $env:COLONIES_SERVER_PORT",
        ),
    ],
)
def test_a_shell_sets_the_variables(shell: str, script: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    with dev() as (_, printed):
        line = script.format(" ".join([*PYCOLONIES, "dev", "--env"]))
        done = subprocess.run([shell, "-c", line], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == printed["COLONIES_SERVER_PORT"]
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("login", "line"),
    [
        ("/bin/bash", 'eval "$(pycolonies dev --env --port {})"'),
        ("/usr/bin/fish", "pycolonies dev --env --port {} --shell fish | source"),
        (
            "/opt/powershell",
            "pycolonies dev --env --port {} --shell powershell | Out-String | Invoke-Expression",
        ),
    ],
)
def test_the_banner_has_the_line_for_the_users_shell(
    monkeypatch: pytest.MonkeyPatch, login: str, line: str
) -> None:
    monkeypatch.setenv("SHELL", login)
    with dev() as (command, printed):
        os.kill(command.pid, signal.SIGTERM)
        _, banner = command.communicate(timeout=60)
    assert f"  {line.format(printed['COLONIES_SERVER_PORT'])}\n" in banner
