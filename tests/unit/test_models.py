"""Models: tolerant of what servers send, and of the subscripts that earlier versions used."""

from __future__ import annotations

import json
import pickle
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycolonies import (
    NEVER,
    Attribute,
    Conditions,
    Fs,
    FuncSpec,
    Gpu,
    Process,
    ProcessGraph,
    SnapshotMount,
)
from pycolonies._rpc.encoding import decode, encode, read
from values import json_values

WIRE: dict[str, Any] = {
    "processid": "p" * 64,
    "initiatorid": "i" * 64,
    "initiatorname": "me",
    "assignedexecutorid": "",
    "isassigned": False,
    "state": 0,
    "prioritytime": 1700000000000000000,
    "submissiontime": "2026-11-23T17:01:39.5Z",
    "starttime": "0001-01-01T00:00:00Z",
    "endtime": "0001-01-01T00:00:00Z",
    "waitdeadline": "0001-01-01T00:00:00Z",
    "execdeadline": "2026-11-23T17:01:39.123456789Z",
    "retries": 0,
    "attributes": [],
    "spec": {
        "nodename": "n",
        "funcname": "f",
        "args": ["a", 1, 1.5, True, None, [1], {"k": [2]}],
        "kwargs": {"o": {"x": None}},
        "priority": 0,
        "maxwaittime": -1,
        "maxexectime": -1,
        "maxretries": 0,
        "conditions": {
            "colonyname": "dev",
            "executornames": None,
            "executortype": "cli",
            "dependencies": [],
            "nodes": 0,
            "cpu": "0m",
            "processes": 0,
            "processespernode": 0,
            "mem": "0Mi",
            "storage": "0Mi",
            "gpu": {"name": "", "mem": "0Mi", "count": 0, "nodecount": 0},
            "walltime": 0,
        },
        "label": "",
        "fs": {"mount": "", "snapshots": [{"snapshotid": "s", "label": "/l", "dir": "/d"}], "dirs": None},
        "env": {},
    },
    "waitforparents": False,
    "parents": [],
    "children": [],
    "processgraphid": "",
    "in": [],
    "out": [{"any": [None, True]}],
    "errors": [],
}


def _read(**changes: Any) -> Process:
    return Process.model_validate_json(json.dumps(WIRE | changes))


def test_a_process_is_read_by_attribute_and_by_subscript() -> None:
    process = _read()
    assert process.spec.funcname == process["spec"]["funcname"] == "f"
    assert process.output == process["out"] == process["output"] == [{"any": [None, True]}]
    assert process["in"] == process.input == []
    assert process.get("nothing") is None
    assert "processid" in process
    assert "nothing" not in process
    with pytest.raises(KeyError, match="nothing"):
        process["nothing"]
    assert "out" in process.keys()  # noqa: SIM118 (what a dictionary's keys are asked for)


def test_subscripts_can_be_assigned() -> None:
    process = _read()
    process["spec"]["args"] = ["changed"]
    process["out"] = [1]
    assert process.spec.args == ["changed"]
    assert process.output == [1]


def test_every_json_value_stays_what_it_is() -> None:
    process = _read()
    assert process.spec.args == ["a", 1, 1.5, True, None, [1], {"k": [2]}]
    assert process.spec.args[3] is True
    assert process.spec.kwargs == {"o": {"x": None}}


def test_times_have_a_zone_and_may_have_nanoseconds() -> None:
    process = _read()
    assert process.starttime == NEVER
    assert process.submissiontime.tzinfo is not None
    assert process.execdeadline.microsecond == 123456


def test_mounts_are_models() -> None:
    fs = _read().spec.fs
    assert fs is not None
    assert fs.snapshots == [SnapshotMount(snapshotid="s", label="/l", dir="/d")]
    assert fs.dirs is None


@pytest.mark.parametrize("field", ["errors", "parents", "children", "attributes", "in", "out"])
def test_a_null_list_is_no_error(field: str) -> None:
    assert not _read(**{field: None})[field]


