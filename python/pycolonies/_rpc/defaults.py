"""What stands in a signature for an argument that was left out.

Recorded signatures begin with the colony's name and end with the private key. A client may have both of its
own, so both have defaults, and so must all that stands between them. `Caller` puts the client's own in place
of `OWN`, and refuses `REQUIRED`.
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
