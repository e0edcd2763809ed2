"""The S3 endpoint of the development server, as a client of another make sees it."""

from __future__ import annotations

import gc
import hashlib
import io
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from hypothesis import given
from hypothesis import strategies as st

from devcommand import PYCOLONIES, dev
from pycolonies import DevServerError
from pycolonies.testing import S3_BUCKET, DevServer, S3Endpoint

MB = 1 << 20


def client_of(s3: S3Endpoint, **others: Any) -> Any:
    settings = {
        "endpoint_url": s3.url,
        "aws_access_key_id": s3.access_key,
        "aws_secret_access_key": s3.secret_key,
        "region_name": s3.region,
    }
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return boto3.session.Session().client("s3", config=config, **(settings | others))


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Endpoint]:
    with DevServer(s3=True) as server:
        yield server.s3


@pytest.fixture(scope="module")
def client(s3: S3Endpoint) -> Any:
    return client_of(s3)


@pytest.fixture
def bucket(client: Any, request: pytest.FixtureRequest) -> str:
    name = f"b-{hashlib.sha256(request.node.name.encode()).hexdigest()[:20]}"
    client.create_bucket(Bucket=name)
    return name


def refused(call: Callable[[], object]) -> tuple[int, str]:
    """The status and the code of a call that is refused."""
    with pytest.raises(ClientError) as refusal:
        call()
    response = refusal.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def keys(client: Any, bucket: str, **options: Any) -> list[str]:
    return [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket, **options).get("Contents", [])]


# --- Objects ---------------------------------------------------------------------------------------------


def test_an_object_comes_back_as_it_was_put(client: Any, bucket: str) -> None:
    content = os.urandom(3 * MB + 1)
    put = client.put_object(
        Bucket=bucket, Key="a/b", Body=content, ContentType="image/png", Metadata={"colour": "blue"}
    )
    assert put["ETag"] == f'"{hashlib.md5(content).hexdigest()}"'
    got = client.get_object(Bucket=bucket, Key="a/b")
    assert got["Body"].read() == content
    for answer in (got, client.head_object(Bucket=bucket, Key="a/b")):
        assert answer["ContentLength"] == len(content)
        assert answer["ContentType"] == "image/png"
        assert answer["Metadata"] == {"colour": "blue"}
        assert answer["ETag"] == put["ETag"]


def test_an_empty_object_is_an_object(client: Any, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="empty", Body=b"")
    assert client.get_object(Bucket=bucket, Key="empty")["Body"].read() == b""
    assert client.head_object(Bucket=bucket, Key="empty")["ContentLength"] == 0


def test_putting_again_replaces_and_deleting_twice_is_fine(client: Any, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"a long first version")
    client.put_object(Bucket=bucket, Key="k", Body=b"second")
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"second"
    for _ in range(2):
        client.delete_object(Bucket=bucket, Key="k")
    assert refused(lambda: client.get_object(Bucket=bucket, Key="k")) == (404, "NoSuchKey")


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("0-0", 0, 0), ("3-5", 3, 5), ("7-", 7, 9), ("-4", 6, 9), ("5-99", 5, 9)]
)
def test_part_of_an_object_can_be_got(client: Any, bucket: str, asked: str, first: int, last: int) -> None:
    client.put_object(Bucket=bucket, Key="digits", Body=b"0123456789")
    got = client.get_object(Bucket=bucket, Key="digits", Range=f"bytes={asked}")
    assert got["Body"].read() == b"0123456789"[first : last + 1]
    assert got["ContentRange"] == f"bytes {first}-{last}/10"
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_a_range_outside_of_an_object_is_refused(client: Any, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="digits", Body=b"0123456789")
    got = refused(lambda: client.get_object(Bucket=bucket, Key="digits", Range="bytes=10-"))
    assert got == (416, "InvalidRange")


