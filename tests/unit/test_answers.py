"""Dictionaries that can be read as models."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycolonies import Process, ProtocolError
from pycolonies._answers import Answer, answer, answers
from values import json_values

FIELDS = {
    "processid": "x",
    "state": 3,
    "in": [1],
    "submissiontime": "2026-01-02T03:04:05Z",
    "spec": {"funcname": "f", "conditions": {"executortype": "t"}},
    "new": {"field": 1},
}


@pytest.fixture
def process() -> Any:
    return answer(Process, "m", json.dumps(FIELDS).encode())


def test_it_is_the_dictionary_that_came(process: Any) -> None:
    assert isinstance(process, dict)
    assert process == FIELDS
    assert json.loads(json.dumps([process])) == [FIELDS]
    assert (dict(process), {**process}, list(process), len(process)) == (FIELDS, FIELDS, list(FIELDS), 6)
    assert "retries" not in process
    assert process.get("retries", "none") == "none"
    assert process["spec"]["funcname"] == process.pop("spec")["funcname"]
    assert repr(process).startswith("{'processid': 'x'")


def test_it_reads_as_a_model(process: Any) -> None:
    assert (process.processid, process.state, process.input, process.retries) == ("x", 3, [1], 0)
    assert isinstance(process.submissiontime, datetime)
    assert (process.spec.funcname, process.spec.conditions.executortype) == ("f", "t")
    assert process.new == {"field": 1}
    assert process.model is process.model
    assert process == process.model
    assert process.model == process
    assert process != Process()
    assert isinstance(process.model, Process)
    with pytest.raises(AttributeError):
        _ = process.nothing
    with pytest.raises(AttributeError):
        process.state = 4  # the dictionary is what can be changed


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_it_can_be_copied(process: Any, twin: Any) -> None:
    for _ in range(2):
        copied = twin(process)
        assert isinstance(copied, Answer)
        assert (copied, copied.state) == (FIELDS, 3)


@given(fields=st.dictionaries(st.sampled_from([*Process.model_fields, "in", "out"]), json_values))
def test_what_does_not_fit_is_left_out_of_the_model_alone(fields: dict[str, Any]) -> None:
    sent = json.dumps({**fields, "processid": "x"})
    (process,) = answers(Process, "m", f"[{sent}]".encode())
    assert process == json.loads(sent)
    assert process.processid == "x"
    assert process == json.loads(sent)


def test_null_is_an_empty_list() -> None:
    assert answers(Process, "m", b"null") == []


@pytest.mark.parametrize("reply", [b"{}", b"1", b"[1]", b"[null]", b"[[]]", b"no JSON"])
def test_a_list_that_is_none_is_told(reply: bytes) -> None:
    with pytest.raises(ProtocolError, match="the reply to m"):
        answers(Process, "m", reply)


@pytest.mark.parametrize("reply", [b"[]", b"1", b"null", b"no JSON"])
def test_an_object_that_is_none_is_told(reply: bytes) -> None:
    with pytest.raises(ProtocolError, match="the reply to m"):
        answer(Process, "m", reply)
