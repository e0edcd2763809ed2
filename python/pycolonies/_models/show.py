"""How records look in a console and in a notebook."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

#: Characters of a value in a repr.
WIDTH = 70
#: Fields whose values are secrets.
SECRETS = frozenset({"secretkey", "encryptionkey", "accesskey"})


def short(kind: str, fields: Iterable[tuple[str, Any]]) -> str:
    """Return a repr on one line: the class, and the fields that hold something."""
    return f"{kind}({', '.join(f'{name}={_value(name, value)}' for name, value in fields if _holds(value))})"


def table(kind: str, fields: Iterable[tuple[str, Any]]) -> str:
    """Return an HTML table of all fields, for notebooks."""
    import html

    rows = (
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(_value(name, value))}</td></tr>"
        for name, value in fields
    )
    return f"<table><caption>{html.escape(kind)}</caption>{''.join(rows)}</table>"


def _holds(value: object) -> bool:
    return value is not None and value not in ("", [], {})


def _value(name: str, value: object) -> str:
    if name in SECRETS and value:
        return "'***'"
    if isinstance(value, Enum):
        return value.name
    try:
        text = repr(value)
    except RecursionError:
        text = f"<{type(value).__name__}, deeply nested>"
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."
