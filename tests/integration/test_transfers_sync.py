"""Make directories and labels equal, over the real wire."""

from __future__ import annotations

import json
import os
import pickle
import sys
import threading
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from test_transfers import record

from conftest import Colony
from pycolonies import (
    Colonies,
    FileChangedError,
    PermissionDeniedError,
    Progress,
    SyncPlan,
    TransferError,
    UnsafeNameError,
)
from stores import content, fill

TREE = {"a": b"1", "empty": b"", "sub/b": b"2", "sub/deep er/c": b"3", "имя/файл 文件.txt": b"4"}


def labels(client: Colonies) -> set[str]:
    return {label["name"] for label in client.get_file_labels()}


def paths(plan: SyncPlan) -> tuple[list[str], list[str], list[str]]:
    return tuple([file.path for file in files] for files in (plan.uploads, plan.downloads, plan.conflicts))  # type: ignore[return-value]


def test_a_directory_goes_to_a_label_and_comes_back(files: Colonies, tmp_path: Path) -> None:
    here = fill(tmp_path / "here", TREE)
    done = files.sync(here, "data", True)
    assert paths(done) == (sorted(TREE), [], [])
    assert labels(files) == {"/data", "/data/sub", "/data/sub/deep er", "/data/имя"}
    there = fill(tmp_path / "there", {})
    assert len(files.sync(there, "/data", False).downloads) == len(TREE)
    assert content(there) == TREE
    for directory in (here, there):
        assert not files.plan_sync(directory, "/data", True)
        assert files.plan_sync(directory, "/data", True).unchanged == len(TREE)


def test_the_records_are_what_the_tools_write(local: Colonies, tmp_path: Path) -> None:
    local.sync(fill(tmp_path, {"sub/x": b"x", "sub/empty": b""}), "/data", True)
    (listed,) = local.get_file(label="/data/sub", filename="x")
    assert listed["checksumalg"] == "SHA256"
    assert listed["size"] == 1
    assert len(listed["checksum"]) == 64
    (empty,) = local.get_file(label="/data/sub", filename="empty")
    assert empty["size"] == 0
    assert empty["checksum"][:8] == "e3b0c442"
    assert json.loads((tmp_path / "sub" / ".cfs").read_text()) == {"label": "/data/sub"}
    assert not (tmp_path / ".cfs").exists()  # nothing was done there


@pytest.mark.parametrize("keeplocal", [True, False])
def test_conflicts(files: Colonies, tmp_path: Path, keeplocal: bool) -> None:
    here = fill(tmp_path / "here", {"same": b"0", "a": b"old", "b": b"old"})
    files.sync(here, "/data", True)
    there = fill(tmp_path / "there", {"same": b"0", "a": b"new", "b": b"longer than it was"})
    plan = files.plan_sync(there, "/data", keeplocal)
    assert paths(plan) == ([], [], ["a", "b"])
    plan.apply()
    expected = b"new" if keeplocal else b"old"
    assert content(there)["a"] == expected
    assert files.download_data(label="/data", filename="a") == expected
    versions = files.get_file(label="/data", filename="a", latest=False)
    assert len(versions) == (2 if keeplocal else 1)


def test_an_empty_version_wins_a_conflict(local: Colonies, tmp_path: Path) -> None:
    local.sync(fill(tmp_path / "here", {"a": b""}), "/data", True)
    there = fill(tmp_path / "there", {"a": b"content"})
    local.sync(there, "/data", False)
    assert content(there) == {"a": b""}


def test_nothing_is_ever_deleted(local: Colonies, tmp_path: Path) -> None:
    local.sync(fill(tmp_path, {"a": b"1", "b": b"2"}), "/data", True)
    (tmp_path / "a").unlink()
    local.sync(tmp_path, "/data", True)
    assert content(tmp_path) == {"a": b"1", "b": b"2"}


def test_labels_below_are_found_without_a_file_in_the_root(local: Colonies, tmp_path: Path) -> None:
    local.sync(fill(tmp_path / "here", {"sub/a": b"1"}), "/da_ta%", True)
    local.sync(fill(tmp_path / "else", {"a": b"1"}), "/daXta", True)
    local.sync(fill(tmp_path / "else", {}), "/da_ta%2", True)
    there = fill(tmp_path / "there", {})
    local.sync(there, "/da_ta%", True)
    assert content(there) == {"sub/a": b"1"}