def test_objects_are_got_and_replaced_under_conditions(client: Any, bucket: str) -> None:
    etag = client.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]

    def get(**condition: Any) -> Any:
        return client.get_object(Bucket=bucket, Key="k", **condition)["Body"].read()

    def put(key: str = "k", **condition: Any) -> Any:
        return client.put_object(Bucket=bucket, Key=key, Body=b"2", **condition)

    assert get(IfMatch=etag) == b"1"
    assert refused(lambda: get(IfMatch='"other"')) == (412, "PreconditionFailed")
    assert refused(lambda: get(IfNoneMatch=etag)) == (304, "304")
    modified = client.head_object(Bucket=bucket, Key="k")["LastModified"]
    assert refused(lambda: get(IfModifiedSince=modified)) == (304, "304")
    assert get(IfUnmodifiedSince=modified) == b"1"
    assert refused(lambda: put(IfNoneMatch="*")) == (412, "PreconditionFailed")
    assert refused(lambda: put(IfMatch='"other"')) == (412, "PreconditionFailed")
    assert get() == b"1"
    put(IfMatch=etag)
    put("new", IfNoneMatch="*")
    assert get() == b"2"


def test_of_many_who_create_the_same_object_one_does(s3: S3Endpoint, client: Any, bucket: str) -> None:
    made = []

    def create(content: bytes) -> None:
        try:
            client_of(s3).put_object(Bucket=bucket, Key="k", Body=content, IfNoneMatch="*")
            made.append(content)
        except ClientError:
            pass

    threads = [threading.Thread(target=create, args=(bytes([number]) * MB,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [client.get_object(Bucket=bucket, Key="k")["Body"].read()] == made


def test_an_object_that_is_replaced_is_still_read_to_its_end(client: Any, bucket: str) -> None:
    first = os.urandom(16 * MB)
    client.put_object(Bucket=bucket, Key="k", Body=first)
    body = client.get_object(Bucket=bucket, Key="k")["Body"]
    begun = body.read(1000)
    client.put_object(Bucket=bucket, Key="k", Body=b"second")
    assert begun + body.read() == first
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"second"


def test_a_copy_is_an_object_of_its_own(client: Any, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="from", Body=b"content", Metadata={"colour": "blue"})
    client.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from"})
    client.delete_object(Bucket=bucket, Key="from")
    got = client.get_object(Bucket=bucket, Key="to")
    assert got["Body"].read() == b"content"
    assert got["Metadata"] == {"colour": "blue"}


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_a_body_is_compared_with_its_checksum(client: Any, bucket: str, algorithm: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"content", ChecksumAlgorithm=algorithm)
    got = client.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"content"
    assert got[f"Checksum{algorithm}"]
    wrong = {f"Checksum{algorithm}": got[f"Checksum{algorithm}"]}
    put = refused(lambda: client.put_object(Bucket=bucket, Key="k", Body=b"another", **wrong))
    assert put == (400, "BadDigest")
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"


# --- Keys ------------------------------------------------------------------------------------------------

ODD_KEYS = [
    "a",
    "a/b",
    "a/b/",
    "a//b",
    "/a",
    "../../escaped",
    "a/../b",
    "./a",
    "~root",
    "C:\\windows",
    "räksmörgås/日本語/🎈.txt",
    "blank and + and %2F & <x> \"quoted\" 'so'",
    "line\nbreak",
    "e\u0301",
    "\u00e9",
    "x" * 1024,
]


def test_keys_are_any_text_and_never_paths(client: Any, bucket: str) -> None:
    for key in ODD_KEYS:
        client.put_object(Bucket=bucket, Key=key, Body=key.encode())
    for key in ODD_KEYS:
        assert client.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert keys(client, bucket) == sorted(ODD_KEYS, key=str.encode)
    client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in ODD_KEYS]})
    assert keys(client, bucket) == []


def test_nothing_is_written_outside_of_the_data_directory(tmp_path: Path) -> None:
    with DevServer(data_dir=tmp_path / "in" / "data", s3=True) as server:
        client = client_of(server.s3)
        for key in ODD_KEYS:
            client.put_object(Bucket=S3_BUCKET, Key=key, Body=b"x")
        assert [path.name for path in tmp_path.iterdir()] == ["in"]
        assert [path.name for path in (tmp_path / "in").iterdir()] == ["data"]
        contents = list((tmp_path / "in" / "data" / "s3" / "contents").iterdir())
        assert len(contents) == len(ODD_KEYS)
        assert all(len(path.name) == 32 and path.is_file() for path in contents)


