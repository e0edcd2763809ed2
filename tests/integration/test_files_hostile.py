"""Hostile records of files, and hostile directories."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_transfers import record

from conftest import Colony
from motostore import KEYS, TOKENS
from pycolonies import (
    ChecksumMismatchError,
    ChecksumMissingError,
    Colonies,
    ConfigurationError,
    Crypto,
    Fs,
    FuncSpec,
    InvalidRequestError,
    Process,
    S3Credentials,
    S3Settings,
    StorageAccessError,
    SyncDirMount,
    TransferError,
    UnsafeNameError,
)
from pycolonies._files.mounts import mounted
from pycolonies._files.records import expected
from stores import client_of, content, fill, with_store

SIZES = [2, 2**25, 2**40, 2**53, 2**60, 2**63 - 1]


def planted(client: Colonies, label: str, **changes: object) -> dict[str, Any]:
    """Records a file whose content is ``a``."""
    stored = client.upload_data(filename="content", data=b"a", label="/seed")
    place = {name: stored["ref"]["s3object"][name] for name in ("object", "bucket")}
    return record(client, label=label, s3object=place, **changes)


def record_raw(colony: Colony, described: dict[str, Any]) -> None:
    """Records a file with numbers that this client refuses to send."""
    message = {"msgtype": "addfilemsg", "file": described}
    payload = base64.b64encode(json.dumps(message).encode()).decode()
    signature = Crypto().sign(payload, colony.executor().prvkey)
    body = {"payloadtype": "addfilemsg", "payload": payload, "signature": signature}
    url = f"http://{colony.client.host}:{colony.client.port}/api"
    with urllib.request.urlopen(url, json.dumps(body).encode(), timeout=60) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("checksum", [hashlib.sha256(b"a").hexdigest(), "0" * 64])
def test_a_record_of_any_size_is_a_mismatch_and_takes_no_memory(
    local: Colonies, colony: Colony, tmp_path: Path, size: int, checksum: str
) -> None:
    good = local.upload_data(filename="content", data=b"a", label="/seed")
    described = {name: good[name] for name in ("colonyname", "checksumalg", "ref")}
    record_raw(colony, described | {"label": "/big", "name": "big", "size": size, "checksum": checksum})
    with pytest.raises(ChecksumMismatchError):
        local.download_file(dst=tmp_path / "file", label="/big", filename="big")
    with pytest.raises(ChecksumMismatchError):
        local.download_data(label="/big", filename="big")
    target = fill(tmp_path / "sync", {})
    with pytest.raises(TransferError) as caught:
        local.sync(target, "/big", False)
    assert [type(failure.error) for failure in caught.value.failures] == [ChecksumMismatchError]
    spec = FuncSpec(fs=Fs(mount="/cfs", dirs=[SyncDirMount(label="/big", dir="/d")]))
    process = Process(processid="p", spec=spec)
    with pytest.raises(TransferError), mounted(local, process, tmp_path / "root"):
        pass
    assert content(tmp_path) == {}


@pytest.mark.parametrize("size", [-1, 2**63, 2**200, "1", 1.0, None])
def test_sizes_that_no_file_has_are_refused(size: object) -> None:
    with pytest.raises(InvalidRequestError, match="recorded size"):
        expected(size, "0" * 64)  # type: ignore[arg-type]


@pytest.mark.parametrize("changes", [{"checksum": ""}, {"checksum": "abc"}, {"checksumalg": "MD5"}])
def test_a_file_without_a_checksum_is_read_only_where_that_was_asked_for(
    local: Colonies, embedded_store: S3Settings, tmp_path: Path, changes: dict[str, str]
) -> None:
    planted(local, "/data", name="file", **changes)
    for read in (
        lambda: local.download_data(label="/data", filename="file"),
        lambda: local.download_file(dst=tmp_path, label="/data", filename="file"),
    ):
        with pytest.raises(ChecksumMissingError, match=r"S3Settings\(verify=False\)"):
            read()
    assert content(tmp_path) == {}
    trusting = with_store(local, embedded_store, verify=False)
    assert trusting.download_data(label="/data", filename="file") == b"a"


def test_an_empty_file_needs_no_checksum(local: Colonies, tmp_path: Path) -> None:
    planted(local, "/data", name="empty", size=0, checksum="")
    local.download_file(dst=tmp_path, label="/data", filename="empty")
    assert content(tmp_path) == {"empty": b""}


@pytest.mark.parametrize("name", ["x" * 256, "ä" * 128, "x" * 5000])
def test_names_that_are_too_long_are_refused(local: Colonies, tmp_path: Path, name: str) -> None:
    added = planted(local, "/data", name=name)
    with pytest.raises(UnsafeNameError, match="longer than 255 bytes"):
        local.download_file(dst=tmp_path, fileid=added["fileid"])
    with pytest.raises(TransferError) as caught:
        local.sync(tmp_path, "/data", False)
    assert [type(failure.error) for failure in caught.value.failures] == [UnsafeNameError]
    assert content(tmp_path) == {}


def test_a_name_of_255_bytes_is_one(local: Colonies, tmp_path: Path) -> None:
    planted(local, "/data", name="x" * 255)
    local.sync(tmp_path, "/data", False)
    assert content(tmp_path) == {"x" * 255: b"a"}


def test_texts_with_lone_surrogates_are_refused_before_anything_is_sent(
    local: Colonies, tmp_path: Path
) -> None:
    calls: list[Callable[[], object]] = [
        lambda: local.download_file(dst=tmp_path, label="/data", filename="a\udcff"),
        lambda: local.download_data(label="/da\udcffta", filename="a"),
        lambda: local.upload_data(filename="a\udcff", data=b"", label="/data"),
        lambda: local.upload_data(filename="a", data=b"", label="/da\udcffta"),
        lambda: local.delete_file(label="/data", filename="a\udcff"),
        lambda: local.sync(tmp_path, "/da\udcffta", True),
    ]
    for call in calls:
        with pytest.raises(UnsafeNameError):
            call()


def test_a_target_that_is_a_file_is_refused(local: Colonies, tmp_path: Path) -> None:
    planted(local, "/data", name="file")
    target = tmp_path / "target"
    target.write_bytes(b"mine")
    for place in (target, target / "below"):
        with pytest.raises(NotADirectoryError, match="not a directory"):
            local.download_file(dst=place, label="/data", filename="file")
    assert target.read_bytes() == b"mine"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize("size", [1, 20 << 20])
def test_a_directory_that_becomes_a_link_is_not_followed(local: Colonies, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    for label in ("/data/a", "/data/a/b", "/data/new/c"):
        local.upload_data(filename="file", data=data, label=label)
    outside, target = fill(tmp_path / "outside", {"b/victim": b"precious"}), tmp_path / "target"
    fill(target / "a/b", {})
    plan = local.plan_sync(target, "/data", False)
    # What an attacker does between two steps of a synchronisation.
    shutil.rmtree(target / "a")
    (target / "a").symlink_to(outside)
    with pytest.raises(TransferError) as caught:
        local.apply_sync(plan)
    assert sorted(failure.path for failure in caught.value.failures) == ["a/b/file", "a/file"]
    assert all(isinstance(failure.error, NotADirectoryError) for failure in caught.value.failures)
    assert sorted(path.name for path in outside.rglob("*")) == ["b", "victim"]
    assert content(target / "new") == {"c/file": data}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_the_note_of_a_label_replaces_a_link(local: Colonies, tmp_path: Path) -> None:
    local.upload_data(filename="file", data=b"a", label="/data")
    victim, target = tmp_path / "victim", fill(tmp_path / "target", {})
    victim.write_text("precious")
    (target / ".cfs").symlink_to(victim)
    local.sync(target, "/data", False)
    assert victim.read_text() == "precious"
    assert not (target / ".cfs").is_symlink()


def test_a_download_removes_what_killed_ones_left(local: Colonies, tmp_path: Path) -> None:
    local.upload_data(filename="file", data=b"a", label="/data")
    left = [tmp_path / ".colonies-1f-0.part", tmp_path / ".colonies-2f-9.part"]
    for path in left:
        path.write_bytes(b"half")
    local.sync(tmp_path, "/data", False)
    assert not any(path.exists() for path in left)
    for path in left:
        path.write_bytes(b"half")
    local.download_file(dst=tmp_path, label="/data", filename="file")
    assert not any(path.exists() for path in left)


# --- temporary keys ----------------------------------------------------------------------------------------


@pytest.fixture
def temporary(moto_store: S3Settings) -> S3Settings:
    """Keys that need a session token."""
    secret, token = KEYS["TEMPORARY"][0], TOKENS["TEMPORARY"]
    return replace(moto_store, access_key="TEMPORARY", secret_key=secret, session_token=token)


def test_temporary_keys_need_their_token(colony: Colony, temporary: S3Settings, tmp_path: Path) -> None:
    client = client_of(colony, temporary)
    client.upload_data(filename="file", data=os.urandom(20 << 20), label="/data")
    client.sync(tmp_path, "/data", False)
    assert len(content(tmp_path)["file"]) == 20 << 20
    for token in ("", "another"):
        with pytest.raises(StorageAccessError):
            with_store(client, temporary, session_token=token).download_data(label="/data", filename="file")
    assert "token" not in repr(temporary).replace("session_token", "")


def test_variables_name_a_session_token(
    colony: Colony, temporary: S3Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_S3_ENDPOINT", temporary.endpoint)
    monkeypatch.setenv("AWS_S3_BUCKET", temporary.bucket)
    monkeypatch.setenv("AWS_S3_ACCESSKEY", temporary.access_key)
    monkeypatch.setenv("AWS_S3_SECRETKEY", temporary.secret_key)
    monkeypatch.setenv("AWS_S3_SESSIONTOKEN", temporary.session_token)
    client = client_of(colony, None)
    client.upload_data(filename="file", data=b"a", label="/data")
    assert client.download_data(label="/data", filename="file") == b"a"


def test_keys_that_expire_are_asked_for_again(colony: Colony, temporary: S3Settings) -> None:
    given = [S3Credentials("TEMPORARY", temporary.secret_key, token) for token in ("expired", None)]
    given.append(S3Credentials("TEMPORARY", temporary.secret_key, temporary.session_token))
    settings = replace(temporary, access_key="", credentials=lambda: given.pop(0) if given[1:] else given[0])
    client = client_of(colony, settings)
    for _ in range(2):
        with pytest.raises(StorageAccessError):
            client.upload_data(filename="file", data=b"a", label="/data")
    client.upload_data(filename="file", data=b"a", label="/data")
    assert client.download_data(label="/data", filename="file") == b"a"


def test_keys_come_from_where_aws_tools_have_them(
    colony: Colony, temporary: S3Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    shared = tmp_path / "credentials"
    lines = {
        "aws_access_key_id": "TEMPORARY",
        "aws_secret_access_key": temporary.secret_key,
        "aws_session_token": temporary.session_token,
    }
    shared.write_text("[work]\n" + "".join(f"{name}={value}\n" for name, value in lines.items()))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    settings = S3Settings.from_aws(temporary.bucket, profile="work", endpoint=temporary.endpoint)
    client = client_of(colony, settings)
    client.upload_data(filename="file", data=b"a", label="/data")
    assert client.download_data(label="/data", filename="file") == b"a"
    assert S3Settings.from_aws("b", profile="work", region="eu-north-1").endpoint == (
        "https://s3.eu-north-1.amazonaws.com"
    )
    with pytest.raises(ConfigurationError, match="no AWS keys"):
        S3Settings.from_aws("b")
    with pytest.raises(ConfigurationError, match="profile"):
        S3Settings.from_aws("b", profile="none")
