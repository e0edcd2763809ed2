"""`pycolonies fs`: what the server knows of files."""

from __future__ import annotations

import pytest

from commands import Commands
from conftest import Colony, Member


@pytest.fixture
def fileid(colony: Colony, executor: Member) -> str:
    """A file that was recorded with the keys of its store, as old clients did."""
    stored = {"server": "s3", "port": 9000, "object": "o", "accesskey": "ACCESS", "secretkey": "SECRET"}
    described = {"label": "/data", "name": "a", "size": 2048, "checksum": "c", "checksumalg": "SHA256"}
    file = {**described, "colonyname": colony.name, "ref": {"protocol": "s3", "s3object": stored}}
    added = colony.client.endpoint.signing(executor.prvkey).call("addfilemsg", file=file).value()
    return str(added["fileid"])


def test_files_and_labels_are_listed(cli: Commands, fileid: str) -> None:
    row = cli.piped("fs", "ls", "-l", "/data").stdout.splitlines()[1].split("  ")
    assert [cell.strip() for cell in row if cell][:3] == ["a", "2.0 KiB", fileid]
    assert cli.json("fs", "ls") == cli.json("fs", "label", "ls") == [{"name": "/data", "files": 1}]
    assert "/data" in "\n".join(cli.drawn("fs", "ls"))


def test_keys_in_records_are_not_shown(cli: Commands, fileid: str) -> None:
    shown = [
        cli.piped("fs", "info", "-i", fileid),
        cli.piped("fs", "info", "-l", "/data", "-n", "a", "--json"),
        cli.piped("fs", "info", "-i", fileid, "-v"),
    ]
    assert all(fileid in done.stdout for done in shown)
    assert not any("SECRET" in done.stdout + done.stderr for done in shown)
    assert '"secretkey": "***"' in shown[1].stdout
