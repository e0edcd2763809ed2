"""The client in application servers and in processes that multiprocessing starts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import dedent

import pytest

from conftest import Colony
from polling import until
from ports import reserved_port
from pycolonies import Executor
from pycolonies.testing import DevServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn and forkserver are for POSIX")
#: Seconds until a server that does not answer is a failure.
PATIENCE = 60.0

WSGI = """
    import os
    from pycolonies import Colonies

    client = Colonies.from_env()
    # A connection, and the threads of a handle, exist before gunicorn forks its workers.
    earlier = client.submit("add", args=[0, 0], executortype="adder", maxexectime=60)
    assert earlier.result(timeout=60) == 0


    def application(environ, start_response):
        number = int(environ["QUERY_STRING"] or 0)
        handle = client.submit("add", args=[number, 1], executortype="adder", maxexectime=60)
        body = f"{handle.result(timeout=60)} {os.getpid()}".encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]
"""

ASGI = """
    import os
    from pycolonies import AsyncColonies

    client = AsyncColonies.from_env()


    async def application(scope, receive, send):
        if scope["type"] != "http":
            return
        number = int(scope["query_string"] or 0)
        handle = await client.submit("add", args=[number, 1], executortype="adder", maxexectime=60)
        body = f"{await handle} {os.getpid()}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})
"""

SPAWNED = """
    import multiprocessing, sys
    from pycolonies import Colonies


    def work(client, handle, number):
        assert handle.result(timeout=60) == 100
        return client.submit("add", args=[number, 1], executortype="adder", maxexectime=60).result(timeout=60)


    if __name__ == "__main__":
        client = Colonies.from_env()
        handle = client.submit("add", args=[99, 1], executortype="adder", maxexectime=60)
        context = multiprocessing.get_context(sys.argv[1])
        with context.Pool(2) as pool:
            print(pool.starmap(work, [(client, handle, number) for number in range(4)]))
"""


@pytest.fixture
def variables(server: DevServer, colony: Colony) -> Iterator[dict[str, str]]:
    """The environment of programs whose calls an executor runs."""
    key = colony.executor().prvkey
    client = server.client(prvkey=key, colonyname=colony.name)
    executor = Executor("adder", client=client, colony_prvkey=colony.prvkey)
    executor.function(lambda a, b: a + b, name="add")
    names = {"COLONIES_COLONY_NAME": colony.name, "COLONIES_PRVKEY": key}
    executor.start(4)
    yield {**os.environ, **server.environment, **names}
    executor.stop(0)


@contextmanager
def serving(command: list[str], port: int, folder: Path, variables: dict[str, str]) -> Iterator[str]:
    """Run a server, and yield its address once it answers. It must end cleanly on SIGTERM."""
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=folder, env=variables, stdout=output, stderr=output
        )

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        with suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/?0", timeout=30).close()
            return True
        return False

    try:
        until(answers, log, PATIENCE)
        yield f"http://127.0.0.1:{port}/"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) in (0, -signal.SIGTERM), log.read_text()
        assert "Traceback" not in log.read_text()
    finally:
        process.kill()
        process.wait()


def answers(address: str, count: int) -> tuple[list[int], set[str]]:
    """What so many requests return: the numbers, and the processes that answered."""
    found = []
    for number in range(count):
        with urllib.request.urlopen(f"{address}?{number}", timeout=30) as reply:
            found.append(reply.read().decode().split())
    return [int(number) for number, _ in found], {process for _, process in found}


@pytest.mark.parametrize("kind", ["sync", "gthread", "gevent"])
def test_gunicorn_workers_use_a_client_that_was_made_before_the_fork(
    variables: dict[str, str], tmp_path: Path, kind: str
) -> None:
    tmp_path.joinpath("site_wsgi.py").write_text(dedent(WSGI), encoding="utf-8")
    command = ["gunicorn", "--workers", "2", "--worker-class", kind, "--timeout", "120"]
    if kind != "gevent":  # which replaces threads in the workers only
        command.append("--preload")
    with (
        reserved_port() as port,
        serving(
            [*command, "--bind", f"127.0.0.1:{port}", "site_wsgi:application"], port, tmp_path, variables
        ) as address,
    ):
        numbers, processes = answers(address, 20)
    assert numbers == list(range(1, 21))
    assert processes


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_uvicorn_serves_awaitable_calls(variables: dict[str, str], tmp_path: Path, loop: str) -> None:
    tmp_path.joinpath("site_asgi.py").write_text(dedent(ASGI), encoding="utf-8")
    command = ["uvicorn", "--loop", loop, "site_asgi:application"]
    with (
        reserved_port() as port,
        serving([*command, "--port", str(port)], port, tmp_path, variables) as address,
    ):
        numbers, processes = answers(address, 20)
    assert numbers == list(range(1, 21))
    assert len(processes) == 1


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_processes_of_multiprocessing_get_clients_and_handles(
    variables: dict[str, str], tmp_path: Path, method: str
) -> None:
    script = tmp_path / "spawned.py"
    script.write_text(dedent(SPAWNED), encoding="utf-8")
    command = [sys.executable, str(script), method]
    done = subprocess.run(
        command, env=variables, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [1, 2, 3, 4]
