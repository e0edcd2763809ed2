"""A submitter in a storm. Arguments: name, seed, fraction of harmful processes, most waiting processes."""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from storm_notes import note

from pycolonies import Colonies, ColoniesError, FuncSpec, WaitTimeoutError, Workflow, func_spec

STORM = os.environ["STORM"]
KIND = "storm"
LIMIT = 3
#: Submissions between two looks at the queue.
BATCH = 25


def spec(client: Colonies, function: str, args: list[object], retries: int) -> FuncSpec:
    assert client.colonyname is not None
    return func_spec(
        function, args, client.colonyname, KIND, maxexectime=LIMIT, maxretries=retries, maxwaittime=-1
    )


def choose(rnd: random.Random, harm: float) -> tuple[str, str]:
    """Return a function and what it does."""
    function = rnd.choices(["work", "work_in_child", "work_in_loop"], [8, 2, 6])[0]
    if rnd.random() >= harm:
        return function, "ok"
    if function == "work_in_child":
        return function, rnd.choice(["fail", "hostile", "hostile"])
    return function, rnd.choice(["fail", "fail", "late"])


def submit_one(client: Colonies, uid: str, rnd: random.Random, harm: float) -> None:
    function, mode = choose(rnd, harm)
    seconds = 2 * LIMIT if mode == "late" else rnd.choice([0, 0, 0, 0, 0, 0.01, 0.05, 0.3])
    retries = rnd.choice([0, 1, 3, 10]) if mode == "ok" else rnd.choice([0, 1])
    described = {"uid": uid, "mode": mode, "retries": retries, "function": function}
    note(STORM, "try", **described)
    process = client.submit_func_spec(spec(client, function, [uid, mode, seconds], retries))
    note(STORM, "acknowledged", processid=process.processid, **described)
    if rnd.random() < 0.02:
        try:
            seen = client.wait(process, 20)
        except (WaitTimeoutError, ColoniesError):
            return
        note(STORM, "seen", processid=seen.processid, state=int(seen.state), output=seen.output)


def submit_workflow(client: Colonies, uid: str) -> None:
    workflow = Workflow(colonyname=client.colonyname)
    for name in "abc":
        workflow.add(spec(client, "work", [f"{uid}.{name}", "ok", 0.02], 20), name, [])
    workflow.add(spec(client, "join", [], 20), "all", ["a", "b", "c"])
    workflow.add(spec(client, "join", [], 20), "last", ["all", "a"])
    note(STORM, "try workflow", uid=uid)
    graph = client.submit_workflow(workflow)
    note(STORM, "acknowledged workflow", uid=uid, graphid=graph.processgraphid)


def is_over() -> bool:
    return Path(STORM, "over").exists()


def await_room(client: Colonies, most: int) -> None:
    """Wait while too many processes are waiting."""
    while not is_over() and client.stats()["waitingprocesses"] > most:
        time.sleep(0.2)


def main(name: str, seed: int, harm: float, backlog: int) -> None:
    rnd = random.Random(seed)
    client = Colonies.from_env()
    number = 0
    while not is_over():
        number += 1
        uid = f"{name}-{number}"
        try:
            if number % BATCH == 0:
                await_room(client, backlog)
            if rnd.random() < 0.05:
                submit_workflow(client, uid)
            else:
                submit_one(client, uid, rnd, harm)
        except ColoniesError as error:
            maybe = getattr(error, "may_have_been_processed", True)
            note(
                STORM,
                "refused",
                uid=uid,
                type=type(error).__name__,
                maybe=maybe,
                status=getattr(error, "status", 0),
            )
            time.sleep(0.05)
        except Exception as error:  # noqa: BLE001 (these are what the storm looks for)
            note(STORM, "undocumented", uid=uid, type=type(error).__name__, text=repr(error)[:500])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
