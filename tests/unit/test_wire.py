"""JSON of messages and replies."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycolonies import Attribute, FuncSpec, Process, ProcessGraph, ProtocolError
from pycolonies._models import Record
from pycolonies._rpc.encoding import decode, encode, read, read_list
from pycolonies._rpc.reply import Reply
from values import json_values


def test_models_are_written_by_the_protocols_names() -> None:
    written = json.loads(
        encode("m", {"process": Process(processid="x"), "spec": FuncSpec(args=[None, True])})
    )
    assert written["msgtype"] == "m"
    assert {"in", "out"} <= written["process"].keys()
    assert written["spec"]["args"] == [None, True]


def test_what_is_not_json_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="the reply to m is not JSON"):
        decode("m", b"{")
    with pytest.raises(ProtocolError, match="not a JSON object"):
        read(Process, "m", b"[]")


def test_a_field_that_does_not_fit_costs_no_process() -> None:
    process = read(
        Process,
        "m",
        json.dumps(
            {
                "processid": "x",
                "retries": "many",
                "errors": ["one", 2],
                "starttime": "yesterday",
                "spec": {
                    "funcname": "f",
                    "args": [1],
                    "kwargs": 3,
                    "conditions": {"nodes": "two", "cpu": "1m"},
                    "fs": {"mount": "/cfs", "snapshots": [{"label": "l", "keepfiles": []}]},
                },
            }
        ).encode(),
    )
    assert process.processid == "x"
    assert process.retries == 0
    assert process.errors == []
    assert process.spec.funcname == "f"
    assert process.spec.args == [1]
    assert process.spec.kwargs == {}
    assert process.spec.conditions.nodes == 0
    assert process.spec.conditions.cpu == "1m"
    assert process.spec.fs is not None
    assert process.spec.fs.mount == "/cfs"


@given(
    fields=st.dictionaries(st.sampled_from([*Process.model_fields, "in", "out"]), json_values),
    spec=st.none() | st.dictionaries(st.sampled_from([*FuncSpec.model_fields]), json_values),
)
def test_any_object_is_a_process(fields: dict[str, Any], spec: dict[str, Any] | None) -> None:
    process = read(Process, "m", json.dumps({**fields, "processid": "x", "spec": spec}).encode())
    assert process.processid == "x"


MODELS = [Process, FuncSpec, ProcessGraph, Attribute]
#: Replies: anything, JSON, and JSON that has the fields of models.
payloads = st.binary() | st.builds(
    lambda value: json.dumps(value).encode(),
    json_values | st.lists(st.dictionaries(st.sampled_from([*Process.model_fields, "spec"]), json_values)),
)


@pytest.mark.parametrize("model", MODELS)
@given(payload=payloads)
def test_any_reply_is_a_model_or_a_protocol_error(model: type[Record], payload: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        assert isinstance(read(model, "m", payload), model)
    with contextlib.suppress(ProtocolError):
        assert all(isinstance(one, model) for one in read_list(model, "m", payload))
    with contextlib.suppress(ProtocolError):
        assert all(isinstance(one, model) for one in Reply("m", payload).dicts_of(model))


def test_one_misfit_in_a_list_spoils_no_other() -> None:
    reply = b'[{"processid": "1", "state": 1}, {"processid": "2", "state": "odd", "retries": 3}]'
    first, second = read_list(Process, "getprocessesmsg", reply)
    assert first.processid == "1"
    assert first.state == 1
    assert second.processid == "2"
    assert second.state == 0
    assert second.retries == 3


def test_null_is_an_empty_list() -> None:
    assert read_list(Process, "getprocessesmsg", b"null") == []


@pytest.mark.parametrize("reply", [b"{}", b"1", b"[1]", b"[null]", b"[[]]", b"no JSON"])
def test_a_list_that_is_none_is_told(reply: bytes) -> None:
    with pytest.raises(ProtocolError, match="getprocessesmsg"):
        read_list(Process, "getprocessesmsg", reply)
