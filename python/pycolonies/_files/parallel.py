"""Concurrent calls to the Colonies server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Generic, TypeVar

from pycolonies._waiting.threads import Job, Threads

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

#: Number of concurrent calls.
CALLS = 16


class Calls(Generic[_Item, _Result]):
    """Calls in background threads; each has its result, or its exception.

    If the block is left early, calls that have not begun are not made.

    Args:
        call: What is called with each item.
    """

    def __init__(self, call: Callable[[_Item], _Result]) -> None:
        self._call = call
        self._threads = Threads(CALLS)
        self._jobs: list[tuple[_Item, Job[_Result]]] = []

    def __enter__(self) -> Calls[_Item, _Result]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for _, job in self._jobs:
            job.cancel()
        self._threads.close()

    def begin(self, items: Iterable[_Item]) -> None:
        """Make the call with each of these."""
        # A call that has begun is not aborted: whether the server received it would be unknown.
        self._jobs += [
            (item, self._threads.submit(Job(partial(self._call, item), cut_short=False))) for item in items
        ]

    def results(self) -> list[tuple[_Item, _Result | Exception]]:
        """Wait for all calls that have begun, and return their results in order."""
        jobs, self._jobs = self._jobs, []
        return [(item, self._outcome(job)) for item, job in jobs]

    @staticmethod
    def _outcome(job: Job[_Result]) -> _Result | Exception:
        try:
            return job.result()
        except Exception as fault:  # noqa: BLE001 (it stands in its place)
            return fault


def side_by_side(
    call: Callable[[_Item], _Result], items: Iterable[_Item]
) -> list[tuple[_Item, _Result | Exception]]:
    """Call with each item, several at the same time; return the results, or exceptions, in their order."""
    with Calls(call) as calls:
        calls.begin(items)
        return calls.results()
