"""The rounds: every figure is taken once in each, all candidates in turn, each time another one first."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from candidates import TEXTS, Candidates
from child import Child
from connections import Forwarder
from figures import (
    BARE,
    COINCURVE,
    EXECUTOR,
    NEW,
    OLD,
    PYDANTIC,
    SLOTS,
    Row,
    client_cpu,
    in_threads,
    server_cpu,
)
from imports import FIRST_USE, FIRST_USE_OF_PYDANTIC, IMPORT, IMPORT_PYDANTIC, measure_import
from measuring import DIFFERENT

CELLS = ("get_process", "submit", "cycle")
THREADS = (1, 8)
#: Calls in each count of connections: 200 cycles of three calls.
COUNTED_CYCLES = 200
COUNTED_CALLS = 3 * COUNTED_CYCLES
#: Turns of each signer in a round: many short ones, so that what else the machine does hits all alike.
TURNS = 3
#: Reading a key is part of `sign`; coincurve keeps key objects, and is measured both ways.
SIGNING = {
    "sign": {OLD: "sign", NEW: "sign", COINCURVE: "sign"},
    "sign, key read each time": {NEW: "sign", COINCURVE: "sign_reading_key"},
    "id": {OLD: "id", NEW: "id", COINCURVE: "id"},
}
#: More processes than an executor does in a second.
ENOUGH = {OLD: 400, NEW: 12000}
MICROSECONDS = 1e6
MIB = 1 << 20

Figures = defaultdict[str, list[float]]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    rounds: int
    seconds: float

    def settings(self) -> dict[str, str | float]:
        return {"rounds": self.rounds, "seconds a cell": self.seconds, "characters signed": len(TEXTS[0])}

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.rounds))


def in_turn(items: Iterable[Item], number: int) -> Sequence[Item]:
    """Return the items, beginning with another one in each round."""
    listed = list(items)
    first = number % len(listed)
    return listed[first:] + listed[:first]


def measure_everything(candidates: Candidates, plan: Plan) -> list[Row]:
    return [
        *signing(candidates, plan),
        *calls(candidates, plan),
        *executors(candidates, plan),
        *connections(candidates),
        *imports(candidates, plan),
        working_memory(candidates.clients),
    ]


def signing(candidates: Candidates, plan: Plan) -> list[Row]:
    """Measure signatures and identities, in one thread."""
    figures = {name: Figures(list) for name in SIGNING}
    for number in range(plan.rounds * TURNS):
        for name, cells in SIGNING.items():
            for candidate, cell in in_turn(cells.items(), number):
                signer = candidates.signers[candidate]
                signer.ask("prepare", cell=cell)
                done = signer.ask("measure", threads=1, seconds=plan.seconds / (2 * TURNS))
                figures[name][candidate].append(done["seconds"] / done["calls"] * MICROSECONDS)
    return [Row(name, "µs", taken) for name, taken in figures.items()]


def calls(candidates: Candidates, plan: Plan) -> list[Row]:
    """Measure calls: their rate, and the CPU time that each costs the client and the server."""
    names = {in_threads(cell, threads): (cell, threads) for cell in CELLS for threads in THREADS}
    rates = {name: Figures(list) for name in names}
    client = {client_cpu(name): Figures(list) for name in names}
    server = {server_cpu(name): Figures(list) for name in names}
    for number in plan:
        for name, (cell, threads) in names.items():
            for candidate, worker in in_turn(candidates.clients.items(), number):
                if cell == "get_process":
                    worker.ask("find", **candidates.executors[NEW].ask("fill", count=DIFFERENT))
                worker.ask("prepare", cell=cell)
                worker.ask("warm_up", threads=threads)
                before = candidates.server_cpu()
                done = worker.ask("measure", threads=threads, seconds=plan.seconds)
                used = candidates.server_cpu() - before
                rates[name][candidate].append(done["calls"] / done["seconds"])
                client[client_cpu(name)][candidate].append(done["cpu"] / done["calls"] * MICROSECONDS)
                server[server_cpu(name)][candidate].append(used / done["calls"] * MICROSECONDS)
    return [
        *(Row(name, "1/s", taken, more_is_better=True) for name, taken in rates.items()),
        *(Row(name, "µs", taken) for name, taken in (client | server).items()),
    ]


def executors(candidates: Candidates, plan: Plan) -> list[Row]:
    """Measure executors with a queue that never gets empty, beside threads that submit, assign and close."""
    rates, cpu = Figures(list), Figures(list)
    for number in plan:
        for candidate in in_turn((OLD, NEW, BARE), number):
            if candidate == BARE:
                candidates.executors[NEW].ask("fill", count=0)
                done = candidates.bare.say(f"{SLOTS} {plan.seconds}")
            else:
                candidates.executors[NEW].ask("fill", count=math.ceil(ENOUGH[candidate] * plan.seconds))
                done = candidates.executors[candidate].ask("execute", slots=SLOTS, seconds=plan.seconds)
                cpu[candidate].append(done["cpu"] / done["calls"] * MICROSECONDS)
            rates[candidate].append(done["calls"] / done["seconds"])
    return [
        Row(EXECUTOR, "1/s", rates, more_is_better=True),
        Row(client_cpu(EXECUTOR), "µs", cpu),
    ]


def connections(candidates: Candidates) -> Iterator[Row]:
    """Count the connections that a client opens in many calls, after those that checked the answer."""
    host, port = candidates.place["host"], candidates.place["port"]
    for threads in THREADS:
        opened: dict[str, list[float]] = {}
        for candidate, worker in candidates.clients.items():
            with Forwarder((host, port)) as forwarder:
                candidates.connect_through(forwarder.port, worker)
                worker.ask("prepare", cell="cycle")
                before = forwarder.opened
                worker.ask("repeat", threads=threads, calls=COUNTED_CYCLES // threads)
                opened[candidate] = [forwarder.opened - before]
            candidates.connect_through(port, worker)
        yield Row(in_threads(f"connections opened in {COUNTED_CALLS} calls", threads), "", opened)


def imports(candidates: Candidates, plan: Plan) -> list[Row]:
    """Measure importing, in fresh interpreters, and the memory that is in use afterwards."""
    old, new = candidates.pythons[OLD], candidates.pythons[NEW]
    statements = {
        "import": {OLD: (old, IMPORT), NEW: (new, IMPORT), PYDANTIC: (new, IMPORT_PYDANTIC)},
        "import and first use": {
            OLD: (old, FIRST_USE),
            NEW: (new, FIRST_USE),
            PYDANTIC: (new, FIRST_USE_OF_PYDANTIC),
        },
    }
    seconds = {name: Figures(list) for name in statements}
    resident = {f"memory after {name}": Figures(list) for name in statements}
    for number in range(-1, 2 * plan.rounds):
        for name, runs in statements.items():
            for candidate, run in in_turn(runs.items(), number):
                done = measure_import(*run)
                if number >= 0:  # the round before fills the system's file cache
                    seconds[name][candidate].append(done.seconds * 1000)
                    resident[f"memory after {name}"][candidate].append(done.resident / MIB)
    return [
        *(Row(name, "ms", taken) for name, taken in seconds.items()),
        *(Row(name, "MiB", taken) for name, taken in resident.items()),
    ]


def working_memory(clients: dict[str, Child]) -> Row:
    """Ask the workers, after all their calls, how much memory they use."""
    resident = {name: [worker.ask("memory")["resident"] / MIB] for name, worker in clients.items()}
    return Row("memory after all calls", "MiB", resident)
