"""Whether a function that raised runs again, and when: rules without clock and server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, cast

from pycolonies import _checks as checks
from pycolonies._home import publish
from pycolonies._shown import shown
from pycolonies.errors import ArgumentsError, CodeRefusedError, OutputError, ProcessCancelledError

if TYPE_CHECKING:
    from pycolonies._models import Process

#: Attributes that note a failure, and the variable with which a submitter lowers the number of retries.
NOTE = "pycolonies.retry."
RETRIES = "PYCOLONIES_RETRIES"
#: The number of a failure. Submitters can set attributes of any name and value.
_NUMBER = re.compile(r"[0-9]{1,9}")
#: Characters of an error that are noted.
NOTED = 500
#: Longest pause that is read from a note, in seconds: clocks of machines may differ.
LONGEST = 86_400.0
#: Exceptions that no further run can change.
_FINAL = (ArgumentsError, OutputError, CodeRefusedError, ProcessCancelledError)
# The state of the module's own generator belongs to the program.
_RANDOM = Random()  # noqa: S311 (nothing is secret here)


class Retry(Exception):  # noqa: N818 (a request, as StopIteration is)
    """Raised by a function to run again, within its `retries`.

    Args:
        message: The reason.
        after: Seconds to wait. Defaults to the pause of its `backoff`.
    """

    def __init__(self, message: str = "", *, after: float | None = None) -> None:
        if after is not None:
            checks.seconds("after", after)
        if after is not None and not 0 <= after < float("inf"):
            raise ValueError(f"after must be a number of seconds, at least 0, got {shown(after)}")
        super().__init__(message)
        self.after = after


class GiveUp(Exception):  # noqa: N818 (a request, as StopIteration is)
    """Raised by a function to fail its process at once, however many retries are left."""


@dataclass(frozen=True)
class Backoff:
    """Growing pauses between the runs of a function.

    Attributes:
        initial: Seconds before the first further run.
        factor: How much longer each pause is than the one before.
        maximum: Longest pause in seconds.
        jitter: Whether each pause is shortened by up to a half, at random.
    """

    initial: float = 1.0
    factor: float = 2.0
    maximum: float = 60.0
    jitter: bool = True

    def __post_init__(self) -> None:
        for name in ("initial", "maximum"):
            checks.seconds(name, getattr(self, name))
        if isinstance(self.factor, bool) or not hasattr(type(self.factor), "__float__"):
            raise TypeError(f"factor must be a number of at least 1, got {shown(self.factor)}")
        checks.flag("jitter", self.jitter)
        if not 0 <= self.initial <= self.maximum < float("inf"):
            raise ValueError(
                f"initial must be between 0 and maximum, got {self.initial!r} and {self.maximum!r} seconds"
            )
        if not 1 <= self.factor < float("inf"):
            raise ValueError(f"factor must be at least 1, got {self.factor!r}")

    def __call__(self, failure: int, error: BaseException) -> float:
        """Return the seconds to wait after a failure, counted from 1."""
        try:
            seconds = min(float(self.initial) * float(self.factor) ** (failure - 1), float(self.maximum))
        except OverflowError:
            seconds = float(self.maximum)
        return seconds * _RANDOM.uniform(0.5, 1) if self.jitter else seconds


_Kinds = tuple[type[BaseException], ...]


@dataclass(frozen=True)
class RetryPolicy:
    """When a function runs again.

    Attributes:
        retries: How often, at most.
        backoff: Seconds to wait after a failure, from its number and the exception.
        retry_on: Exceptions after which it runs again.
        give_up_on: Exceptions after which it does not, whatever `retry_on` says.
    """

    retries: int = 0
    backoff: Callable[[int, BaseException], float] = Backoff()
    retry_on: _Kinds = (Exception,)
    give_up_on: _Kinds = ()

    def __post_init__(self) -> None:
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or self.retries < 0:
            raise ValueError(f"retries must be an integer of at least 0, got {shown(self.retries)}")
        if not callable(self.backoff):
            raise TypeError(f"backoff must be a Backoff or a function, got {shown(self.backoff)}")
        for name in ("retry_on", "give_up_on"):
            object.__setattr__(self, name, _kinds(name, getattr(self, name)))

    def allowed(self, process: Process) -> int:
        """Return how often the function may run again for a process."""
        return lowered(self.retries, process)


def lowered(retries: int, process: Process) -> int:
    """Return a function's number of retries for a process: its submitter may ask for fewer, not for more."""
    asked = process.spec.env.get(RETRIES, "")
    return min(retries, int(asked)) if asked.isascii() and asked.isdigit() else retries


