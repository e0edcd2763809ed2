"""Unwritable output is reported in one line; output works in narrow encodings."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from conftest import Colony, Member

COMMAND = f"{sys.executable} -m pycolonies.cli"


def run(line: str, environment: dict[str, str]) -> tuple[int, str, bytes]:
    done = subprocess.run(
        ["sh", "-c", line], env={**os.environ, **environment}, capture_output=True, timeout=60, check=False
    )
    return done.returncode, done.stderr.decode(), done.stdout


@pytest.fixture
def environment(colony: Colony, executor: Member) -> dict[str, str]:
    colony.submit(executor, "räksmörgås☃")
    return {
        "COLONIES_SERVER_HOST": colony.client.host,
        "COLONIES_SERVER_PORT": str(colony.client.port),
        "COLONIES_SERVER_TLS": "false",
        "COLONIES_TLS": "false",
        "COLONIES_COLONY_NAME": f"{colony.name}\r\n",
        "COLONIES_PRVKEY": f" {executor.prvkey}\n",
    }


@pytest.mark.parametrize("arguments", ["process psw", "process psw --json", "--help", "version"])
@pytest.mark.parametrize(
    ("redirected", "reason"),
    [("> /dev/full", "No space left on device"), (">&-", "Bad file descriptor")],
    ids=["full", "closed"],
)
def test_output_that_cannot_be_written_is_one_line(
    environment: dict[str, str], arguments: str, redirected: str, reason: str
) -> None:
    code, stderr, _ = run(f"{COMMAND} {arguments} {redirected}", environment)
    assert code == 1
    assert stderr == f"Error: cannot write the output: {reason}\n"


@pytest.mark.parametrize("redirected", ["2>&-", "2> /dev/full", "< /dev/null", "2>&- <&-"])
def test_the_other_streams_may_be_missing(environment: dict[str, str], redirected: str) -> None:
    code, _, stdout = run(f"{COMMAND} process psw {redirected}", environment)
    assert code == 0
    assert b"ksm" in stdout


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "cp1252"])
def test_what_an_encoding_lacks_is_escaped(environment: dict[str, str], encoding: str) -> None:
    code, stderr, stdout = run(f"{COMMAND} process psw", environment | {"PYTHONIOENCODING": encoding})
    assert code == 0
    assert stderr == ""
    wanted = "räksmörgås☃".encode(encoding, errors="backslashreplace")
    assert wanted in stdout


def test_a_reader_that_leaves_is_no_error(environment: dict[str, str]) -> None:
    _, stderr, _ = run(f"{COMMAND} process psw | true", environment)
    assert stderr == ""
