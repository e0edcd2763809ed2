"""Every call of 1.0.2, of March 2023, is taken: by place and by name."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from recorded import signature, surface

from pycolonies import Colonies, Workflow, create_func_spec
from pycolonies.crypto import PrivateKey

SURFACE = surface("1.0.2")
METHODS: dict[str, str] = SURFACE["pycolonies"]["Colonies"]["methods"]
PRVKEY = "11" * 32
ID = "ab" * 32
SPEC: dict[str, Any] = {"funcname": "f", "conditions": {"colonyid": ID, "executortype": "t"}}
PROCESS = {"processid": ID, "state": 2, "spec": SPEC}

#: An argument of each name, as a program of that time gives it.
ARGUMENTS: dict[str, Callable[[], Any]] = {
    "args": lambda: ["arg"],
    "attributeid": lambda: ID,
    "childprocessid": lambda: ID,
    "colony": lambda: {"colonyid": ID, "name": "dev"},
    "colonyid": lambda: ID,
    "count": lambda: 10,
    "desc": lambda: "what it does",
    "errors": lambda: ["error"],
    "executor": lambda: {
        "executorname": "me",
        "executorid": ID,
        "colonyid": ID,
        "executortype": "t",
    },
    "executorid": lambda: ID,
    "funcname": lambda: "f",
    "funcspec": lambda: dict(SPEC),
    "insert": lambda: True,
    "key": lambda: "key",
    "nodename": lambda: "node",
    "output": lambda: ["output"],
    "parentprocessid": lambda: ID,
    "process": lambda: dict(PROCESS),
    "processgraphid": lambda: ID,
    "processid": lambda: ID,
    "processids": lambda: [ID],
    "prvkey": lambda: PRVKEY,
    "spec": lambda: dict(SPEC),
    "state": lambda: 0,
    "timeout": lambda: 10,
    "value": lambda: "value",
}


class Recorder:
    """Stands for a server that has everything."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def call(self, msgtype: str, message: bytes, prvkey: PrivateKey, timeout: float | None = None) -> bytes:
        assert prvkey == PrivateKey(PRVKEY), timeout
        self.messages.append(json.loads(message))
        assert self.messages[-1]["msgtype"] == msgtype
        if msgtype in {"getprocessesmsg", "getfunctionsmsg", "getexecutorsmsg", "getcoloniesmsg"}:
            return b"[]"
        if "process" in msgtype:
            return json.dumps(PROCESS).encode()
        return json.dumps({"executorid": ID, "executorname": "me", "colonyname": "dev"}).encode()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def client(recorder: Recorder) -> Colonies:
    client = Colonies("localhost", 1)
    client.endpoint = client.endpoint.bind(transport=recorder)
    return client


def _forms() -> Iterator[Any]:
    for name, text in METHODS.items():
        if name != "__init__":
            names = [name for name in signature(text).parameters if name != "self"]
            yield pytest.param(name, names, id=name)


@pytest.mark.filterwarnings("ignore:.*form of 2023.*:DeprecationWarning")
@pytest.mark.parametrize(("name", "names"), list(_forms()))
@pytest.mark.parametrize("named_from", [0, 1, 99], ids=["by name", "mixed", "by place"])
def test_the_call_is_taken(
    client: Colonies, recorder: Recorder, name: str, names: list[str], named_from: int
) -> None:
    values = [ARGUMENTS[argument]() for argument in names]
    by_name = dict(zip(names[named_from:], values[named_from:], strict=True))
    getattr(client, name)(*values[:named_from], **by_name)
    assert recorder.messages
    assert "colonyid" not in recorder.messages[-1]  # no server of today knows it


def test_the_rest_of_the_surface() -> None:
    crypto = importlib.import_module("crypto").Crypto()
    for name, text in SURFACE["crypto"]["Crypto"]["methods"].items():
        if name != "__init__":
            values = {"id": PRVKEY, "data": "text", "prvkey": PRVKEY}
            if name == "recoverid":
                values["prvkey"] = crypto.sign("text", PRVKEY)
            arguments = [name for name in signature(text).parameters if name != "self"]
            by_place = getattr(crypto, name)(*(values[argument] for argument in arguments))
            by_name = getattr(crypto, name)(**{argument: values[argument] for argument in arguments})
            assert name == "prvkey" or by_place == by_name
    for name in SURFACE["pycolonies"]:
        assert hasattr(importlib.import_module("pycolonies"), name)
    Colonies("localhost", 1)


@pytest.mark.filterwarnings("ignore:.*form of 2023.*:DeprecationWarning")
def test_workflows_and_function_specs() -> None:
    spec = create_func_spec("f", ["arg"], ID, "t", 0, 1, 2, 3)
    assert spec == create_func_spec(
        func="f",
        args=["arg"],
        colonyid=ID,
        executortype="t",
        priority=0,
        maxexectime=1,
        maxretries=2,
        maxwaittime=3,
        code=None,
    )
    workflow = Workflow(ID)
    workflow.add(spec, "first", [])
    workflow.add(func_spec=dict(SPEC), nodename="second", dependencies=["first"])
    described = workflow.workflow_spec()
    assert described["colonyid"] == ID
    assert [node["nodename"] for node in described["functionspecs"]] == ["first", "second"]
    assert Workflow(colonyid=ID).colonyname == ID


def test_every_argument_is_used() -> None:
    used = {name for text in METHODS.values() for name in signature(text).parameters}
    assert used - {"self", "host", "port"} == set(ARGUMENTS)
