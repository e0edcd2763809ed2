"""Default values of arguments that the client can provide.

Signatures of 1.x begin with the colony's name and end with the private key. A client can be bound to both, so
both have defaults, and all arguments between them must have one, too. `Caller` replaces `OWN` by the client's
value, and refuses `REQUIRED`.
"""

from __future__ import annotations

from typing import Any

from typing_extensions import Sentinel

#: The client's own private key, or its own colony.
OWN: Any = Sentinel("OWN", repr="<the client's own>")  # pyright: ignore[reportCallIssue] (it knows no repr)
#: A required argument behind an optional one.
REQUIRED: Any = Sentinel("REQUIRED", repr="<required>")  # pyright: ignore[reportCallIssue] (likewise)