@given(key=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40))
def test_what_is_put_under_a_key_is_found_under_it(client: Any, key: str) -> None:
    client.put_object(Bucket=S3_BUCKET, Key=key, Body=b"x")
    assert keys(client, S3_BUCKET) == [key]
    client.delete_object(Bucket=S3_BUCKET, Key=key)
    assert keys(client, S3_BUCKET) == []


def test_a_key_that_is_too_long_is_refused(client: Any, bucket: str) -> None:
    put = refused(lambda: client.put_object(Bucket=bucket, Key="x" * 1025, Body=b""))
    assert put == (400, "KeyTooLongError")


# --- Lists -----------------------------------------------------------------------------------------------


def test_keys_are_listed_by_prefix_and_folder(client: Any, bucket: str) -> None:
    for key in ["a", "a/1", "a/2", "a/b/3", "ab", "b/1", "c"]:
        client.put_object(Bucket=bucket, Key=key, Body=b"x")

    def listed(**options: Any) -> tuple[list[str], list[str]]:
        page = client.list_objects_v2(Bucket=bucket, **options)
        prefixes = [prefix["Prefix"] for prefix in page.get("CommonPrefixes", [])]
        return [entry["Key"] for entry in page.get("Contents", [])], prefixes

    assert listed(Prefix="a/") == (["a/1", "a/2", "a/b/3"], [])
    assert listed(Delimiter="/") == (["a", "ab", "c"], ["a/", "b/"])
    assert listed(Delimiter="/", Prefix="a/") == (["a/1", "a/2"], ["a/b/"])
    assert listed(StartAfter="a/b/3") == (["ab", "b/1", "c"], [])
    assert listed(Prefix="nothing") == ([], [])


@pytest.mark.parametrize("call", ["list_objects_v2", "list_objects"])
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_have_everything_once(client: Any, bucket: str, call: str, size: int) -> None:
    for key in ["a", "b/1", "b/2", "c/1", "d", "ü&"]:
        client.put_object(Bucket=bucket, Key=key, Body=b"x")
    pages = client.get_paginator(call).paginate(
        Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": size}
    )
    found = []
    for page in pages:
        entries = [entry["Key"] for entry in page.get("Contents", [])]
        prefixes = [prefix["Prefix"] for prefix in page.get("CommonPrefixes", [])]
        assert len(entries + prefixes) <= size
        found += sorted(entries + prefixes)
    assert found == ["a", "b/", "c/", "d", "ü&"]


# --- Uploads in parts ------------------------------------------------------------------------------------


def test_a_large_file_goes_up_and_down_in_parts(client: Any, bucket: str) -> None:
    content = os.urandom(21 * MB + 7)
    config = TransferConfig(multipart_threshold=5 * MB, multipart_chunksize=5 * MB, max_concurrency=4)
    client.upload_fileobj(io.BytesIO(content), bucket, "large", Config=config)
    head = client.head_object(Bucket=bucket, Key="large")
    assert head["ContentLength"] == len(content)
    assert head["ETag"].endswith('-5"')
    down = io.BytesIO()
    client.download_fileobj(bucket, "large", down, Config=config)
    assert down.getvalue() == content
    across = client.get_object(Bucket=bucket, Key="large", Range=f"bytes={5 * MB - 2}-{10 * MB + 2}")
    assert across["Body"].read() == content[5 * MB - 2 : 10 * MB + 3]


