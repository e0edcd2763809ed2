"""The native storage, against an S3 server."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from ports import reserved_port
from pycolonies import (
    BucketNotFoundError,
    ChecksumMismatchError,
    ColoniesConnectionError,
    ConfigurationError,
    ObjectNotFoundError,
    StorageConnectError,
    StorageError,
    _core,
)

MIB = 1 << 20


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
def storage(endpoint: str) -> _core.Storage:
    """A store whose bucket is there."""
    storage = storage_at(endpoint)
    storage.put_bytes(b"", "first")
    return storage


def storage_at(endpoint: str, bucket: str = "data", **settings: float) -> _core.Storage:
    keys = {"access_key": "access", "secret_key": "a-secret"}
    return _core.Storage(endpoint, bucket=bucket, **keys, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 1, 10_000, 3 * MIB, 20 * MIB])
def test_files_come_back_as_they_were(storage: _core.Storage, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "up").write_bytes(content)
    told: list[int] = []
    stored = storage.put_file(tmp_path / "up", "key", told.append)
    assert stored == storage.put_bytes(content, "key")
    assert told == sorted(told)
    assert told[-1:] == ([size] if size else [])
    told.clear()
    assert storage.get_file("key", tmp_path / "down", size, stored.sha256, told.append) == stored
    assert (tmp_path / "down").read_bytes() == content
    assert told[-1:] == ([size] if size else [])
    assert storage.get_bytes("key", size, stored.sha256) == content
    assert storage.head("key") == size
    assert sorted(path.name for path in tmp_path.iterdir()) == ["down", "up"]
    assert _core.sha256_files([tmp_path / "up"]) == [stored]


@pytest.mark.parametrize("size", [10_000, 3 * MIB, 20 * MIB])
def test_an_upload_that_makes_the_bucket_counts_its_bytes_once(
    endpoint: str, tmp_path: Path, size: int
) -> None:
    """A server may receive all of the content before it says that the bucket does not exist."""
    (tmp_path / "up").write_bytes(os.urandom(size))
    told: list[int] = []
    storage_at(endpoint, f"made-by-{size}").put_file(tmp_path / "up", "key", told.append)
    assert told[-1:] == [size]


def test_many_files_are_one_call(storage: _core.Storage, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}" for number in range(100)]
    for path in paths[1:]:
        path.write_text(path.name)
    put = storage.put_files([(path, f"many/{path.name}") for path in paths])
    assert isinstance(put[0], FileNotFoundError)
    assert put[0].filename == str(paths[0])
    wanted = [(f"many/{path.name}", f"back-{path.name}", None, None) for path in paths]
    got = storage.get_files(tmp_path, wanted)
    assert isinstance(got[0], ObjectNotFoundError)
    assert got[1:] == put[1:]
    assert all((tmp_path / f"back-{path.name}").read_text() == path.name for path in paths[1:])


def test_a_bucket_is_made_by_the_first_upload_only(endpoint: str) -> None:
    storage = storage_at(endpoint, "fresh")
    with pytest.raises(BucketNotFoundError, match="AWS_S3_BUCKET") as caught:
        storage.get_bytes("key")
    assert caught.value.code == "NoSuchBucket"
    assert caught.value.status == 404
    storage.put_bytes(b"x", "key")
    assert storage.get_bytes("key") == b"x"
    storage.delete("key")
    storage.delete("key")
    with pytest.raises(ObjectNotFoundError):
        storage.head("key")


def test_wrong_content_is_refused(storage: _core.Storage, tmp_path: Path) -> None:
    storage.put_bytes(b"content", "key")
    with pytest.raises(ChecksumMismatchError, match="SHA-256"):
        storage.get_file("key", tmp_path / "file", 7, "00" * 32)
    with pytest.raises(ChecksumMismatchError, match="8 bytes"):
        storage.get_file("key", tmp_path / "file", 8)
    assert list(tmp_path.iterdir()) == []


def test_failures_survive_pickling_and_are_what_1_x_programs_catch(storage: _core.Storage) -> None:
    with pytest.raises(StorageError) as caught:
        storage.get_bytes("no-such-key")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is ObjectNotFoundError
    assert str(again) == str(caught.value)
    assert again.code == "NoSuchKey"
    assert isinstance(again, ColoniesConnectionError)
    assert "a-secret" not in repr(caught.value) + repr(storage)


def test_what_progress_raises_ends_the_transfer(storage: _core.Storage) -> None:
    def refuse(_: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        storage.put_bytes(bytes(40 * MIB), "key", refuse)


def test_a_full_disk_is_told_and_leaves_nothing(storage: _core.Storage, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    storage.put_bytes(bytes(3 * MIB), "key")
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, limits[1]))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            storage.get_file("key", tmp_path / "file")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.filename == str(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_settings_that_cannot_be_right_are_told() -> None:
    with pytest.raises(ConfigurationError, match="bucket"):
        storage_at("localhost", "a/b")
    with pytest.raises(ConfigurationError, match="endpoint"):
        storage_at("localhost/path")
    with pytest.raises(ValueError, match="access_key"):
        _core.Storage("localhost", bucket="data", access_key="only")


def test_ctrl_c_ends_what_all_threads_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        storage = storage_at(f"127.0.0.1:{silent.getsockname()[1]}")
        for number in range(20):
            (tmp_path / f"{number}").write_text("x")

        def interrupt() -> None:
            connection, _ = silent.accept()
            with connection:
                connection.recv(1)  # a request is under way
                os.kill(os.getpid(), signal.SIGINT)
                while connection.recv(1 << 20):
                    pass  # until it ends

        server = threading.Thread(target=interrupt)
        server.start()
        with pytest.raises(KeyboardInterrupt):
            storage.put_files([(path, path.name) for path in tmp_path.iterdir()])
        server.join()


def test_a_store_that_is_not_there_is_told() -> None:
    with reserved_port() as port, pytest.raises(StorageConnectError, match="AWS_S3_ENDPOINT") as caught:
        storage_at(f"127.0.0.1:{port}").head("key")
    assert caught.value.status == 0
