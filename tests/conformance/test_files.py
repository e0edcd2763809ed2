"""What a server knows of files, and snapshots of them."""

from __future__ import annotations

import pytest

from conftest import Colony, Member
from pycolonies import NotFoundError, ServerError


def test_versions_of_files(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    assert client.get_files("/data", colony.name, key) == []
    old, new = (colony.add_file(executor, "/data", "a", size) for size in (1, 2))
    (found,) = client.get_files("/data", colony.name, key)
    assert found["name"] == "a"
    assert found["size"] == 2
    assert found["checksum"] == "sum of 2"
    latest = client.get_file(colony.name, key, label="/data", filename="a")
    assert [version["fileid"] for version in latest] == [new["fileid"]]
    everything = client.get_file(colony.name, key, label="/data", filename="a", latest=False)
    assert {version["fileid"] for version in everything} == {old["fileid"], new["fileid"]}
    (version,) = client.get_file(colony.name, key, fileid=old["fileid"])
    assert version["ref"]["s3object"]["object"] == "object 1"
    with pytest.raises(NotFoundError):
        client.get_file(colony.name, key, label="/data", filename="nothing")


def test_labels(colony: Colony, executor: Member) -> None:
    labels = colony.client.get_file_labels
    assert labels(colony.name, executor.prvkey) == []
    for label in ("/a", "/a/sub", "/ab"):
        colony.add_file(executor, label, "file")
    assert {label["name"] for label in labels(colony.name, executor.prvkey, "/a")} == {"/a", "/a/sub", "/ab"}
    assert {label["name"] for label in labels(colony.name, executor.prvkey, "/a", exact=True)} == {
        "/a",
        "/a/sub",
    }
    assert labels(colony.name, executor.prvkey, "/c", exact=True) == []


def test_snapshots(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    assert client.get_snapshots(colony.name, key) == []
    file = colony.add_file(executor, "/data", "a")
    made = client.create_snapshot(colony.name, "/data", "first", key)
    assert made["fileids"] == [file["fileid"]]
    colony.add_file(executor, "/data", "a", 2)
    found = client.get_snapshot_by_name(colony.name, "first", key)
    assert found["snapshotid"] == made["snapshotid"]
    assert found["fileids"] == made["fileids"]
    assert client.get_snapshot_by_id(colony.name, made["snapshotid"], key) == found
    assert client.get_snapshots(colony.name, key) == [found]
    with pytest.raises(ServerError):
        client.create_snapshot(colony.name, "/data", "first", key)


def test_a_snapshot_reads_back_to_the_last_digit(colony: Colony, executor: Member) -> None:
    made = colony.client.create_snapshot(colony.name, "/data", "first", executor.prvkey)
    assert colony.client.get_snapshot_by_name(colony.name, "first", executor.prvkey) == made


def test_snapshots_are_removed(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    one, two, *_ = (client.create_snapshot(colony.name, "/data", name, key) for name in ("1", "2", "3", "4"))
    assert one["fileids"] == []
    client.remove_snapshot_by_name(colony.name, "1", key)
    client.remove_snapshot_by_id(colony.name, two["snapshotid"], key)
    assert {found["name"] for found in client.get_snapshots(colony.name, key)} == {"3", "4"}
    client.remove_all_snapshots(colony.name, key)
    assert client.get_snapshots(colony.name, key) == []
