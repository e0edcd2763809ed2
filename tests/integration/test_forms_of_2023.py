"""The call forms of 2023, as the user guide of that time writes them."""

from __future__ import annotations

import base64
import inspect
import warnings
from typing import Any

import pytest

from conftest import Colony, Member, crypto
from named_server import name_colony
from pycolonies import Colonies, ColoniesConnectionError, InvalidRequestError, Workflow, create_func_spec
from pycolonies._compat import RefusedError
from pycolonies.testing import DevServer

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*form of 2023.*:DeprecationWarning"),
    pytest.mark.both_modes,
]


def sum_nums(n1: int, n2: int, ctx: dict[str, Any] = {}) -> int:  # noqa: B006 (as users wrote it)
    return n1 + n2


@pytest.fixture
def client(server: DevServer) -> Colonies:
    """A separate client: after a call in the form of 2023, a client raises the errors of then."""
    return server.client()


@pytest.fixture
def registered(
    client: Colonies, colony: Colony, server: DevServer, monkeypatch: pytest.MonkeyPatch
) -> Member:
    """An executor that registers itself with ids."""
    member = Member("echo_executor", crypto.prvkey())
    executor: Any = {
        "executorname": member.name,
        "executorid": member.id,
        "colonyid": colony.id,
        "executortype": "echo_executor",
    }
    with monkeypatch.context() as variables:  # an owner cannot ask; executors can
        name_colony(variables, server, colony.name, colony.id)
        client.add_executor(executor, colony.prvkey)
        client.approve_executor(member.id, colony.prvkey)
    return member


def test_the_echo_executor_of_the_guide(client: Any, colony: Colony, registered: Member) -> None:
    client.add_function(
        registered.id,
        colony.id,
        "echo",
        ["arg"],
        "Python function that returns it input as output",
        registered.prvkey,
    )
    func_spec = client.create_func_spec(
        func="echo",
        args=["helloworld"],
        colonyid=colony.id,
        executortype="echo_executor",
        priority=200,
        maxexectime=100,
        maxretries=3,
        maxwaittime=100,
    )
    submitted = client.submit(func_spec, registered.prvkey)

    process = client.assign(colony.id, 10, registered.prvkey)
    assert process["processid"] == submitted["processid"]
    assert process["spec"]["funcname"] == "echo"
    client.close(process["processid"], process["spec"]["args"], registered.prvkey)

    process = client.wait(submitted, 100, registered.prvkey)
    assert process["out"][0] == "helloworld"
    assert process["in"] == []
    (function,) = client.get_functions_by_executor(registered.id, registered.prvkey)
    assert function["funcname"] == "echo"
    assert function["counter"] == 1
    assert client.get_functions_by_colony(colony.id, registered.prvkey) == [function]


def test_code_injection_with_plain_dictionaries(client: Any, colony: Colony, registered: Member) -> None:
    code = base64.b64encode(inspect.getsource(sum_nums).encode("ascii")).decode("ascii")
    func_spec = {
        "funcname": "sum_nums",
        "args": [1, 2],
        "priority": 0,
        "maxwaittime": -1,
        "maxexectime": 200,
        "maxretries": 3,
        "conditions": {"colonyid": colony.id, "executortype": "echo_executor"},
        "env": {"code": code},
    }
    submitted = client.submit(func_spec, registered.prvkey)
    assigned = client.assign(colony.id, 10, registered.prvkey)
    names: dict[str, Any] = {"Any": Any}
    exec(base64.b64decode(assigned["spec"]["env"]["code"]).decode("ascii"), names)
    result = names[assigned["spec"]["funcname"]](*tuple(assigned["spec"]["args"]))
    client.close(assigned["processid"], [result], registered.prvkey)
    assert client.get_process(submitted["processid"], registered.prvkey)["out"] == [3]


def test_a_function_is_described_by_its_source(colony: Colony) -> None:
    spec = create_func_spec(
        func=sum_nums,
        args=[1, 2],
        colonyid=colony.id,
        executortype="python_executor",
        priority=200,
        maxexectime=100,
        maxretries=3,
        maxwaittime=100,
    )
    assert spec["funcname"] == "sum_nums"
    assert base64.b64decode(spec["env"]["code"]).decode() == inspect.getsource(sum_nums)
    assert spec["env"]["args_spec"] == "n1,n2,ctx"


