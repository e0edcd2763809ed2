"""Crons that executors register for their functions."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from polling import until
from pycolonies import (
    ClientCall,
    Colonies,
    ConfigurationError,
    Cron,
    Executor,
    PermissionDeniedError,
    TypeCodec,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from executor_bench import Bench

pytestmark = pytest.mark.both_modes

NEVER_AGAIN = "0 0 0 1 1 *"  # on New Year's day


def _crons(bench: Bench) -> list[Cron]:
    return bench.client.get_crons(bench.colony.name, 100, bench.user.prvkey)


def _run(bench: Bench, cron: Cron) -> Any:
    """Runs a cron once, and returns the process that it has submitted."""
    client, key = bench.client, bench.user.prvkey
    before = cron.get("prevprocessgraphid", "")
    client.run_cron(cron["cronid"], key)
    graph = until(
        lambda: (found := client.get_cron(cron["cronid"], key)["prevprocessgraphid"]) != before and found
    )
    (processid,) = client.get_processgraph(graph, key).processids
    return bench.wait(client.get_process(processid, key))


def test_a_cron_calls_its_function(bench: Bench) -> None:
    executor = bench.executor()

    @executor.cron(NEVER_AGAIN, args=["logs"], kwargs={"days": 3}, maxexectime=60, maxretries=2, wait=True)
    @executor.function(name="clean")
    def clean_up(what: str, *, days: int) -> str:
        return f"{what} {days}"

    with executor:
        (cron,) = _crons(bench)
        assert cron["name"] == "worker.clean"
        assert cron["cronexpression"] == NEVER_AGAIN
        assert cron["interval"] == -1
        assert cron["waitforprevprocessgraph"] is True
        process = _run(bench, cron)
        assert process.output == ["logs 3"]
        assert process.spec.maxexectime == 60
        assert process.spec.maxretries == 2
        assert process.spec.label == "pycolonies.cron:worker.clean"
    assert clean_up("a", days=1) == "a 1"
    assert [one["cronid"] for one in _crons(bench)] == [cron["cronid"]], "it stays when the executor stops"


def test_the_output_of_the_last_run_is_no_argument_of_the_next(bench: Bench) -> None:
    executor = bench.executor()

    @executor.cron(NEVER_AGAIN, args=[2])
    def double(number: int) -> int:
        return 2 * number

    with executor:
        (cron,) = _crons(bench)
        for _ in range(3):
            (cron,) = _crons(bench)
            assert _run(bench, cron).output == [4]


def test_an_interval_is_one_of_the_servers_seconds(own_bench: Bench) -> None:
    executor = own_bench.executor()
    ran = threading.Event()

    @executor.cron(interval=3600, name="hourly")
    def work() -> None:
        ran.set()

    with executor:
        (cron,) = _crons(own_bench)
        assert cron["name"] == "hourly"
        assert cron["interval"] == 3600
        assert cron["cronexpression"] == ""
        own_bench.server.advance(3610)
        assert ran.wait(60)


def _executor(bench: Bench, expression: str, **options: Any) -> Executor:
    executor = bench.executor()

    @executor.cron(expression, name="nightly", **options)
    def work(*args: Any) -> None: ...

    return executor


def test_restarts_and_replicas_find_the_cron_that_is_there(bench: Bench) -> None:
    with _executor(bench, "@daily", args=[1.5, {"a": []}]):
        (first,) = _crons(bench)
        with _executor(bench, "@daily", args=[1.5, {"a": []}]):
            pass
    with _executor(bench, "@daily", args=[1.5, {"a": []}]):
        (again,) = _crons(bench)
    assert again["cronid"] == first["cronid"]


@pytest.mark.parametrize(
    ("expression", "options"),
    [
        ("@weekly", {}),
        ("@daily", {"args": [1]}),
        ("@daily", {"wait": True}),
        ("@daily", {"maxexectime": 9}),
        ("@daily", {"priority": 5}),
    ],
)
def test_a_change_replaces_the_cron(bench: Bench, expression: str, options: dict[str, Any]) -> None:
    with _executor(bench, "@daily"):
        (before,) = _crons(bench)
    with _executor(bench, expression, **options):
        (after,) = _crons(bench)
    assert after["name"] == before["name"]
    assert after["cronid"] != before["cronid"]
    assert after["cronexpression"] == expression
    (spec,) = json.loads(after["workflowspec"])["functionspecs"]
    assert spec["args"] == options.get("args", [])


def test_many_replicas_that_start_together_make_one_cron(bench: Bench) -> None:
    for expression in ("@daily", "@weekly"):
        executors = [_executor(bench, expression) for _ in range(6)]
        threads = [threading.Thread(target=executor.start) for executor in executors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        (cron,) = _crons(bench)
        assert cron["cronexpression"] == expression
        for executor in executors:
            assert executor.stats().concurrency == 1, "it did not start"
            executor.stop(0)


def test_crons_of_others_are_left_alone(bench: Bench) -> None:
    with _executor(bench, "@daily"):
        pass
    executor = bench.executor()
    executor.cron("@daily", name="other")(print)
    with executor:
        assert sorted(cron["name"] for cron in _crons(bench)) == ["nightly", "other"]


def test_a_cron_of_a_running_executor_is_added_at_once(bench: Bench) -> None:
    executor = bench.executor()
    with executor:
        executor.cron("@daily")(print)
        assert [cron["name"] for cron in _crons(bench)] == ["worker.print"]


def test_arguments_go_through_the_codec(bench: Bench) -> None:
    codec = TypeCodec()
    codec.register(complex, "complex", encode=str, decode=complex)
    executor = bench.executor(codec=codec)

    @executor.cron(NEVER_AGAIN, args=[1j])
    def square(z: complex) -> float:
        return (z * z).real

    with executor:
        assert _run(bench, *_crons(bench)).output == [-1.0]


def test_an_expression_that_the_server_refuses_ends_the_executor(bench: Bench) -> None:
    executor = _executor(bench, "61 * *")
    with pytest.raises(ConfigurationError, match="the cron 'nightly' cannot be added: "):
        executor.run(quiet=True)


def test_an_executor_without_the_right_says_so(bench: Bench) -> None:
    def refusing(call: ClientCall) -> Iterator[None]:
        if call.msgtype == "addcronmsg":
            raise PermissionDeniedError("Access denied", 403, call.msgtype)
        yield

    client = Colonies("127.0.0.1", bench.server.port, middleware=[refusing])
    executor = bench.executor(client=client)
    executor.cron("@daily", name="nightly")(print)
    with pytest.raises(
        ConfigurationError, match=r"may not add the cron 'nightly' in the colony .*: Access denied\. Members"
    ):
        executor.start()
    assert _crons(bench) == []


def test_what_is_no_time_or_does_not_fit_is_refused_at_once() -> None:
    executor = Executor("worker")

    def work(number: int) -> None: ...

    with pytest.raises(TypeError, match="cron needs either an expression, such as"):
        executor.cron()
    with pytest.raises(TypeError, match="cron needs either an expression, such as"):
        executor.cron("@daily", interval=3)
    with pytest.raises(ValueError, match="expression must not be empty"):
        executor.cron(" ")
    with pytest.raises(ValueError, match="interval must be at least 1 second, got 0"):
        executor.cron(interval=0)
    with pytest.raises(TypeError, match=r"interval must be an integer of seconds, got 1\.5"):
        executor.cron(interval=1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="number"):
        executor.cron("@daily")(work)
    with pytest.raises(TypeError, match=r"args\[0\]"):
        executor.cron("@daily", args=[object()])(work)
    assert executor.functions == ()
