"""Faults on demand, and what a client makes of them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from pycolonies import (
    CallTimeoutError,
    Colonies,
    ConnectionLostError,
    FuncSpec,
    ServerError,
    func_spec,
)
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, EXECUTOR_TYPE, DevServer

SUBMIT = "submitfuncspecmsg"


@pytest.fixture
def faulty() -> Iterator[DevServer]:
    with DevServer() as server:
        yield server


@pytest.fixture
def caller(faulty: DevServer) -> Colonies:
    return faulty.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)


@pytest.fixture
def spec() -> FuncSpec:
    return func_spec("f", [], COLONY_NAME, EXECUTOR_TYPE, maxexectime=60)


def waiting(caller: Colonies) -> int:
    return len(caller.list_processes(count=10, state=caller.WAITING))


@pytest.mark.parametrize("after", [False, True], ids=["message", "answer"])
def test_a_lost_write_may_have_been_processed(
    faulty: DevServer, caller: Colonies, spec: FuncSpec, after: bool
) -> None:
    faulty.faults.drop_next(SUBMIT, after=after)
    with pytest.raises(ConnectionLostError) as lost:
        caller.submit_func_spec(spec)
    assert lost.value.may_have_been_processed
    assert waiting(caller) == after


def test_a_read_lost_with_an_idle_connection_is_repeated_unseen(faulty: DevServer, caller: Colonies) -> None:
    assert waiting(caller) == 0  # opens the connection
    faulty.faults.drop_next("getprocessesmsg")
    assert waiting(caller) == 0
    # It has happened: a fault that is still there would hit the next message, too.
    faulty.faults.drop_next("getprocessesmsg", times=5)
    with pytest.raises(ConnectionLostError):
        waiting(caller)


def test_an_error_is_the_servers_answer(faulty: DevServer, caller: Colonies, spec: FuncSpec) -> None:
    faulty.faults.error(503, "come back later", times=2)
    for _ in range(2):
        with pytest.raises(ServerError, match="come back later") as refused:
            caller.submit_func_spec(spec)
        assert refused.value.status == 503
        assert refused.value.msgtype == SUBMIT
    assert waiting(caller) == 0


def test_a_delay_is_waited_for_until_the_call_gives_up(
    faulty: DevServer, caller: Colonies, spec: FuncSpec
) -> None:
    impatient = Colonies(
        faulty.host, faulty.port, timeout=0.2, prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME
    )
    faulty.faults.delay(0.05, SUBMIT)
    begun = time.monotonic()
    caller.submit_func_spec(spec)
    assert time.monotonic() - begun >= 0.05
    faulty.faults.clear()
    faulty.faults.delay(3600, SUBMIT, times=1)
    with pytest.raises(CallTimeoutError) as late:
        impatient.submit_func_spec(spec)
    assert late.value.may_have_been_processed
    caller.submit_func_spec(spec)


def test_cleared_faults_do_not_happen(faulty: DevServer, caller: Colonies, spec: FuncSpec) -> None:
    faulty.faults.drop_next(times=100)
    faulty.faults.error(500, "no", times=100)
    faulty.faults.delay(3600)
    faulty.faults.clear()
    caller.submit_func_spec(spec)
    assert waiting(caller) == 1


def test_a_fault_that_can_never_happen_is_refused(faulty: DevServer) -> None:
    faults = faulty.faults
    with pytest.raises(ValueError, match=r"must end in 'msg', .* got 'submit'"):
        faults.drop_next("submit")
    with pytest.raises(ValueError, match="times must be at least 1, got 0"):
        faults.drop_next(times=0)
    with pytest.raises(ValueError, match="between 400 and 599, got 200"):
        faults.error(200, "fine")
    with pytest.raises(ValueError, match="seconds must be a number of seconds, 0 or more, got -1"):
        faults.delay(-1)
    faulty.stop()
    with pytest.raises(RuntimeError, match="stopped"):
        faults.clear()
