"""Limits and times that other people choose: no number ends a function, a wait or a view."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from badserver import Behaviour, bad_server, close, reply
from executor_bench import Bench
from pycolonies import AsyncContext, Colonies, Context, Log, ProcessState
from pycolonies._futures.following import report_of
from pycolonies.cli._times import moment, moment_of_nanoseconds
from pycolonies.testing import EXECUTOR_PRVKEY, DevServer

LONGEST = 2**53
FIRST, LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"


@pytest.fixture
def bench() -> Iterator[Bench]:
    with DevServer() as server:
        made = Bench(server)
        yield made
        made.close()


@pytest.mark.parametrize("limit", [2**31, 2**40, LONGEST])
def test_a_limit_of_many_years_is_no_error(bench: Bench, limit: int) -> None:
    executor = bench.executor()

    @executor.function
    def plain(ctx: Context) -> list[Any]:
        return [str(ctx.deadline), ctx.remaining]

    @executor.function
    async def awaited(ctx: AsyncContext) -> list[Any]:
        return [str(ctx.deadline), ctx.remaining]

    executor.start(2)
    for name in ("plain", "awaited"):
        process = bench.wait(bench.submit(name, maxexectime=limit))
        assert process.state == ProcessState.SUCCESSFUL, process.errors
        (deadline, remaining), *_ = process.output or []
        assert remaining == pytest.approx(limit, abs=60)
        assert limit < 10**11 or deadline.startswith("9999-12-31")


@pytest.mark.parametrize("end", [FIRST, LAST])
def test_a_handle_ends_whatever_time_its_process_has_ended(end: str) -> None:
    record: dict[str, Any] = {
        "processid": "a" * 64,
        "state": 2,
        "out": [5],
        "submissiontime": FIRST,
        "starttime": FIRST,
        "endtime": end,
        "spec": {"funcname": "f", "conditions": {"colonyname": "dev", "executortype": "t"}},
    }
    waiting = {**record, "state": 0, "out": [], "endtime": FIRST}

    def route(request: bytes) -> Behaviour:
        known = {"submitfuncspecmsg": waiting, "getprocessesmsg": [record], "getprocessmsg": record}
        msgtype = next((each for each in known if each.encode() in request), "")
        payload = base64.b64encode(json.dumps(known.get(msgtype)).encode()).decode()
        body = json.dumps({"payloadtype": msgtype, "payload": payload, "error": False})
        return reply(body.encode()) if msgtype else close

    with bad_server(close, route=route) as (port, _):
        client = Colonies("127.0.0.1", port, colonyname="dev", prvkey=EXECUTOR_PRVKEY)
        assert client.submit("f", executortype="t", maxexectime=5).result(60) == 5


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.skipif(not hasattr(time, "tzset"), reason="time.tzset")
def test_times_at_the_ends_of_the_calendar_are_shown(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert moment(LAST).startswith(("9999-12-31", "10000"))
        assert moment("0001-01-01T00:00:00Z") == "-"
        assert "2-01-0" in moment("0002-01-01T12:00:00Z")
        for nanoseconds in (2**63 - 1, -(2**63), 10**40, -(10**40)):
            assert moment_of_nanoseconds(nanoseconds)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("nanoseconds", [10**40, -(10**40), 2**63])
def test_a_report_of_progress_may_have_any_number_as_its_time(nanoseconds: int) -> None:
    report = report_of(Log(message="progress 50% half", timestamp=nanoseconds))
    assert report is not None
    assert report.fraction == 0.5
    assert report.time.year < 2300
