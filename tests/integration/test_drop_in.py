"""What programs for 1.x rely on beside names and signatures: copies, white space, labels."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from conftest import Colony, Member
from pycolonies import (
    Colonies,
    Conditions,
    ConfigurationError,
    Crypto,
    Fs,
    FuncSpec,
    S3Settings,
    Workflow,
    colonies_client,
    func_spec,
)
from pycolonies.testing import DevServer

pytestmark = pytest.mark.both_modes

pytest_plugins = ["stores"]


# --- Copies


def names_of(client: Colonies) -> list[str]:
    return [executor["executorname"] for executor in client.list_executors()]


@pytest.fixture
def bound(colony: Colony, executor: Member) -> Colonies:
    client = Colonies(colony.client.host, colony.client.port, timeout=60, prvkey=executor.prvkey)
    return client.bind(colonyname=colony.name)


@pytest.mark.parametrize("again", [lambda it: pickle.loads(pickle.dumps(it)), copy.deepcopy, copy.copy])
def test_clients_are_copied_with_all_they_have(bound: Colonies, executor: Member, again: Any) -> None:
    made = again(bound)
    assert type(made) is Colonies
    assert (made.host, made.port, made.tls, made.timeout, made.colonyname) == (
        *(bound.host, bound.port, bound.tls, bound.timeout, bound.colonyname),
    )
    assert names_of(made) == [executor.name]


def test_clients_go_to_other_processes(bound: Colonies, executor: Member) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(names_of, [bound]) == [executor.name]


class Own(Colonies):
    """A class of a program's own, with another constructor."""

    def __init__(self, port: int) -> None:
        super().__init__("127.0.0.1", port)
        self.more = ["kept"]


def test_subclasses_keep_their_attributes() -> None:
    made = copy.deepcopy(Own(50080))
    assert type(made) is Own
    assert made.port == 50080
    assert made.more == ["kept"]


def test_handles_are_references(bound: Colonies, executor: Member) -> None:
    kind = bound.get_executor(executorname=executor.name)["executortype"]
    handle = bound.submit("f", executortype=kind, maxexectime=60)
    again = pickle.loads(pickle.dumps(handle))
    assert again.processid == handle.processid
    process = bound.assign(timeout=60)
    bound.close(process.processid, ["done"])
    assert again.result(60) == handle.result(60) == copy.deepcopy(handle).result(60) == "done"
    assert executor.prvkey.encode() in pickle.dumps(handle)  # as the documentation says


# --- White space


@pytest.mark.parametrize("space", ["\n", "\r\n", " ", "\t"])
def test_white_space_around_settings_does_not_count(
    server: DevServer, colony: Colony, executor: Member, monkeypatch: pytest.MonkeyPatch, space: str
) -> None:
    key = executor.prvkey + space
    for name, value in {
        "COLONIES_SERVER_HOST": server.host,
        "COLONIES_SERVER_PORT": str(server.port),
        "COLONIES_SERVER_TLS": "false",
        "COLONIES_TLS": "false",
        "COLONIES_COLONY_NAME": colony.name,
        "COLONIES_PRVKEY": executor.prvkey,
        "COLONIES_EXECUTOR_NAME": executor.name,
    }.items():
        monkeypatch.setenv(name, space + value + space)
    assert names_of(Colonies.from_env()) == [executor.name]
    client, colonyname, _, executorname, prvkey = colonies_client()
    assert colonyname == colony.name
    assert executorname == executor.name
    assert prvkey == executor.prvkey
    for port in (server.port, str(server.port), f"{server.port}{space}"):
        client = Colonies(f"{server.host}{space}", port)  # type: ignore[arg-type]
        assert client.list_executors(colony.name, key)
    assert Colonies(hosts=[f"{server.host}:{server.port}{space}"]).list_executors(colony.name, key)
    crypto = Crypto()
    assert crypto.id(key) == executor.id
    assert crypto.sign("x", key) == crypto.sign("x", executor.prvkey)


