"""Limits of the rate and the concurrency of a function on an executor: rules without clock and threads."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pycolonies._shown import shown

_Item = TypeVar("_Item", bound=Hashable)

_RATE = r"\s*(\d+)\s*/\s*(\d+(?:\.\d+)?)?\s*(ms|s|min|m|h|d)\s*"
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
#: Starts that a rate may allow within its period: each is remembered for that long.
MOST_STARTS = 1_000_000
#: Weight of the latest run in the mean duration.
_LATEST = 0.2
#: Part of the remaining maxexectime that processes may spend waiting before the executor takes no more.
MAX_WAITING_SHARE = 0.5


@dataclass(frozen=True)
class Rate:
    """At most `count` starts in any period of `seconds`."""

    count: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read ``"10/s"``, ``"100/min"``, ``"1/30s"`` or ``"5/250ms"``; units are ms, s, min (or m), h and d.

        Raises:
            TypeError: It is not text.
            ValueError: It is not a rate.
        """
        if not isinstance(text, str):
            raise TypeError(f"rate must be text such as '10/s', got {shown(text)}")
        found = re.fullmatch(_RATE, text, re.ASCII)
        count = int(found[1]) if found else 0
        seconds = float(found[2] or 1) * _SECONDS[found[3]] if found else 0.0
        if not 0 < count <= MOST_STARTS or not 0 < seconds < math.inf:
            raise ValueError(
                f"rate must be COUNT/PERIOD such as '10/s', '100/min' or '1/30s', with a count from 1 to "
                f"{MOST_STARTS}, got {shown(text)}"
            )
        return cls(count, seconds)


@dataclass(frozen=True)
class Limits:
    """The limits of a function on one executor.

    Attributes:
        max_concurrent: How many runs there may be at a time; None for no limit.
        rate: How many runs may start within a period; None for no limit.
    """

    max_concurrent: int | None = None
    rate: Rate | None = None

    @classmethod
    def of(cls, max_concurrent: int | None, rate: str | None) -> Limits:
        """Check the limits that a program sets.

        Raises:
            TypeError: One has the wrong type.
            ValueError: `max_concurrent` is below 1, or `rate` is not a rate.
        """
        if max_concurrent is not None:
            if isinstance(max_concurrent, bool) or not isinstance(max_concurrent, int):
                raise TypeError(f"max_concurrent must be an integer, got {shown(max_concurrent)}")
            if max_concurrent < 1:
                raise ValueError(f"max_concurrent must be at least 1, got {max_concurrent}")
        return cls(max_concurrent, None if rate is None else Rate.parse(rate))

    def __bool__(self) -> bool:
        return self.max_concurrent is not None or self.rate is not None

    def __str__(self) -> str:
        texts = []
        if self.max_concurrent is not None:
            texts.append(f"max_concurrent={self.max_concurrent}")
        if self.rate is not None:
            texts.append(f"rate={self.rate.count}/{self.rate.seconds:g}s")
        return ", ".join(texts)


