"""Files of a process are laid out before it runs, and taken back in afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from pycolonies import (
    Colonies,
    Fs,
    FuncSpec,
    OnConflict,
    OnConflicts,
    Process,
    SnapshotMount,
    SyncDirMount,
    TransferError,
    UnsafeNameError,
)
from pycolonies._files.mounts import after, before, mounted
from stores import content, fill


def process(*dirs: SyncDirMount, snapshots: tuple[SnapshotMount, ...] = (), mount: str = "/cfs") -> Process:
    fs = Fs(mount=mount, dirs=list(dirs), snapshots=list(snapshots))
    return Process(processid="p1", spec=FuncSpec(fs=fs))


def test_directories_are_synchronised_before_and_after(local: Colonies, tmp_path: Path) -> None:
    local.upload_data(filename="in", data=b"1", label="/src")
    spec = process(
        SyncDirMount(label="/src", dir="/src"), SyncDirMount(label="/out/{processid}", dir="/o/{processid}")
    )
    with mounted(local, spec, tmp_path / "root") as mounts:
        assert mounts.path("/cfs/src/in").read_bytes() == b"1"
        assert mounts.path("src/in") == mounts.path("/src/in")
        (mounts.directories["/o/{processid}"] / "result").write_bytes(b"2")
    assert local.download_data(label="/out/p1", filename="result") == b"2"
    assert content(tmp_path / "root") == {}


def test_results_are_kept_also_where_the_function_fails(local: Colonies, tmp_path: Path) -> None:
    spec = process(SyncDirMount(label="/out", dir="/out"))
    with pytest.raises(ZeroDivisionError), mounted(local, spec, tmp_path) as mounts:  # noqa: PT012 (the block is what raises)
        mounts.path("/out/log").write_bytes(b"so far")
        raise ZeroDivisionError
    assert local.download_data(label="/out", filename="log") == b"so far"


@pytest.mark.parametrize("start", [True, False])
@pytest.mark.parametrize("close", [True, False])
def test_conflicts_before_and_after(local: Colonies, tmp_path: Path, start: bool, close: bool) -> None:
    local.upload_data(filename="x", data=b"remote", label="/d")
    fill(tmp_path, {"d/x": b"local"})
    rules = OnConflicts(onstart=OnConflict(keeplocal=start), onclose=OnConflict(keeplocal=close))
    with mounted(
        local, process(SyncDirMount(label="/d", dir="/d", keepfiles=True, onconflicts=rules)), tmp_path
    ) as mounts:
        assert mounts.path("/d/x").read_bytes() == (b"local" if start else b"remote")
        mounts.path("/d/x").write_bytes(b"run")
    was = b"local" if start else b"remote"
    assert local.download_data(label="/d", filename="x") == (b"run" if close else was)
    assert content(tmp_path) == {"d/x": b"run" if close else was}


@pytest.mark.parametrize("kept", [True, False])
def test_snapshots(local: Colonies, tmp_path: Path, kept: bool) -> None:
    local.upload_data(filename="x", data=b"old", label="/d")
    snapshot = local.create_snapshot(label="/d", name="s")
    local.upload_data(filename="x", data=b"new", label="/d")
    mount = SnapshotMount(
        snapshotid=snapshot["snapshotid"], label="/d", dir="/snap", keepfiles=kept, keepsnapshot=kept
    )
    with mounted(local, process(snapshots=(mount,)), tmp_path) as mounts:
        assert mounts.path("/cfs/snap/x").read_bytes() == b"old"
    assert len(local.get_snapshots()) == (1 if kept else 0)
    assert content(tmp_path) == ({"snap/x": b"old"} if kept else {})


def test_without_a_mount_nothing_is_done(local: Colonies, tmp_path: Path) -> None:
    spec = process(SyncDirMount(label="/src", dir="../.."), mount="")
    with mounted(local, spec, tmp_path / "root"):
        assert not (tmp_path / "root").exists()
    with mounted(local, Process(processid="p", spec=FuncSpec(fs=None)), tmp_path / "root"):
        assert not (tmp_path / "root").exists()


@pytest.mark.parametrize("directory", ["..", "/a/../../b", "/", "a\0b"])
def test_a_directory_never_leads_out_of_the_root(local: Colonies, tmp_path: Path, directory: str) -> None:
    with pytest.raises(UnsafeNameError):
        before(local, process(SyncDirMount(label="/src", dir=directory)), tmp_path / "root")
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_a_function_left_is_not_followed(local: Colonies, tmp_path: Path) -> None:
    outside, root = fill(tmp_path / "outside", {"precious": b"1"}), fill(tmp_path / "root", {})
    local.upload_data(filename="evil", data=b"1", label="/d")
    (root / "d").symlink_to(outside)
    with pytest.raises(NotADirectoryError, match="link"):
        before(local, process(SyncDirMount(label="/d/sub", dir="/d/sub")), root)
    assert content(outside) == {"precious": b"1"}


def test_what_could_not_be_taken_back_stays(local: Colonies, tmp_path: Path) -> None:
    spec = process(SyncDirMount(label="/out", dir="/out"))
    mounts = before(local, spec, tmp_path)
    fill(tmp_path, {"out/result": b"1"})
    (tmp_path / "out" / "broken").symlink_to("nothing")
    with pytest.raises(TransferError, match="broken"):
        after(local, spec, mounts)
    assert content(tmp_path) == {"out/result": b"1"}
    assert local.download_data(label="/out", filename="result") == b"1"


def test_a_shared_directory_goes_with_the_last_process(local: Colonies, tmp_path: Path) -> None:
    spec = process(SyncDirMount(label="/d", dir="/d"))
    first, second = before(local, spec, tmp_path), before(local, spec, tmp_path)
    after(local, spec, first)
    assert (tmp_path / "d").is_dir()
    after(local, spec, second)
    assert not (tmp_path / "d").exists()
