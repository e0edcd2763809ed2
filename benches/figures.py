"""What was measured: figures in rows, a column for each candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

#: The candidates, as they are called in tables and files.
OLD = "1.0.25"
NEW = "new"
COINCURVE = "coincurve"
#: Submit, assign and close in Rust threads, and nothing else: what a runtime can come near to.
BARE = "bare Rust loop"
#: What any program with models pays for importing.
PYDANTIC = "pydantic alone"


#: Slots of the executors, and the row that tells their rates.
SLOTS = 16
EXECUTOR = f"executor, {SLOTS} slots"


def in_threads(cell: str, threads: int) -> str:
    """Return the name of the row for a cell that was run in some threads."""
    return f"{cell}, {threads} thread{'' if threads == 1 else 's'}"


def client_cpu(name: str) -> str:
    """Return the name of the row that tells the client's CPU time for each call of another row."""
    return f"{name}: client CPU"


def server_cpu(name: str) -> str:
    """Return the name of the row that tells the server's CPU time for each call of another row."""
    return f"{name}: server CPU"


@dataclass(frozen=True)
class Spread:
    """The middle of some figures, and the outermost ones."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """One thing that was measured, in every round, for each candidate that can do it."""

    name: str
    unit: str
    figures: Mapping[str, list[float]]
    more_is_better: bool = False

    def spread(self, candidate: str) -> Spread:
        figures = self.figures[candidate]
        return Spread(median(figures), min(figures), max(figures))

    def median(self, candidate: str) -> float:
        return self.spread(candidate).median

    def gain(self) -> float | None:
        """Return how many times better the new package is than 1.0.25, by the medians."""
        if OLD not in self.figures or NEW not in self.figures or 0 in {self.median(OLD), self.median(NEW)}:
            return None
        ratio = self.median(NEW) / self.median(OLD)
        return ratio if self.more_is_better else 1 / ratio


@dataclass(frozen=True)
class Expectation:
    """A figure that the new package is expected to reach."""

    what: str
    bound: float
    measured: float
    at_least: bool = False

    @property
    def reached(self) -> bool:
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


@dataclass
class Results:
    """Everything that one run brought out."""

    machine: dict[str, str | int]
    versions: dict[str, str]
    settings: dict[str, str | float]
    rows: list[Row] = field(default_factory=list)

    def row(self, name: str) -> Row:
        return next(row for row in self.rows if row.name == name)
