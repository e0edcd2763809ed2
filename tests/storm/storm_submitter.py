"""A submitter in a storm. Arguments: name, seed."""

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


def spec(client: Colonies, function: str, args: list[object], retries: int) -> FuncSpec:
    assert client.colonyname is not None
    return func_spec(
        function, args, client.colonyname, KIND, maxexectime=LIMIT, maxretries=retries, maxwaittime=-1
    )


def submit_one(client: Colonies, uid: str, rnd: random.Random) -> None:
    function = rnd.choices(["work", "work_in_child", "work_in_loop"], [6, 2, 3])[0]
    mode = rnd.choices(["ok", "fail", "late"], [16, 2, 1])[0]
    if function == "work_in_child":
        mode = rnd.choices(["ok", "fail", "hostile"], [6, 1, 2])[0]
    seconds = 2 * LIMIT if mode == "late" else rnd.choice([0, 0, 0, 0.01, 0.05, 0.2, 0.6])
    retries = rnd.choice([0, 1, 3, 10]) if mode == "ok" else rnd.choice([0, 1])
    described = {"uid": uid, "mode": mode, "retries": retries, "function": function}
    note(STORM, "try", **described)
    process = client.submit_func_spec(spec(client, function, [uid, mode, seconds], retries))
    note(STORM, "acknowledged", processid=process.processid, **described)
    if rnd.random() < 0.1:
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


def main(name: str, seed: int) -> None:
    rnd = random.Random(seed)
    client = Colonies.from_env()
    number = 0
    while not Path(STORM, "over").exists():
        number += 1
        uid = f"{name}-{number}"
        try:
            if rnd.random() < 0.05:
                submit_workflow(client, uid)
            else:
                submit_one(client, uid, rnd)
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
        except Exception as error:  # noqa: BLE001 (that is what is looked for)
            note(STORM, "undocumented", uid=uid, type=type(error).__name__, text=repr(error)[:500])
        time.sleep(rnd.choice([0, 0, 0.005, 0.02]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
