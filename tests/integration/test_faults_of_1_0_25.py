"""The faults of 1.0.25, and what happens in their place. Each test is named after the fault."""

from __future__ import annotations

import base64
import inspect
import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

import pycolonies
from badserver import bad_server, silence
from conftest import Colony, Member
from proxy import wire_to
from pycolonies import (
    CallTimeoutError,
    Colonies,
    ColoniesConnectionError,
    Conditions,
    ConfigurationError,
    ConnectError,
    Fs,
    FuncSpec,
    InvalidRequestError,
    NoProcessAvailable,
    PermissionDeniedError,
    Process,
    ServerError,
    SnapshotMount,
    SyncDirMount,
    WaitTimeoutError,
    Workflow,
    colonies_client,
    func_spec,
)

pytestmark = pytest.mark.both_modes


def double(number: int, *, twice: bool = True) -> int:
    return number * (2 if twice else 1)  # not only ASCII: ☃


def submit_raw(colony: Colony, executor: Member, **fields: Any) -> str:
    """Submits a spec as another SDK might; returns the process's id."""
    spec = {"funcname": "f", "maxexectime": 60, "maxwaittime": -1} | fields
    spec["conditions"] = {"colonyname": colony.name, "executortype": "echo"}
    processid: str = (
        colony.client.endpoint.signing(executor.prvkey)
        .call("submitfuncspecmsg", spec=spec)
        .value()["processid"]
    )
    return processid


def test_a_new_connection_for_each_call(colony: Colony, executor: Member) -> None:
    with wire_to(colony.client.host, colony.client.port) as wire:
        client = Colonies("127.0.0.1", wire.port)
        for _ in range(20):
            client.stats(colony.name, executor.prvkey)
        assert wire.connections == 1


def test_no_timeout_against_a_server_that_never_answers() -> None:
    with bad_server(silence) as (port, _):
        client = Colonies("127.0.0.1", port, timeout=0.2)
        with pytest.raises(CallTimeoutError) as failed:
            client.get_process("x", "11" * 32)
    assert isinstance(failed.value, ColoniesConnectionError)  # what programs catch


def test_every_failure_is_the_same_exception(colony: Colony, executor: Member) -> None:
    client = colony.client
    with pytest.raises(ColoniesConnectionError) as failed:
        client.get_colony(colony.name, "11" * 32)
    assert isinstance(failed.value, PermissionDeniedError)
    assert failed.value.status == 403
    with pytest.raises(ColoniesConnectionError) as failed:
        client.assign(colony.name, 0, executor.prvkey)
    assert isinstance(failed.value, InvalidRequestError)
    assert failed.value.status == 400
    with pytest.raises(ColoniesConnectionError) as lost:
        Colonies("127.0.0.1", 1).stats(colony.name, executor.prvkey)
    assert type(lost.value) is ConnectError


def test_an_empty_queue_looks_like_a_broken_connection(colony: Colony, executor: Member) -> None:
    with pytest.raises(ColoniesConnectionError) as failed:
        colony.client.assign(colony.name, -1, executor.prvkey)
    assert type(failed.value) is NoProcessAvailable


VALUES = ["text", 1, 1.5, True, None, [1, [2]], {"a": {"b": None}}]


def test_arguments_and_outputs_of_some_types_only(colony: Colony, executor: Member) -> None:
    spec = FuncSpec(
        funcname="f",
        args=VALUES,
        kwargs={"values": VALUES},
        maxexectime=60,
        conditions=Conditions(colonyname=colony.name, executortype="echo"),
    )
    process = colony.client.submit_func_spec(spec, executor.prvkey)
    colony.client.assign(colony.name, 10, executor.prvkey)
    colony.client.close(process.processid, VALUES, executor.prvkey)
    found = colony.client.get_process(process.processid, executor.prvkey)
    assert found.spec.args == found.output == VALUES
    assert found.spec.kwargs == {"values": VALUES}
    assert found.spec.args[3] is True  # not 1


