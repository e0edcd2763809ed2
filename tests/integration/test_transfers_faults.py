"""What becomes of transfers when something breaks."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycolonies import Colonies, ColoniesError, S3Settings, StorageError, TransferError
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, DevServer
from stores import content, fill


@pytest.fixture
def broken() -> Iterator[DevServer]:
    """A server of a test's own, to break."""
    with DevServer(s3=True) as server:
        yield server


def client_of(server: DevServer) -> Colonies:
    s3 = server.s3
    settings = S3Settings(s3.endpoint, s3.bucket, s3.access_key, s3.secret_key, s3.region)
    return Colonies(
        server.host, server.port, prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME, s3=settings, timeout=60
    )


def objects(server: DevServer) -> set[str]:
    """The keys of the objects in the store, as boto3 lists them."""
    import boto3

    s3 = server.s3
    client = boto3.client(
        "s3",
        endpoint_url=s3.url,
        aws_access_key_id=s3.access_key,
        aws_secret_access_key=s3.secret_key,
        region_name=s3.region,
    )
    return {entry["Key"] for entry in client.list_objects_v2(Bucket=s3.bucket).get("Contents", [])}


def recorded(client: Colonies, label: str) -> set[str]:
    return {file["s3filename"] for file in client.get_files(label)}


def test_a_record_that_is_refused_takes_its_content_along(broken: DevServer, tmp_path: Path) -> None:
    client = client_of(broken)
    fill(tmp_path, {name: name.encode() for name in "abcdef"})
    broken.faults.error(500, "the database is ill", "addfilemsg", times=2)
    with pytest.raises(TransferError, match="the database is ill") as caught:
        client.sync(tmp_path, "/data", True)
    assert len(caught.value.failures) == 2
    assert caught.value.done == 4
    assert objects(broken) == recorded(client, "/data")
    client.sync(tmp_path, "/data", True)  # does what is left
    assert len(client.get_files("/data")) == 6


def test_a_record_whose_answer_was_lost_is_found(broken: DevServer, tmp_path: Path) -> None:
    client = client_of(broken)
    fill(tmp_path, {"a": b"1"})
    broken.faults.drop_next("addfilemsg", after=True)
    added = client.upload_file(filepath=tmp_path / "a", label="/data")
    assert client.get_file(label="/data", filename="a") == [added]
    assert objects(broken) == recorded(client, "/data")


def test_a_record_in_doubt_keeps_its_content(broken: DevServer, tmp_path: Path) -> None:
    client = client_of(broken)
    fill(tmp_path, {"a": b"1"})
    broken.faults.drop_next("addfilemsg", after=True)
    broken.faults.error(500, "nor this", "getfilemsg")
    with pytest.raises(ColoniesError):
        client.upload_file(filepath=tmp_path / "a", label="/data")
    assert client.download_data(label="/data", filename="a") == b"1"  # it was recorded anyway


def test_a_store_that_is_gone_is_not_asked_for_each_file(broken: DevServer, tmp_path: Path) -> None:
    client = client_of(broken)
    client.endpoint = client.endpoint.bind(
        s3=S3Settings("127.0.0.1:1", "content", "key", "secret", connect_timeout=1)
    )
    fill(tmp_path, {f"{number}": b"1" for number in range(600)})
    with pytest.raises(TransferError) as caught:
        client.sync(tmp_path, "/data", True)
    assert len(caught.value.failures) == 600
    assert "and 590 more" in str(caught.value)
    assert client.get_files("/data") == []


def test_a_full_disk(broken: DevServer, tmp_path: Path) -> None:
    client = client_of(broken)
    size = 400_000
    fill(tmp_path / "here", {"big": b"b" * size, "small": b"s"})
    client.sync(tmp_path / "here", "/data", True)
    there = fill(tmp_path / "there", {"big": b"what was there"})
    program = (
        "import resource, sys\n"
        "from pycolonies import Colonies, TransferError\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size // 2}, {size // 2}))\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n"
        "    Colonies.from_env().sync(sys.argv[1], '/data', False)\n"
        "except TransferError as fault:\n"
        "    print(*[failure.path for failure in fault.failures], type(fault.failures[0].error).__name__)\n"
    )
    variables = broken.environment | {"COLONIES_PRVKEY": EXECUTOR_PRVKEY, "PATH": ""}
    ended = subprocess.run(
        [sys.executable, "-c", program, str(there)], env=variables, capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["big", "OSError"], ended.stderr
    assert content(there) == {"big": b"what was there", "small": b"s"}
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != size // 2


def test_what_was_interrupted_goes_on(broken: DevServer, tmp_path: Path) -> None:
    client = client_of(broken)
    files = {f"{number:03}": bytes([number % 256]) * 100 for number in range(300)}
    here = fill(tmp_path / "here", files)

    def stop(now: object) -> None:
        if getattr(now, "files_done", 0) > 270:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.sync(here, "/data", True, on_progress=stop)
    plan = client.plan_sync(here, "/data", True)
    assert 0 < len(plan.uploads) < 300
    plan.apply()
    there = fill(tmp_path / "there", {})
    with pytest.raises(KeyboardInterrupt):
        client.sync(there, "/data", True, on_progress=stop)
    client.sync(there, "/data", True)
    assert content(there) == files
    assert recorded(client, "/data") <= objects(broken)


def test_a_store_that_fails_for_a_while(broken: DevServer, tmp_path: Path) -> None:
    client = client_of(broken)
    fill(tmp_path / "here", {"a": b"a" * 100_000, "b": b"b"})
    broken.s3_faults.drop_next(times=2)
    client.sync(tmp_path / "here", "/data", True)
    broken.s3_faults.cut_next(50_000)
    there = fill(tmp_path / "there", {})
    client.sync(there, "/data", True)
    assert content(there) == content(tmp_path / "here")


def test_storage_errors_are_listed(broken: DevServer, tmp_path: Path) -> None:
    client = client_of(broken)
    fill(tmp_path, {"a": b"1", "b": b"2"})
    client.endpoint = client.endpoint.bind(
        s3=S3Settings(broken.s3.endpoint, broken.s3.bucket, broken.s3.access_key, "wrong")
    )
    with pytest.raises(TransferError) as caught:
        client.sync(tmp_path, "/data", True)
    assert all(isinstance(failure.error, StorageError) for failure in caught.value.failures)
    assert "wrong" not in str(caught.value)
    assert client.get_files("/data") == []
