"""What an executor says about what is wrong, and that it ends if that can't get better."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from executor_bench import KIND, Recorder, environment
from polling import until
from pycolonies import CodePolicy, ConfigurationError, Crypto, Executor
from pycolonies._executor import repeated_failures

if TYPE_CHECKING:
    from pathlib import Path

    from executor_bench import Bench
    from pycolonies import ExecutorInfo

pytestmark = pytest.mark.both_modes


class Warnings(Recorder):
    def warned(self, message: str) -> None:
        self._keep("warned", message)

    def awaiting_approval(self, about: ExecutorInfo, seconds: float) -> None:
        self._keep("awaiting", about.executorname, about.executorid, seconds)

    def still_disconnected(self, error: Exception, seconds: float, attempts: int) -> None:
        self._keep("still", type(error).__name__, seconds, attempts)

    def named(self, name: str) -> list[Any]:
        return [event for event in self.events if event[0] == name]


def _ends_for_good(executor: Executor, text: str) -> None:
    """Each way to run the executor ends with an error."""
    executor.function(print, name="work")
    for run in (executor.start, lambda: executor.run(quiet=True)):
        with pytest.raises(ConfigurationError, match=text):
            run()


def test_the_key_of_someone_else_in_the_place_of_the_owners_ends_it(bench: Bench) -> None:
    key = Crypto().prvkey()
    executor = bench.executor(colony_prvkey=key)
    _ends_for_good(
        executor, rf"not that of the owner of colony '{bench.colony.name}': check COLONIES_COLONY_PRVKEY"
    )
    executor = bench.executor(colony_prvkey=key, prvkey=Crypto().prvkey())
    _ends_for_good(executor, "not that of the owner")


@pytest.mark.parametrize("owner", [True, False])
def test_an_unknown_colony_ends_it(bench: Bench, owner: bool) -> None:
    prvkey = None if owner else Crypto().prvkey()
    executor = bench.executor(
        colonyname="nowhere", prvkey=prvkey, colony_prvkey=bench.colony.prvkey if owner else None
    )
    _ends_for_good(executor, "colony 'nowhere' does not exist at this server; check COLONIES_COLONY_NAME")


def test_an_executor_of_another_colony_is_told_which(bench: Bench) -> None:
    other = type(bench.colony)(bench.client)
    member = bench.colony.executor(KIND)
    executor = bench.executor(colonyname=other.name, prvkey=member.prvkey, colony_prvkey=None)
    _ends_for_good(executor, rf"belongs to colony '{bench.colony.name}', the program names '{other.name}'")


def test_the_exit_code_says_so_and_the_remedy_is_said_once(bench: Bench, tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(
        "from pycolonies import Executor\n"
        "executor = Executor('worker')\n"
        "@executor.function\n"
        "def work(): ...\n"
        "executor.run()\n"
    )
    variables = {**environment(bench), "COLONIES_COLONY_PRVKEY": Crypto().prvkey()}
    for command in (
        [sys.executable, str(script)],
        [sys.executable, "-m", "pycolonies", "executor", "run", str(script)],
    ):
        ended = subprocess.run(
            command, env=variables, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
        )
        assert ended.returncode not in (0, None), ended.stderr
        assert ended.stderr.count("check COLONIES_COLONY_PRVKEY") == 1, ended.stderr
        assert variables["COLONIES_COLONY_PRVKEY"] not in ended.stderr


def test_a_colony_that_is_removed_ends_a_running_executor(own_bench: Bench) -> None:
    executor = own_bench.executor()
    executor.function(print, name="work")
    faults: list[BaseException] = []

    def run() -> None:
        try:
            executor.run(quiet=True)
        except ConfigurationError as fault:
            faults.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    until(lambda: executor.stats().concurrency)
    own_bench.client.del_colony(own_bench.colony.name, own_bench.server.keys.server_prvkey)
    thread.join(60)
    assert not thread.is_alive()
    assert "does not exist" in str(faults[0])


def test_waiting_for_approval_is_said_with_what_the_owner_needs(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeated_failures, "FIRST", 0.2)
    recorder = Warnings()
    prvkey = Crypto().prvkey()
    executor = bench.executor(prvkey=prvkey, colony_prvkey=None, executorname="patient", observers=[recorder])
    executor.function(print, name="work")
    thread = threading.Thread(target=executor.start)
    thread.start()
    until(lambda: len(recorder.named("awaiting")) >= 2)
    identity = Crypto().id(prvkey)
    first, second = recorder.named("awaiting")[:2]
    assert first == ("awaiting", "patient", identity, 0)
    assert second[3] >= 0.2
    assert re.search(r"waits, for \d+ms now until", caplog.text) or re.search(
        r"waits, for [\d.]+m?s now", caplog.text
    )
    executor.stop(0)
    thread.join(60)


def test_a_server_that_stays_away_is_said_ever_more_rarely(
    own_bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeated_failures, "FIRST", 0.2)
    recorder = Warnings()
    executor = own_bench.executor(observers=[recorder])
    executor.function(print, name="work")
    with executor:
        own_bench.server.stop()
        until(lambda: recorder.named("still"))
        (_, kind, seconds, attempts) = recorder.named("still")[0]
        assert kind == "ConnectError"
        assert seconds >= 0.2
        assert attempts > 1
        assert len([event for event in recorder.events if event[0] == "disconnected"]) == 1
        said = [record.getMessage() for record in caplog.records if "unreachable" in record.getMessage()]
        assert re.match(r"the server is still unreachable after [\d.]+m?s, attempt \d+: ", said[0])


def test_a_server_that_is_not_there_yet_is_said_as_one_that_is_lost(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeated_failures, "FIRST", 0.2)
    from pycolonies import Colonies

    recorder = Warnings()
    executor = Executor(
        KIND,
        client=Colonies("127.0.0.1", 9),
        colonyname="dev",
        colony_prvkey=Crypto().prvkey(),
        observers=[recorder],
    )
    executor.function(print, name="work")
    thread = threading.Thread(target=executor.start)
    thread.start()
    until(lambda: recorder.named("still"))
    executor.stop(0)
    thread.join(60)
    assert len([event for event in recorder.events if event[0] == "disconnected"]) == 1
    assert caplog.text.count("the server cannot be reached") == 1


def test_an_executor_without_functions_is_warned_about_once(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Warnings()
    with bench.executor(observers=[recorder]):
        pass
    (warning,) = recorder.named("warned")
    assert "offers no functions" in warning[1]
    assert "@executor.function" in warning[1]
    assert caplog.text.count("offers no functions") == 1
    recorder = Warnings()
    with bench.executor(observers=[recorder], code=CodePolicy(["*"])):
        pass
    assert recorder.named("warned") == []


def test_a_process_without_maxexectime_is_warned_about_once(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    recorder = Warnings()
    executor = bench.executor(observers=[recorder])
    executor.function(lambda: None, name="work")
    with executor:
        for _ in range(3):
            bench.outcome("work", maxexectime=-1)
        bench.outcome("work")
    (warning,) = recorder.named("warned")
    assert "work was submitted without maxexectime" in warning[1]
    assert caplog.text.count("without maxexectime") == 1
