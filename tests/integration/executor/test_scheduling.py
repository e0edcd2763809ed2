"""Calls that are scheduled far ahead, by crons that run once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from polling import until
from pycolonies import AsyncColonies, InvalidRequestError
from pycolonies._specs.submission import due_time, once_expression, was_missed
from pycolonies.testing import COLONY_NAME, EXECUTOR_PRVKEY, DevServer

if TYPE_CHECKING:
    from executor_bench import Bench
    from pycolonies import Colonies


def _client(bench: Bench) -> Colonies:
    return bench.client.bind(prvkey=bench.user.prvkey, colonyname=bench.colony.name).with_options(
        executortype="worker", maxexectime=60
    )


def test_a_call_is_made_at_its_time_and_its_cron_is_removed(own_bench: Bench) -> None:
    client = _client(own_bench)
    executor = own_bench.executor()
    executor.function(lambda number: 2 * number, name="work")
    with executor:
        cron = client.schedule("work", args=[21], countdown=7200, name="later")
        assert cron["cronexpression"].startswith("CRON_TZ=UTC ")
        label = "pycolonies.once:later"
        with pytest.raises(InvalidRequestError):
            client.schedule("work", args=[21], countdown=7200, name="later")
        own_bench.server.advance(7100)
        assert client.list_processes(state=client.SUCCESSFUL, label=label) == []
        own_bench.server.advance(110)
        (process,) = until(lambda: client.list_processes(state=client.SUCCESSFUL, label=label))
        assert process.output == [42]
        assert client.get_crons() == []


def test_a_scheduled_call_can_be_called_off(own_bench: Bench) -> None:
    client = _client(own_bench)
    cron = client.schedule("work", eta=datetime.now(timezone.utc) + timedelta(days=40))
    client.del_cron(cron["cronid"])
    own_bench.server.advance(41 * 86_400)
    assert client.get_processgraphs() == []


def test_a_time_that_the_server_has_missed_is_made_up_for(own_bench: Bench) -> None:
    client = _client(own_bench)
    own_bench.server.advance(600)  # its clock is ahead of this program's
    cron = client.schedule("work", countdown=60)
    assert client.get_cron(cron["cronid"])["prevprocessgraphid"]
    (graph,) = client.get_processgraphs()
    assert len(graph.processids) == 1


def test_it_works_awaited(own_bench: Bench) -> None:
    bench = own_bench  # whose clock no other test has advanced

    async def program() -> None:
        async with AsyncColonies(
            "127.0.0.1", bench.server.port, prvkey=bench.user.prvkey, colonyname=bench.colony.name
        ) as client:
            cron = await client.schedule("work", countdown=86_400, executortype="worker")
            assert cron["name"].startswith("once-")
            near = await client.schedule("work", countdown=600, executortype="worker")
            assert not near["nextrun"].startswith("0001")
            assert near["prevprocessgraphid"] == ""

    asyncio.run(program())


@pytest.mark.parametrize("seed", range(4))
def test_a_near_call_is_planned_in_any_time_zone_of_the_server(seed: int) -> None:
    """The zero time of a cron that the server has not looked at begins with another year in some zones."""
    with DevServer(realistic=True, seed=seed) as server:
        client = server.client(prvkey=EXECUTOR_PRVKEY, colonyname=COLONY_NAME)
        near = client.schedule("work", countdown=600, executortype="worker")
        assert int(near["nextrun"][:4]) >= datetime.now(timezone.utc).year - 1  # around the turn of a year


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({}, TypeError, "schedule needs either eta or countdown"),
        (
            {"countdown": 9},
            ValueError,
            r"from 10 s to 360 days ahead, got 9 s; for a sooner start use submit",
        ),
        ({"countdown": 361 * 86_400}, ValueError, "from 10 s to 360 days ahead"),
        ({"eta": datetime(2030, 1, 1)}, ValueError, "eta must have a time zone"),  # noqa: DTZ001 (without a time zone)
        ({"countdown": 60, "label": "mine"}, ValueError, "the label 'mine' can't be given"),
    ],
)
def test_what_is_no_time_is_refused(
    bench: Bench, options: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        _client(bench).schedule("work", **options)
    assert _client(bench).get_crons() == []


def test_times_are_whole_seconds_of_utc_rounded_up() -> None:
    at = datetime.now(timezone(timedelta(hours=5))).replace(microsecond=1) + timedelta(days=1)
    due = due_time(at, None)
    assert due.utcoffset() == timedelta(0)
    assert at <= due <= at + timedelta(seconds=1.1)
    assert due.microsecond == 0
    moment = datetime(2026, 12, 24, 3, 4, 5, tzinfo=timezone.utc)
    assert once_expression(moment) == "CRON_TZ=UTC 5 4 3 24 12 *"
    assert was_missed("2027-12-24T03:04:05Z", moment)
    assert not was_missed("2026-12-24T03:04:05Z", moment)
    assert not was_missed("0001-01-01T00:00:00Z", moment)
    assert not was_missed("", moment)