@dataclass(frozen=True)
class Again:
    """Run again after so many seconds."""

    pause: float


@dataclass(frozen=True)
class Fail:
    """Do not run again. The reason is empty where it is obvious."""

    why: str = ""


def decide(
    policy: RetryPolicy,
    retries: int,
    failures: int,
    error: BaseException,
    remaining: float | None,
    longest: float,
) -> Again | Fail:
    """Decide what follows an exception of a function.

    Args:
        policy: The function's.
        retries: How often it may run again for this process.
        failures: How often it had failed for this process before.
        error: What it raised.
        remaining: Seconds that are left of the process's maxexectime; None if it has none.
        longest: Seconds that its longest run has taken.
    """
    if isinstance(error, (GiveUp, *_FINAL)) or not isinstance(error, Exception):
        return Fail()
    asked = isinstance(error, Retry)
    if not asked and (isinstance(error, policy.give_up_on) or not isinstance(error, policy.retry_on)):
        return Fail()
    if failures >= retries:
        return Fail()
    after = error.after if isinstance(error, Retry) else None
    pause = policy.backoff(failures + 1, error) if after is None else after
    if not 0 <= pause < float("inf"):
        return Fail(f"backoff returned {pause!r}, which is no number of seconds")
    if remaining is not None and pause + longest >= remaining:
        return Fail(
            f"no time for another attempt: {max(remaining, 0):.1f} s of maxexectime are left, "
            f"the pause is {pause:.1f} s and the longest attempt took {longest:.1f} s"
        )
    return Again(pause)


@dataclass(frozen=True)
class Note:
    """A failure, as an attribute of the process notes it."""

    number: int
    error: str
    #: When the next run is due, in seconds since the epoch.
    due: float = 0.0

    @property
    def key(self) -> str:
        """Name of the attribute."""
        return f"{NOTE}{self.number}"

    def value(self, now: float, by: str, retries: int) -> str:
        """Return the value of the attribute."""
        said = {"n": self.number, "at": now, "due": self.due, "error": self.error, "by": by, "r": retries}
        return json.dumps(said)

    def wait(self, now: float) -> float:
        """Return the seconds until the next run is due."""
        return min(max(self.due - now, 0.0), LONGEST)


def notes_of(process: Process) -> list[Note]:
    """Return the failures that a process's attributes note, in order."""
    found = [
        _note(attribute.key, attribute.value)
        for attribute in process.attributes or ()
        if attribute.key.startswith(NOTE)
    ]
    return sorted((note for note in found if note is not None), key=lambda note: note.number)


def _note(key: str, value: str) -> Note | None:
    number = key.removeprefix(NOTE)
    if not _NUMBER.fullmatch(number):
        return None
    try:
        said: Any = json.loads(value)
        return Note(int(number), str(said["error"]), float(said["due"]))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return Note(int(number), value[:NOTED])


def _kinds(name: str, kinds: object) -> _Kinds:
    given = tuple(kinds) if isinstance(kinds, Iterable) else (kinds,)
    for kind in given:
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            raise TypeError(f"{name} must name exception types, got {shown(kind)}")
    return cast("_Kinds", given)


def said(error: BaseException) -> str:
    """Return the text that notes an exception."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 (exceptions of functions are anything)
        text = "(its text raises)"
    name = type(error).__qualname__
    return f"{name}: {text}"[:NOTED].encode(errors="backslashreplace").decode() if text else name


publish(__name__)