def test_an_upload_is_an_object_only_when_it_is_complete(client: Any, bucket: str) -> None:
    begun = client.create_multipart_upload(Bucket=bucket, Key="k", ContentType="image/png")
    upload = {"Bucket": bucket, "Key": "k", "UploadId": begun["UploadId"]}
    first = client.upload_part(PartNumber=1, Body=b"1" * (5 * MB), **upload)["ETag"]
    client.upload_part(PartNumber=7, Body=b"not this one", **upload)
    last = client.upload_part(PartNumber=7, Body=b"but this", **upload)["ETag"]
    assert [part["PartNumber"] for part in client.list_parts(**upload)["Parts"]] == [1, 7]
    assert [entry["Key"] for entry in client.list_multipart_uploads(Bucket=bucket)["Uploads"]] == ["k"]
    assert keys(client, bucket) == []

    def complete(*parts: tuple[int, str]) -> Any:
        named = [{"PartNumber": number, "ETag": etag} for number, etag in parts]
        return client.complete_multipart_upload(MultipartUpload={"Parts": named}, **upload)

    assert refused(lambda: complete((7, last), (1, first))) == (400, "InvalidPartOrder")
    assert refused(lambda: complete((1, last), (7, last))) == (400, "InvalidPart")
    assert refused(lambda: complete((2, first))) == (400, "InvalidPart")
    complete((1, first), (7, last))
    got = client.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"1" * (5 * MB) + b"but this"
    assert got["ContentType"] == "image/png"
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)
    assert refused(lambda: complete((1, first), (7, last))) == (404, "NoSuchUpload")


def test_parts_but_the_last_are_large(client: Any, bucket: str) -> None:
    upload_id = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    upload = {"Bucket": bucket, "Key": "k", "UploadId": upload_id}
    etags = [client.upload_part(PartNumber=n, Body=b"small", **upload)["ETag"] for n in (1, 2)]
    parts = [{"PartNumber": n, "ETag": etag} for n, etag in zip((1, 2), etags, strict=True)]
    complete = {"MultipartUpload": {"Parts": parts}, **upload}
    assert refused(lambda: client.complete_multipart_upload(**complete)) == (400, "EntityTooSmall")


def test_an_aborted_upload_leaves_nothing(tmp_path: Path) -> None:
    with DevServer(data_dir=tmp_path, s3=True) as server:
        client = client_of(server.s3)
        upload_id = client.create_multipart_upload(Bucket=S3_BUCKET, Key="k")["UploadId"]
        upload = {"Bucket": S3_BUCKET, "Key": "k", "UploadId": upload_id}
        client.upload_part(PartNumber=1, Body=b"part", **upload)
        client.abort_multipart_upload(**upload)
        assert refused(lambda: client.list_parts(**upload)) == (404, "NoSuchUpload")
        assert list((tmp_path / "s3" / "contents").iterdir()) == []


# --- Buckets and access ----------------------------------------------------------------------------------


def test_a_bucket_is_made_once_and_removed_when_empty(client: Any, bucket: str) -> None:
    assert refused(lambda: client.create_bucket(Bucket=bucket)) == (409, "BucketAlreadyOwnedByYou")
    names = [entry["Name"] for entry in client.list_buckets()["Buckets"]]
    assert bucket in names
    assert S3_BUCKET in names
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert refused(lambda: client.delete_bucket(Bucket=bucket)) == (409, "BucketNotEmpty")
    client.delete_object(Bucket=bucket, Key="k")
    client.delete_bucket(Bucket=bucket)
    assert refused(lambda: client.head_bucket(Bucket=bucket)) == (404, "404")


def test_a_bucket_that_is_not_there_is_told(client: Any) -> None:
    missing = {"Bucket": "not-there", "Key": "k"}
    for call in (
        lambda: client.put_object(Body=b"x", **missing),
        lambda: client.get_object(**missing),
        lambda: client.delete_object(**missing),
        lambda: client.create_multipart_upload(**missing),
        lambda: client.list_objects_v2(Bucket="not-there"),
    ):
        assert refused(call) == (404, "NoSuchBucket")


