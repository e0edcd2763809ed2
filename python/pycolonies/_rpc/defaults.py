"""Default values of arguments that the client can provide.

Signatures of 1.x begin with the colony's name and end with the private key. A client can be bound to both, so
both have defaults, and all arguments between them must have one, too. `Caller` replaces `OWN` by the client's
value, and refuses `REQUIRED`.
"""

from __future__ import annotations

from typing import Any, final


@final
class _LeftOut:
    """A default that is shown in signatures by what it means."""

    def __init__(self, meaning: str) -> None:
        self._meaning = meaning

    def __repr__(self) -> str:
        return self._meaning


#: The client's own private key, or its own colony.
OWN: Any = _LeftOut("<the client's own>")
#: An argument that must be given, although one before it may be left out.
REQUIRED: Any = _LeftOut("<required>")
