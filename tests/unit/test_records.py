"""Records: one interface for those that are models and those that are dictionaries."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

import pycolonies
from pycolonies import (
    Blueprint,
    Capabilities,
    Colony,
    ExecutorRecord,
    FileVersion,
    FuncSpec,
    Hardware,
    Process,
    ProcessGraph,
    ProcessState,
    ProtocolError,
)
from pycolonies import _records as records
from pycolonies._models.dicts import DictRecord
from pycolonies._rpc.reply import Reply
from values import json_values

FIELDS = {
    "processid": "x",
    "state": 3,
    "in": [1],
    "submissiontime": "2026-01-02T03:04:05Z",
    "spec": {"funcname": "f", "conditions": {"executortype": "t"}},
    "attributes": [{"key": "k", "value": "v"}],
    "new": {"field": 1},
}
REPLY = Reply("m", json.dumps(FIELDS).encode())


@pytest.fixture(params=["model", "dictionary"])
def process(request: pytest.FixtureRequest) -> Process:
    return REPLY.to(Process) if request.param == "model" else REPLY.dict_of(Process)


@pytest.fixture
def listed() -> Any:
    return REPLY.dict_of(Process)


def test_both_forms_are_processes(process: Process) -> None:
    assert isinstance(process, Process)
    assert not isinstance(process, ProcessGraph)
    assert isinstance(process.spec, FuncSpec)


def test_both_forms_have_attributes_in_their_types(process: Process) -> None:
    assert process.processid == "x"
    assert process.state == 3
    assert process.input == [1]
    assert process.retries == 0
    assert process.state is ProcessState.FAILED
    assert process.submissiontime == datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert process.spec.funcname == "f"
    assert process.spec.conditions.executortype == "t"
    assert process.attributes
    assert process.attributes[0].value == "v"
    assert process.new == {"field": 1}  # type: ignore[attr-defined]
    assert not hasattr(process, "nothing")


def test_both_forms_have_subscripts_with_the_values_of_the_protocol(process: Process) -> None:
    assert {key: process[key] for key in FIELDS.keys() - {"spec", "attributes"}} == {
        key: value for key, value in FIELDS.items() if key not in ("spec", "attributes")
    }
    assert process["spec"]["conditions"]["executortype"] == process["spec"].conditions.executortype == "t"
    assert process.get("nothing", 1) == 1
    assert process.get("state") == 3
    with pytest.raises(KeyError, match="nothing"):
        _ = process["nothing"]


def test_both_forms_can_be_changed_by_either_name(process: Process) -> None:
    process.state = ProcessState.CANCELLED
    process["out"] = [2]
    process.spec.args.append(1)
    process.spec["funcname"] = "g"
    assert process["state"] == 4
    assert process.output == [2]
    assert process["spec"]["funcname"] == "g"
    process.spec.args = [1, 2]
    assert process["spec"]["args"] == [1, 2]


def test_both_forms_look_the_same(process: Process) -> None:
    assert repr(process) == repr(REPLY.to(Process))
    assert repr(process).startswith("Process(processid='x', state=FAILED, spec=FuncSpec(funcname='f'")
    html = process._repr_html_()
    assert "<th>processid</th><td>&#x27;x&#x27;</td>" in html


def test_both_forms_are_equal_to_each_other(process: Process, listed: Any) -> None:
    assert process == REPLY.to(Process)
    assert process == listed
    assert listed == process
    assert process != Process()


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_both_forms_can_be_copied_and_pickled(process: Process, twin: Any) -> None:
    for _ in range(2):
        copied = twin(process)
        assert type(copied) is type(process)
        assert copied == process
        assert copied.state == 3
        assert copied.spec.funcname == "f"


def test_both_forms_have_the_methods_of_models(process: Process) -> None:
    assert process.model_dump(by_alias=True)["in"] == [1]
    assert json.loads(process.model_dump_json(by_alias=True))["spec"]["funcname"] == "f"
    assert process.model_copy(update={"retries": 2}).retries == 2


def test_a_dictionary_is_what_the_server_sent(listed: Any) -> None:
    assert isinstance(listed, dict)
    assert listed == FIELDS
    assert json.loads(json.dumps([listed])) == [FIELDS]
    assert dict(listed) == FIELDS
    assert {**listed} == FIELDS
    assert list(listed) == list(FIELDS)
    assert len(listed) == 7
    assert "retries" not in listed
    assert listed.pop("spec")["funcname"] == "f"


def test_a_process_graph_in_a_list_can_be_drawn() -> None:
    nodes = [{"id": "a", "data": {"label": "first"}}]
    graph = Reply("m", json.dumps({"processids": ["a"], "nodes": nodes}).encode()).dict_of(ProcessGraph)
    assert "first" in graph.tree()


def _records() -> list[type[DictRecord]]:
    found = [value for value in vars(records).values() if isinstance(value, type)]
    return [kind for kind in found if issubclass(kind, DictRecord) and kind is not DictRecord]


@pytest.mark.parametrize("kind", _records())
def test_every_record_reads_an_empty_object_and_keeps_unknown_fields(kind: type[DictRecord]) -> None:
    record = kind(of_a_newer_server=1)
    assert json.loads(json.dumps(record)) == {"of_a_newer_server": 1}
    assert record.of_a_newer_server == 1
    for name in kind.__annotations__:
        getattr(record, name)  # a missing field has a default
    assert repr(record) == f"{kind.__name__}(of_a_newer_server=1)"
    assert isinstance(pickle.loads(pickle.dumps(record)), kind)


@pytest.mark.parametrize("kind", _records())
@given(data=st.data())
def test_a_value_of_another_type_gives_the_default_and_stays_in_the_dictionary(
    kind: type[DictRecord], data: st.DataObject
) -> None:
    fields = data.draw(st.dictionaries(st.sampled_from([*kind.__annotations__]), json_values))
    record = kind(fields)
    for name in kind.__annotations__:
        getattr(record, name)
    assert json.loads(json.dumps(record)) == json.loads(json.dumps(fields))


def test_nested_records_are_records_in_both_spellings() -> None:
    sent: Any = {
        "capabilities": {"hardware": [{"cores": 4}]},
        "allocations": {"projects": {"p": {"usedcpu": 1}}},
    }
    executor = ExecutorRecord(**sent)
    assert isinstance(executor.capabilities, Capabilities)
    assert executor.capabilities is executor["capabilities"]
    assert executor.capabilities.hardware
    assert isinstance(executor.capabilities.hardware[0], Hardware)
    assert executor.capabilities.hardware[0].cores == executor["capabilities"]["hardware"][0]["cores"] == 4
    assert executor.allocations.projects
    assert executor.allocations.projects["p"].usedcpu == 1
    executor.capabilities.hardware[0].cores = 8
    assert json.loads(json.dumps(executor))["capabilities"]["hardware"] == [{"cores": 8}]


def test_a_record_can_be_made_from_fields_or_from_a_dictionary() -> None:
    assert Colony(name="dev") == Colony(name="dev") == {"name": "dev"}
    assert Colony(name="dev") != Colony(name="prod")
    assert Blueprint(kind="K").metadata.name == ""


def test_secrets_do_not_show() -> None:
    s3object = {"server": "s", "secretkey": "HIDDEN", "encryptionkey": "HIDDEN", "accesskey": "HIDDEN"}
    ref: Any = {"s3object": s3object}
    version = FileVersion(name="f", ref=ref)
    model = pycolonies.File.model_validate(dict(version))
    for record in (version, model, version.ref.s3object, model.ref.s3object):
        assert "HIDDEN" not in repr(record) + record._repr_html_()
        assert "***" in repr(record)


def test_a_state_compares_to_integers_and_writes_as_one() -> None:
    state = REPLY.to(Process).state
    assert state == 3
    assert f"{state}" == "3"
    assert str(state) == "3"
    assert json.dumps(state) == "3"
    assert state.name == "FAILED"
    assert state > ProcessState.RUNNING
    assert state.ended


def test_a_state_of_a_newer_server_is_kept() -> None:
    for found in (Process(state=7), Reply("m", b'{"state": 7}').dict_of(Process)):
        assert found.state == 7
        assert found.state.name == "STATE_7"


@given(fields=st.dictionaries(st.sampled_from([*Process.model_fields, "in", "out"]), json_values))
def test_what_does_not_fit_is_left_out_of_the_attributes_alone(fields: dict[str, Any]) -> None:
    sent = json.dumps({**fields, "processid": "x"})
    (process,) = Reply("m", f"[{sent}]".encode()).dicts_of(Process)
    assert process == json.loads(sent)
    assert process.processid == "x"
    for name in Process.model_fields:
        getattr(process, name)
    assert process == json.loads(sent)


def test_null_is_an_empty_list() -> None:
    assert Reply("m", b"null").dicts_of(Process) == Reply("m", b"null").list_of(Colony) == []


@pytest.mark.parametrize("payload", [b"{}", b"1", b"[1]", b"[null]", b"[[]]", b"no JSON"])
def test_a_reply_that_is_no_list_of_objects_is_a_protocol_error(payload: bytes) -> None:
    with pytest.raises(ProtocolError, match="the reply to m"):
        Reply("m", payload).dicts_of(Process)
    with pytest.raises(ProtocolError, match="the reply to m"):
        Reply("m", payload).list_of(Colony)


@pytest.mark.parametrize("payload", [b"[]", b"1", b"null", b"no JSON"])
def test_a_reply_that_is_no_object_is_a_protocol_error(payload: bytes) -> None:
    with pytest.raises(ProtocolError, match="the reply to m"):
        Reply("m", payload).dict_of(Process)
    with pytest.raises(ProtocolError, match="the reply to m"):
        Reply("m", payload).to(Colony)


def test_records_are_fields_of_other_models() -> None:
    class Deployment(BaseModel):
        colony: Colony
        first: Process

    found = Deployment.model_validate({"colony": {"name": "dev"}, "first": FIELDS})
    assert isinstance(found.colony, Colony)
    assert found.colony.name == "dev"
    assert found.first.state == ProcessState.FAILED
    assert json.loads(found.model_dump_json())["colony"] == {"name": "dev"}
