"""Processes that can't be read, as a faulty server sends them: none is lost, and none spoils a list."""

from __future__ import annotations

import base64
import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from pycolonies import Colonies, Crypto, Executor, UnreadableProcessError

ID = "a" * 64
KEY = Crypto().prvkey()
DEEP = "[" * 5000 + "]" * 5000


def process(processid: str = ID, **spec: Any) -> dict[str, Any]:
    return {"processid": processid, "state": 1, "spec": {"funcname": "f", "args": [], **spec}}


class Server(http.server.ThreadingHTTPServer):
    """Answers assignments and lists with prepared text, and keeps the errors of processes that are failed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.assigned: list[str] = []
        self.listed = "[]"
        self.failed: dict[str, list[str]] = {}

    def answer(self, kind: str, message: dict[str, Any]) -> tuple[int, str]:
        """Return status and payload of the reply to a message."""
        if kind == "assignprocessmsg":
            if self.assigned:
                return 200, self.assigned.pop(0)
            time.sleep(0.05)
            return 404, json.dumps({"status": 404, "message": "nothing there"})
        if kind == "closefailedmsg":
            self.failed[message["processid"]] = message["errors"]
        if kind == "getexecutorbyidmsg":
            member = {
                "executorname": "e",
                "executorid": message["executorid"],
                "executortype": "t",
                "state": 1,
            }
            return 200, json.dumps({**member, "colonyname": "dev"})
        return 200, self.listed if kind.startswith("get") else json.dumps(message)


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        envelope = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        kind = envelope["payloadtype"]
        status, payload = self.server.answer(kind, json.loads(base64.b64decode(envelope["payload"])))
        reply = {"payloadtype": kind if status == 200 else "error", "error": status != 200}
        text = json.dumps({**reply, "payload": base64.b64encode(payload.encode()).decode()}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


UNREADABLE = [
    (json.dumps(process(args="text")), "spec.args can't be read"),
    (json.dumps(process(kwargs=[1])), "spec.kwargs can't be read"),
    (json.dumps(process(funcname=3)), "spec.funcname can't be read"),
    (json.dumps(process()).replace("[]", "[1,]"), "not JSON"),
    (f'[{{"processid": "{ID}"}}]', "must contain only JSON objects"),
]


@pytest.mark.parametrize(("reply", "reason"), UNREADABLE)
def test_an_assigned_process_that_cannot_be_read_is_failed(server: Server, reply: str, reason: str) -> None:
    client = Colonies("127.0.0.1", server.server_port, prvkey=KEY, colonyname="dev")
    server.assigned = [reply]
    with pytest.raises(UnreadableProcessError, match=reason) as caught:
        client.assign(timeout=1)
    assert caught.value.processid == ID
    assert reason in server.failed[ID][0]


@pytest.mark.parametrize(("reply", "reason"), UNREADABLE)
def test_executors_fail_it_and_go_on(server: Server, reply: str, reason: str) -> None:
    client = Colonies("127.0.0.1", server.server_port, colonyname="dev")
    executor = Executor("t", executorname="e", colonyname="dev", prvkey=KEY, client=client)
    done = threading.Event()

    @executor.function
    def f() -> None:
        done.set()

    server.assigned = [reply, json.dumps(process("b" * 64))]
    with executor:
        assert done.wait(60)
    assert reason in server.failed[ID][0]


def test_deep_processes_are_read(server: Server) -> None:
    client = Colonies("127.0.0.1", server.server_port, prvkey=KEY, colonyname="dev")
    deep = json.dumps(process(args=[0])).replace("[0]", f"[{DEEP}]")
    server.listed = f"[{json.dumps(process('b' * 64))},{deep}]"
    server.assigned = [deep]
    assert [found.processid for found in client.list_processes(state=1)] == ["b" * 64, ID]
    assert len(client.assign(timeout=1).spec.args) == 1
    assert server.failed == {}