def test_labels_are_those_of_the_sync_library(local: Colonies, tmp_path: Path) -> None:
    here = fill(tmp_path / "here", {"a": b"1", "sub/b": b"2"})
    local.sync(here, "t/", True)
    assert labels(local) == {"/t/", "/t//sub"}
    for label in ("/t/", "t/"):
        there = fill(tmp_path / "there" / label.strip("/"), {})
        local.sync(there, label, False)
        assert content(there) == {"a": b"1", "sub/b": b"2"}


def test_labels_with_doubled_slashes_are_one_directory(local: Colonies, tmp_path: Path) -> None:
    for label, data in (("/t//sub", b"other"), ("/t/sub", b"first")):
        local.upload_data(filename="x", data=data, label="/tmp")
        (version,) = local.get_file(label="/tmp", filename="x")
        moved = version | {"label": label, "fileid": ""}
        local.endpoint.call("addfilemsg", file=moved).value()
    there = fill(tmp_path / "there", {})
    assert local.sync(there, "/t", False).unchanged == 0
    assert content(there) == {"sub/x": b"first"}


def test_the_root_label(local: Colonies, tmp_path: Path) -> None:
    local.sync(fill(tmp_path / "here", {"a": b"1", "sub/b": b"2"}), "", True)
    assert labels(local) == {"/", "//sub"}
    there = fill(tmp_path / "there", {})
    local.sync(there, "/", True)
    assert content(there) == {"a": b"1", "sub/b": b"2"}


def test_links(local: Colonies, tmp_path: Path) -> None:
    outside = fill(tmp_path / "outside", {"secret": b"outside"})
    here = fill(tmp_path / "here", {"a": b"1"})
    (here / "link").symlink_to("a")
    (here / "away").symlink_to(outside)
    os.mkfifo(here / "pipe")
    local.sync(here, "/data", True)
    assert {file["name"] for file in local.get_files("/data")} == {"a", "link"}
    assert labels(local) == {"/data"}
    # A label that leads through a link to a directory leads nowhere.
    local.upload_data(filename="evil", data=b"evil", label="/data/away")
    with pytest.raises(TransferError, match="link"):
        local.sync(here, "/data", True)
    assert content(outside) == {"secret": b"outside"}


def test_a_download_replaces_a_link_and_not_what_it_points_at(local: Colonies, tmp_path: Path) -> None:
    local.upload_data(filename="a", data=b"new", label="/data")
    fill(tmp_path, {"precious": b"old"})
    here = fill(tmp_path / "here", {})
    (here / "a").symlink_to(tmp_path / "precious")
    local.sync(here, "/data", False)
    assert (here / "a").read_bytes() == b"new"
    assert (tmp_path / "precious").read_bytes() == b"old"


def test_a_broken_link_is_told_of_and_stops_nothing(local: Colonies, tmp_path: Path) -> None:
    here = fill(tmp_path, {"a": b"1", "sub/b": b"2"})
    (here / "broken").symlink_to("nothing")
    with pytest.raises(TransferError, match="read broken: ") as caught:
        local.sync(here, "/data", True)
    assert caught.value.done == 2
    assert [failure.path for failure in caught.value.failures] == ["broken"]
    assert [file["name"] for file in local.get_files("/data/sub")] == ["b"]


@pytest.mark.skipif(sys.platform != "linux", reason="file systems elsewhere take Unicode only")
def test_names_that_are_no_text_are_told_of(local: Colonies, tmp_path: Path) -> None:
    fill(tmp_path, {"a": b"1"})
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")).write_bytes(b"2")
    with pytest.raises(TransferError, match="not UTF-8"):
        local.sync(tmp_path, "/data", True)
    assert [file["name"] for file in local.get_files("/data")] == ["a"]


