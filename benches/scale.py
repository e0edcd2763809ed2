"""What calls of the development server cost with a long queue, and with many executors that wait.

`make scale` runs it: it takes two minutes, checks what comes back, and prints medians and ratios. The server
runs in its own process, so its CPU time is its own, too.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pycolonies import Colonies, Crypto, FuncSpec, func_spec

FEW, MANY = 100, 100_000
ROUNDS = 400
WAITING = 1000
#: Seconds for which nothing happens.
IDLE = 5.0


class Server:
    """A server in its own process."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.facts = self._told()
        self.colony = self.facts["colony_name"]
        self.prvkey = self.facts["executor_prvkey"]
        self.executor_type = self.facts["executor_type"]

    def _told(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    def cpu(self) -> float:
        """CPU seconds that it has used so far."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        seconds: float = self._told()["cpu"]
        return seconds

    def client(self) -> Colonies:
        return Colonies(self.facts["host"], self.facts["port"], prvkey=self.prvkey, colonyname=self.colony)

    def metric(self, name: str) -> int:
        url = f"http://{self.facts['host']}:{self.facts['port']}/metrics"
        with urllib.request.urlopen(url, timeout=30) as answer:
            found = re.search(rf"^{name} (\d+)$", answer.read().decode(), re.MULTILINE)
        assert found, name
        return int(found[1])

    def until(self, name: str, value: int) -> None:
        end = time.monotonic() + 60
        while self.metric(name) != value:
            assert time.monotonic() < end, f"{name} is not {value}"
            time.sleep(0.001)


@contextlib.contextmanager
def server() -> Iterator[Server]:
    running = Server()
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def fill(running: Server, count: int, spec: FuncSpec) -> list[str]:
    """Submits so many processes."""
    client = running.client()
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda _: client.submit_func_spec(spec).processid, range(count)))


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = call()
    return time.perf_counter() - begun, result


def costs(count: int, names: list[str] | None) -> dict[str, float]:
    """Median seconds of each call while so many processes wait; those at the front for others, if named."""
    with server() as running:
        client = running.client()
        spec = func_spec("f", [], running.colony, running.executor_type, maxexectime=600)
        waiting = spec.model_copy(deep=True)
        assert waiting.conditions is not None
        waiting.conditions.executornames = names or []
        ids = fill(running, count, waiting)
        taken: dict[str, list[float]] = {"submit": [], "get": [], "assign": [], "close": []}
        cpu = running.cpu()
        for number in range(ROUNDS):
            seconds, _ = timed(lambda: client.submit_func_spec(spec))
            taken["submit"].append(seconds)
            wanted = ids[number * 7919 % len(ids)]
            seconds, process = timed(lambda wanted=wanted: client.get_process(wanted))  # type: ignore[misc]  # its type is inferred
            assert process.processid == wanted
            taken["get"].append(seconds)
            seconds, process = timed(lambda: client.assign(timeout=10))
            assert process.state == client.RUNNING
            taken["assign"].append(seconds)
            seconds, _ = timed(lambda process=process: client.close(process.processid, []))  # type: ignore[misc]  # its type is inferred
            taken["close"].append(seconds)
        cpu = (running.cpu() - cpu) / ROUNDS
        assert running.metric("colonies_server_processes_waiting") == count
        return {**{name: statistics.median(values) for name, values in taken.items()}, "CPU of a round": cpu}


def sealed_assign(running: Server) -> bytes:
    """An assign as it goes over the wire."""
    message = {"msgtype": "assignprocessmsg", "colonyname": running.colony, "timeout": 600}
    payload = base64.b64encode(json.dumps(message).encode()).decode()
    signature = Crypto().sign(payload, running.prvkey)
    body = json.dumps(
        {"payloadtype": message["msgtype"], "payload": payload, "signature": signature}
    ).encode()
    return b"POST /api HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


def crowd() -> tuple[float, float, float]:
    """Share of a core while a thousand wait, and alone; median seconds of a submit that one of them gets."""
    with server() as running:
        client = running.client()
        address = (running.facts["host"], running.facts["port"])
        request = sealed_assign(running)

        def idle() -> float:
            cpu = running.cpu()
            time.sleep(IDLE)
            return (running.cpu() - cpu) / IDLE

        alone = idle()
        with contextlib.ExitStack() as stack:
            for _ in range(WAITING):
                stack.enter_context(socket.create_connection(address)).sendall(request)
            running.until("colonies_devserver_waiting_assigns", WAITING)
            together = idle()
            spec = func_spec("f", [], running.colony, running.executor_type, maxexectime=600)
            submits = [timed(lambda: client.submit_func_spec(spec))[0] for _ in range(WAITING // 2)]
            running.until("colonies_devserver_waiting_assigns", WAITING - len(submits))
            assert running.metric("colonies_server_processes_running") == len(submits)
        return together, alone, statistics.median(submits)


def hand_over() -> float:
    """Median seconds from a submit to the answer of an assign that waits."""
    with server() as running:
        client, waiter = running.client(), running.client()
        spec = func_spec("f", [], running.colony, running.executor_type, maxexectime=600)
        came: list[float] = []

        def wait() -> None:
            for _ in range(ROUNDS):
                process = waiter.assign(timeout=30)
                came.append(time.perf_counter())
                waiter.close(process.processid, [])

        thread = threading.Thread(target=wait)
        thread.start()
        took = []
        for number in range(ROUNDS):
            running.until("colonies_devserver_waiting_assigns", 1)
            begun = time.perf_counter()
            client.submit_func_spec(spec)
            while len(came) <= number:
                time.sleep(0.0001)
            took.append(came[number] - begun)
        thread.join()
        return statistics.median(took)


def main() -> None:
    for title, names in (("for any executor", None), ("for others, at the front of the queue", ["another"])):
        few, many = costs(FEW, names), costs(MANY, names)
        print(f"{FEW:,} and {MANY:,} waiting processes {title}, milliseconds:")
        for name, seconds in few.items():
            ratio = many[name] / seconds
            print(f"  {name:15} {seconds * 1e3:8.3f} {many[name] * 1e3:8.3f}   x {ratio:.2f}")
    together, alone, submit = crowd()
    print(f"idle: {alone:.2%} of a core, with {WAITING:,} waiting assigns {together:.2%}")
    print(f"submit to one of up to {WAITING:,} waiting assigns: {submit * 1e3:.3f} ms")
    print(f"from a submit to the executor that waits: {hand_over() * 1e3:.3f} ms")


if __name__ == "__main__":
    main()
