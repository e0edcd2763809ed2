"""Handles of submitted processes, over the real wire."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import os
import pickle
import signal
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import pytest

from conftest import Colony, Member
from polling import until
from ports import reserved_port
from pycolonies import (
    Colonies,
    FuncSpec,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ProcessCancelledError,
    ProcessFailedError,
    WaitTimeoutError,
    Workflow,
)
from pycolonies._rpc.defaults import OWN
from pycolonies._rpc.endpoint import Endpoint
from pycolonies._waiting import listener, process_ends
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, EXECUTOR_TYPE, DevServer
from workers import run_one, submit, watching_threads, workers

pytestmark = pytest.mark.both_modes


def double(number: int, *, ctx: object) -> int:
    return 2 * number


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls that are rare come soon, and young processes are listened for."""
    monkeypatch.setattr(listener, "LISTEN_AFTER", 0.1)
    monkeypatch.setattr(process_ends, "LISTEN_AFTER", 0.1)
    monkeypatch.setattr(process_ends, "LISTEN_MAX", 0.1)
    monkeypatch.setattr(process_ends, "STEP", 0.05)
    monkeypatch.setattr(process_ends, "SWEEP_EVERY", 0.1)
    monkeypatch.setattr(process_ends, "POLL_MAX", 0.1)
    monkeypatch.setattr(process_ends, "IDLE_TIMEOUT", 0.1)
    monkeypatch.setattr(process_ends, "PAUSE_AT_MOST", 0.2)


def test_a_handle_waits_for_the_result_and_is_the_process(colony: Colony, executor: Member) -> None:
    handle = submit(colony, executor.prvkey, "hello")
    assert handle.state == 0
    assert handle["state"] == 0
    assert not handle.done()
    assert not handle.running()
    assert handle.processid == handle["processid"] == handle.process.processid
    assert handle.get("processid") == handle.processid
    assert "spec" in handle
    assert handle.spec.funcname == "echo"
    assert handle["spec"]["args"] == ["hello"]
    run_one(colony, executor.prvkey)
    assert handle.result(60) == "hello"
    assert handle.state == Colonies.SUCCESSFUL
    assert handle.output == ["hello"]
    assert handle["out"] == ["hello"]
    assert handle.done()
    assert not handle.cancelled()
    assert handle.exception() is None
    assert colony.client.wait(handle, 60, executor.prvkey).output == ["hello"]  # type: ignore[arg-type]
    assert "'echo'" in repr(handle)
    with pytest.raises(AttributeError):
        _ = handle.nothing
    with pytest.raises(KeyError):
        handle["nothing"]


@pytest.mark.parametrize(
    ("output", "result"), [([], None), ([1], 1), ([[1, 2]], [1, 2]), ([1, None], [1, None])]
)
def test_one_value_is_the_result_itself(
    colony: Colony, executor: Member, output: list[object], result: object
) -> None:
    handle = submit(colony, executor.prvkey)
    run_one(colony, executor.prvkey, {"echo": lambda: output})
    assert handle.result(60) == result


def test_of_a_function_its_name_travels(colony: Colony, executor: Member) -> None:
    client = colony.client
    options: Any = {"prvkey": executor.prvkey, "colonyname": colony.name, "executortype": "echo"}
    handle = client.submit(double, args=[4], maxretries=2, **options)
    assert handle.spec.funcname == "double"
    assert handle.spec.args == [4]
    assert handle.spec.env == {}
    assert handle.spec.maxretries == 2
    assert handle.spec.maxexectime == -1
    assert handle.spec.priority == 1
    assert "code" in client.submit(double, args=[4], code=True, **options).spec.env
    for args, kwargs, text in (
        ([], None, r"double\(.*\).* cannot be called with these arguments: number missing"),
        ([1, 2], None, "too many positional arguments"),
        ([1], {"width": 2}, "unexpected keyword argument 'width'"),
        (
            [{1, object()}],
            None,
            r"args\[0\]: an object of type set has no JSON form",
        ),
    ):
        with pytest.raises(TypeError, match=text):
            client.submit(double, args=args, kwargs=kwargs, **options)
    with pytest.raises(ValueError, match="executortype is missing for double"):
        client.submit(double, args=[1], prvkey=executor.prvkey, colonyname=colony.name)
    with pytest.raises(TypeError, match="must not be given with a function spec"):
        client.submit(colony.spec(), executor.prvkey, args=[1])
    with pytest.raises(TypeError, match="unknown option 'retries'"):
        client.submit("f", **{**options, "retries": 1})


