"""Results come back as the types that functions are annotated with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import pytest
from pydantic import BaseModel

from conftest import Colony
from pycolonies import AsyncColonies, AsyncContext, Colonies, ColoniesPoolExecutor, Executor, Workflow
from pycolonies._specs.returned import reader_of

pytestmark = pytest.mark.both_modes

OPTIONS: dict[str, Any] = {"maxexectime": 60}


@dataclass
class Point:
    x: int
    y: int


class Parcel(BaseModel):
    name: str
    sent: datetime


def point(x: int, y: int = 0) -> Point:
    return Point(x, y)


def parcel(name: str) -> Parcel:
    return Parcel(name=name, sent=datetime(2026, 1, 2, tzinfo=timezone.utc))


async def moment(ctx: AsyncContext, year: int) -> datetime:
    await ctx.log("asked for a moment")
    return datetime(year, 1, 1, tzinfo=timezone.utc)


def pair(text: str) -> tuple[str, int]:
    return text, len(text)


def wrong() -> Point:
    return "no point"  # type: ignore[return-value]


@pytest.fixture
def client(colony: Colony) -> Iterator[Colonies]:
    executor = Executor(
        executortype="typed", colonyname=colony.name, colony_prvkey=colony.prvkey, client=colony.client
    )
    for func in (point, parcel, moment, pair, wrong):
        executor.function(func)
    user = colony.user()
    with executor:
        yield colony.client.bind(prvkey=user.prvkey, colonyname=colony.name).with_options(
            executortype="typed", **OPTIONS
        )


def test_dataclasses_models_times_and_tuples_come_back_as_what_they_are(client: Colonies) -> None:
    assert client.call(point, 1, y=2).result(60) == Point(1, 2)
    assert client.submit(parcel, args=["a"]).result(60) == parcel("a")
    assert client.call(moment, 2027).result(60) == datetime(2027, 1, 1, tzinfo=timezone.utc)
    assert client.call(pair, "abc").result(60) == ("abc", 3)


def test_maps_pools_and_workflows_do_so_too(client: Colonies) -> None:
    assert list(client.map(point, [1, 2])) == [Point(1, 0), Point(2, 0)]
    with ColoniesPoolExecutor(client, executortype="typed", **OPTIONS) as pool:
        assert pool.submit(point, 3).result(60) == Point(3, 0)
    flow = Workflow(colonyname=client.colonyname or "", executortype="typed", **OPTIONS)
    node = flow.add(parcel, args=["a"])
    result = client.wait_workflow(client.submit_workflow(flow), 60)
    assert result[node] == parcel("a")
    assert result[str(node)]["name"] == "a"  # a name says nothing about types


def test_names_and_function_specs_give_results_as_they_arrive(client: Colonies) -> None:
    handle = client.submit("point", args=[1])
    assert handle.result(60) == {"x": 1, "y": 0}


def test_a_result_that_does_not_fit_the_annotation_is_an_error_that_keeps_it(client: Colonies) -> None:
    handle = client.call(wrong)
    with pytest.raises(TypeError, match="the result of wrong does not fit its annotation"):
        handle.result(60)
    assert handle.output == ["no point"]


async def _awaited(client: Colonies) -> Point:
    async with AsyncColonies(
        client.host, client.port, prvkey=client.endpoint.prvkey, colonyname=client.colonyname
    ) as colonies:
        return await (await colonies.with_options(executortype="typed", **OPTIONS).call(point, 4))


def test_handles_are_awaited_for_them(client: Colonies) -> None:
    import asyncio

    assert asyncio.run(_awaited(client)) == Point(4, 0)


def test_options_of_a_call_win_over_those_of_the_client() -> None:
    client = Colonies("localhost", 1, colonyname="dev").with_options(executortype="a", maxexectime=5)
    spec = client._spec_of("f", [], None, "dev", {"maxexectime": 9})
    assert spec.conditions.executortype == "a"
    assert spec.maxexectime == 9


@pytest.mark.parametrize("annotation", [Any, None, int, str, dict, "Missing", list])
def test_results_of_other_annotations_are_not_touched(annotation: Any) -> None:
    def func() -> None: ...

    func.__annotations__["return"] = annotation
    assert reader_of(func) is None