def test_an_assigned_process_of_another_sdk_is_lost(colony: Colony, executor: Member) -> None:
    processid = submit_raw(colony, executor, args=[1.5, {"a": None}], kwargs={"x": 1.5, "y": {}})
    assigned = colony.client.assign(colony.name, 10, executor.prvkey)
    assert assigned.processid == processid
    assert assigned.spec.args == [1.5, {"a": None}]
    colony.client.close(processid, [None], executor.prvkey)


def test_processes_with_files_cannot_be_read(colony: Colony, executor: Member) -> None:
    snapshot = {"snapshotid": "1", "label": "/in", "dir": "in", "keepfiles": True, "keepsnapshot": False}
    conflicts = {"onstart": {"keeplocal": True}, "onclose": {"keeplocal": False}}
    folder = {"label": "/out", "dir": "out", "keepfiles": False, "onconflicts": conflicts}
    fs = {"mount": "/cfs", "snapshots": [snapshot], "dirs": [folder]}
    processid = submit_raw(colony, executor, fs=fs)
    found = colony.client.assign(colony.name, 10, executor.prvkey).spec.fs
    assert found is not None
    assert found.snapshots == [SnapshotMount.model_validate(snapshot)]
    assert found.dirs == [SyncDirMount.model_validate(folder)]
    assert colony.client.get_process(processid, executor.prvkey).spec.fs == found


def test_fields_that_are_missing_or_new_break_reading() -> None:
    process = Process.model_validate(
        {"processid": "1", "spec": {"new": 1, "conditions": {"locationname": "x"}}}
    )
    assert process.state == Colonies.WAITING
    sent_again = json.loads(process.spec.model_dump_json(by_alias=True))
    assert sent_again["new"] == 1
    assert sent_again["conditions"]["locationname"] == "x"


def test_wait_does_not_end_with_a_failure(colony: Colony, executor: Member) -> None:
    process = colony.submit(executor)
    colony.client.assign(colony.name, 10, executor.prvkey)
    threading.Timer(0.1, lambda: colony.client.fail(process.processid, ["broken"], executor.prvkey)).start()
    ended = colony.client.wait(process, 60, executor.prvkey)
    assert ended.state == colony.client.FAILED
    assert ended.errors == ["broken"]


def test_wait_in_vain_raises_a_websocket_librarys_exception(colony: Colony, executor: Member) -> None:
    with pytest.raises(WaitTimeoutError):
        colony.client.wait(colony.submit(executor), 0.1, executor.prvkey)


@pytest.fixture
def chat(colony: Colony, executor: Member) -> Process:
    spec = colony.spec()
    spec.channels = ["chat"]
    colony.client.submit_func_spec(spec, executor.prvkey)
    return colony.client.assign(colony.name, 10, executor.prvkey)


def test_a_callback_that_returns_zero_ends_a_subscription(
    colony: Colony, executor: Member, chat: Process
) -> None:
    client = colony.client
    received: list[bytes] = []

    def callback(entries: Any) -> object:
        received.extend(entry["payload"] for entry in entries)
        if len(received) == 2:
            return False
        client.channel_append(chat.processid, "chat", 2, b"second", executor.prvkey)
        return 0

    client.channel_append(chat.processid, "chat", 1, b"first", executor.prvkey)
    client.subscribe_channel(chat.processid, "chat", executor.prvkey, timeout=25, callback=callback)
    assert received == [b"first", b"second"]


def test_a_channel_subscription_does_not_resume(colony: Colony, executor: Member, chat: Process) -> None:
    with wire_to(colony.client.host, colony.client.port) as wire:
        client = Colonies("127.0.0.1", wire.port)
        following = client.follow_channel(chat.processid, "chat", executor.prvkey, timeout=25)
        for number, payload in enumerate((b"first", b"second")):
            colony.client.channel_append(chat.processid, "chat", number, payload, executor.prvkey)
            assert next(following)["payload"] == payload
            wire.cut()


def test_a_channel_subscription_outlives_its_process(colony: Colony, executor: Member, chat: Process) -> None:
    threading.Timer(0.1, lambda: colony.client.close(chat.processid, [], executor.prvkey)).start()
    assert colony.client.subscribe_channel(chat.processid, "chat", executor.prvkey, timeout=25) == []


