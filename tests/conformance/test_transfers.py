"""The content of files, which lies in an S3 store: the embedded one, whichever server knows of the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.target import Target
from conftest import Colony, Member
from pycolonies import Colonies, NotFoundError, S3Settings
from stores import content, fill


@pytest.fixture
def files(target: Target, colony: Colony, executor: Member, embedded_store: S3Settings) -> Colonies:
    return Colonies(
        target.host,
        target.port,
        target.tls,
        prvkey=executor.prvkey,
        colonyname=colony.name,
        s3=embedded_store,
    )


def test_a_file_comes_back_and_goes(files: Colonies, tmp_path: Path) -> None:
    fill(tmp_path, {"in/a.txt": b"one"})
    added = files.upload_file(filepath=tmp_path / "in" / "a.txt", label="/data")
    files.upload_data(filename="b.txt", data=b"two", label="/data")
    path = files.download_file(dst=tmp_path / "out", fileid=added["fileid"])
    assert Path(str(path)).read_bytes() == b"one"
    assert files.download_data(label="/data", filename="b.txt") == b"two"
    files.delete_file(label="/data", filename="a.txt")
    with pytest.raises(NotFoundError):
        files.download_data(label="/data", filename="a.txt")


def test_a_directory_is_synchronised(files: Colonies, tmp_path: Path) -> None:
    written = {"a.txt": b"one", "sub/b.txt": b"two"}
    here, there = fill(tmp_path / "here", written), tmp_path / "there"
    there.mkdir()
    files.sync(here, "/data", keeplocal=True)
    files.apply_sync(files.plan_sync(there, "/data", keeplocal=False))
    assert content(there) == written
    files.create_snapshot(label="/data", name="first")
    files.download_snapshot(dst=tmp_path / "snapshot", name="first")
    assert content(tmp_path / "snapshot") == written
