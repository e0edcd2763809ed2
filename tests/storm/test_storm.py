"""A short storm, and the rules: each one sees what it is there for."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import storm_run
from storm_history import RULES, Found, History, violations
from storm_run import Storm, figures
from storm_settings import Settings

TOKEN = "p/1/7/1"


def event(kind: str, **what: Any) -> dict[str, Any]:
    return {"kind": kind, "time": 0.0, "pid": 7, **what}


def quiet() -> History:
    """Return a history in which all is well."""
    return History(
        events=[
            event("try", uid="s-1", mode="ok", retries=1, function="work"),
            event("acknowledged", uid="s-1", mode="ok", retries=1, function="work", processid="p"),
            event("begin", uid="s-1", processid="p", attempt=1, token=TOKEN),
            event("end", processid="p", attempt=1, token=TOKEN),
            event("ended", processid="p", retries=0, outcome="SUCCESSFUL"),
            event("reported", processid="p", retries=0, outcome="SUCCESSFUL"),
            event("seen", processid="p", state=2, output=[{"token": TOKEN}]),
            event("refused", uid="s-2", type="ConnectError", maybe=False, status=0),
            event("acknowledged workflow", uid="s-3", graphid="g"),
        ],
        processes={"p": Found(2, 0, [{"token": TOKEN}], "work", args=["s-1", "ok", 0])},
        submitted=Counter({"s-1": 1}),
        graphs={"g": 2},
    )


def changed(**fields: Any) -> Callable[[History], None]:
    def change(history: History) -> None:
        history.processes["p"] = Found(**{**vars(history.processes["p"]), **fields})

    return change


def added(kind: str, **what: Any) -> Callable[[History], None]:
    return lambda history: history.events.append(event(kind, **what))


def forgotten(history: History) -> None:
    history.events.pop(3)


def failing(history: History) -> None:
    history.events[1]["mode"] = "fail"


BROKEN: dict[str, list[Callable[[History], None]]] = {
    "acknowledged_is_kept": [lambda history: history.processes.clear(), changed(state=0), changed(state=1)],
    "acknowledged_is_what_was_submitted": [changed(args=["s-2", "ok", 0]), changed(args=[])],
    "submitted_once": [lambda history: history.submitted.update(["s-1"])],
    "refused_is_not_there": [
        lambda history: history.submitted.update(["s-2"]),
        lambda history: history.submitted.update(["s-2.a"]),
    ],
    "output_belongs_to_a_run": [
        changed(output=[{"token": "other"}]),
        changed(output=[]),
        changed(retries=1),
        forgotten,
    ],
    "failing_functions_fail": [failing],
    "retries_are_limited": [changed(retries=2)],
    "an_attempt_begins_once": [added("begin", uid="s-1", processid="p", attempt=1, token="again")],
    "nothing_begins_after_success": [added("begin", uid="s-1", processid="p", attempt=2, token="again")],
    "acknowledged_success_is_kept": [
        changed(state=3),
        added("reported", processid="p", retries=1, outcome="SUCCESSFUL"),
    ],
    "what_was_seen_stays": [changed(output=[{"token": "other"}]), changed(state=3)],
    "workflows_join": [
        lambda history: history.graphs.update(g=3),
        changed(funcname="join", parents=2, output=[{"token": TOKEN, "from": ["one"]}]),
    ],
    "exceptions_are_documented": [added("undocumented", type="KeyError", text="'x'")],
    "programs_end_when_told": [added("hangs", what="an executor"), added("died", what="the server", code=-6)],
}


def test_a_history_in_which_all_is_well_breaks_no_rule() -> None:
    assert violations(quiet()) == []


def test_an_attempt_that_was_handed_back_may_begin_again() -> None:
    history = quiet()
    history.events.insert(3, event("ended", processid="p", retries=0, outcome="HANDED_BACK"))
    history.events.insert(4, event("begin", uid="s-1", processid="p", attempt=1, token="again"))
    assert violations(history) == []


def test_each_rule_has_a_history_that_breaks_it() -> None:
    assert BROKEN.keys() == {check.__name__ for check in RULES}


@pytest.mark.parametrize(
    ("name", "number"), [(name, n) for name, all_ in BROKEN.items() for n in range(len(all_))]
)
def test_a_rule_sees_what_it_is_there_for(name: str, number: int) -> None:
    history = copy.deepcopy(quiet())
    BROKEN[name][number](history)
    assert any(text.startswith(f"{name}: ") for text in violations(history))


def test_a_storm_runs_from_the_command_line_too() -> None:
    command = [sys.executable, str(Path(storm_run.__file__)), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": ""}, cwd="/")
    assert done.returncode == 0, done.stderr
    assert "--kill-server" in done.stdout


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="signals, limits and /proc of Linux")
@pytest.mark.timeout(400)
def test_a_short_storm_breaks_no_rule(tmp_path: Path) -> None:
    settings = Settings(
        seed=20,
        seconds=6,
        submitters=2,
        executors=2,
        concurrency=4,
        harm=0.2,
        hostile=0.02,
        pause=0.8,
        least=30,
    )
    storm = Storm(settings, tmp_path)
    history = storm.run()
    assert violations(history) == [], figures(storm, history)
    assert len(history.processes) >= 30
    assert storm.counts
