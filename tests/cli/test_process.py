"""`pycolonies process`."""

from __future__ import annotations

import json
import re

import pytest

from commands import Commands
from conftest import Colony, Member
from pycolonies import Workflow

ID = re.compile(r"[0-9a-f]{64}")


def test_lists_of_each_state(cli: Commands, colony: Colony, executor: Member) -> None:
    first = colony.submit(executor, "helloworld", {"a": 1}).processid
    time = moment(cli, first, "submissiontime")
    drawn = [cell.strip() for cell in cli.drawn("process", "psw")[3].split("│")[1:-1]]
    assert drawn[:3] == [first[:12], "echo", 'helloworld {"a": 1}']
    assert drawn[5:] == [time, "-", "echo", executor.name, "-"]
    heads, row = cli.piped("process", "psw", "--wide").stdout.splitlines()
    assert re.split(" {2,}", heads) == [
        *("ID", "FUNC", "ARGS", "KWARGS", "WAITING", "SUBMISSION TIME"),
        *("EXECUTOR", "EXECUTOR TYPE", "INITIATOR", "LABEL"),
    ]
    assert re.split(" {2,}", row)[0] == first
    assert re.split(" {2,}", row)[5:] == drawn[5:]
    assert [found["processid"] for found in cli.json("process", "psw", "-i")] == [first]

    assert cli.json("process", "assign", "--timeout", "10")["processid"] == first
    assert re.split(" {2,}", cli.piped("process", "ps", "-w").stdout.splitlines()[1])[6] == executor.name
    cli.piped("process", "close", "-p", first, "--out", "a,b", "--out", "c")
    assert cli.piped("process", "get", "-p", first, "--out").stdout == "a b c\n"
    assert cli.json("process", "get", "-p", first, "--out") == ["a", "b", "c"]
    assert first in cli.piped("process", "pss").stdout
    assert first in cli.piped("process", "history", "--name", executor.name).stdout
    assert cli.piped("process", "history", "--state", "failed").stdout == ""

    second = colony.submit(executor, "x").processid
    assigned = cli.piped("process", "assign", "--availablecpu", "1000m")
    assert assigned.stderr.split("  ")[-1].split() == [f"ProcessID={second}", f"ExecutorID={executor.id}"]
    cli.piped("process", "output", "-p", second, "--out", "half")
    assert cli.piped("process", "get", "-p", second, "--out").stdout == "half\n"
    cli.piped("process", "fail", "-p", second, "--errors", "no luck")
    assert second in cli.piped("process", "psf").stdout
    waited = cli.piped("process", "wait", "-p", second, code=1)
    assert waited.stderr == f"Error: process {second} failed: no luck\n"


def moment(cli: Commands, processid: str, field: str) -> str:
    """A time of a process as it is shown."""
    lines = cli.piped("process", "get", "-p", processid).stdout.splitlines()
    return next(line for line in lines if line.lower().startswith(field)).split(maxsplit=1)[1]


def test_filters(cli: Commands, colony: Colony, executor: Member) -> None:
    colony.submit(executor, "a")
    assert len(cli.json("process", "psw", "--executortype", "echo", "--count", "1")) == 1
    assert cli.json("process", "psw", "--executortype", "other") == []
    assert cli.json("process", "psw", "--label", "other") == []
    wrong = cli.piped("process", "psw", "--label", "a", "--executortype", "b", code=2)
    assert "only one filter can be given" in wrong.stderr


def test_nothing_to_assign_is_told(cli: Commands) -> None:
    empty = cli.piped("process", "assign", "--timeout", "-1")
    assert empty.stdout == ""
    assert "No process was assigned: there is none for this executor" in empty.stderr
    cli.piped("colony", "pause")
    assert "are paused" in cli.piped("process", "assign", "--timeout", "-1").stderr
    cli.piped("colony", "resume")


def test_cancel_and_remove(cli: Commands, colony: Colony, executor: Member) -> None:
    processid = colony.submit(executor, "a").processid
    done = cli.piped("process", "cancel", "--processid", processid)
    assert done.stderr.split()[1:] == ["Process", "cancelled", f"ProcessID={processid}"]
    assert processid in cli.piped("process", "psc").stdout
    assert "was cancelled" in cli.piped("process", "wait", "-p", processid, code=1).stderr
    assert cli.json("process", "remove", "-p", processid) == {"processid": processid}
    gone = cli.piped("process", "cancel", "-p", processid, code=5)
    assert "not found at" in gone.stderr


def test_all_are_removed_only_after_a_yes(cli: Commands, colony: Colony, executor: Member) -> None:
    colony.submit(executor, "a")
    for typed in ("no\n", ""):
        kept = cli.piped("process", "removeall", typed=typed)
        assert "Remove all processes in colony" in kept.stderr
        assert "Nothing was done" in kept.stderr
    assert len(cli.json("process", "psw")) == 1
    cli.piped("process", "removeall", "--failed", "--yes")
    assert len(cli.json("process", "psw")) == 1
    cli.piped("process", "removeall", "--waiting", typed="YES\n")
    assert cli.json("process", "psw") == []
    assert "give one of" in cli.piped("process", "removeall", "--failed", "--waiting", code=2).stderr


