"""Text from other people, made safe to print.

Names, messages, outputs and errors come from other members of a colony. Printed as they are, their control
characters would move the cursor, rename the window, reorder a line or hide text. Everything that this package
prints, logs or puts into the message of an exception goes through this module.
"""

from __future__ import annotations

import re

#: Characters of an exception's last line that are shown.
_LINE = 300
#: Colours of terminals: they only style text, so they are dropped rather than shown.
_STYLES = r"(?:\x1b\[|\x9b)[0-9;:]*m"
#: Characters that act on a terminal or can't be seen: controls, directions, tags, surrogates.
#: Newline, tab, and the joiners that emoji and Persian need are no part of it.
_ACTING = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def printable(text: str) -> str:
    r"""Return a text with its control characters written out, as ``\x1b``. Newlines and tabs stay.

    Colours are dropped, ``\r\n`` becomes a newline.
    """
    if text.isascii() and text.isprintable():
        return text
    return re.sub(_ACTING, _written_out, re.sub(_STYLES, "", text).replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """Return a text as `printable` does, on one line: line ends and tabs become spaces."""
    if text.isascii() and text.isprintable():
        return text
    return " ".join(printable(text).split("\n")).replace("\t", " ")


def last_line(error: BaseException) -> str:
    """Return the type and the last line of an exception's text, as a traceback ends."""
    try:
        lines = str(error).strip().splitlines() or [""]
    except Exception:  # noqa: BLE001 (an exception of the user's)
        lines = ["its text cannot be shown"]
    return f"{type(error).__name__}: {lines[-1][:_LINE]}" if lines[-1] else type(error).__name__


def json_text(text: str) -> str:
    """Return JSON with the characters that act on a terminal escaped. Its values stay the same."""
    return re.sub(_ACTING, _json_escape, text)


def _written_out(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode("ascii")


def _json_escape(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))
