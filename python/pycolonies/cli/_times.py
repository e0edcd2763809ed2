"""Times and durations for people: the local zone, and no more digits than one looks at."""

from __future__ import annotations

from datetime import datetime, timezone

#: What stands for a time that has not come, and for nothing at all.
NOTHING = "-"
_YEAR_ONE = 1


def moment(time: datetime | str | None) -> str:
    """Return a time in the local zone, as ``2026-11-23 21:31:52``.

    Args:
        time: A time, or one as the protocol writes it; the protocol's "never" is `NOTHING`.
    """
    if isinstance(time, str):
        time = parsed(time)
    if time is None or time.year == _YEAR_ONE:
        return NOTHING
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def moment_of_nanoseconds(since_1970: int) -> str:
    """Return a time of a log in the local zone."""
    return moment(datetime.fromtimestamp(since_1970 / 1e9, timezone.utc))


def parsed(text: str) -> datetime | None:
    """Read a time as the protocol writes it, with up to nine digits behind the second."""
    head, point, tail = text.partition(".")
    if point:
        digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
        text = f"{head}.{digits[:6]:0<6}{tail[len(digits) :]}"
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def duration(seconds: float) -> str:
    """Return a duration as ``31ms``, ``29.6s``, ``4m 5s``, ``2h 3m`` or ``3d 4h``."""
    if seconds < 0.0005:  # noqa: PLR2004 (half a millisecond)
        return "0s"
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 60:  # noqa: PLR2004 (a minute)
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:  # noqa: PLR2004 (an hour)
        return f"{minutes}m {rest}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:  # noqa: PLR2004 (a day)
        return f"{hours}h {minutes}m"
    return f"{hours // 24}d {hours % 24}h"