def test_who_has_not_the_key_is_refused(s3: S3Endpoint, client: Any, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    wrong = client_of(s3, aws_secret_access_key="wrong")
    got = refused(lambda: wrong.get_object(Bucket=bucket, Key="k"))
    assert got == (403, "SignatureDoesNotMatch")
    put = refused(lambda: wrong.put_object(Bucket=bucket, Key="k", Body=b"y"))
    assert put == (403, "SignatureDoesNotMatch")
    unknown = client_of(s3, aws_access_key_id="unknown")
    assert refused(lambda: unknown.get_object(Bucket=bucket, Key="k"))[0] == 403
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{s3.url}/{bucket}/k", timeout=60)
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_a_signed_address_leads_to_an_object(client: Any, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="ü k", Body=b"content")
    address = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "ü k"})
    with urllib.request.urlopen(address, timeout=60) as answer:
        assert answer.read() == b"content"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{address[:-1]}{'0' if address[-1] != '0' else '1'}", timeout=60)


def test_an_object_shown_by_a_browser_is_no_page_of_the_endpoint(client: Any, bucket: str) -> None:
    page = b"<script>fetch('/bucket/key', {method: 'DELETE'})</script>"
    client.put_object(Bucket=bucket, Key="page.html", Body=page, ContentType="text/html")
    address = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "page.html"})
    with urllib.request.urlopen(address, timeout=60) as answer:
        assert answer.headers["Content-Type"] == "text/html"
        assert answer.headers["Content-Security-Policy"] == "sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_it_encrypts_with_the_certificate_of_the_server() -> None:
    tls = Path(__file__).parents[1] / "data" / "tls"
    with DevServer(tls_cert=tls / "server.pem", tls_key=tls / "server.key", s3=True) as server:
        assert server.s3.environment["AWS_S3_TLS"] == "true"
        client = client_of(server.s3, verify=str(tls / "ca.pem"))
        client.put_object(Bucket=S3_BUCKET, Key="k", Body=b"content")
        assert client.get_object(Bucket=S3_BUCKET, Key="k")["Body"].read() == b"content"


# --- Faults ----------------------------------------------------------------------------------------------


@pytest.fixture
def faulty() -> Iterator[DevServer]:
    with DevServer(s3=True) as server:
        yield server


def test_a_download_breaks_off(faulty: DevServer) -> None:
    client = client_of(faulty.s3)
    content = os.urandom(3 * MB)
    client.put_object(Bucket=S3_BUCKET, Key="k", Body=content)
    faulty.s3_faults.cut_next(MB, "GetObject")
    body = client.get_object(Bucket=S3_BUCKET, Key="k")["Body"]
    came = bytearray()

    def read() -> None:
        while block := body.read(1000):
            came.extend(block)

    with pytest.raises((ResponseStreamingError, IncompleteReadError)):
        read()
    assert 0 < len(came) <= MB
    assert content.startswith(came)
    assert client.get_object(Bucket=S3_BUCKET, Key="k")["Body"].read() == content


@pytest.mark.parametrize("operation", ["PutObject", "UploadPart"])
def test_an_upload_breaks_off(faulty: DevServer, operation: str) -> None:
    client = client_of(faulty.s3)
    upload = {"Bucket": S3_BUCKET, "Key": "k"}
    upload_id = client.create_multipart_upload(**upload)["UploadId"]

    def put() -> None:
        if operation == "PutObject":
            client.put_object(Body=b"x" * (3 * MB), **upload)
        else:
            client.upload_part(PartNumber=1, UploadId=upload_id, Body=b"x" * (3 * MB), **upload)

    faulty.s3_faults.cut_next(MB, operation)
    with pytest.raises((BotoConnectionError, HTTPClientError)):
        put()
    assert keys(client, S3_BUCKET) == []
    assert "Parts" not in client.list_parts(UploadId=upload_id, **upload)
    put()


def test_what_is_shorter_passes_whole(faulty: DevServer) -> None:
    client = client_of(faulty.s3)
    faulty.s3_faults.cut_next(MB, times=2)
    client.put_object(Bucket=S3_BUCKET, Key="k", Body=b"short")
    assert client.get_object(Bucket=S3_BUCKET, Key="k")["Body"].read() == b"short"