def test_payloads_are_sent_as_lists_of_numbers(colony: Colony, executor: Member, chat: Process) -> None:
    payload = bytes(range(256)) * 4
    sent: list[int] = []
    client = Colonies(colony.client.host, colony.client.port)
    core: Any = client.endpoint.transport

    class Scale:
        def call(self, msgtype: str, message: bytes, prvkey: str, timeout: float | None) -> bytes:
            sent.append(len(message))
            answer: bytes = core.call(msgtype, message, prvkey, timeout)
            return answer

    client.endpoint = client.endpoint.bind(transport=Scale())
    client.channel_append(chat.processid, "chat", 1, payload, executor.prvkey)
    assert sent[0] < 1.5 * len(payload) + 300
    (entry,) = client.channel_read(chat.processid, "chat", 0, 0, executor.prvkey)
    assert entry["payload"] == payload


@pytest.mark.parametrize("wait", [True, False])
def test_a_cron_forgets_that_it_has_to_wait(colony: Colony, executor: Member, wait: bool) -> None:
    workflow = Workflow(colonyname=colony.name, functionspecs=[colony.spec()])
    cron = colony.client.add_cron("cron", "0 0 0 1 1 *", wait, workflow, colony.name, executor.prvkey)
    assert colony.client.get_cron(cron["cronid"], executor.prvkey)["waitforprevprocessgraph"] is wait


def test_a_cron_spoils_what_its_workflow_quotes(colony: Colony, executor: Member) -> None:
    spec = colony.spec('say "hello"', "back\\slash")
    workflow = Workflow(colonyname=colony.name, functionspecs=[spec])
    cron = colony.client.add_cron("cron", "0 0 0 1 1 *", False, workflow, colony.name, executor.prvkey)
    colony.client.run_cron(cron["cronid"], executor.prvkey)
    assert colony.client.assign(colony.name, 10, executor.prvkey).spec.args == spec.args


@pytest.fixture
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLONIES_TLS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLONIES_SERVER_HOST", "localhost")
    monkeypatch.setenv("COLONIES_SERVER_PORT", "443")


@pytest.mark.usefixtures("_environment")
@pytest.mark.parametrize("yes", ["TRUE", "True", "1", "yes"])
def test_only_one_spelling_of_true_turns_tls_on(monkeypatch: pytest.MonkeyPatch, yes: str) -> None:
    monkeypatch.setenv("COLONIES_SERVER_TLS", yes)
    assert colonies_client()[0].tls is True


@pytest.mark.usefixtures("_environment")
def test_a_missing_port_is_a_type_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLONIES_SERVER_PORT")
    with pytest.raises(ConfigurationError, match="COLONIES_SERVER_PORT is not set"):
        colonies_client()


def test_source_that_is_not_ascii_cannot_be_sent() -> None:
    spec = func_spec(double, [1], "dev", "python")
    assert base64.b64decode(spec.env["code"]).decode() == inspect.getsource(double)
    assert "☃" in inspect.getsource(double)


def test_arguments_that_are_given_by_name_only_are_not_described() -> None:
    assert func_spec(double, [1], "dev", "python").env["args_spec"] == "number,twice"


def test_files_of_python_functions_are_dropped() -> None:
    fs = Fs(mount="/cfs", dirs=[SyncDirMount(label="/data", dir="data")])
    assert func_spec(double, [1], "dev", "python", fs=fs).fs == fs


def test_tls_settings_of_a_subscription_are_others_than_of_a_call(colony: Colony, executor: Member) -> None:
    """The server speaks plain HTTP, so both ways fail alike."""
    client = Colonies(colony.client.host, colony.client.port, tls=True, skip_tls_verify=True)
    with pytest.raises(ConnectError):
        client.stats(colony.name, executor.prvkey)
    with pytest.raises(ConnectError):
        next(client.follow_processes(colony.name, "echo", client.WAITING, executor.prvkey))


def test_processes_of_a_workflow_are_always_refused(colony: Colony, executor: Member) -> None:
    workflow = Workflow(colonyname=colony.name, functionspecs=[colony.spec()])
    graph = colony.client.submit_workflow(workflow, executor.prvkey)
    (process,) = colony.client.get_processes_for_workflow(graph.processgraphid, colony.name, executor.prvkey)
    assert process.processgraphid == graph.processgraphid