def test_names_that_differ_in_their_form_only_are_one_file(local: Colonies, tmp_path: Path) -> None:
    composed, decomposed = (unicodedata.normalize(form, "né/é.txt") for form in ("NFC", "NFD"))
    local.sync(fill(tmp_path / "here", {composed: b"1"}), "/data", True)
    there = fill(tmp_path / "there", {decomposed: b"1"})
    assert not local.plan_sync(there, "/data", True)
    fill(there, {decomposed: b"two"})
    local.sync(there, "/data", True)
    assert len(labels(local)) == 1
    assert local.download_data(label=f"/data/{composed[:-6]}".rstrip("/"), filename=composed[-5:]) == b"two"


@pytest.mark.parametrize("name", ["../x", "..", "a/b", "/etc/passwd", ""])
def test_names_that_lead_away_are_told_of_and_stop_nothing(
    local: Colonies, tmp_path: Path, name: str
) -> None:
    local.upload_data(filename="good", data=b"1", label="/data")
    record(local, name=name, label="/data")
    here = fill(tmp_path / "in" / "here", {})
    with pytest.raises(TransferError) as caught:
        local.sync(here, "/data", True)
    assert [type(failure.error) for failure in caught.value.failures] == [UnsafeNameError]
    assert content(tmp_path) == {"in/here/good": b"1"}


@pytest.mark.parametrize("label", ["/data/../x", "/data/..", "/data/./x", "/data/a/../../../x"])
def test_labels_that_lead_away_are_told_of_and_stop_nothing(
    local: Colonies, tmp_path: Path, label: str
) -> None:
    local.upload_data(filename="good", data=b"1", label="/data")
    record(local, name="evil", label=label)
    here = fill(tmp_path / "in" / "here", {})
    with pytest.raises(TransferError, match="names no file"):
        local.sync(here, "/data", True)
    assert content(tmp_path) == {"in/here/good": b"1"}


def test_a_file_and_a_directory_of_one_name(local: Colonies, tmp_path: Path) -> None:
    for label, name in (("/data", "x"), ("/data/x", "inner"), ("/data", "y")):
        local.upload_data(filename=name, data=b"1", label=label)
    here = fill(tmp_path, {"y/z": b"2"})
    with pytest.raises(TransferError) as caught:
        local.sync(here, "/data", True)
    assert {failure.path for failure in caught.value.failures} == {"x/inner", "y"}
    assert content(here) == {"x": b"1", "y/z": b"2"}


def test_what_has_changed_since_the_plan_is_left_alone(local: Colonies, tmp_path: Path) -> None:
    local.upload_data(filename="coming", data=b"remote", label="/data")
    local.upload_data(filename="both", data=b"remote", label="/data")
    here = fill(tmp_path, {"going": b"1", "gone": b"1", "both": b"local", "fine": b"1"})
    plan = local.plan_sync(here, "/data", False)
    assert paths(plan) == (["fine", "going", "gone"], ["coming"], ["both"])
    fill(here, {"going": b"changed", "both": b"changed here", "coming": b"appeared"})
    (here / "gone").unlink()
    with pytest.raises(TransferError) as caught:
        plan.apply()
    failures = {failure.path: type(failure.error) for failure in caught.value.failures}
    assert failures == dict.fromkeys(["going", "gone", "both", "coming"], FileChangedError)
    assert caught.value.done == 1
    assert content(here) == {
        "going": b"changed",
        "both": b"changed here",
        "coming": b"appeared",
        "fine": b"1",
    }
    assert {file["name"] for file in local.get_files("/data")} == {"coming", "both", "fine"}


def test_a_plan_is_data(local: Colonies, tmp_path: Path) -> None:
    local.upload_data(filename="down\x1b[31m", data=b"remote", label="/data")
    here = fill(tmp_path, {"up": b"1"})
    plan = local.plan_sync(here, "/data", True)
    (up,), (down,) = plan.uploads, plan.downloads
    assert up.path == "up"
    assert up.label == "/data"
    assert up.name == "up"
    assert up.remote is None
    assert up.local is not None
    assert up.local.size == 1
    assert down.local is None
    assert (down.remote and down.remote.size) == 6
    text = str(plan)
    assert "upload" in text
    assert "1 to upload, 1 to download, 0 in conflict, 0 the same" in text
    assert "\x1b" not in text
    only = replace(plan, downloads=())
    assert pickle.loads(pickle.dumps(only)) == only
    local.apply_sync(pickle.loads(pickle.dumps(only)))
    assert content(here) == {"up": b"1"}
    assert len(local.get_files("/data")) == 2


