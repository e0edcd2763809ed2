"""Reads what a server holds when a storm is over."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from storm_history import Found, History

from pycolonies import Colonies, ColoniesError

#: Processes that are asked for at the same time.
_THREADS = 8


def history_of(client: Colonies, happened: list[dict[str, Any]], data: Path) -> History:
    """Return the events of a storm, and what the server holds of the processes and workflows in them.

    Args:
        client: A client of the server.
        happened: The events.
        data: Data directory of the storm's own server; it does not exist for another server.
    """
    history = History(happened, {})
    ids = {event["processid"]: None for event in happened if "processid" in event}
    with ThreadPoolExecutor(_THREADS) as pool:
        workflows = [event["graphid"] for event in happened if event["kind"] == "acknowledged workflow"]
        for graphid, graph in zip(
            workflows, pool.map(lambda graphid: _graph(client, graphid), workflows), strict=True
        ):
            if graph is not None:  # one that is lost breaks a rule
                history.graphs[graphid] = graph[0]
                ids |= dict.fromkeys(graph[1])
        for processid, found in zip(
            ids, pool.map(lambda processid: _process(client, processid), ids), strict=True
        ):
            if found is not None:
                history.processes[processid] = found
    history.submitted = _submitted(data) or _begun(happened)
    return history


def _graph(client: Colonies, graphid: str) -> tuple[int, list[str]] | None:
    with contextlib.suppress(ColoniesError):
        graph = client.get_processgraph(graphid)
        return int(graph.state), list(graph.processids)
    return None


def _process(client: Colonies, processid: str) -> Found | None:
    with contextlib.suppress(ColoniesError):
        found = client.get_process(processid)
        args = list(found.spec.args or [])
        parents = len(found.parents)
        return Found(int(found.state), found.retries, found.output or [], found.spec.funcname, parents, args)
    return None


def _submitted(data: Path) -> Counter[str]:
    """Return how many processes there are of each uid, as the server's file has them."""
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as copied:  # the server has locked its own file
        for file in data.glob("colonies.db*"):
            shutil.copy(file, copied)
        if not (Path(copied) / "colonies.db").exists():
            return counts
        with contextlib.closing(sqlite3.connect(Path(copied) / "colonies.db")) as database:
            for (spec,) in database.execute("SELECT spec FROM processes"):
                args = json.loads(spec).get("args") or []
                if args and isinstance(args[0], str):
                    counts[args[0]] += 1
    return counts


def _begun(happened: list[dict[str, Any]]) -> Counter[str]:
    """Return how many processes of each uid have begun or were acknowledged."""
    known = {
        (event["uid"], event["processid"]) for event in happened if "uid" in event and "processid" in event
    }
    return Counter(uid for uid, _ in known if uid != "join")
