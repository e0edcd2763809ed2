"""The figures that the new package is expected to reach."""

from __future__ import annotations

from figures import (
    BARE,
    COINCURVE,
    EXECUTOR,
    NEW,
    OLD,
    PYDANTIC,
    Expectation,
    Results,
    client_cpu,
    in_threads,
)


def expectations(results: Results) -> list[Expectation]:
    """Compare the medians with what is expected of them."""

    def new(name: str) -> float:
        return results.row(name).median(NEW)

    def faster(cell: str, threads: int, bound: float) -> Expectation:
        name = in_threads(cell, threads)
        measured = new(name) / results.row(name).median(OLD)
        return Expectation(f"{name}: times the rate of {OLD}", bound, measured, at_least=True)

    def thrifty(threads: int) -> Expectation:
        name = client_cpu(in_threads("get_process", threads))
        return Expectation(f"{name}, µs a call", 200, new(name))

    def connected(threads: int) -> Expectation:
        name = in_threads("connections opened in 600 calls", threads)
        return Expectation(f"{name}: one a thread", threads, new(name))

    def beside_pydantic(name: str) -> Expectation:
        more = new(name) - results.row(name).median(PYDANTIC)
        return Expectation(f"{name}: ms more than pydantic alone", 60, more)

    sign = results.row("sign")
    return [
        Expectation(f"sign: times as fast as {OLD}", 30, sign.median(OLD) / sign.median(NEW), at_least=True),
        Expectation("sign: times coincurve's time", 1.3, sign.median(NEW) / sign.median(COINCURVE)),
        faster("get_process", 1, 10),
        faster("get_process", 8, 15),
        faster("cycle", 1, 10),
        faster("cycle", 8, 15),
        Expectation(
            f"{EXECUTOR}: times the rate of the {BARE}",
            0.7,
            new(EXECUTOR) / results.row(EXECUTOR).median(BARE),
            at_least=True,
        ),
        Expectation(
            f"{EXECUTOR}: times the rate of {OLD}",
            25,
            new(EXECUTOR) / results.row(EXECUTOR).median(OLD),
            at_least=True,
        ),
        thrifty(1),
        thrifty(8),
        connected(1),
        connected(8),
        beside_pydantic("import"),
        beside_pydantic("import and first use"),
    ]