def test_missing_fields_have_defaults_and_new_ones_are_kept() -> None:
    process = Process.model_validate_json('{"processid": "x", "novelty": {"a": [1]}, "spec": {"more": 1}}')
    assert process.state == 0
    assert process.errors == []
    assert process.starttime == NEVER
    assert process["novelty"] == {"a": [1]}
    written = json.loads(process.model_dump_json(by_alias=True))
    assert written["novelty"] == {"a": [1]}
    assert written["spec"]["more"] == 1


def test_what_is_read_is_written_again() -> None:
    written = json.loads(_read().model_dump_json(by_alias=True))
    for field in WIRE.keys() - {"spec", "execdeadline", "submissiontime"}:
        assert written[field] == WIRE[field], field
    assert written["spec"]["args"] == WIRE["spec"]["args"]


def test_models_are_made_by_either_name() -> None:
    process = Process(input=[1])
    assert process.input == Process.model_validate({"in": [1]}).input == [1]


def test_defaults_are_not_shared() -> None:
    FuncSpec().args.append(1)
    FuncSpec().conditions.dependencies.append("x")
    assert FuncSpec().args == []
    assert FuncSpec().conditions.dependencies == []


def test_models_are_pickled() -> None:
    for record in (_read(), FuncSpec(), Conditions(), Gpu(), Fs(), ProcessGraph()):
        assert pickle.loads(pickle.dumps(record)) == record


texts = st.text()
specs = st.builds(
    FuncSpec,
    nodename=texts,
    funcname=texts,
    args=st.lists(json_values, max_size=4),
    kwargs=st.dictionaries(texts, json_values, max_size=4),
    env=st.dictionaries(texts, texts, max_size=4),
    label=texts,
    priority=st.integers(-50000, 50000),
    maxexectime=st.integers(-1, 2**31),
    channels=st.lists(texts, max_size=3),
    conditions=st.builds(Conditions, executornames=st.none() | st.lists(texts, max_size=3)),
    fs=st.none() | st.builds(Fs, mount=texts),
)


@given(spec=specs)
def test_any_spec_survives_being_written_and_read(spec: FuncSpec) -> None:
    sent = encode("submitfuncspecmsg", {"spec": spec})
    assert FuncSpec.model_validate(decode("m", sent)["spec"]) == spec
    assert (
        read(FuncSpec, "m", encode("m", spec.model_dump(by_alias=True))).model_dump(exclude={"msgtype"})
        == spec.model_dump()
    )


def test_models_are_read_like_dictionaries() -> None:
    attribute = Attribute(key="k", value="v")
    assert dict(attribute.items()) == {**attribute} == attribute.model_dump()
    assert attribute.values() == [value for _, value in attribute.items()]
    assert dict(Process.model_validate({"out": [1]}).items())["out"] == [1]


@pytest.mark.parametrize(
    "never",
    ["0001-01-01T00:00:00Z", "0001-01-01T01:12:12+01:12", "0000-12-31T19:03:58-04:56"],
    ids=["UTC", "Stockholm", "New York"],
)
@pytest.mark.parametrize("model", [Process, ProcessGraph])
def test_never_is_one_time_whatever_zone_the_server_is_in(model: Any, never: str) -> None:
    found = model.model_validate({"starttime": never, "endtime": "2026-07-01T10:00:00.123456789+02:00"})
    assert found.starttime == datetime(1, 1, 1, tzinfo=timezone.utc)
    assert found["starttime"] == "0001-01-01T00:00:00Z"
    assert found.endtime.isoformat() == "2026-07-01T08:00:00.123456+00:00"
    assert found["endtime"] == "2026-07-01T08:00:00.123456Z"


@pytest.mark.parametrize(
    ("time", "year"), [("9999-12-31T23:59:59-05:00", 9999), ("0001-01-01T00:00:00+05:00", 1)]
)
def test_times_at_the_ends_of_time_are_read(time: str, year: int) -> None:
    assert Process.model_validate({"starttime": time}).starttime.year == year
    assert Process(starttime=datetime.fromisoformat(time)).starttime.year == year


def test_a_time_without_a_zone_is_in_utc() -> None:
    assert Process(starttime=datetime(2026, 7, 1)).starttime == datetime(2026, 7, 1, tzinfo=timezone.utc)  # noqa: DTZ001 (without a time zone)