def test_function_specs_and_dictionaries_are_submitted_as_they_are(colony: Colony, executor: Member) -> None:
    for spec in (colony.spec(1), colony.spec(1).model_dump(by_alias=True)):
        assert colony.client.submit(spec, executor.prvkey).spec.args == [1]
        assert colony.client.submit(spec=spec, prvkey=executor.prvkey).spec.args == [1]


def test_a_failure_says_what_failed(colony: Colony, executor: Member) -> None:
    handle = submit(colony, executor.prvkey, 1, 0, funcname="divide")
    run_one(colony, executor.prvkey)
    with pytest.raises(ProcessFailedError) as failed:
        handle.result(60)
    fault = failed.value
    assert fault.funcname == "divide"
    assert fault.processid == handle.processid
    assert fault.errors == ["ZeroDivisionError: division by zero"]
    assert str(fault) == f"divide failed as process {handle.processid}: ZeroDivisionError: division by zero"
    assert str(pickle.loads(pickle.dumps(fault))) == str(fault)
    assert handle.exception(60) is fault
    assert handle.errors == fault.errors


def test_time_can_be_over_and_the_process_goes_on(colony: Colony, executor: Member) -> None:
    handle = submit(colony, executor.prvkey, 1)
    for wait in (handle.result, handle.exception):
        with pytest.raises(WaitTimeoutError, match=f"process {handle.processid} did not end within 0.1 sec"):
            wait(0.1)
        with pytest.raises(concurrent.futures.TimeoutError):
            wait(0)
    run_one(colony, executor.prvkey)
    assert handle.result(60) == 1


@pytest.mark.parametrize("running", [False, True])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_cancel(colony: Colony, executor: Member, running: bool, elsewhere: bool) -> None:
    handle = submit(colony, executor.prvkey, 1)
    if running:
        colony.client.assign(colony.name, 10, executor.prvkey)
        assert handle.refresh().state == Colonies.RUNNING
        assert handle.running()
    if elsewhere:
        colony.client.cancel_process(handle.processid, executor.prvkey)
    else:
        assert handle.cancel() is True
    for wait in (handle.result, handle.exception):
        with pytest.raises(ProcessCancelledError, match=f"{handle.processid}, a call of echo, was cancelled"):
            wait(60)
        with pytest.raises(concurrent.futures.CancelledError):
            wait(60)
    assert handle.cancelled()
    assert handle.cancel()
    assert handle.state == Colonies.CANCELLED
    assert colony.client.get_process(handle.processid, executor.prvkey).state == Colonies.CANCELLED


def test_what_has_ended_is_not_cancelled(colony: Colony, executor: Member, monkeypatch: Any) -> None:
    monkeypatch.setattr(process_ends.Watcher, "add", lambda *_: None)  # the end goes unnoticed
    handle = submit(colony, executor.prvkey, 1)
    run_one(colony, executor.prvkey)
    monkeypatch.undo()
    assert handle.done() is False
    handle._watcher.add(handle)
    assert handle.cancel() is False
    assert handle.result(60) == 1
    assert not handle.cancel()


@pytest.mark.usefixtures("quick")
def test_a_node_is_cancelled_with_its_graph_only(colony: Colony, executor: Member) -> None:
    client = colony.client
    graph = client.submit_workflow(
        Workflow(colonyname=colony.name, functionspecs=[colony.spec()]), executor.prvkey
    )
    handle = client.get_handle(graph.processids[0], executor.prvkey)
    with pytest.raises(InvalidRequestError, match="cancel the entire workflow"):
        handle.cancel()
    assert not handle.done()
    client.cancel_processgraph(graph.processgraphid, executor.prvkey)  # subscribers are not notified
    with pytest.raises(ProcessCancelledError):
        handle.result(60)