def test_colonies_are_named_by_id_everywhere(client: Any, colony: Colony, registered: Member) -> None:
    assert client.get_colony(colony.id, registered.prvkey)["name"] == colony.name
    assert client.get_colony(colonyid=colony.id, prvkey=registered.prvkey)["name"] == colony.name
    assert client.stats(colony.id, registered.prvkey)["executors"] == 1
    assert client.list_processes(colony.id, 10, Colonies.WAITING, registered.prvkey) == []
    assert [found["executorid"] for found in client.list_executors(colony.id, registered.prvkey)] == [
        registered.id
    ]
    with pytest.raises(RefusedError):
        client.assign(colony.id, -1, registered.prvkey)


def test_the_environment_knows_a_colonys_name(
    server: DevServer, colony: Colony, registered: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: Any = server.client()  # one that does not know the colony yet
    monkeypatch.setenv("COLONIES_COLONY_ID", colony.id)
    monkeypatch.setenv("COLONIES_COLONY_NAME", "another name")
    with pytest.raises(Exception, match="another name"):
        client.get_colony(colony.id, registered.prvkey)


def test_executors_and_processes_are_deleted_by_id(client: Any, colony: Colony, registered: Member) -> None:
    process = client.submit(colony.spec(), registered.prvkey)
    client.delete_process(process["processid"], registered.prvkey)
    client.delete_executor(registered.id, colony.prvkey)
    assert client.list_processes(colony.name, 10, Colonies.WAITING, colony.user().prvkey) == []
    executor = client.get_executor(colony.name, registered.name, colony.user().prvkey)
    assert executor["state"] == 3


def test_an_executor_that_was_added_elsewhere_has_to_be_named(server: Any, colony: Colony) -> None:
    executor = colony.executor(approve=False)
    another: Any = server.client()
    with pytest.raises(Exception, match="approve_executor\\(colonyname, executorname, prvkey\\)"):
        another.approve_executor(executor.id, colony.prvkey)
    another.approve_executor(colony.name, executor.name, colony.prvkey)


def test_the_old_forms_warn_and_the_modern_ones_do_not(client: Any, colony: Colony, executor: Member) -> None:
    workflow = Workflow(colonyname=colony.name, functionspecs=[colony.spec()])
    with pytest.warns(DeprecationWarning, match=r"submit_workflow\(workflow, prvkey\)") as warned:
        client.submit(workflow, executor.prvkey)
    assert warned[0].filename == __file__
    with pytest.warns(DeprecationWarning, match=r"assign\(colonyname, ...\)") as warned:
        client.assign(colony.id, 10, executor.prvkey)
    assert warned[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client.submit_func_spec(colony.spec(), executor.prvkey)
        client.submit(colony.spec(), executor.prvkey)  # gives a handle today, which is the process, too
        client.assign(colony.name, 10, executor.prvkey)


def test_modern_signatures_are_kept() -> None:
    assert list(inspect.signature(Colonies.assign).parameters)[:4] == [
        "self",
        "colonyname",
        "timeout",
        "prvkey",
    ]
    assert list(inspect.signature(Colonies.approve_executor).parameters) == [
        "self",
        "colonyname",
        "executorname",
        "prvkey",
    ]


def test_a_misspelt_modern_call_is_a_type_error(client: Any, colony: Colony) -> None:
    with pytest.raises(TypeError):
        client.approve_executor(colony.name)
    with pytest.raises(TypeError):
        client.assign()
    with pytest.raises(InvalidRequestError):
        client.assign(colony.name, 0, colony.executor().prvkey)


def test_the_workflow_of_the_guide(client: Any, colony: Colony, executor: Member) -> None:
    workflow = Workflow(colony.id)
    for nodename, dependencies in (("gen_nums", []), ("sum_nums", ["gen_nums"])):
        func_spec = create_func_spec(
            func=nodename,
            args=[],
            colonyid=colony.id,
            executortype="echo",
            priority=200,
            maxexectime=100,
            maxretries=3,
            maxwaittime=100,
        )
        workflow.add(func_spec, nodename=nodename, dependencies=dependencies)
    assert workflow.workflow_spec()["colonyid"] == colony.id
    processgraph = client.submit(workflow, executor.prvkey)
    process = client.find_process("sum_nums", processgraph["processids"], executor.prvkey)
    assert process["spec"]["conditions"]["dependencies"] == ["gen_nums"]

    for output in ([1, 2], [3]):
        assigned = client.assign(colony.id, 10, executor.prvkey)
        client.close(assigned["processid"], output, executor.prvkey)
    process = client.wait(process, 100, executor.prvkey)
    assert process["in"] == [1, 2]
    assert process["out"][0] == 3
    graph = client.get_processgraph(processgraph["processgraphid"], executor.prvkey)
    assert graph["state"] == Colonies.SUCCESSFUL


def test_nodes_and_children_as_dictionaries(client: Any, colony: Colony, executor: Member) -> None:
    spec = {"funcname": "f", "maxexectime": 10, "conditions": {"colonyid": colony.id, "executortype": "echo"}}
    workflow = Workflow(colony.id)
    workflow.add(spec, "first", [])
    workflow.add(spec, "second", ["first"])
    assert [node.nodename for node in workflow.functionspecs] == ["first", "second"]
    graph = client.submit(workflow, executor.prvkey)
    parent = client.assign(colony.id, 10, executor.prvkey)
    graphid, parentid = graph["processgraphid"], parent["processid"]
    child = client.add_child(graphid, parentid, "", spec, "child", False, executor.prvkey)
    assert child["spec"]["nodename"] == "child"
    assert child["parents"] == [parentid]
    named = {"funcspec": spec, "nodename": "other", "insert": True, "prvkey": executor.prvkey}
    assert client.add_child(graphid, parentid, "", **named)["children"] != []


def test_attributes(client: Any, colony: Colony, registered: Member) -> None:
    client.submit(
        {"funcname": "f", "maxexectime": 10}
        | {"conditions": {"colonyid": colony.id, "executortype": "echo_executor"}},
        registered.prvkey,
    )
    process = client.assign(colony.id, 10, registered.prvkey)
    attribute = client.add_attribute(process["processid"], "key", "value", registered.prvkey)
    assert client.get_attribute(attribute["attributeid"], registered.prvkey)["value"] == "value"


def test_an_executor_of_2023_survives_an_empty_queue_and_refusals(
    client: Any, colony: Colony, registered: Member
) -> None:
    """Its loop ends at `ColoniesConnectionError`, which was a lost connection then."""

    def outcome(call: Any, *args: Any) -> str:
        try:
            call(*args, registered.prvkey)
        except ColoniesConnectionError:
            return "ends"
        except Exception:  # noqa: BLE001 (as its loop has it)
            return "goes on"
        return "works"

    unknown = "0" * 64
    assert outcome(client.assign, colony.id, -1) == "goes on"
    assert outcome(client.close, unknown, ["x"]) == "goes on"
    assert outcome(client.fail, unknown, ["x"]) == "goes on"
    assert outcome(client.get_process, unknown) == "goes on"


def test_lost_connections_end_it_as_in_2023(client: Any, colony: Colony, registered: Member) -> None:
    client.stats(colony.id, registered.prvkey)
    gone: Any = Colonies("127.0.0.1", 1)
    gone._is_called_as_in_2023 = True
    with pytest.raises(ColoniesConnectionError):
        gone.assign(colony.id, 1, registered.prvkey)


def test_clients_of_today_raise_what_they_did(client: Colonies, colony: Colony, registered: Member) -> None:
    client.stats(colony.id, registered.prvkey)
    with pytest.raises(ColoniesConnectionError):
        client.bind().assign(colony.name, -1, registered.prvkey)


def test_a_server_that_knows_names_only_is_asked_once(
    server: DevServer, colony: Colony, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = colony.executor()
    client = server.client()
    sent: list[tuple[str, str]] = []
    call = type(client.endpoint).call_within

    def note(endpoint: Any, timeout: float | None, msgtype: str, /, **fields: Any) -> Any:
        sent.append((msgtype, fields.get("colonyname", "")))
        return call(endpoint, timeout, msgtype, **fields)

    monkeypatch.setattr(type(client.endpoint), "call_within", note)
    spec = create_func_spec("f", [], colony.id, "t", 0, 1, 1, 1)
    for _ in range(2):
        client.stats(colony.id, executor.prvkey)
        assert client.submit(spec, executor.prvkey).spec.conditions.colonyname == colony.name
        made: Any = Workflow(colony.id)
        made.add({"funcname": "f", "conditions": {"colonyid": colony.id, "executortype": "t"}}, "a", [])
        client.submit(made, executor.prvkey)
    assert {name for kind, name in sent if kind == "getcolonystatsmsg"} == {colony.name}
    assert [kind for kind, _ in sent].count("getexecutorbyidmsg") == 1
