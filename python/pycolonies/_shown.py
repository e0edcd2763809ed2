"""Values in the messages of exceptions: short, on one line, and without private keys.

Messages end in logs and in the errors of processes, where others read them. A private key in the place of
another argument must not get there.
"""

from __future__ import annotations

import re
import string

__all__ = ["HIDDEN", "hide_keys", "looks_like_key", "shown"]

#: Longest text of a value in a message.
_LONGEST = 200
#: Stands for what could be a private key.
HIDDEN = "<hidden: looks like a private key>"
#: Digits that make a text a private key, also one that was cut, extended or mistyped.
_MOST = 56
_HEX = frozenset(string.hexdigits)
_KEY = rf"(?:0x)?[0-9a-fA-F]{{{_MOST},}}"
#: User name and password in a URL.
_USER = r"(?<=://)[^/@\s'\"]+(?=@)"


def looks_like_key(value: object) -> bool:
    """Return whether a value is text that may be a private key, also a cut, extended or mistyped one."""
    if not isinstance(value, str):
        return False
    return len(value) - _MOST < _MOST // 4 and sum(map(_HEX.__contains__, value)) >= _MOST


def hide_keys(text: str) -> str:
    """Return a text without what could be a private key, and without user names and passwords in URLs."""
    return re.sub(_USER, "**********", re.sub(_KEY, HIDDEN, text))


def shown(value: object, longest: int = _LONGEST) -> str:
    """Return the repr of a value for a message.

    Args:
        value: Any value, also one whose repr raises.
        longest: Characters after which it is cut.
    """
    if looks_like_key(value):
        return HIDDEN
    try:
        text = hide_keys(repr(value))
    except Exception:  # noqa: BLE001 (a class of the user's)
        text = f"an object of the class {type(value).__name__}"
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