def test_progress_counts_all_files(local: Colonies, tmp_path: Path) -> None:
    local.upload_data(filename="down", data=b"123", label="/data")
    here = fill(tmp_path, {"a": b"1", "b": b"", "sub/c": b"12"})
    told: list[Progress] = []
    local.sync(here, "/data", True, on_progress=told.append)
    assert told[-1].files_done == 4
    assert told[-1].files_total == 4
    assert told[-1].bytes_done == 6
    assert told[-1].bytes_total == 6


def test_who_is_no_member_changes_nothing(local: Colonies, tmp_path: Path, colony: Colony) -> None:
    here = fill(tmp_path, {"a": b"1"})
    with pytest.raises(PermissionDeniedError):
        local.sync(here, "/data", True, colony.name, colony.prvkey)


def test_a_directory_that_is_not_there(local: Colonies, tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="nothing"):
        local.sync(tmp_path / "nothing", "/data", True)


@pytest.mark.skipif(os.getuid() == 0, reason="everything is readable for root")
def test_what_cannot_be_read_is_told_of(local: Colonies, tmp_path: Path) -> None:
    here = fill(tmp_path, {"a": b"1", "closed/b": b"2"})
    (here / "closed").chmod(0)
    try:
        with pytest.raises(TransferError, match="closed"):
            local.sync(here, "/data", True)
    finally:
        (here / "closed").chmod(0o700)
    assert len(local.get_files("/data")) == 1


def test_two_sides_at_once_end_equal(local: Colonies, tmp_path: Path) -> None:
    sides = [
        fill(
            tmp_path / side, {f"own {side}": b"1", "both": side.encode()} | {f"{n}": b"=" for n in range(20)}
        )
        for side in ("one", "two")
    ]
    faults: list[BaseException] = []

    def work(side: Path) -> None:
        try:
            for round_ in range(3):
                fill(side, {f"round {round_}": side.name.encode()})
                local.sync(side, "/data", True)
        except BaseException as fault:  # noqa: BLE001 (reported by the thread)
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(side,)) for side in sides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # A file that the other side has just made may have come while this one was about to write it.
    assert all(isinstance(fault, TransferError) for fault in faults)
    for side in sides:
        local.sync(side, "/data", False)
    one, two = map(content, sides)
    assert one == two
    assert {"own one", "own two", "both", "round 2"} <= one.keys()
    for name, data in one.items():
        assert local.download_data(label="/data", filename=name) == data


def test_two_in_one_directory_harm_nothing(local: Colonies, tmp_path: Path) -> None:
    source = fill(tmp_path / "source", {f"file {n}": bytes([n]) * 1000 for n in range(40)})
    local.sync(source, "/data", True)
    shared = fill(tmp_path / "shared", {})
    faults: list[BaseException] = []

    def work() -> None:
        try:
            local.sync(shared, "/data", True)
        except BaseException as fault:  # noqa: BLE001 (reported by the thread)
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all(isinstance(fault, TransferError) for fault in faults)
    assert content(shared) == content(source)


def test_snapshots_are_laid_out_as_they_were(files: Colonies, tmp_path: Path) -> None:
    here = fill(tmp_path / "here", {"x": b"1", "sub/x": b"1", "sub/y": b"2", "empty": b""})
    files.sync(here, "/data", True)
    snapshot = files.create_snapshot(label="/data", name="first")
    fill(here, {"x": b"changed"})
    files.sync(here, "/data", True)
    # An equal file at the top does not stand for one below it.
    there = fill(tmp_path / "there", {"x": b"1", "sub/y": b"another", "mine": b"mine"})
    assert files.download_snapshot(dst=there, name="first") == str(there)
    assert content(there) == {"x": b"1", "sub/x": b"1", "sub/y": b"2", "empty": b"", "mine": b"mine"}
    files.delete_file(label="/data", filename="empty")
    with pytest.raises(TransferError, match="version "):
        files.download_snapshot(dst=tmp_path / "later", snapshotid=snapshot["snapshotid"])
    assert content(tmp_path / "later") == {"x": b"1", "sub/x": b"1", "sub/y": b"2"}
    with pytest.raises(ValueError, match="snapshot"):
        files.download_snapshot(dst=there)
