"""What calls return follows one rule for records: on the wire, for every call."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import re
from collections.abc import Iterator
from typing import Any

import pytest

import pycolonies
from conftest import Colony
from pycolonies import Colonies
from pycolonies._models.base import Record
from pycolonies._models.dicts import DictRecord
from pycolonies.testing import SERVER_PRVKEY


def _record_of(call: str) -> type[Any] | None:
    """Return the class of the records that a call returns, by its annotation."""
    written = getattr(inspect.unwrap(getattr(Colonies, call)), "__annotations__", {}).get("return", "")
    for name in re.findall(r"\w+", written):
        kind = getattr(pycolonies, name, None)
        if inspect.isclass(kind) and issubclass(kind, Record | DictRecord):
            return kind
    return None


CALLS = {
    name: kind
    for name in dir(Colonies)
    if not name.startswith("_") and callable(getattr(Colonies, name)) and (kind := _record_of(name))
}


#: Calls that need a store for files, or processes that come meanwhile, or send nothing; tested with those.
ELSEWHERE = {"create_func_spec", "follow_processes", "upload_data", "upload_file"}
#: Characters of a repr.
LONGEST = 1000
#: A private module in a pickle, beside the functions that make records.
CALLS_IN_PICKLE = re.compile(rb"cpycolonies\._(?!models\.dicts\n_rebuilt)\S+\n\S+")


class World:
    """A colony with one of everything, and what each call returns of it."""

    def __init__(self, colony: Colony, server_prvkey: str) -> None:
        self.colony, self.name, self.owner, self.server = colony, colony.name, colony.prvkey, server_prvkey
        self.member = colony.executor()
        self.client = colony.client.bind(prvkey=self.member.prvkey, colonyname=self.name)
        node = {**colony.spec().model_dump(by_alias=True), "nodename": "n"}
        self.workflow = {"colonyname": self.name, "functionspecs": [node]}
        self.found: dict[str, Any] = {}
        self.administration()
        self.members()
        self.process()
        self.workflows()
        self.plans()
        self.files()
        self.blueprints()

    def note(self, call: str, *args: Any, **kwargs: Any) -> Any:
        """Make a call, and keep what it returns; of an iterator the first item."""
        found = getattr(self.client, call)(*args, **kwargs)
        self.found[call] = [next(found)] if isinstance(found, Iterator) else found
        return found

    def administration(self) -> None:
        self.note("add_colony", {"name": f"{self.name}-2", "colonyid": "5" * 64}, self.server)
        self.note("list_colonies", self.server)
        self.note("get_colony")
        self.note("stats")
        self.note("get_version")
        self.note("get_server_info")
        self.note("get_cluster", self.server)
        self.note("get_statistics", self.server)
        self.note("add_location", {"name": "home", "colonyname": self.name, "long": 1, "lat": 2}, self.owner)
        self.note("get_location", name="home")
        self.note("get_locations")

    def members(self) -> None:
        user = {"name": "ada", "userid": "3" * 64, "colonyname": self.name}
        late = {"executorname": "late", "executorid": "4" * 64, "executortype": "t", "colonyname": self.name}
        self.note("add_user", user, self.owner)
        self.note("get_users")
        self.note("get_user", name="ada")
        self.note("get_user_by_id", userid=user["userid"])
        self.note("add_executor", late, self.owner)
        self.note("list_executors")
        self.note("get_executor", executorname=self.member.name)
        self.note("get_executor_by_id", self.member.id)
        self.note("add_function", executorname=self.member.name, funcname="echo")
        self.note("get_functions_by_executor", executorname=self.member.name)
        self.note("get_functions_by_colony")
        self.client.add_executor_log(executorname=self.member.name, logmsg="alive")
        self.note("get_executor_log", executorname=self.member.name)

    def process(self) -> None:
        spec = self.colony.spec("a")
        spec.channels = ["chat"]
        processid = self.note("submit_func_spec", spec).processid
        self.note("assign", timeout=60)
        self.note("get_attribute", self.note("add_attribute", processid, "k", "v").attributeid)
        self.client.add_log(processid, "working")
        self.note("get_process_log", processid=processid)
        self.note("search_logs", text="working")
        self.client.channel_append(processid, "chat", 1, "hello")
        self.note("channel_read", processid, "chat", 0, 10)
        self.note("subscribe_channel", processid, "chat", timeout=3)
        self.note("follow_channel", processid, "chat", timeout=60)
        self.note("get_process", processid)
        self.note("list_processes", state=Colonies.RUNNING)
        self.note("get_process_history", seconds=60, state=Colonies.RUNNING)
        self.note("follow_process", processid, timeout=60)
        self.client.fail(processid, ["broken"])
        self.note("wait", self.found["get_process"], 60)
        self.note("failed")

    def workflows(self) -> None:
        graph = self.note("submit_workflow", self.workflow)
        self.note("get_processgraph", graph.processgraphid)
        self.note("get_processgraphs")
        self.note("get_processes_for_workflow", graph.processgraphid)
        self.note("find_process", "n", graph.processids)
        running = self.client.assign(timeout=60).processid
        child = self.colony.spec()
        child.nodename = "child"
        self.note("add_child", graph.processgraphid, running, "", child, "child", False)
        self.client.fail(running, ["broken"])
        self.note("resubmit_workflow", graph.processgraphid)

    def plans(self) -> None:
        cron = self.note("add_cron", "cron", "0 0 1 1 1 *", False, self.workflow)
        self.note("get_cron", cron.cronid)
        self.note("get_crons")
        self.note("run_cron", cron.cronid)
        self.note("schedule", "echo", executortype="echo", countdown=3600)
        described = {"name": "g", "colonyname": self.name, "workflowspec": self.workflow, "trigger": 9}
        generator = self.note("add_generator", {**described, "timeout": 0})
        self.note("get_generator", generator.generatorid)
        self.note("resolve_generator", generatorname="g")
        self.note("get_generators")

    def files(self) -> None:
        stored = {"protocol": "s3", "s3object": {"server": "s", "port": 1, "object": "o", "bucket": "b"}}
        file = {"colonyname": self.name, "label": "/l", "name": "f", "size": 1, "checksum": "c"}
        self.client.endpoint.call("addfilemsg", file={**file, "checksumalg": "SHA256", "ref": stored})
        self.note("get_files", "/l")
        self.note("get_file", label="/l", filename="f")
        self.note("get_file_labels")
        snapshot = self.note("create_snapshot", label="/l", name="s")
        self.note("get_snapshots")
        self.note("get_snapshot_by_name", name="s")
        self.note("get_snapshot_by_id", snapshotid=snapshot.snapshotid)

    def blueprints(self) -> None:
        definition = {
            "kind": "Lamp",
            "metadata": {"name": "lamps", "colonyname": self.name},
            "spec": {"names": {"kind": "Lamp"}, "handler": {"executortype": "echo", "functionname": "f"}},
        }
        lamp: dict[str, Any] = {
            "kind": "Lamp",
            "metadata": {"name": "desk", "colonyname": self.name},
            "handler": {"executortype": "echo"},
            "spec": {"on": True},
        }
        self.note("add_blueprint_definition", definition, self.owner)
        self.note("get_blueprint_definition", name="lamps")
        self.note("get_blueprint_definitions")
        blueprint = self.note("add_blueprint", lamp)
        self.note("get_blueprint", name="desk")
        self.note("get_blueprints")
        self.note("update_blueprint", {**lamp, "spec": {"on": False}})
        self.note("get_blueprint_history", blueprint.blueprintid)
        self.note("reconcile_blueprint", name="desk")


@pytest.fixture(scope="module")
def found(client: Colonies) -> dict[str, Any]:
    return World(Colony(client), SERVER_PRVKEY).found


def records_of(found: dict[str, Any], call: str) -> list[Any]:
    value = found[call]
    return value if isinstance(value, list) else [value]


def test_every_call_that_returns_records_is_tried(found: dict[str, Any]) -> None:
    assert CALLS.keys() - ELSEWHERE == found.keys()


@pytest.fixture(params=[call for call in CALLS if call not in ELSEWHERE])
def call(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def record(found: dict[str, Any], call: str) -> Any:
    return records_of(found, call)[0]


def test_a_record_is_of_the_annotated_class(record: Any, call: str) -> None:
    assert isinstance(record, CALLS[call])


def test_a_record_has_an_attribute_for_each_field_of_the_protocol(record: Any) -> None:
    for name in record.keys():  # noqa: SIM118 (a record is not always a dictionary)
        attribute = {"in": "input", "out": "output"}.get(name, name)
        assert getattr(record, attribute, record) is not record, name


def test_a_record_is_json_under_the_names_of_the_protocol(record: Any) -> None:
    plain = record if isinstance(record, dict) else record.model_dump(mode="json", by_alias=True)
    binary = {name: "" for name, value in plain.items() if isinstance(value, bytes)}  # a message in a channel
    assert json.loads(json.dumps({**plain, **binary})).keys() == set(record.keys())


def test_a_record_is_short_in_a_terminal_and_a_table_in_a_notebook(record: Any, call: str) -> None:
    assert repr(record).startswith(f"{CALLS[call].__name__}(")
    assert len(repr(record)) < LONGEST
    assert record._repr_html_().startswith(("<table", "<svg"))


def test_a_record_is_equal_to_its_copies(record: Any) -> None:
    assert copy.copy(record) == record
    assert copy.deepcopy(record) == record
    again = pickle.loads(pickle.dumps(record))
    assert again == record
    assert type(again) is type(record)


def test_a_pickle_names_the_public_package(record: Any) -> None:
    text = pickle.dumps(record, protocol=0)
    assert type(record).__module__ == "pycolonies"
    assert CALLS_IN_PICKLE.search(text) is None, CALLS_IN_PICKLE.search(text)


def test_a_record_keeps_fields_of_newer_servers(record: Any) -> None:
    plain = record if isinstance(record, dict) else record.model_dump(mode="json", by_alias=True)
    newer = type(record).of({**plain, "newfield": {"a": 1}}) if hasattr(type(record), "of") else None
    newer = newer if newer is not None else type(record)({**plain, "newfield": {"a": 1}})
    assert newer["newfield"] == {"a": 1}
    assert newer.newfield == {"a": 1}
    assert newer != record