def test_a_colony_is_paused_and_resumed(cli: Commands, colony: Colony) -> None:
    cli.piped("process", "pause")
    assert cli.piped("process", "status").stdout == f"Assignments in colony {colony.name} are paused\n"
    cli.piped("process", "resume")
    assert cli.json("process", "status") == {"colonyname": colony.name, "ispaused": False}
    denied = cli.piped("process", "pause", "--colonyprvkey", cli.environment["COLONIES_PRVKEY"], code=4)
    assert "the colony's owner" in denied.stderr


def test_watched_lists_change(cli: Commands, colony: Colony, executor: Member) -> None:
    with cli.terminal("process", "psw", "--watch", "0.1") as terminal:
        terminal.until("No waiting processes found")
        processid = colony.submit(executor, "a").processid
        terminal.until(processid[:12])
        colony.client.cancel_process(processid, executor.prvkey)
        terminal.until("No waiting processes found")


def test_what_is_watched_through_a_pipe_is_written_when_it_changes(
    cli: Commands, colony: Colony, executor: Member
) -> None:
    processid = colony.submit(executor, "a").processid
    with cli.running("process", "psw", "--watch", "0.1", "--json") as watching:
        assert watching.stdout is not None
        assert [found["processid"] for found in json.loads(watching.stdout.readline())] == [processid]
        colony.client.cancel_process(processid, executor.prvkey)
        assert json.loads(watching.stdout.readline()) == []


def test_processes_are_followed_as_they_come(cli: Commands, colony: Colony, executor: Member) -> None:
    with cli.running("process", "follow", "--executortype", "echo") as following:
        assert following.stdout is not None
        line = ""
        while not line:  # what comes before the subscription is missed
            processid = colony.submit(executor, "a b").processid
            line = cli.line_within(following, 0.5)
        assert line.split(maxsplit=1)[1] == "echo a b\n"
        assert ID.fullmatch(line.split()[0])
        assert processid


def test_the_overview_shows_what_runs_and_waits(cli: Commands, colony: Colony, executor: Member) -> None:
    running = colony.submit(executor, "a").processid
    colony.client.assign(colony.name, 10, executor.prvkey)
    waiting = colony.submit(executor, "b").processid
    shown = cli.piped("process", "top", "--once").stdout.splitlines()
    assert shown[0] == "1 executor 1 waiting 1 running 0 successful 0 failed 0 cancelled"
    states = [re.split(" {2,}", line)[:5] for line in shown[2:]]
    assert states == [[running, "echo", "a", "-", "Running"], [waiting, "echo", "b", "-", "Waiting"]]
    with cli.terminal("process", "top", "--watch", "0.1") as terminal:
        terminal.until("1 running")
        colony.client.close(running, [], executor.prvkey)
        terminal.until("1 successful")


@pytest.mark.parametrize("columns", [40, 200])
def test_a_terminal_shows_the_beginnings_of_ids(
    cli: Commands, colony: Colony, executor: Member, columns: int
) -> None:
    processid = colony.submit(executor, "a").processid
    drawn = "\n".join(cli.drawn("process", "psw", columns=columns))
    assert processid[:12] in drawn
    assert processid not in drawn
    assert processid in "".join(
        line.ljust(columns) for line in cli.drawn("process", "psw", "--wide", columns=columns)
    )
    if columns > 100:
        assert processid in "\n".join(cli.drawn("process", "psw", "--ids", columns=columns))


def test_a_failed_process_is_submitted_again(cli: Commands, colony: Colony, executor: Member) -> None:
    before = colony.submit(executor, "helloworld").processid
    cli.piped("process", "assign", "--timeout", "10")
    cli.piped("process", "fail", "-p", before, "--errors", "no luck")
    told = cli.piped("process", "resubmit", before[:12]).stderr
    (again,) = ID.findall(told.split("ProcessID=")[1])[:1]
    assert f"Resubmitted={before}" in told
    assert again != before
    found = cli.json("process", "resubmit", "-p", before)
    assert found["spec"]["args"] == ["helloworld"]
    assert found["spec"]["env"] == {"PYCOLONIES_RESUBMITTED": before}
    waiting = {process["processid"] for process in cli.json("process", "psw")}
    assert waiting == {again, found["processid"]}


def test_a_failed_workflow_is_submitted_again(cli: Commands, colony: Colony, executor: Member) -> None:
    workflow = Workflow(colonyname=colony.name, functionspecs=[colony.spec("x")])
    graph = colony.client.submit_workflow(workflow, executor.prvkey)
    cli.piped("process", "assign", "--timeout", "10")
    cli.piped("process", "fail", "-p", graph.processids[0], "--errors", "no luck")
    again = cli.json("workflow", "resubmit", graph.processgraphid)
    assert again["processgraphid"] != graph.processgraphid
    cli.piped("process", "assign", "--timeout", "10")
    cli.piped("process", "close", "-p", again["processids"][0])
    refused = cli.piped("workflow", "resubmit", again["processgraphid"], code=1)
    assert refused.stderr == "Error: all processes were successful; --all runs them again\n"
    assert (
        "Workflow resubmitted" in cli.piped("workflow", "resubmit", "--all", again["processgraphid"]).stderr
    )