class Gate(Generic[_Item]):
    """The runs of one function, and the queue of waiting processes: first in, first out.

    Args:
        limits: The function's limits; they may be replaced.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._running: deque[float] = deque()
        self._starts: deque[float] = deque()
        self._waiting: dict[_Item, float] = {}
        self._admitted: set[_Item] = set()
        self._mean = 0.0

    def __len__(self) -> int:
        """Number of waiting processes."""
        return len(self._waiting)

    def enter(self, item: _Item, now: float, ends: float = math.inf) -> bool:
        """Request a run. Returns whether it starts now; otherwise it waits in the queue.

        Args:
            item: The process that requests it.
            now: The time.
            ends: When the run must have ended.
        """
        if not self._waiting and self._opens(now) <= now:
            self._start(now)
            return True
        self._waiting[item] = ends
        return False

    def admit(self, now: float) -> list[_Item]:
        """Return the processes that may start now. They count as running until `left` or `forget`."""
        admitted: list[_Item] = []
        while self._waiting and self._opens(now) <= now:
            item = next(iter(self._waiting))
            del self._waiting[item]
            self._start(now)
            self._admitted.add(item)
            admitted.append(item)
        return admitted

    def begins(self, item: _Item) -> bool:
        """Return, once, whether a waiting process was admitted. It runs until `left`."""
        if item not in self._admitted:
            return False
        self._admitted.discard(item)
        return True

    def left(self, seconds: float) -> None:
        """A run has ended after this many seconds."""
        self._running.popleft()
        self._mean = seconds if not self._mean else self._mean + _LATEST * (seconds - self._mean)

    def forget(self, item: _Item) -> None:
        """A process that waits, or was admitted and has not begun, will not run."""
        self._waiting.pop(item, None)
        if self.begins(item):
            self._running.pop()

    def opens(self, now: float) -> float | None:
        """When the rate allows the first process in the queue to start; None if a run must end first."""
        opens = self._opens(now) if self._waiting else math.inf
        return None if opens == math.inf else opens

    def saturated(self, now: float) -> bool:
        """Whether one more process would make processes exceed their maxexectime in the queue."""
        tightest = min(self._waiting.values(), default=math.inf)
        return tightest < math.inf and self._expected(now) > (tightest - now) * MAX_WAITING_SHARE

    def _start(self, now: float) -> None:
        self._running.append(now)
        if self.limits.rate is not None:
            self._starts.append(now)

    def _opens(self, now: float) -> float:
        """When a run may start; infinity if another one must end first."""
        limit, rate = self.limits.max_concurrent, self.limits.rate
        if limit is not None and len(self._running) >= limit:
            return math.inf
        if rate is None:
            return now
        while len(self._starts) > rate.count:
            self._starts.popleft()
        return now if len(self._starts) < rate.count else max(self._starts[0] + rate.seconds, now)

    def _expected(self, now: float) -> float:
        """Seconds that one more process would wait, by the rate and the duration of runs."""
        line, (limit, rate) = len(self._waiting) + 1, (self.limits.max_concurrent, self.limits.rate)
        by_rate = 0.0
        if rate is not None:
            first = self._starts[0] + rate.seconds - now if len(self._starts) >= rate.count else 0.0
            by_rate = max(first, 0.0) + (line - 1) // rate.count * rate.seconds
        # Runs that have not ended yet take at least as long as they have taken.
        longest = max(self._mean, now - self._running[0] if self._running else 0.0)
        return max(by_rate, 0.0 if limit is None else line / limit * longest)


class Gates(Generic[_Item]):
    """The gates of all functions, by name. Not thread-safe.

    Args:
        limits_of: Returns the limits of a function.
    """

    def __init__(self, limits_of: Callable[[str], Limits]) -> None:
        self._limits_of = limits_of
        self._gates: dict[str, Gate[_Item]] = {}

    def enter(self, name: str, item: _Item, now: float, ends: float = math.inf) -> bool:
        """Request a run of a function; see `Gate.enter`."""
        limits = self._limits_of(name)
        gate = self._gates.setdefault(name, Gate(limits))
        gate.limits = limits  # a function may be defined again with others
        return gate.enter(item, now, ends)

    def admit(self, now: float) -> list[_Item]:
        """Return the processes that may start now; see `Gate.admit`."""
        return [item for gate in self._gates.values() for item in gate.admit(now)]

    def begins(self, name: str, item: _Item) -> bool:
        """Return, once, whether a waiting process was admitted; see `Gate.begins`."""
        return name in self._gates and self._gates[name].begins(item)

    def left(self, name: str, seconds: float) -> None:
        """A run of a function has ended; see `Gate.left`."""
        if name in self._gates:
            self._gates[name].left(seconds)

    def forget(self, name: str, item: _Item) -> None:
        """A process will not run; see `Gate.forget`."""
        if name in self._gates:
            self._gates[name].forget(item)

    def opens(self, now: float) -> float | None:
        """When the next rate allows a start that waits for it; None if none does."""
        found = [opens for gate in self._gates.values() if (opens := gate.opens(now)) is not None]
        return min(found, default=None)

    def waiting(self) -> int:
        """Number of waiting processes."""
        return sum(map(len, self._gates.values()))

    def saturated(self, now: float) -> bool:
        """Whether more processes of a function would exceed their maxexectime while they wait."""
        return any(gate.saturated(now) for gate in self._gates.values())
