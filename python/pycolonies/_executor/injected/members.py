"""Who sent a process, as the executor's own colony knows the identity that signed it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycolonies.errors import ServerError

if TYPE_CHECKING:
    from pycolonies._client import Colonies

#: Seconds for which an answer of the server is taken for true.
KEPT = 60.0


@dataclass(frozen=True)
class Initiator:
    """A member of the executor's colony, or an identity that is none.

    Attributes:
        identity: The identity that signed; "" where the server names none.
        name: The member's name.
        kind: ``"user"``, ``"executor"``, or "" for an identity that is no member of the colony.
    """

    identity: str
    name: str
    kind: str = ""

    def __str__(self) -> str:
        if not self.kind:
            return f"{self.name or self.identity or 'an unknown initiator'}, who is no member of its colony"
        return f"the {self.kind} {self.name}"


class Members:
    """Looks up who has an identity. Names are not enough: they are unique for a kind and in a colony only.

    Args:
        client: A client with the key of a member and a colony.
    """

    def __init__(self, client: Colonies) -> None:
        self._client = client
        self._found: dict[str, tuple[float, Initiator]] = {}

    def find(self, identity: str, name: str) -> Initiator:
        """Return who has an identity.

        Args:
            identity: The identity that signed.
            name: The name that the server gives it, which is used for identities that are no members.

        Raises:
            TransportError: The server does not answer.
        """
        kept = self._found.get(identity)
        if kept is not None and time.monotonic() < kept[0]:
            return kept[1]
        found = self._look_up(identity) or Initiator(identity, name)
        if found.kind:
            self._found[identity] = (time.monotonic() + KEPT, found)
        return found

    def _look_up(self, identity: str) -> Initiator | None:
        if not identity:
            return None
        try:
            user = self._client.get_user_by_id(userid=identity)
            return Initiator(identity, user["name"], "user")
        except ServerError:  # servers refuse an identity that they don't have in several ways
            pass
        try:
            executor = self._client.get_executor_by_id(identity)
        except ServerError:
            return None
        if executor["colonyname"] != self._client.colonyname:
            return None
        return Initiator(identity, executor["executorname"], "executor")
