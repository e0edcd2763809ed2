"""`pycolonies fs`, with the S3 endpoint of the development server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands import Commands
from conftest import Colony
from pycolonies.testing import DevServer


@pytest.fixture(scope="module")
def store() -> Iterator[DevServer]:
    with DevServer(s3=True) as server:
        yield server


@pytest.fixture
def cli(store: DevServer) -> Commands:
    colony = Colony(store.client())
    variables = {
        **store.environment,
        "COLONIES_COLONY_NAME": colony.name,
        "COLONIES_COLONY_PRVKEY": colony.prvkey,
        "COLONIES_PRVKEY": colony.executor().prvkey,
    }
    return Commands(variables)


def _cells(line: str) -> list[str]:
    return re.split(" {2,}", line)


def test_files_are_uploaded_listed_fetched_and_removed(cli: Commands, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("first")
    cli.piped("fs", "upload", str(file), "--label", "/data")
    file.write_text("second one")
    (added,) = cli.json("fs", "upload", str(file), "-l", "/data")
    heads, row = cli.piped("fs", "ls", "--label", "/data").stdout.splitlines()
    assert _cells(heads) == ["FILENAME", "SIZE", "LATEST ID", "ADDED", "REVISIONS"]
    assert _cells(row)[:3] == ["a.txt", "10 B", added["fileid"]]
    assert _cells(row)[4] == "2"
    assert cli.piped("fs", "cat", "-l", "/data", "-n", "a.txt").stdout == "second one"
    shown = cli.piped("fs", "info", "-i", added["fileid"]).stdout
    assert re.search(r"Checksum +[0-9a-f]{64}\n", shown)
    assert len(cli.json("fs", "info", "-l", "/data", "-n", "a.txt", "--all")) == 2
    elsewhere = tmp_path / "elsewhere"
    fetched = cli.piped("fs", "get", "-l", "/data", "-n", "a.txt", "-d", str(elsewhere))
    assert f"Path={elsewhere}/a.txt" in fetched.stderr
    assert (elsewhere / "a.txt").read_text() == "second one"
    cli.piped("fs", "remove", "-i", added["fileid"])
    assert cli.piped("fs", "cat", "-l", "/data", "-n", "a.txt").stdout == "first"
    cli.piped("fs", "remove", "-l", "/data", "-n", "a.txt", "-d", str(tmp_path))
    assert "No files found with label /data" in cli.piped("fs", "ls", "-l", "/data").stderr
    assert len(cli.piped("fs", "cat", "-l", "/data", "-n", "a.txt", code=5).stderr.splitlines()) == 1
    assert "--label and --name, or --fileid" in cli.piped("fs", "cat", "-l", "/data", code=2).stderr


def test_what_comes_from_stdin_is_a_file_too(cli: Commands) -> None:
    cli.piped("fs", "upload", "-", "-l", "/in", "--name", "typed", typed="å")
    assert cli.piped("fs", "cat", "-l", "/in", "-n", "typed").stdout == "å"
    assert "--name names the file -" in cli.piped("fs", "upload", "-", "-l", "/in", code=2).stderr


def test_a_directory_and_a_label_become_equal(cli: Commands, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "sub").mkdir(parents=True)
    (here / "a").write_text("a")
    (here / "sub" / "b").write_text("b")
    sync = ["fs", "sync", "-l", "/all", "-d"]
    planned = cli.json(*sync, str(here), "--dry")
    assert planned["uploads"] == ["a", "sub/b"]
    assert planned["downloads"] == []
    added = cli.piped(*sync, str(here), "--syncplans")  # nothing is overwritten: no question
    assert re.search(r"ConflictResolution=replace-remote Download=0 Upload=2 Conflicts=0", added.stderr)
    assert "YES" not in added.stderr
    assert _cells(added.stdout.splitlines()[1])[:2] == ["upload", "a"]
    assert cli.json("fs", "ls") == [{"name": "/all", "files": 1}, {"name": "/all/sub", "files": 1}]
    assert "already synchronized" in cli.piped(*sync, str(here)).stderr

    cli.piped(*sync, str(there), "--quite")
    assert (there / "sub" / "b").read_text() == "b"
    (there / "a").write_text("changed")
    kept = cli.piped(*sync, str(there), typed="no\n")
    assert "1 file of /all will get a new version from" in kept.stderr
    assert "cannot be undone" not in kept.stderr
    lost = cli.piped(*sync, str(there), "--keepremote", typed="no\n")
    assert f"1 file in {there} will be overwritten. This cannot be undone! (YES,no)" in lost.stderr
    assert (there / "a").read_text() == "changed"
    cli.piped(*sync, str(there), "--keeplocal=false", typed="YES\n")
    assert (there / "a").read_text() == "a"
    (there / "a").write_text("changed")
    cli.piped(*sync, str(there), "--yes", "--keeplocal=false")
    assert (there / "a").read_text() == "a"

    (there / "sub" / "c").write_text("c")
    clean = ["fs", "clean", "-l", "/all", "-d", str(there)]
    assert cli.piped(*clean, "--dry", "--cleanplans").stdout.splitlines() == ["FILE", "sub/c"]
    cli.piped(*clean, "--yes")
    assert not (there / "sub" / "c").exists()
    assert (there / "a").exists()


def test_transfers_are_shown_on_a_terminal(cli: Commands, tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(bytes(1 << 20))
    with cli.terminal("fs", "upload", str(file), "-l", "/data") as terminal:
        seen = ""
        while "Uploaded file" not in seen:
            seen += terminal.child.read_nonblocking(4096, timeout=60)
        assert "Uploading" in seen
        terminal.end()


def test_labels_are_listed_and_removed(cli: Commands) -> None:
    for label in ("/a", "/a/b", "/c"):
        cli.piped("fs", "upload", "-", "-l", label, "--name", "x", typed="x")
    assert [each["name"] for each in cli.json("fs", "label", "ls", "--name", "/a", "--exact")] == [
        "/a",
        "/a/b",
    ]
    cli.piped("fs", "label", "remove", "-l", "/a", "--yes")
    assert cli.piped("fs", "label", "ls").stdout.split() == ["LABEL", "FILES", "/a/b", "1", "/c", "1"]


def test_snapshots(cli: Commands, tmp_path: Path) -> None:
    cli.piped("fs", "upload", "-", "-l", "/data", "--name", "x", typed="old")
    made = cli.json("fs", "snapshot", "create", "-l", "/data", "-n", "first")
    assert "Files=1" in cli.piped("fs", "snapshot", "create", "-l", "/data").stderr
    cli.piped("fs", "upload", "-", "-l", "/data", "--name", "x", typed="new")
    cli.piped("fs", "snapshot", "download", "-n", "first", "-d", str(tmp_path / "laid-out"))
    assert (tmp_path / "laid-out" / "x").read_text() == "old"
    shown = cli.piped("fs", "snapshot", "info", "-i", made["snapshotid"]).stdout
    assert re.search(r"\nx +/data +3 B +[0-9a-f]{64}", shown)
    assert cli.json("fs", "snapshot", "info", "-n", "first") == made
    assert "first" in cli.piped("fs", "snapshot", "ls").stdout
    cli.piped("fs", "snapshot", "remove", "-i", made["snapshotid"])
    cli.piped("fs", "snapshot", "create", "-l", "/data", "-n", "second")
    cli.piped("fs", "snapshot", "remove", "-n", "second")
    assert len(cli.json("fs", "snapshot", "ls")) == 1
    cli.piped("fs", "snapshot", "removeall", typed="YES\n")
    assert "No snapshots found" in cli.piped("fs", "snapshot", "ls").stderr
    assert "give --snapshotname" in cli.piped("fs", "snapshot", "info", code=2).stderr


def test_a_store_that_is_not_named_is_told(cli: Commands, tmp_path: Path) -> None:
    unknown = dict.fromkeys((name for name in cli.environment if name.startswith("AWS_S3_")), "")
    told = cli.piped("fs", "sync", "-l", "/a", "-d", str(tmp_path), code=2, variables=unknown).stderr
    assert "AWS_S3_ENDPOINT" in told
    assert len(told.splitlines()) == 1