def test_finding_a_process_takes_a_call_for_each(colony: Colony, executor: Member) -> None:
    specs = [colony.spec() for _ in range(20)]
    for number, spec in enumerate(specs):
        spec.nodename = f"node {number}"
    workflow = Workflow(colonyname=colony.name, functionspecs=specs)
    graph = colony.client.submit_workflow(workflow, executor.prvkey)
    client, calls = Colonies(colony.client.host, colony.client.port), []
    core: Any = client.endpoint.transport

    class Counter:
        def call(self, *args: Any) -> bytes:
            calls.append(args[0])
            answer: bytes = core.call(*args)
            return answer

    client.endpoint = client.endpoint.bind(transport=Counter())
    found = client.find_process("node 19", graph.processids, executor.prvkey)
    assert found is not None
    assert found.processid == graph.processids[19]
    assert len(calls) == 3


def test_empty_lists_are_none(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    assert client.list_processes(colony.name, 10, client.WAITING, key) == []
    assert client.get_processgraphs(colony.name, 10, key) == []
    assert client.get_functions_by_colony(colony.name, key) == []
    assert client.get_generators(colony.name, key) == []
    assert client.get_snapshots(colony.name, key) == []
    assert client.get_file_labels(colony.name, key) == []
    assert client.get_blueprints(colony.name, key) == []
    assert client.search_logs(colony.name, "x", key) == []


def test_adding_a_child_renames_the_callers_spec(colony: Colony, executor: Member) -> None:
    workflow = Workflow(colonyname=colony.name, functionspecs=[colony.spec()])
    graph = colony.client.submit_workflow(workflow, executor.prvkey)
    parent = colony.client.assign(colony.name, 10, executor.prvkey)
    spec = colony.spec()
    colony.client.add_child(graph.processgraphid, parent.processid, "", spec, "child", False, executor.prvkey)
    assert spec.nodename == "echo"


def test_processes_cannot_be_filtered(colony: Colony, executor: Member) -> None:
    client, key = colony.client, executor.prvkey
    colony.submit(executor)
    assert client.list_processes(colony.name, 10, client.WAITING, key, executortype="other") == []
    assert len(client.list_processes(colony.name, 10, client.WAITING, key, executortype="echo")) == 1


def test_a_function_without_source_fails_somewhere_in_inspect() -> None:
    namespace: dict[str, Any] = {}
    exec("def typed_in(n): return n", namespace)
    for function in (namespace["typed_in"], len):
        with pytest.raises((TypeError, ValueError), match="source"):
            func_spec(function, [1], "dev", "python", maxexectime=1, maxretries=0)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory as Linux counts it")
def test_every_signature_leaks() -> None:
    program = """
        from pathlib import Path
        from pycolonies import Crypto
        def pages():
            return int(Path("/proc/self/statm").read_text().split()[1])
        crypto, key = Crypto(), Crypto().prvkey()
        for _ in range(1000):
            crypto.sign("warm", key)
        before = pages()
        for _ in range(40_000):
            crypto.sign("text", key)
        print(pages() - before)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]  # without the other threads of this process
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=True)
    assert int(done.stdout) * os.sysconf("SC_PAGE_SIZE") < 2_000_000  # 5.6 MB in 1.0.25


def test_the_package_says_neither_its_version_nor_its_types() -> None:
    assert pycolonies.__version__
    assert (Path(pycolonies.__file__).parent / "py.typed").exists()


def test_messages_that_no_method_sends(colony: Colony, executor: Member) -> None:
    """Of some thirty, a few that change something."""
    client = colony.client
    process = colony.submit(executor)
    client.cancel_process(process.processid, executor.prvkey)
    client.pause_assignments(colony.name, colony.prvkey)
    with pytest.raises(ServerError, match="paused"):
        client.assign(colony.name, -1, executor.prvkey)
    assert client.get_server_info()["backends"]


def test_a_hanging_connection_attempt_has_no_limit() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        client = Colonies("127.0.0.1", port, tls=True, skip_tls_verify=True, connect_timeout=0.2, timeout=5)
        with pytest.raises(ColoniesConnectionError):
            client.get_process("x", "11" * 32)
