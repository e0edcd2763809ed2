"""What executors attach to processes, and write into logs."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from conftest import Colony, Member
from pycolonies import Colonies, InvalidRequestError, PermissionDeniedError, ServerError


@dataclass
class Run:
    """A process that runs."""

    client: Colonies
    colony: Colony
    executor: Member
    processid: str


@pytest.fixture
def run(colony: Colony, executor: Member) -> Run:
    colony.submit(executor)
    process = colony.client.assign(colony.name, 10, executor.prvkey)
    return Run(colony.client, colony, executor, process.processid)


def test_attributes(run: Run) -> None:
    added = run.client.add_attribute(run.processid, "key", "value", run.executor.prvkey)
    assert added.targetid == run.processid
    assert added.key == "key"
    assert added.value == "value"
    assert added.attributetype == 1
    assert run.client.get_attribute(added.attributeid, run.executor.prvkey) == added
    (attribute,) = run.client.get_process(run.processid, run.executor.prvkey).attributes or []
    assert attribute["value"] == "value"


def test_an_attribute_that_is_not_there(run: Run) -> None:
    with pytest.raises(InvalidRequestError, match="Attribute does not exist"):
        run.client.get_attribute("0" * 64, run.executor.prvkey)


def test_only_the_executor_of_a_process_attaches(run: Run) -> None:
    with pytest.raises(PermissionDeniedError):
        run.client.add_attribute(run.processid, "key", "value", run.colony.executor().prvkey)


def test_log_of_a_process(run: Run) -> None:
    assert run.client.get_process_log(run.colony.name, run.processid, 10, 0, run.executor.prvkey) == []
    for line in ("one", "two", "three"):
        run.client.add_log(run.processid, line, run.executor.prvkey)
    read = run.client.get_process_log
    lines = read(run.colony.name, run.processid, 10, 0, run.executor.prvkey)
    assert [line["message"] for line in lines] == ["one", "two", "three"]
    later = read(run.colony.name, run.processid, 10, lines[0]["timestamp"], run.executor.prvkey)
    assert later == lines[1:]
    last = read(run.colony.name, run.processid, 1, 0, run.executor.prvkey, latest=True)
    assert last == lines[2:]


def test_log_of_an_executor(run: Run) -> None:
    name, key = run.executor.name, run.executor.prvkey
    run.client.add_log(run.processid, "at work", key)
    run.client.add_executor_log(run.colony.name, name, "by itself", key)
    lines = run.client.get_executor_log(run.colony.name, name, 10, 0, key)
    assert [(line["message"], line["processid"]) for line in lines] == [
        ("at work", run.processid),
        ("by itself", ""),
    ]
    with pytest.raises(PermissionDeniedError):
        run.client.add_executor_log(run.colony.name, name, "by another", run.colony.executor().prvkey)
    with pytest.raises(ServerError, match="executor does not exist"):
        run.client.get_executor_log(run.colony.name, "unknown", 10, 0, key)


def test_search(run: Run) -> None:
    for line in ("a needle", "hay"):
        run.client.add_log(run.processid, line, run.executor.prvkey)
    found = run.client.search_logs(run.colony.name, "needle", run.executor.prvkey)
    assert [line["message"] for line in found] == ["a needle"]
    assert run.client.search_logs(run.colony.name, "nothing", run.executor.prvkey) == []
    with pytest.raises(InvalidRequestError):
        run.client.search_logs(run.colony.name, "needle", run.executor.prvkey, days=31)
