"""JSON of any depth: a server reads 10,000 levels, more than Python's and pydantic's parsers.

Where those give up, the functions here keep a list of open containers, so depth costs no stack. They need
nothing but the standard library.
"""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed leaves it out
from typing import Any

#: Levels that are read: those that a server reads, and what its replies put around them.
MAX_LEVELS = 10_100
#: Characters of text with more levels than Python's parser reads; a million take about a second.
MAX_DEEP_TEXT = 8 << 20

_BLANK = re.compile(r"[ \t\n\r]*")
_LITERAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null", re.ASCII)


def dumps(value: Any) -> bytes:
    """Write plain values: None, bool, int, float, str, list and dict with str keys."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except RecursionError:
        return text(value).encode()


def text(value: Any) -> str:
    """Write plain values on one line, without recursion."""
    written: list[str] = []
    # Values to write, and text as it stands, in a tuple; the next one is the last.
    pending: list[Any] = [value]
    while pending:
        item = pending.pop()
        if type(item) is tuple:
            written.append(item[0])
        elif type(item) is list:
            pending.append(("]",))
            for number in range(len(item) - 1, -1, -1):
                pending += (item[number], ("," if number else "[",))
            if not item:
                pending.append(("[",))
        elif type(item) is dict:
            pending.append(("}",))
            names = list(item)
            for number in range(len(names) - 1, -1, -1):
                key = json.dumps(names[number], ensure_ascii=False)
                pending += (item[names[number]], (("," if number else "{") + key + ":",))
            if not item:
                pending.append(("{",))
        else:
            written.append(json.dumps(item, ensure_ascii=False, allow_nan=False))
    return "".join(written)


def loads(text: str) -> Any:
    """Read JSON text.

    Raises:
        ValueError: It is not JSON, is nested more than `MAX_LEVELS` deep, or is deep and longer than
            `MAX_DEEP_TEXT`.
    """
    try:
        return json.loads(text)
    except RecursionError:
        pass
    if len(text) > MAX_DEEP_TEXT:
        raise ValueError(f"JSON nested so deeply may have {MAX_DEEP_TEXT} characters, got {len(text)}")
    return _loads(text)


def _loads(text: str) -> Any:
    root: list[Any] = []
    containers: list[Any] = [root]
    key, at = "", _skip(text, 0)
    while True:
        value, at = _begin(text, at)
        inner = containers[-1]
        if isinstance(inner, dict):
            inner[key] = value
        else:
            inner.append(value)
        if type(value) in (list, dict):
            at = _skip(text, at)
            if text[at : at + 1] != _END[type(value)]:
                _open(containers, value)
                key, at = _key(text, at, value)
                continue
            at += 1
        # A value is complete: close the containers that end here, or go on to the next value.
        while True:
            at = _skip(text, at)
            inner, char = containers[-1], text[at : at + 1]
            if inner is root:
                if char:
                    raise _misplaced(text, at)
                return root[0]
            if char == _END[type(inner)]:
                containers.pop()
                at += 1
            elif char == ",":
                key, at = _key(text, _skip(text, at + 1), inner)
                break
            else:
                raise _misplaced(text, at)


def _open(containers: list[Any], inner: Any) -> None:
    containers.append(inner)
    if len(containers) > MAX_LEVELS + 1:  # the root is none
        raise ValueError(f"JSON is nested more than {MAX_LEVELS} levels deep")


_END: dict[type, str] = {list: "]", dict: "}"}


def _begin(text: str, at: int) -> tuple[Any, int]:
    """Read a scalar, or open a container; return it, and where the text goes on."""
    char = text[at : at + 1]
    if char == '"':
        scanned: tuple[str, int] = scanstring(text, at + 1, True)
        return scanned
    if char and char in "[{":
        return ([] if char == "[" else {}), at + 1
    if (found := _LITERAL.match(text, at)) is None:
        raise _misplaced(text, at)
    return json.loads(found.group()), found.end()


def _key(text: str, at: int, container: object) -> tuple[str, int]:
    """Read the key of an object's next value; return it, and where the value begins."""
    if type(container) is list:
        return "", at
    if text[at : at + 1] != '"':
        raise _misplaced(text, at)
    key, at = scanstring(text, at + 1, True)
    at = _skip(text, at)
    if text[at : at + 1] != ":":
        raise _misplaced(text, at)
    return key, _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    """Return where the next character that is not blank stands."""
    found = _BLANK.match(text, at)
    return at if found is None else found.end()


def _misplaced(text: str, at: int) -> ValueError:
    return json.JSONDecodeError("unexpected text" if at < len(text) else "unexpected end", text, at)