@pytest.mark.parametrize("after", [False, True], ids=["request", "answer"])
def test_a_request_to_s3_or_its_answer_is_lost(faulty: DevServer, after: bool) -> None:
    client = client_of(faulty.s3)
    faulty.s3_faults.drop_next("PutObject", after=after)
    with pytest.raises((BotoConnectionError, HTTPClientError)):
        client.put_object(Bucket=S3_BUCKET, Key="k", Body=b"x")
    assert keys(client, S3_BUCKET) == ["k"] * after


def test_s3_refuses_on_demand(faulty: DevServer) -> None:
    client = client_of(faulty.s3)
    faulty.s3_faults.error(503, "come < back & later", "PutObject")
    with pytest.raises(ClientError) as refusal:
        client.put_object(Bucket=S3_BUCKET, Key="k", Body=b"x" * (3 * MB))
    assert refusal.value.response["Error"] == {"Code": "SlowDown", "Message": "come < back & later"}
    client.put_object(Bucket=S3_BUCKET, Key="k", Body=b"x")


def test_s3_answers_late_until_cleared(faulty: DevServer) -> None:
    config = Config(read_timeout=0.2, retries={"total_max_attempts": 1})
    impatient = boto3.session.Session().client(
        "s3",
        endpoint_url=faulty.s3.url,
        aws_access_key_id=faulty.s3.access_key,
        aws_secret_access_key=faulty.s3.secret_key,
        config=config,
    )
    faulty.s3_faults.delay(3600, "HeadBucket")
    with pytest.raises(ReadTimeoutError):
        impatient.head_bucket(Bucket=S3_BUCKET)
    client = client_of(faulty.s3)
    client.list_buckets()
    faulty.s3_faults.clear()
    client.head_bucket(Bucket=S3_BUCKET)


def test_a_fault_of_s3_that_can_never_happen_is_refused(faulty: DevServer) -> None:
    with pytest.raises(ValueError, match=r'must be one of .*GetObject.*, got "getObject"'):
        faulty.s3_faults.drop_next("getObject")
    with pytest.raises(ValueError, match="size must be at least 0, got -1"):
        faulty.s3_faults.cut_next(-1)
    with pytest.raises(ValueError, match="between 400 and 599, got 200"):
        faulty.s3_faults.error(200, "fine")
    with DevServer() as server, pytest.raises(RuntimeError, match="s3=True"):
        _ = server.s3_faults


# --- What it is kept in ----------------------------------------------------------------------------------


def test_a_data_directory_keeps_objects(tmp_path: Path) -> None:
    with DevServer(data_dir=tmp_path, s3=True) as server:
        client = client_of(server.s3)
        client.put_object(Bucket=S3_BUCKET, Key="k", Body=b"content", Metadata={"colour": "blue"})
        client.upload_fileobj(io.BytesIO(b"x" * (6 * MB)), S3_BUCKET, "large")
        upload_id = client.create_multipart_upload(Bucket=S3_BUCKET, Key="later")["UploadId"]
        upload = {"Bucket": S3_BUCKET, "Key": "later", "UploadId": upload_id}
        etag = client.upload_part(PartNumber=1, Body=b"part", **upload)["ETag"]
    with DevServer(data_dir=tmp_path, s3=True) as server:
        client = client_of(server.s3)
        got = client.get_object(Bucket=S3_BUCKET, Key="k")
        assert got["Body"].read() == b"content"
        assert got["Metadata"] == {"colour": "blue"}
        assert client.head_object(Bucket=S3_BUCKET, Key="large")["ContentLength"] == 6 * MB
        parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
        client.complete_multipart_upload(MultipartUpload=parts, **upload)
        assert client.get_object(Bucket=S3_BUCKET, Key="later")["Body"].read() == b"part"


def test_a_killed_server_has_lost_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    contents = tmp_path / "s3" / "contents"
    with dev("--data-dir", str(tmp_path), "--s3", "--s3-port", "0") as (command, variables):
        host, _, port = variables["AWS_S3_ENDPOINT"].rpartition(":")
        client = client_of(S3Endpoint(host, int(port)))
        client.put_object(Bucket=S3_BUCKET, Key="k", Body=b"content")
        command.kill()
        command.wait(60)
    (contents / ("0" * 32)).write_bytes(b"half of an upload")
    with DevServer(data_dir=tmp_path, s3=True) as server:
        client = client_of(server.s3)
        assert client.get_object(Bucket=S3_BUCKET, Key="k")["Body"].read() == b"content"
        assert len(list(contents.iterdir())) == 1


