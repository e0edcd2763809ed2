"""Histograms of seconds: cheap to add to, good for percentiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pycolonies._home import publish

#: Seconds below which all is one bucket.
_LEAST = 1e-5
#: Buckets for each doubling: a percentile is wrong by a tenth at most.
_FINENESS = 4
#: From 10 microseconds to more than a year.
_BUCKETS = 42 * _FINENESS + 1


@dataclass(frozen=True)
class Latency:
    """How long something took, in seconds; zeros where it never happened.

    Attributes:
        count: How often it happened.
        total: All of it together.
        p50: Half of them took no longer.
        p90: 90% took no longer.
        p99: 99% took no longer.
        longest: The longest of them.
        buckets: Upper bounds and how many took no longer, each bound twice the one before.
    """

    count: int
    total: float
    p50: float
    p90: float
    p99: float
    longest: float
    buckets: Sequence[tuple[float, int]]

    @property
    def mean(self) -> float:
        """The average."""
        return self.total / self.count if self.count else 0.0


class Histogram:
    """Counts durations by size. Not safe between threads: its owner has a lock."""

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self._total = 0.0
        self._longest = 0.0

    def add(self, seconds: float) -> None:
        """Count a duration."""
        if seconds <= _LEAST:
            index = 0
            seconds = max(seconds, 0.0)  # clocks of two machines differ
        else:
            index = min(math.ceil(math.log2(seconds / _LEAST) * _FINENESS), _BUCKETS - 1)
        self._counts[index] += 1
        self._total += seconds
        self._longest = max(self._longest, seconds)

    def include(self, other: Histogram) -> None:
        """Count what is counted elsewhere, too."""
        self._counts = [own + theirs for own, theirs in zip(self._counts, other._counts, strict=True)]
        self._total += other._total
        self._longest = max(self._longest, other._longest)

    def latency(self) -> Latency:
        """Return what was counted so far."""
        cumulative, buckets = 0, []
        for index, count in enumerate(self._counts):
            cumulative += count
            if index % _FINENESS == 0:
                buckets.append((_bound(index), cumulative))
        return Latency(
            cumulative,
            self._total,
            self._percentile(0.5, cumulative),
            self._percentile(0.9, cumulative),
            self._percentile(0.99, cumulative),
            self._longest,
            tuple(buckets),
        )

    def _percentile(self, share: float, count: int) -> float:
        wanted = math.ceil(share * count)
        if not wanted:
            return 0.0
        seen = 0
        for index, here in enumerate(self._counts):
            seen += here
            if seen >= wanted:
                middle = _bound(index) / 2 ** (0.5 / _FINENESS)  # of the bucket, as ratios go
                return min(middle, self._longest)
        raise AssertionError  # all are seen by now


def _bound(index: int) -> float:
    return float(_LEAST * 2 ** (index / _FINENESS))


publish(__name__)
