"""Upload, download and delete single files, on two stores."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from conftest import Colony, crypto
from pycolonies import (
    AsyncColonies,
    BucketNotFoundError,
    ChecksumMismatchError,
    Colonies,
    ColoniesConnectionError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    ObjectNotFoundError,
    PermissionDeniedError,
    Progress,
    S3Settings,
    ServerError,
    StorageAccessError,
    StorageConnectError,
    StorageError,
    UnsafeNameError,
    _core,
)
from stores import clear_variables, client_of, content, fill, with_store


def record(client: Colonies, **changes: Any) -> dict[str, Any]:
    """Records a file as any other tool may do it."""
    place = {"server": "127.0.0.1:1", "port": -1, "tls": False, "object": "none", "bucket": "content"}
    described = {
        "colonyname": client.colonyname,
        "label": "/data",
        "name": "a",
        "size": 1,
        "checksum": hashlib.sha256(b"a").hexdigest(),
        "checksumalg": "SHA256",
        "ref": {"protocol": "s3", "s3object": place | changes.pop("s3object", {})},
    } | changes
    added: dict[str, Any] = client.endpoint.call("addfilemsg", file=described).value()
    return added


def holds(settings: S3Settings, key: str) -> bool:
    """Whether a store has an object."""
    store = _core.Storage(
        settings.endpoint,
        bucket=settings.bucket,
        access_key=settings.access_key,
        secret_key=settings.secret_key,
    )
    try:
        store.head(key)
    except ObjectNotFoundError:
        return False
    return True


def test_a_file_comes_back_as_it_was(files: Colonies, tmp_path: Path) -> None:
    data = bytes(range(256)) * 1000
    fill(tmp_path, {"in/data.bin": data})
    added = files.upload_file(filepath=tmp_path / "in" / "data.bin", label="data/")
    assert added["label"] == "/data"
    assert added["name"] == "data.bin"
    assert added["size"] == len(data)
    assert added["checksum"] == hashlib.sha256(data).hexdigest()
    assert added["checksumalg"] == "SHA256"
    path = files.download_file(dst=tmp_path / "out" / "deep", label="/data", filename="data.bin")
    assert path == str(tmp_path / "out" / "deep" / "data.bin")
    assert content(tmp_path / "out") == {"deep/data.bin": data}
    assert files.download_data(fileid=added["fileid"]) == data


def test_the_record_is_what_1_0_25_writes(files: Colonies, store: S3Settings) -> None:
    added = files.upload_data(filename="d/x.bin", data=b"x", label="/data")
    host, _, port = store.endpoint.partition(":")
    key = added["ref"]["s3object"]["object"]
    assert added["name"] == "x.bin"
    assert added["ref"] == {
        "protocol": "s3",
        "s3object": {
            "server": host,
            "port": int(port),
            "tls": False,
            "accesskey": "",
            "secretkey": "",
            "region": store.region,
            "encryptionkey": "",
            "encryptionalg": "",
            "object": key,
            "bucket": store.bucket,
        },
    }
    assert len(key) == 64
    assert holds(store, key)


def test_an_empty_file(files: Colonies, store: S3Settings, tmp_path: Path) -> None:
    added = files.upload_data(filename="empty", data=b"", label="/data")
    assert holds(store, added["ref"]["s3object"]["object"])  # 1.0.25 asks for it
    assert files.download_data(label="/data", filename="empty") == b""
    files.download_file(dst=tmp_path, label="/data", filename="empty")
    assert content(tmp_path) == {"empty": b""}


def test_arguments_by_place_as_in_1_0_25(files: Colonies, tmp_path: Path) -> None:
    colonyname, prvkey = files.colonyname, files.endpoint.prvkey
    assert colonyname is not None
    assert prvkey is not None
    files.upload_data(colonyname, prvkey, "mydata", b"sample", "/data")
    assert files.download_data(colonyname, prvkey, "/data", None, "mydata", True) == b"sample"
    assert files.download_file(colonyname, prvkey, str(tmp_path), "/data", None, "mydata") == str(
        tmp_path / "mydata"
    )
    files.delete_file(colonyname, prvkey, "/data", None, "mydata")
    assert files.get_files("/data") == []


def test_deleting_by_name_removes_all_versions_and_their_contents(files: Colonies, store: S3Settings) -> None:
    keys = [
        files.upload_data(filename="a", data=data, label="/data")["ref"]["s3object"]["object"]
        for data in (b"1", b"2", b"3")
    ]
    files.delete_file(label="/data", filename="a")
    assert files.get_files("/data") == []
    assert [holds(store, key) for key in keys] == [False] * 3
    with pytest.raises(NotFoundError):
        files.delete_file(label="/data", filename="a")


def test_deleting_by_id_leaves_the_other_versions(files: Colonies) -> None:
    old = files.upload_data(filename="a", data=b"old", label="/data")
    new = files.upload_data(filename="a", data=b"new", label="/data")
    files.delete_file(fileid=new["fileid"])
    assert files.download_data(label="/data", filename="a") == b"old"
    files.delete_file(fileid=old["fileid"])
    with pytest.raises(InvalidRequestError):
        files.delete_file(fileid=old["fileid"])


def test_the_content_goes_after_the_record(files: Colonies, store: S3Settings) -> None:
    added = files.upload_data(filename="a", data=b"1", label="/data")
    weak = with_store(files, store, secret_key="wrong")
    with pytest.raises(StorageAccessError, match="is forgotten, but object"):
        weak.delete_file(label="/data", filename="a")
    assert files.get_files("/data") == []
    assert holds(store, added["ref"]["s3object"]["object"])  # no record is without its content


def test_what_is_not_recorded_does_not_stay_in_the_store(
    files: Colonies, store: S3Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ["0" * 63 + digit for digit in "12"]
    monkeypatch.setattr("pycolonies._files.single.new_key", iter(keys).__next__)
    with pytest.raises(PermissionDeniedError):
        files.upload_data("no colony of ours", filename="a", data=b"1", label="/data")
    assert not holds(store, keys[0])
    with pytest.raises(UnsafeNameError):  # before anything is sent
        files.upload_data(filename="a", data=b"1", label="/da\0ta")
    assert not holds(store, keys[1])


def test_a_wrong_secret(files: Colonies, store: S3Settings, tmp_path: Path) -> None:
    files.upload_data(filename="a", data=b"1", label="/data")
    wrong = with_store(files, store, secret_key="no secret of anybody")
    for call in (
        lambda: wrong.upload_data(filename="b", data=b"1", label="/data"),
        lambda: wrong.download_file(dst=tmp_path, label="/data", filename="a"),
    ):
        with pytest.raises(StorageAccessError, match="AWS_S3_SECRETKEY") as caught:
            call()
        assert "no secret of anybody" not in str(caught.value)
    assert [file["name"] for file in files.get_files("/data")] == ["a"]
    assert content(tmp_path) == {}


def test_an_unknown_access_key(files: Colonies, store: S3Settings) -> None:
    wrong = with_store(files, store, access_key="UNKNOWN")
    with pytest.raises(StorageError) as caught:  # stores have several names for this
        wrong.upload_data(filename="b", data=b"1", label="/data")
    assert caught.value.status == 403
    assert files.get_files("/data") == []


def test_who_may_only_read_can_not_write(colony: Colony, moto_store: S3Settings) -> None:
    writer = client_of(colony, moto_store)
    reader = with_store(writer, moto_store, access_key="READER", secret_key="reader's secret")
    writer.upload_data(filename="a", data=b"1", label="/data")
    assert reader.download_data(label="/data", filename="a") == b"1"
    with pytest.raises(StorageAccessError):
        reader.upload_data(filename="b", data=b"1", label="/data")
    assert [file["name"] for file in writer.get_files("/data")] == ["a"]


def test_a_bucket_is_made_by_whoever_stores_first(files: Colonies, store: S3Settings, tmp_path: Path) -> None:
    bucket = f"new-{files.colonyname}".lower().replace("_", "-")[:60]
    other = with_store(files, store, bucket=bucket)
    added = record(files)
    with pytest.raises((BucketNotFoundError, ObjectNotFoundError)):
        other.download_file(dst=tmp_path, fileid=added["fileid"])
    other.upload_data(filename="b", data=b"1", label="/data")
    assert other.download_data(label="/data", filename="b") == b"1"


def test_nobody_there(files: Colonies, store: S3Settings) -> None:
    away = with_store(files, store, endpoint="127.0.0.1:1")
    with pytest.raises(StorageConnectError, match="AWS_S3_ENDPOINT"):
        away.upload_data(filename="b", data=b"1", label="/data")


def test_a_content_that_is_another_is_refused(files: Colonies, store: S3Settings, tmp_path: Path) -> None:
    good = files.upload_data(filename="a", data=b"1", label="/data")
    key = {"object": good["ref"]["s3object"]["object"], "bucket": store.bucket}
    fill(tmp_path, {"b": b"what was there"})
    for changes in ({"size": 1}, {"size": 2}):
        wrong = record(files, name="b", s3object=key, checksum="0" * 64, **changes)
        with pytest.raises(ChecksumMismatchError):
            files.download_file(dst=tmp_path, fileid=wrong["fileid"])
        with pytest.raises(ChecksumMismatchError):
            files.download_data(fileid=wrong["fileid"])
    assert content(tmp_path) == {"b": b"what was there"}
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_content_that_is_gone(files: Colonies, tmp_path: Path) -> None:
    files.upload_data(filename="a", data=b"a", label="/data")  # the bucket is there then
    added = record(files, name="b")
    with pytest.raises(ObjectNotFoundError):
        files.download_file(dst=tmp_path, fileid=added["fileid"])
    assert list(tmp_path.iterdir()) == []


def test_files_that_other_tools_synchronised_are_read(files: Colonies) -> None:
    data = files.upload_data(filename="a", data=b"1", label="/data")
    key = data["ref"]["s3object"]["object"]
    # What the native library writes: the whole endpoint as the server, and -1 as the port.
    theirs = {"server": "s3.example.org:9000", "port": -1, "bucket": "theirs", "object": key}
    theirs |= {"accesskey": "theirs", "secretkey": "theirs", "tls": True}
    checksum = hashlib.sha256(b"1").hexdigest()
    added = record(files, name="b", s3object=theirs, checksum=checksum)
    assert files.download_data(fileid=added["fileid"]) == b"1"


def test_a_record_that_names_the_place_is_enough(
    colony: Colony, moto_store: S3Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_of(colony, moto_store).upload_data(filename="a", data=b"1", label="/data")
    clear_variables(monkeypatch)
    monkeypatch.setenv("AWS_S3_ACCESSKEY", moto_store.access_key)
    monkeypatch.setenv("AWS_S3_SECRETKEY", moto_store.secret_key)
    assert client_of(colony, None).download_data(label="/data", filename="a") == b"1"


def test_variables_name_the_store(
    colony: Colony, moto_store: S3Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clear_variables(monkeypatch)
    monkeypatch.setenv("AWS_S3_ENDPOINT", f"http://{moto_store.endpoint}/")
    monkeypatch.setenv("AWS_S3_ACCESSKEY", moto_store.access_key)
    monkeypatch.setenv("AWS_S3_SECRETKEY", moto_store.secret_key)
    monkeypatch.setenv("AWS_S3_BUCKET", moto_store.bucket)
    client = client_of(colony, None)
    client.upload_data(filename="a", data=b"1", label="/data")
    assert client.download_data(label="/data", filename="a") == b"1"


def test_without_settings_nothing_is_sent(
    colony: Colony, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clear_variables(monkeypatch)
    client = client_of(colony, None)
    client.endpoint = client.endpoint.bind(transport=None)
    names = "AWS_S3_ENDPOINT, AWS_S3_BUCKET, AWS_S3_ACCESSKEY, AWS_S3_SECRETKEY"
    for call in (
        lambda: client.upload_data(filename="a", data=b"", label="/data"),
        lambda: client.download_data(label="/data", filename="a"),
        lambda: client.delete_file(label="/data", filename="a"),
        lambda: client.sync(tmp_path, "/data", True),
    ):
        with pytest.raises(ConfigurationError, match=names):
            call()


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/b", "..", "."])
def test_a_name_never_leads_out_of_the_directory(local: Colonies, tmp_path: Path, name: str) -> None:
    added = record(local, name=name)
    inner = tmp_path / "in"
    with pytest.raises(UnsafeNameError):
        local.download_file(dst=inner, fileid=added["fileid"])
    assert list(tmp_path.iterdir()) == []


def test_arguments_that_are_missing(local: Colonies, tmp_path: Path) -> None:
    for call, name in (
        (lambda: local.upload_file(label="/data"), "filepath"),
        (lambda: local.upload_file(filepath=tmp_path), "label"),
        (lambda: local.upload_data(filename="x", label="/data"), "data"),
        (lambda: local.download_file(label="/data", filename="x"), "dst"),
        (lambda: local.download_data(label="/data"), "filename"),
        (lambda: local.delete_file(fileid="x", filename="x"), "cannot be set at the same time"),
    ):
        with pytest.raises(ValueError, match=name):
            call()
    with pytest.raises(OSError, match="nothing"):
        local.upload_file(filepath=tmp_path / "nothing", label="/data")


def test_failures_are_what_programs_of_1_x_catch(local: Colonies) -> None:
    with pytest.raises(ColoniesConnectionError):
        local.download_data(label="/data", filename="nothing")
    with pytest.raises(ServerError):
        local.upload_data(prvkey=crypto.prvkey(), filename="x", data=b"", label="/data")


def test_progress_is_told(files: Colonies, tmp_path: Path) -> None:
    size = 3_000_000
    fill(tmp_path, {"a": b"a" * size})
    told: list[Progress] = []
    files.upload_file(filepath=tmp_path / "a", label="/data", on_progress=told.append)
    assert told[-1] == Progress(1, 1, size, size, "a")
    assert all(0 <= now.bytes_done <= size for now in told)
    told.clear()
    files.download_file(dst=tmp_path / "out", label="/data", filename="a", on_progress=told.append)
    assert told[-1] == Progress(1, 1, size, size, "a")


def test_what_a_callback_raises_ends_the_transfer(local: Colonies, tmp_path: Path) -> None:
    def refuse(_: Progress) -> None:
        raise KeyboardInterrupt

    fill(tmp_path, {"a": b"a" * 1000})
    with pytest.raises(KeyboardInterrupt):
        local.upload_file(filepath=tmp_path / "a", label="/data", on_progress=refuse)
    assert local.get_files("/data") == []


async def _async_round_trip(client: Colonies, settings: S3Settings, directory: Path) -> bytes:
    told: list[Progress] = []
    async with AsyncColonies(
        client.host, client.port, prvkey=client.endpoint.prvkey, colonyname=client.colonyname, s3=settings
    ) as colonies:
        fill(directory, {"a": b"content"})
        await colonies.upload_file(filepath=directory / "a", label="/data", on_progress=told.append)
        await colonies.sync(directory, "/data", True)
        found = await colonies.download_data(label="/data", filename="a")
        plan = await colonies.plan_sync(directory, "/data", True)
        await colonies.apply_sync(plan)
        assert told[-1].name == "a"
        return found


def test_awaitable_transfers(local: Colonies, embedded_store: S3Settings, tmp_path: Path) -> None:
    import asyncio

    assert asyncio.run(_async_round_trip(local, embedded_store, tmp_path)) == b"content"
