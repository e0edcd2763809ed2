"""Times for people: in the local zone, or as an age."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timezone

from pycolonies._units import age as age_of

#: Stands for a time that has not come, and for an empty value.
NOTHING = "-"
_YEAR_ONE = 1


def now() -> datetime:
    """Return the time."""
    return datetime.now(timezone.utc)


def moment(time: datetime | str | None) -> str:
    """Return a time in the local zone, as ``2026-11-23 21:31:52``.

    Args:
        time: A time, or its text in the protocol; the protocol's "never" is `NOTHING`.
    """
    known = _known(time)
    if known is None:
        return NOTHING
    with suppress(OverflowError, ValueError, OSError):  # the last day of 9999; before 1970 on Windows
        known = known.astimezone()
    return known.strftime("%Y-%m-%d %H:%M:%S")


def moment_of_nanoseconds(since_1970: int) -> str:
    """Return the time of a log message in the local zone."""
    try:
        return moment(datetime.fromtimestamp(since_1970 / 1e9, timezone.utc))
    except (OverflowError, ValueError, OSError):  # no year has such a time
        return NOTHING


def since(time: datetime | str | None) -> float | None:
    """Return how many seconds ago a time was; None for the protocol's "never"."""
    known = _known(time)
    return None if known is None else max((now() - known).total_seconds(), 0.0)


def age(time: datetime | str | None) -> str:
    """Return how long ago a time was, as ``4m``; the protocol's "never" is `NOTHING`."""
    seconds = since(time)
    return NOTHING if seconds is None else age_of(seconds)


def parsed(text: str) -> datetime | None:
    """Read a time as the protocol writes it, with up to nine digits after the second."""
    head, point, tail = text.partition(".")
    if point:
        digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
        text = f"{head}.{digits[:6]:0<6}{tail[len(digits) :]}"
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _known(time: datetime | str | None) -> datetime | None:
    found = parsed(time) if isinstance(time, str) else time
    return None if found is None or found.year == _YEAR_ONE else found
