"""Crons and generators over the real wire."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from conftest import Colony, Member
from pycolonies import Cron, FuncSpec, Generator, InvalidRequestError, ServerError, Workflow
from pycolonies.testing import DevServer

pytestmark = pytest.mark.both_modes

NEVER_AGAIN = "0 0 0 1 1 *"  # on New Year's day


@pytest.fixture
def workflow(colony: Colony) -> Workflow:
    spec = colony.spec()
    spec.nodename = "node"
    return Workflow(colonyname=colony.name, functionspecs=[spec])


def add_cron(colony: Colony, executor: Member, workflow: Workflow, *, wait: bool = False) -> Cron:
    return colony.client.add_cron("cron", NEVER_AGAIN, wait, workflow, colony.name, executor.prvkey)


@pytest.mark.parametrize("wait", [True, False])
def test_a_cron_is_kept_as_it_was_added(
    colony: Colony, executor: Member, workflow: Workflow, wait: bool
) -> None:
    added = add_cron(colony, executor, workflow, wait=wait)
    found = colony.client.get_cron(added["cronid"], executor.prvkey)
    assert found["name"] == "cron"
    assert found["cronexpression"] == NEVER_AGAIN
    assert found["interval"] == -1
    assert found["waitforprevprocessgraph"] is wait
    assert Workflow(**json.loads(found["workflowspec"])) == workflow
    (listed,) = colony.client.get_crons(colony.name, 10, executor.prvkey)
    assert listed["cronid"] == added["cronid"]


@pytest.mark.parametrize("seed", range(4))
def test_an_expression_without_a_time_zone_is_in_that_of_the_server(seed: int) -> None:
    with DevServer(realistic=True, seed=seed) as server:
        colony = Colony(server.client())
        client = colony.client.bind(prvkey=colony.executor().prvkey, colonyname=colony.name)
        workflow = Workflow(colonyname=colony.name, functionspecs=[colony.spec()])
        here = client.add_cron("here", "0 0 12 * * *", False, workflow)
        in_utc = client.add_cron("utc", "CRON_TZ=UTC 0 0 12 * * *", False, workflow)
        server.advance(2)
        assert client.get_cron(here["cronid"])["nextrun"][11:19] == "12:00:00"
        planned = client.get_cron(in_utc["cronid"])["nextrun"].replace("Z", "+00:00")
        assert datetime.fromisoformat(planned).astimezone(timezone.utc).hour == 12


def test_a_cron_runs_when_asked(colony: Colony, executor: Member, workflow: Workflow) -> None:
    client = colony.client
    cron = add_cron(colony, executor, workflow)
    assert client.run_cron(cron["cronid"], executor.prvkey)["cronid"] == cron["cronid"]
    (graph,) = client.get_processgraphs(colony.name, 10, executor.prvkey)
    assert client.get_cron(cron["cronid"], executor.prvkey)["prevprocessgraphid"] == graph.processgraphid


def test_a_cron_runs_at_its_interval(
    server: DevServer, colony: Colony, executor: Member, workflow: Workflow
) -> None:
    colony.client.add_cron("cron", "", False, workflow, colony.name, executor.prvkey, interval=3600)
    server.advance(2 * 3600 + 5)
    assert len(colony.client.get_processgraphs(colony.name, 10, executor.prvkey)) == 2


def test_a_removed_cron_is_gone(colony: Colony, executor: Member, workflow: Workflow) -> None:
    cron = add_cron(colony, executor, workflow)
    colony.client.del_cron(cron["cronid"], executor.prvkey)
    assert colony.client.get_crons(colony.name, 10, executor.prvkey) == []
    with pytest.raises(ServerError, match="cron is nil"):
        colony.client.get_cron(cron["cronid"], executor.prvkey)


def test_a_faulty_expression_is_told(colony: Colony, executor: Member, workflow: Workflow) -> None:
    with pytest.raises(InvalidRequestError, match="6 fields"):
        colony.client.add_cron("cron", "* * *", False, workflow, colony.name, executor.prvkey)


@pytest.fixture
def generator(colony: Colony, executor: Member, workflow: Workflow) -> Generator:
    described: dict[str, Any] = {
        "name": "generator",
        "colonyname": colony.name,
        "workflowspec": workflow,
        "trigger": 2,
        "timeout": 0,
    }
    return colony.client.add_generator(described, executor.prvkey)


def test_a_generator_submits_what_was_packed(
    server: DevServer, colony: Colony, executor: Member, generator: Generator
) -> None:
    client = colony.client
    for arg in ("one", "two", "three"):
        client.pack_generator(generator["generatorid"], arg, executor.prvkey)
    server.advance(2)
    assert client.assign(colony.name, 10, executor.prvkey).spec.args == ["one", "two"]
    assert client.get_generator(generator["generatorid"], executor.prvkey)["queuesize"] == 1


def test_generators_are_found(colony: Colony, executor: Member, generator: Generator) -> None:
    client, generatorid = colony.client, generator["generatorid"]
    found = client.resolve_generator(colony.name, "generator", executor.prvkey)
    assert found["generatorid"] == generatorid
    (listed,) = client.get_generators(colony.name, executor.prvkey)
    assert listed["trigger"] == 2
    client.remove_generator(generatorid, executor.prvkey)
    assert client.get_generators(colony.name, executor.prvkey) == []
    with pytest.raises(ServerError, match="generator is nil"):
        client.get_generator(generatorid, executor.prvkey)


def test_a_workflow_as_text(colony: Colony, executor: Member, workflow: Workflow) -> None:
    text = workflow.model_dump_json()
    described: dict[str, Any] = {"name": "g", "colonyname": colony.name, "workflowspec": text, "trigger": 1}
    assert colony.client.add_generator(described, executor.prvkey)["workflowspec"] == text


@pytest.mark.parametrize("trigger", [{}, {"trigger": 0}, {"trigger": -1}])
def test_a_generator_that_would_crash_servers_is_not_sent(colony: Colony, trigger: Generator) -> None:
    with pytest.raises(ValueError, match="trigger"):
        colony.client.add_generator({"name": "g", "colonyname": colony.name, **trigger}, colony.prvkey)


def test_a_spec_without_a_node_name_runs_in_a_cron(colony: Colony, executor: Member) -> None:
    spec = FuncSpec(funcname="f", conditions=colony.spec().conditions)
    workflow = Workflow(colonyname=colony.name, functionspecs=[spec])
    assert add_cron(colony, executor, workflow)["cronid"]
