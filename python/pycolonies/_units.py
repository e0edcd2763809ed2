"""Sizes and durations for people: one style for tables, bars, plans, logs and live views."""

from __future__ import annotations

_KIB = 1024
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def size(count: float | None) -> str:
    """Return a size in bytes as ``512 B`` or ``1.5 MiB``."""
    amount, unit = float(count or 0), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        if abs(amount) < _KIB:
            break
        amount, unit = amount / _KIB, larger
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def duration(seconds: float) -> str:
    """Return a duration as ``0s``, ``1.7ms``, ``31ms``, ``29.6s``, ``4m 5s``, ``2h 3m`` or ``3d 4h``."""
    if seconds < 59.95:  # noqa: PLR2004 (a minute)
        return _below_a_minute(seconds)
    minutes, rest = divmod(round(seconds), _MINUTE)
    if minutes < 60:  # noqa: PLR2004 (an hour)
        return f"{minutes}m {rest}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:  # noqa: PLR2004 (a day)
        return f"{hours}h {minutes}m"
    return f"{hours // 24}d {hours % 24}h"


def _below_a_minute(seconds: float) -> str:
    milliseconds = seconds * 1000
    if milliseconds < 0.05:  # noqa: PLR2004 (nothing at the precision of the next line)
        return "0s"
    if milliseconds < 9.95:  # noqa: PLR2004 (two digits)
        return f"{milliseconds:.1f}ms"
    if milliseconds < 999.5:  # noqa: PLR2004 (a second)
        return f"{milliseconds:.0f}ms"
    return f"{seconds:.1f}s"


def age(seconds: float) -> str:
    """Return how long ago something was, in whole units: ``0s``, ``45s``, ``4m``, ``2h`` or ``3d``."""
    seconds = max(seconds, 0)
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if seconds >= unit:
            return f"{int(seconds // unit)}{name}"
    return f"{int(seconds)}s"
