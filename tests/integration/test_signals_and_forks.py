"""Signals interrupt blocked calls; forked children open their own connections."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from badserver import bad_server, silence
from conftest import Colony, Member
from pycolonies import Colonies, Crypto, NoProcessAvailable
from pycolonies.testing import DevServer

if TYPE_CHECKING:
    from programs import Programs

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="signals and forks of POSIX")

PRVKEY = Crypto().prvkey()

BLOCKED = {
    "call": 'Colonies("127.0.0.1", port, timeout=1000).get_process("x", prvkey)',
    "assign": 'Colonies("127.0.0.1", port).assign("dev", 1000, prvkey)',
    "subscription": 'Colonies("127.0.0.1", port, timeout=1000).endpoint.transport.subscribe()',
    "TLS": (
        'Colonies("127.0.0.1", port, tls=True, connect_timeout=1000, timeout=1000).get_process("x", prvkey)'
    ),
}


@pytest.mark.parametrize("blocked", BLOCKED)
def test_ctrl_c_ends_a_blocked_call(blocked: str, programs: Programs) -> None:
    with bad_server(silence) as (port, _):
        child = _python(
            programs,
            f"""
            import signal, threading, os
            from pycolonies import Colonies
            port, prvkey = {port}, "{PRVKEY}"
            try:
                threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
                {BLOCKED[blocked]}
            except KeyboardInterrupt:
                print("interrupted")
            """,
        )
        # The call alone would take a thousand seconds.
        assert child.communicate(timeout=60) == ("interrupted\n", "")


def test_signal_handlers_run_and_the_call_goes_on(own_server: DevServer, programs: Programs) -> None:
    child = _python(
        programs,
        f"""
        import signal, threading, os
        from pycolonies import Colonies, func_spec
        from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, EXECUTOR_TYPE
        client, handled = Colonies("{own_server.host}", {own_server.port}), threading.Event()
        def handle(*_):
            print("handled", flush=True)
            handled.set()
        def submit():
            handled.wait()
            client.submit_func_spec(func_spec("f", [], COLONY_NAME, EXECUTOR_TYPE), EXECUTOR_PRVKEY)
        signal.signal(signal.SIGUSR1, handle)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        threading.Thread(target=submit).start()
        print(client.assign(COLONY_NAME, 60, EXECUTOR_PRVKEY).spec.funcname)
        """,
    )
    assert child.communicate(timeout=60) == ("handled\nf\n", "")


def test_other_threads_run_while_a_call_blocks(colony: Colony, executor: Member) -> None:
    progress = threading.Event()
    done = threading.Event()

    def assign() -> None:
        with pytest.raises(NoProcessAvailable):
            colony.client.assign(colony.name, 1, executor.prvkey)
        done.set()

    thread = threading.Thread(target=assign)
    thread.start()
    while not done.is_set():
        progress.set()
    thread.join()
    assert progress.is_set()


def test_one_client_serves_many_threads(colony: Colony, executor: Member) -> None:
    failures: list[BaseException] = []

    def cycle() -> None:
        try:
            for _ in range(20):
                colony.submit(executor)
                process = colony.client.assign(colony.name, 10, executor.prvkey)
                colony.client.close(process.processid, [process.processid], executor.prvkey)
        except BaseException as failure:  # noqa: BLE001 (shown by the assertion)
            failures.append(failure)

    threads = [threading.Thread(target=cycle) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert colony.client.stats(colony.name, executor.prvkey)["successfulprocesses"] == 160


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_calls_on_connections_of_its_own(colony: Colony, executor: Member) -> None:
    processes = [colony.submit(executor, number) for number in range(20)]
    stop = threading.Event()

    def keep_calling() -> None:
        while not stop.is_set():
            colony.client.get_process(processes[0].processid, executor.prvkey)

    callers = [threading.Thread(target=keep_calling) for _ in range(4)]
    for caller in callers:
        caller.start()
    try:
        children = [
            _fork_and_read(colony.client, executor, [p.processid for p in processes]) for _ in range(5)
        ]
        for process in processes:  # the parent's connections are as good as before
            assert colony.client.get_process(process.processid, executor.prvkey) == process
        for child in children:
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        stop.set()
        for caller in callers:
            caller.join()


def _fork_and_read(client: Colonies, executor: Member, processids: list[str]) -> int:
    child = os.fork()
    if child:
        return child
    signal.alarm(100)  # a child that hangs is killed, and seen by its exit code
    try:
        found = [client.get_process(processid, executor.prvkey).processid for processid in processids]
        os._exit(0 if found == processids else 1)
    finally:
        os._exit(2)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_cannot_use_the_development_server_but_may_exit() -> None:
    with DevServer() as server:
        child = os.fork()
        if child == 0:
            signal.alarm(100)
            try:
                server.stop()
            except RuntimeError:
                del server
                os._exit(0)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert server.client().list_colonies(server.environment["COLONIES_SERVER_PRVKEY"])


def _python(programs: Programs, script: str) -> subprocess.Popen[str]:
    return programs(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent,
    )