def test_a_broken_upload_leaves_nothing(tmp_path: Path) -> None:
    with DevServer(data_dir=tmp_path, s3=True) as server:
        client = client_of(server.s3)

        class Broken(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                if self.tell() >= 2 * MB:
                    raise OSError("unplugged")
                return super().read(size)

        with pytest.raises(Exception, match="unplugged"):
            client.put_object(Bucket=S3_BUCKET, Key="k", Body=Broken(b"x" * (4 * MB)))
        client.close()
        assert keys(client_of(server.s3), S3_BUCKET) == []
    assert list((tmp_path / "s3" / "contents").iterdir()) == []


@pytest.mark.parametrize("end", ["stop", "collect"])
def test_without_a_data_directory_nothing_stays(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    server = DevServer(s3=True)
    client_of(server.s3).put_object(Bucket=S3_BUCKET, Key="k", Body=b"content")
    assert len(list(tmp_path.iterdir())) == 1
    if end == "stop":
        server.stop()
    del server
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_just_ends_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import os\nfrom pathlib import Path\nfrom pycolonies.testing import DevServer\n"
        "server = DevServer(s3=True)\nserver.me = server\n"
        "print(len(list(Path(os.environ['TMPDIR']).iterdir())))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "1\n"
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


# --- The server and the command --------------------------------------------------------------------------


def test_it_is_there_only_where_it_was_asked_for(tmp_path: Path) -> None:
    with DevServer(data_dir=tmp_path) as server:
        with pytest.raises(RuntimeError, match="s3=True"):
            _ = server.s3
        assert not [name for name in server.environment if name.startswith("AWS")]
        assert not (tmp_path / "s3").exists()


def test_the_secret_is_in_no_text(s3: S3Endpoint) -> None:
    assert s3.secret_key not in repr(s3)
    assert s3.endpoint in s3.url
    assert s3.endpoint == s3.environment["AWS_S3_ENDPOINT"]
    assert S3Endpoint("::1", 9000).url == "http://[::1]:9000"


def test_a_taken_port_is_told(s3: S3Endpoint) -> None:
    with pytest.raises(DevServerError, match=f"{s3.port} is in use"):
        DevServer(s3=True, s3_port=s3.port)


def test_the_command_serves_s3(tmp_path: Path) -> None:
    with dev("--s3", "--s3-port", "0", "--data-dir", str(tmp_path)) as (_, variables):
        client = client_of(
            S3Endpoint("127.0.0.1", int(variables["AWS_S3_ENDPOINT"].rpartition(":")[2])),
            aws_access_key_id=variables["AWS_S3_ACCESSKEY"],
            aws_secret_access_key=variables["AWS_S3_SECRETKEY"],
            region_name=variables["AWS_S3_REGION"],
        )
        client.put_object(Bucket=variables["AWS_S3_BUCKET"], Key="k", Body=b"x")
        assert keys(client, variables["AWS_S3_BUCKET"]) == ["k"]


def test_the_variables_of_s3_can_be_evaluated_by_a_shell(tmp_path: Path) -> None:
    def variables(*options: str) -> list[str]:
        command = " ".join([*PYCOLONIES, "dev", "--env", *options])
        script = f'eval "$({command})" && echo "$AWS_S3_ENDPOINT $AWS_S3_TLS $AWS_S3_BUCKET"'
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        clean["XDG_RUNTIME_DIR"] = str(tmp_path)  # without the servers of other tests
        done = subprocess.run(
            ["/bin/sh", "-c", script], capture_output=True, text=True, check=True, timeout=60, env=clean
        )
        return done.stdout.split()

    assert variables("--s3") == ["127.0.0.1:9000", "false", S3_BUCKET]
    assert variables("--s3", "--s3-port", "9123")[0] == "127.0.0.1:9123"
    assert variables() == []
