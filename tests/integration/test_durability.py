"""What a development server with a data directory has acknowledged is there, however it ended."""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from devcommand import PYCOLONIES, dev, executor_of
from polling import until
from pycolonies import Colonies, ColoniesConnectionError, ServerError, TransportError, Workflow, func_spec
from pycolonies.testing import COLONY_NAME, EXECUTOR_TYPE

KILLS = 10
WRITERS = 2


@dataclass
class Record:
    """What a writer has been told."""

    #: Processes that were acknowledged, by the label they were submitted with.
    submitted: dict[str, str] = field(default_factory=dict)
    #: Labels with an unknown outcome: the server was killed before it answered.
    unknown: list[str] = field(default_factory=list)
    #: Outputs that were acknowledged, by process.
    closed: dict[str, list[object]] = field(default_factory=dict)


def write(colonies: Colonies, record: Record, name: str) -> None:
    """Submits, assigns and closes until the server is gone."""
    number = 0
    while True:
        number += 1
        label = f"{name}-{number}"
        spec = func_spec("f", [label], COLONY_NAME, EXECUTOR_TYPE, maxexectime=600)
        spec.label = label
        try:
            record.submitted[label] = colonies.submit_func_spec(spec).processid
        except TransportError:
            record.unknown.append(label)
            return
        try:
            process = colonies.assign(timeout=60)
            output: list[object] = [process.processid, label]
            colonies.close(process.processid, output)
        except ColoniesConnectionError:
            return
        record.closed[process.processid] = output


def check(colonies: Colonies, records: list[Record]) -> None:
    """Nothing acknowledged is lost, nothing is there twice."""
    found = 0
    for record in records:
        for label, processid in record.submitted.items():
            process = colonies.get_process(processid)
            assert process.processid == processid
            assert process.spec.label == label
            assert process.spec.args == [label]
        for processid, output in record.closed.items():
            process = colonies.get_process(processid)
            assert process.state == colonies.SUCCESSFUL
            assert process.output == output
        for label in record.unknown:
            states = (colonies.WAITING, colonies.RUNNING, colonies.SUCCESSFUL)
            twins = [p for state in states for p in colonies.list_processes(state=state, label=label)]
            assert len(twins) <= 1
            found += len(twins)
    stats = colonies.stats()
    there = stats["waitingprocesses"] + stats["runningprocesses"] + stats["successfulprocesses"]
    assert there == found + sum(len(record.submitted) for record in records)


def acknowledged(records: list[Record]) -> bool:
    return any(record.submitted for record in records)


@pytest.mark.parametrize("seed", range(5))
def test_what_was_acknowledged_outlives_kills_at_any_moment(tmp_path: Path, seed: int) -> None:
    moments = random.Random(seed)
    records: list[Record] = []
    for kill in range(KILLS):
        with dev("--data-dir", str(tmp_path)) as (command, variables):
            colonies = executor_of(variables)
            check(colonies, records)
            new = [Record() for _ in range(WRITERS)]
            writers = [
                threading.Thread(target=write, args=(colonies, record, f"{kill}-{number}"))
                for number, record in enumerate(new)
            ]
            for writer in writers:
                writer.start()
            until(partial(acknowledged, new), "an acknowledged submission")
            time.sleep(moments.uniform(0, 0.1))  # whenever this is, it must be safe
            command.kill()
            for writer in writers:
                writer.join(60)
                assert not writer.is_alive()
            records += new
    with dev("--data-dir", str(tmp_path)) as (_, variables):
        check(executor_of(variables), records)
    assert sum(len(record.submitted) for record in records) >= KILLS


def test_deadlines_crons_and_generators_go_on_after_a_kill(tmp_path: Path) -> None:
    spec = func_spec("f", [], COLONY_NAME, EXECUTOR_TYPE, maxexectime=1, maxretries=3)
    workflow = Workflow(colonyname=COLONY_NAME)
    workflow.functionspecs.append(func_spec("g", [], COLONY_NAME, "other", maxexectime=10))
    with dev("--data-dir", str(tmp_path)) as (command, variables):
        colonies = executor_of(variables)
        process = colonies.submit_func_spec(spec)
        colonies.assign(timeout=60)
        cron = colonies.add_cron("every second", "", False, workflow, interval=1)
        generator = colonies.add_generator(
            {"name": "after a second", "trigger": 100, "timeout": 1, "workflowspec": workflow}
        )
        colonies.pack_generator(generator["generatorid"], "argument")
        command.kill()
    with dev("--data-dir", str(tmp_path)) as (_, variables):
        colonies = executor_of(variables)
        until(lambda: colonies.get_process(process.processid).state == colonies.WAITING)
        assert colonies.get_process(process.processid).retries == 1
        until(lambda: colonies.get_cron(cron["cronid"])["lastrun"] > cron["lastrun"])

        def generated() -> bool:
            waiting = colonies.list_processes(state=colonies.WAITING)
            return any(process.spec.args == ["argument"] for process in waiting)

        until(generated)


def test_a_full_disk_is_an_error_reply(tmp_path: Path) -> None:
    limited = ("/bin/sh", "-c", 'ulimit -f 2000; exec "$@"', "sh")
    with dev("--data-dir", str(tmp_path), within=limited) as (command, variables):
        colonies = executor_of(variables)
        kept: list[str] = []
        refusal: ServerError | None = None
        while refusal is None:
            spec = func_spec("f", ["x" * 50_000], COLONY_NAME, EXECUTOR_TYPE)
            try:
                kept.append(colonies.submit_func_spec(spec).processid)
            except ServerError as fault:
                refusal = fault
        assert refusal.status == 500
        assert "store of the development server" in refusal.message
        for processid in kept:
            assert colonies.get_process(processid).processid == processid
        assert command.poll() is None
    with dev("--data-dir", str(tmp_path)) as (_, variables):
        colonies = executor_of(variables)
        assert colonies.stats()["waitingprocesses"] == len(kept)
        colonies.submit_func_spec(func_spec("f", [], COLONY_NAME, EXECUTOR_TYPE))


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_directory_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    done = subprocess.run(
        [*PYCOLONIES, "dev", "--port", "0", "--data-dir", str(tmp_path / "data")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert str(tmp_path) in done.stderr