@pytest.mark.usefixtures("quick")
def test_a_removed_process_is_told(colony: Colony, executor: Member) -> None:
    handle = submit(colony, executor.prvkey, 1)
    colony.client.remove_process(handle.processid, executor.prvkey)
    with pytest.raises(NotFoundError):
        handle.result(60)
    with pytest.raises(NotFoundError):
        colony.client.get_handle(handle.processid, executor.prvkey)


@pytest.mark.usefixtures("quick")
def test_who_is_no_member_any_longer_is_told(colony: Colony) -> None:
    user = colony.user()
    handle = submit(colony, user.prvkey, 1)
    colony.client.remove_user(colony.name, user.name, colony.prvkey)
    with pytest.raises(PermissionDeniedError):
        handle.result(60)


def test_a_retried_process_is_waited_for(server: DevServer, colony: Colony, executor: Member) -> None:
    handle = submit(colony, executor.prvkey, 1, maxexectime=500, maxretries=1)
    colony.client.assign(colony.name, 10, executor.prvkey)
    server.advance(510)
    assert not handle.done()
    run_one(colony, executor.prvkey)
    assert handle.result(60) == 1
    assert handle.retries == 1
    failed = submit(colony, executor.prvkey, 1, maxexectime=500, maxretries=0)
    colony.client.assign(colony.name, 10, executor.prvkey)
    server.advance(510)
    with pytest.raises(ProcessFailedError, match="Maximum execution time limit exceeded"):
        failed.result(60)


def test_handles_of_what_was_submitted_before(colony: Colony, executor: Member) -> None:
    submitted = colony.submit(executor, "x")
    first = colony.client.get_handle(submitted.processid, executor.prvkey)
    second = colony.client.get_handle(submitted.processid, executor.prvkey)
    run_one(colony, executor.prvkey)
    assert first.result(60) == "x"
    assert second.result(60) == "x"
    third = colony.client.get_handle(submitted.processid, colony.user().prvkey)
    assert third.done()
    assert third.result(0) == "x"


def test_futures_of_the_standard_library(colony: Colony, executor: Member) -> None:
    handles = [submit(colony, executor.prvkey, number, funcname="double") for number in range(30)]
    with workers(colony):
        ended = [handle.result(0) for handle in concurrent.futures.as_completed(handles, timeout=100)]
    assert sorted(ended) == [2 * number for number in range(30)]
    assert concurrent.futures.wait(handles, 0).done == set(handles)


def test_many_handles_take_few_threads_and_connections(
    colony: Colony, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_ends, "LISTEN_AFTER", 0.1)
    user = colony.user()
    handles = [submit(colony, user.prvkey, number, funcname="double") for number in range(300)]
    until(lambda: len(handles[0]._watcher._heard) == process_ends.LISTENERS)
    until(lambda: sorted(watching_threads()) == ["pycolonies-listens", "pycolonies-looks"])
    with workers(colony, 4):
        assert [handle.result(60) for handle in handles] == [2 * number for number in range(300)]


def test_ten_thousand_handles_take_no_more_threads_than_one(
    colony: Colony, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_ends, "LISTEN_AFTER", 0.1)
    user = colony.user()
    processes = [submit(colony, user.prvkey, number).process for number in range(50)]
    client = colony.client.bind(prvkey=user.prvkey)
    handles = [client._handle_of(process, OWN) for process in processes for _ in range(200)]
    until(lambda: len(handles[0]._watcher._heard) == process_ends.LISTENERS)
    until(lambda: sorted(watching_threads()) == ["pycolonies-listens", "pycolonies-looks"])
    with workers(colony, 4):
        assert concurrent.futures.wait(handles, 200).not_done == set()


