"""Waits against servers that store changes in steps, and against sockets that misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from badserver import Behaviour, bad_server, envelope, reply
from conftest import Colony, Member
from pycolonies import (
    Colonies,
    Process,
    ProcessFailedError,
    WaitTimeoutError,
    Workflow,
    WorkflowFailedError,
)
from pycolonies._aio import listener as aio_listener
from pycolonies._waiting import listener, process_ends
from pycolonies.testing import DevServer
from workers import submit, workers

pytestmark = pytest.mark.both_modes

KEY = "1" * 64
RUNNING = {
    "processid": "a" * 64,
    "state": 1,
    "spec": {"conditions": {"executortype": "t", "colonyname": "dev"}},
}


def wait(client: Colonies, process: Process, prvkey: str) -> list[str]:
    return client.wait(process, 60, prvkey).errors


def handle(client: Colonies, process: Process, prvkey: str) -> list[str]:
    try:
        client.get_handle(process.processid, prvkey).result(60)
    except ProcessFailedError as failed:
        return failed.errors
    return []


def follow(client: Colonies, process: Process, prvkey: str) -> list[str]:
    *_, last = client.follow_process(process.processid, prvkey, timeout=20)
    return last.errors


WAITS = pytest.mark.parametrize("how", [wait, handle, follow])


@WAITS
def test_the_errors_of_a_failed_process_are_there(
    colony: Colony, how: Callable[[Colonies, Process, str], list[str]]
) -> None:
    user = colony.user()

    def fails(number: int) -> list[str]:
        spec = colony.spec(number, 0)
        spec.funcname = "divide"
        return how(colony.client, colony.client.submit_func_spec(spec, user.prvkey), user.prvkey)

    with workers(colony, 3), ThreadPoolExecutor(4) as threads:
        outcomes = Counter(tuple(errors) for errors in threads.map(fails, range(40)))
    assert outcomes == {("ZeroDivisionError: division by zero",): 40}


def test_many_handles_of_failed_processes_have_their_errors(colony: Colony) -> None:
    user = colony.user()
    handles = [submit(colony, user.prvkey, number, 0, funcname="divide") for number in range(60)]
    with workers(colony, 3):
        for found in handles:
            with pytest.raises(ProcessFailedError, match="division by zero"):
                found.result(60)


def workflow(colony: Colony, *calls: tuple[str, list[object]]) -> Workflow:
    """A chain of calls, each with its own arguments."""
    chain = Workflow(colonyname=colony.name)
    before: list[str] = []
    for funcname, args in calls:
        spec = colony.spec(*args)
        spec.funcname = funcname
        before = [chain.add(spec, f"node-{len(chain.functionspecs)}", after=before)]
    return chain


def test_a_workflow_that_succeeds_is_no_failure(colony: Colony) -> None:
    client, user = colony.client, colony.user()
    with workers(colony, 3):
        for _ in range(15):
            chain = workflow(colony, ("echo", [1]), ("echo", [2]), ("double", [3]))
            result = client.wait_workflow(client.submit_workflow(chain, user.prvkey), 60, user.prvkey)
            assert dict(result) == {"node-0": 1, "node-1": 2, "node-2": 6}
            assert result.graph.state == Colonies.SUCCESSFUL


@pytest.mark.parametrize("at", [0, 1])
def test_a_workflow_that_fails_says_why(colony: Colony, at: int) -> None:
    client, user = colony.client, colony.user()
    calls: list[tuple[str, list[object]]] = [("echo", [1]), ("echo", [2])]
    calls[at] = ("divide", [1, 0])
    with workers(colony, 3):
        for _ in range(15):
            graph = client.submit_workflow(workflow(colony, *calls), user.prvkey)
            with pytest.raises(WorkflowFailedError) as failed:
                client.wait_workflow(graph, 60, user.prvkey)
            assert failed.value.state == Colonies.FAILED
            assert failed.value.failed == {f"node-{at}": ["ZeroDivisionError: division by zero"]}


@WAITS
def test_an_end_right_after_the_subscription_is_noticed(
    colony: Colony,
    how: Callable[[Colonies, Process, str], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (listener, aio_listener, process_ends):
        monkeypatch.setattr(module, "LISTEN_AFTER", 0.05)
    client, user, executor = colony.client, colony.user(), colony.executor()
    begun = time.monotonic()

    def once(delay: int) -> None:
        process = colony.submit(user, 1)
        client.assign(colony.name, 10, executor.prvkey)
        ends = threading.Timer(
            0.03 + delay / 200, client.fail, (process.processid, ["wrong"], executor.prvkey)
        )
        ends.start()
        assert how(client, process, user.prvkey) == ["wrong"]
        ends.join()

    for delay in range(15):
        once(delay)
    assert time.monotonic() - begun < 15 * listener.LISTEN_MAX  # far below: most take 0.1 s


def route(request: bytes, misbehave: Behaviour) -> Behaviour:
    """A server with one running process, whose sockets for subscriptions misbehave."""
    if not request.startswith(b"GET /pubsub"):
        return reply(envelope(json.dumps(RUNNING).encode()).replace(b'"x"', b'"getprocessmsg"'))
    lines = request.split(b"\r\n")
    key = next(line.split(b": ")[1] for line in lines if line.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())

    def upgrade(connection: socket.socket) -> None:
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        misbehave(connection)

    return upgrade


def frame(data: bytes, opcode: int = 1) -> bytes:
    size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack("!H", len(data))
    return bytes([0x80 | opcode]) + size + data


def hangs_up(_: socket.socket) -> None:
    """Closes at once."""


def says_goodbye(connection: socket.socket) -> None:
    connection.sendall(frame(struct.pack("!H", 1011), 8))


def tells_lies(connection: socket.socket) -> None:
    for _ in range(20_000):
        connection.sendall(frame(envelope(json.dumps({**RUNNING, "state": 2}).encode())))


def tells_of_others(connection: socket.socket) -> None:
    other = {**RUNNING, "processid": "b" * 64, "state": 2}
    for _ in range(200):
        connection.sendall(frame(envelope(json.dumps(other).encode())))


def wait_in_vain(client: Colonies) -> None:
    client.wait(Process(processid="a" * 64), 2)


def hold_in_vain(client: Colonies) -> None:
    client.get_handle("a" * 64).result(2)


def follow_in_vain(client: Colonies) -> None:
    assert len(list(client.follow_process("a" * 64, timeout=2))) == 1
    raise WaitTimeoutError("a" * 64, 2)


@pytest.mark.parametrize("misbehave", [hangs_up, says_goodbye, tells_lies, tells_of_others])
@pytest.mark.parametrize("in_vain", [wait_in_vain, hold_in_vain, follow_in_vain])
def test_a_socket_that_misbehaves_brings_about_few_connections_and_calls(
    in_vain: Callable[[Colonies], None], misbehave: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (listener, aio_listener, process_ends):
        monkeypatch.setattr(module, "LISTEN_AFTER", 0.0)
    with bad_server(hangs_up, route=lambda request: route(request, misbehave)) as (port, requests):
        client = Colonies("127.0.0.1", port, prvkey=KEY, colonyname="dev")
        with pytest.raises(WaitTimeoutError):
            in_vain(client)
        sockets = sum(request.startswith(b"GET /pubsub") for request in requests)
        assert 1 <= sockets <= 8
        assert len(requests) - sockets <= 80


def test_quick_processes_are_not_subscribed_to(
    colony: Colony, executor: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed: list[float] = []
    subscribe = listener.EndListener._to_end

    def note(self: listener.EndListener, process: Process) -> object:
        subscribed.append(time.monotonic())
        return subscribe(self, process)

    monkeypatch.setattr(listener.EndListener, "_to_end", note)
    with workers(colony):
        for number in range(20):
            begun_at = time.monotonic()
            assert submit(colony, executor.prvkey, number).result(60) == number
            process = colony.submit(executor, number)
            assert colony.client.wait(process, 60, executor.prvkey).output == [number]
            # Only a machine that is so busy that the process grows old makes it subscribe.
            assert all(at - begun_at >= listener.LISTEN_AFTER for at in subscribed)
            subscribed.clear()


def test_a_wait_outlasts_a_server_that_does_not_answer_for_a_while(realistic: bool) -> None:
    with DevServer(realistic=realistic) as server:
        colony = Colony(server.client())
        user = colony.user()
        process = colony.submit(user, 1)
        steps = colony.client.follow_process(process.processid, user.prvkey, timeout=20)
        assert next(steps).state == Colonies.WAITING
        server.faults.drop_next("getprocessmsg", times=3)
        with workers(colony):
            *_, last = steps
        assert last.output == [1]
