"""Who signs which message: `signers.json`, which nothing else in the project repeats.

The development server accepts these callers and no others, which a test of it proves. Errors and the command
read the table; `tools/write_signers.py` writes it into docstrings and into docs/access.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pycolonies._cached import cached


@dataclass(frozen=True)
class Signers:
    """Those who may send the same messages.

    Attributes:
        name: Name of the group.
        who: Who they are, as in "signed by ...".
        key: What docstrings say of their key. Empty where none is needed.
        denied: What docstrings say of a refusal. Empty where no key is refused.
        callers: The callers of the server's tests that are accepted.
        messages: Types of the messages.
    """

    name: str
    who: str
    key: str
    denied: str
    callers: tuple[str, ...]
    messages: tuple[str, ...]


@cached()
def table() -> tuple[Signers, ...]:
    """Return the table."""
    groups: list[dict[str, Any]] = json.loads(Path(__file__).with_name("signers.json").read_text("ascii"))
    return tuple(
        Signers(**{**group, "callers": tuple(group["callers"]), "messages": tuple(group["messages"])})
        for group in groups
    )


def signers_of(msgtype: str) -> Signers | None:
    """Return who signs messages of a type; None for types that this version does not know."""
    return next((group for group in table() if msgtype in group.messages), None)