@pytest.mark.parametrize("port", ["", "x", "0", "65536", "5 0"])
def test_a_port_that_is_none_is_told(port: Any) -> None:
    with pytest.raises(ConfigurationError, match="port"):
        Colonies("localhost", port)


# --- Labels


@pytest.mark.parametrize("up", ["x", "/x", "x/", "/x/"])
def test_labels_are_equal_up_and_down(
    server: DevServer, colony: Colony, embedded_store: S3Settings, tmp_path: Path, up: str
) -> None:
    user = colony.user()
    client = Colonies(server.host, server.port, prvkey=user.prvkey, colonyname=colony.name, s3=embedded_store)
    client.upload_data(filename="f", data=b"1", label=up)
    for down in ("x", "/x", "x/", "/x/", up):
        assert client.download_data(label=down, filename="f") == b"1"
        assert Path(client.download_file(dst=tmp_path, label=down, filename="f")).read_bytes() == b"1"
        assert [file["name"] for file in client.get_files(down)] == ["f"]
        assert client.get_file(label=down, filename="f")[0]["name"] == "f"
    client.delete_file(label=up, filename="f")
    assert client.get_files(up) == []


def test_a_file_is_named_once(colony: Colony) -> None:
    client = colony.client
    twice: dict[str, Any] = {"colonyname": "c", "fileid": "x", "filename": "x"}
    calls: list[Any] = [client.download_file, client.download_data, client.get_file]
    for call, key in product(calls, (colony.prvkey, "key")):  # 1.x says so whatever the key
        with pytest.raises(ValueError, match=r"cannot be set at the same time\. Please"):
            call(prvkey=key, **twice)


# --- Specs


@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (lambda: Workflow(colonyname="dev", maxexectim=60), "did you mean 'maxexectime'"),  # type: ignore[call-arg]
        (lambda: Workflow(colonyname="dev", nonsense=3), "has no field 'nonsense'; there are"),  # type: ignore[call-arg]
        (lambda: FuncSpec(maxexectim=3), "did you mean 'maxexectime'"),
        (lambda: Conditions(executortyp="x"), "did you mean 'executortype'"),
        (lambda: FuncSpec(conditions={"executortyp": "x"}), "Conditions has no field 'executortyp'"),
        (lambda: Fs(mont="/x"), "did you mean 'mount'"),
    ],
)
def test_a_misspelt_field_is_told(make: Any, hint: str) -> None:
    with pytest.raises(TypeError, match=hint):
        make()


@pytest.mark.parametrize("name", ["maxexectime", "maxwaittime", "maxretries"])
@pytest.mark.parametrize("value", [-2, -5, True])
def test_an_impossible_limit_is_told(name: str, value: int) -> None:
    options: dict[str, Any] = {name: value}
    for make in (
        lambda: FuncSpec(**options),
        lambda: func_spec("f", [], "dev", "cli", **options),
        lambda: Workflow(colonyname="dev", **options),
        lambda: Workflow(colonyname="dev", executortype="t").add("f", **options),
    ):
        with pytest.raises(ValueError, match=f"{name} must be -1"):
            make()


def test_records_of_servers_keep_unknown_fields() -> None:
    spec = FuncSpec.model_validate({"novelty": 1, "conditions": {"more": 2}, "maxexectime": -7})
    sent = json.loads(spec.model_dump_json())
    assert sent["novelty"] == 1
    assert sent["conditions"]["more"] == 2
    assert sent["maxexectime"] == -7


def test_args_beside_after_are_refused() -> None:
    workflow = Workflow(colonyname="dev", executortype="t")
    first = workflow.add("f", args=[1])
    with pytest.raises(TypeError, match="args= would be dropped; pass further arguments by name"):
        workflow.add("g", args=[2], after=[first])
    workflow.add("g", kwargs={"number": 2}, after=[first])