def test_nothing_is_subscribed_to_while_processes_end(
    colony: Colony, executor: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest process is about to end then, and a subscription could coincide with its end."""
    quiet: list[float] = []
    listen_for = process_ends.Watcher._listen_for

    def note(self: process_ends.Watcher, watched: process_ends.Watched, now: float) -> process_ends.Heard:
        quiet.append(now - self._eventful_at)
        return listen_for(self, watched, now)

    monkeypatch.setattr(process_ends, "LISTEN_AFTER", 0.5)
    monkeypatch.setattr(process_ends.Watcher, "_listen_for", note)
    handles = [submit(colony, executor.prvkey, number) for number in range(15)]
    for number, handle in enumerate(handles[:-1]):
        run_one(colony, executor.prvkey)
        assert handle.result(60) == number
        time.sleep(0.1)
    until(lambda: handles[-1]._watcher._heard)
    assert min(quiet) >= 0.5


def test_lists_that_are_too_short_lose_nothing(colony: Colony, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_ends, "LISTENERS", 0)
    monkeypatch.setattr(process_ends, "LISTS_MIN", 0.7)  # far more than a hundred end between two polls
    user = colony.user()
    handles = [submit(colony, user.prvkey, number) for number in range(250)]
    with workers(colony, 4):
        assert [handle.result(60) for handle in handles] == list(range(250))


def test_few_handles_ask_for_short_lists_however_much_has_ended(
    colony: Colony, executor: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long list takes a Colonies server longer than polls of a few processes, and results wait for it."""
    counts: list[int] = []
    call = Endpoint.call

    def note(self: Endpoint, msgtype: str, /, **fields: Any) -> Any:
        if msgtype == "getprocessesmsg" and fields["colonyname"] == colony.name:  # other tests still wait
            counts.append(fields["count"])
        return call(self, msgtype, **fields)

    monkeypatch.setattr(Endpoint, "call", note)
    monkeypatch.setattr(process_ends, "LISTENERS", 0)
    handles = [submit(colony, executor.prvkey, number) for number in range(10)]
    urgent = colony.spec()
    urgent.priority = 1
    for _ in range(60):
        colony.client.submit_func_spec(urgent, executor.prvkey)
        run_one(colony, executor.prvkey)
    with workers(colony):
        assert [handle.result(60) for handle in handles] == list(range(10))
    assert 10 <= max(counts) <= 50


def test_an_executor_type_that_cannot_be_listed(
    own_server: DevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_ends, "LISTENERS", 0)
    own_server.faults.error(400, "no lists", "getprocessesmsg", times=10_000)
    colony = Colony(own_server.client())
    user = colony.user()
    handles = [submit(colony, user.prvkey, number) for number in range(20)]
    with workers(colony):
        assert [handle.result(60) for handle in handles] == list(range(20))


def test_callbacks_are_called_though_nobody_has_the_handle(colony: Colony, executor: Member) -> None:
    called: list[Any] = []
    event = threading.Event()

    def note(handle: Any) -> None:
        called.append(handle.result(0))
        event.set()

    submit(colony, executor.prvkey, "x").add_done_callback(note)
    gc.collect()
    run_one(colony, executor.prvkey)
    assert event.wait(60)
    assert called == ["x"]


@pytest.mark.usefixtures("quick")
def test_threads_end_when_nobody_waits(colony: Colony, executor: Member) -> None:
    until(lambda: not watching_threads())
    handles = [submit(colony, executor.prvkey, number) for number in range(20)]
    assert watching_threads()
    del handles[1:]
    assert watching_threads()
    handles.clear()
    until(lambda: not watching_threads())
    handle = submit(colony, executor.prvkey, "again")
    with workers(colony):
        assert handle.result(60) == "again"
    until(lambda: not watching_threads())


def test_await(colony: Colony, executor: Member) -> None:
    async def test() -> None:
        handle = submit(colony, executor.prvkey, "x")
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(handle, 0.05)
        assert not handle.cancelled()  # it is the waiting that was
        waiting = [asyncio.ensure_future(handle), asyncio.ensure_future(handle)]
        await asyncio.sleep(0)
        await asyncio.to_thread(run_one, colony, executor.prvkey)
        assert await asyncio.gather(*waiting) == ["x", "x"]
        assert await asyncio.wrap_future(handle) == "x"

    asyncio.run(test())


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.usefixtures("quick")
def test_faults_are_outlasted(own_server: DevServer, count: int) -> None:
    client = own_server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)
    handles = [client.submit("f", args=[number], executortype=EXECUTOR_TYPE) for number in range(count)]
    own_server.faults.drop_next("getprocessmsg", times=3)
    own_server.faults.drop_next("getprocessesmsg", times=3)
    own_server.faults.error(500, "out of order", "getprocessesmsg", times=3)
    own_server.faults.error(503, "out of order", "getprocessmsg", times=3)
    another = own_server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)
    for _ in range(count):
        process = another.assign(timeout=60)
        another.close(process.processid, process.spec.args)
    assert [handle.result(60) for handle in handles] == list(range(count))


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.usefixtures("quick")
def test_a_restart_of_the_server_is_outlasted(tmp_path: Path, count: int) -> None:
    with reserved_port() as port:
        with DevServer(data_dir=tmp_path, port=port) as server:
            client = server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)
            handles = [
                client.submit("f", args=[number], executortype=EXECUTOR_TYPE) for number in range(count)
            ]
        watcher = handles[0]._watcher
        until(lambda: watcher.fault)
        with pytest.raises(WaitTimeoutError) as late:
            handles[0].result(0)
        assert late.value.__cause__ is not None  # why nothing is known
        with DevServer(data_dir=tmp_path, port=port):
            for _ in range(count):
                process = client.assign(timeout=60)
                client.close(process.processid, process.spec.args)
            assert [handle.result(60) for handle in handles] == list(range(count))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks of POSIX")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_subscription_outlives_a_forked_child(
    colony: Colony, executor: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_ends, "LISTEN_AFTER", 0.1)
    monkeypatch.setattr(process_ends, "LISTEN_MIN", 1000)  # only a message has it polled
    monkeypatch.setattr(process_ends, "LISTEN_MAX", 1000)
    monkeypatch.setattr("pycolonies._aio.listener.LISTEN_MIN", 1000)
    handle = submit(colony, executor.prvkey, "x")
    heard = handle._watcher._heard
    until(lambda: heard and next(iter(heard.values())).listener.pause(0) > 0)
    child = os.fork()
    if child == 0:
        gc.collect()
        os._exit(0 if handle._watcher._heard == {} else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    run_one(colony, executor.prvkey)
    assert handle.result(60) == "x"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks of POSIX")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_may_wait_for_the_same_handles(colony: Colony, executor: Member) -> None:
    handles = [submit(colony, executor.prvkey, number) for number in range(12)]
    child = os.fork()
    if child == 0:
        signal.alarm(100)  # a child that hangs is killed, and seen by its exit code
        try:
            os._exit(0 if [handle.result(60) for handle in handles] == list(range(12)) else 1)
        finally:
            os._exit(2)
    with workers(colony):
        assert [handle.result(60) for handle in handles] == list(range(12))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_client_of_its_own_colony(colony: Colony, executor: Member) -> None:
    bound = Colonies(colony.client.host, colony.client.port, prvkey=executor.prvkey, colonyname=colony.name)
    handle = bound.submit("echo", args=[1], executortype="echo")
    assert handle.spec.conditions.colonyname == colony.name
    spec = FuncSpec(funcname="echo", maxexectime=10)
    spec.conditions.executortype = "echo"
    assert bound.submit(spec).spec.conditions.colonyname == colony.name
    with pytest.raises(TypeError, match="colonyname is missing"):
        Colonies(bound.host, bound.port).submit("echo", executor.prvkey, executortype="echo")


def test_exceptions_of_futures_show_their_public_names(colony: Colony, executor: Member) -> None:
    bound = Colonies(colony.client.host, colony.client.port, prvkey=executor.prvkey, colonyname=colony.name)
    handle = bound.submit("echo", executortype="echo")
    with pytest.raises(WaitTimeoutError) as late:
        handle.result(timeout=0.01)
    handle.cancel()
    with pytest.raises(ProcessCancelledError) as cancelled:
        handle.result(timeout=60)
    for error, name in ((late.value, "WaitTimeoutError"), (cancelled.value, "ProcessCancelledError")):
        assert traceback.format_exception_only(error)[-1].startswith(f"pycolonies.{name}: ")
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert str(again) == str(error)
    assert isinstance(late.value, concurrent.futures.TimeoutError)
    assert isinstance(cancelled.value, concurrent.futures.CancelledError)
