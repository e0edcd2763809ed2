"""What the server knows of files, over the real wire."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conftest import Colony, Member
from pycolonies import InvalidRequestError, NotFoundError, ServerError
from pycolonies.cli._times import parsed


def test_files_of_a_label(colony: Colony, executor: Member) -> None:
    client = colony.client
    assert client.get_files("/data", colony.name, executor.prvkey) == []
    colony.add_file(executor, "/data", "a", 1)
    colony.add_file(executor, "/data", "a", 2)
    colony.add_file(executor, "/data/sub", "b")
    assert client.get_files("/data", colony.name, executor.prvkey) == [
        {"name": "a", "checksum": "sum of 2", "size": 2, "s3filename": "object 2"}
    ]


def test_versions_of_a_file(colony: Colony, executor: Member) -> None:
    get = colony.client.get_file
    old, new = (colony.add_file(executor, "/data", "a", size) for size in (1, 2))
    assert get(colony.name, executor.prvkey, label="/data", filename="a") == [new]
    assert get(colony.name, executor.prvkey, label="/data", filename="a", latest=False) == [new, old]
    assert get(colony.name, executor.prvkey, fileid=old["fileid"]) == [old]
    assert old["ref"]["s3object"]["port"] == 9000
    with pytest.raises(NotFoundError):
        get(colony.name, executor.prvkey, label="/data", filename="nothing")
    with pytest.raises(InvalidRequestError):
        get(colony.name, executor.prvkey, fileid="nothing")
    with pytest.raises(ValueError, match="Both 'fileid' and 'filename' cannot be set"):
        get(colony.name, executor.prvkey, fileid="x", filename="y")


def test_snapshots(colony: Colony, executor: Member) -> None:
    client = colony.client
    assert client.get_snapshots(colony.name, executor.prvkey) == []
    file = colony.add_file(executor, "/data", "a")
    made = client.create_snapshot(colony.name, "/data", "first", executor.prvkey)
    assert made["fileids"] == [file["fileid"]]
    colony.add_file(executor, "/data", "a", 2)
    kept = client.get_snapshot_by_name(colony.name, "first", executor.prvkey)
    # A database keeps the time in its own zone, and fewer digits of it.
    assert {**kept, "added": ""} == {**made, "added": ""}
    kept_at, made_at = parsed(kept["added"]), parsed(made["added"])
    assert kept_at is not None
    assert made_at is not None
    assert abs(kept_at - made_at) <= timedelta(microseconds=1)
    assert client.get_snapshot_by_id(colony.name, made["snapshotid"], executor.prvkey) == kept
    assert client.get_snapshots(colony.name, executor.prvkey) == [kept]
    with pytest.raises(ServerError, match="already exists"):
        client.create_snapshot(colony.name, "/data", "first", executor.prvkey)


def test_an_empty_snapshot_has_a_list_of_files_all_the_same(colony: Colony, executor: Member) -> None:
    assert colony.client.create_snapshot(colony.name, "/none", "empty", executor.prvkey)["fileids"] == []
    assert colony.client.get_snapshots(colony.name, executor.prvkey)[0]["fileids"] == []


def test_removing_snapshots(colony: Colony, executor: Member) -> None:
    client = colony.client
    one, two, *_ = (
        client.create_snapshot(colony.name, "/data", name, executor.prvkey) for name in ("1", "2", "3", "4")
    )
    client.remove_snapshot_by_name(colony.name, "1", executor.prvkey)
    client.remove_snapshot_by_id(colony.name, two["snapshotid"], executor.prvkey)
    assert {found["name"] for found in client.get_snapshots(colony.name, executor.prvkey)} == {"3", "4"}
    client.remove_all_snapshots(colony.name, executor.prvkey)
    with pytest.raises(ServerError, match="not found"):
        client.get_snapshot_by_id(colony.name, one["snapshotid"], executor.prvkey)
    assert client.get_snapshots(colony.name, executor.prvkey) == []
